"""Answers written from results: right words, and no figure that no result says."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_analyst.application.respond import respond
from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.compose import compose
from stocktool_analyst.domain.definitions import TERMS, Term
from stocktool_analyst.domain.plan import next_calls
from stocktool_analyst.domain.tools import Call, Result, Tool
from stocktool_analyst.domain.topics import Topic
from stocktool_chat.adapters.grpc_tools import TOOLS
from stocktool_chat.domain.evidence import read_evidence
from stocktool_chat.domain.receipts import Status, match_receipts

HELD = {"as_of": "2024-11-29", "total": {"amount": "98765.4", "currency": "USD"}, "items": []}
# The user's own figures wherever a term looks for one.
FIGURES: dict[str, Any] = {
    term.key: {"amount": "12.5", "currency": "USD"} if term.form == "money" else 0.125 for term in TERMS if term.key
}
OFFERED = [Tool(tool.name, json.loads(json.dumps(tool.definition().parameters))) for tool in TOOLS]
DAY = "The market's today is 2024-11-29 (now 2024-11-29T22:00:00Z, closed)."


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


def total(gain: str) -> dict[str, Any]:
    return {
        "proceeds": usd("2812.55"),
        "cost": usd("2681.72"),
        "gain": usd(gain),
        "short_term": usd("-12.5"),
        "long_term": usd("143.33"),
        "price_effect": usd(gain),
        "currency_effect": usd("0"),
    }


def side(value: str, volatility: float, weight: float) -> dict[str, Any]:
    return {
        "total": usd(value),
        "cash_value": usd("1200"),
        "holdings": [
            {"symbol": "AAPL", "quantity": "45", "market_value": usd("10679.85"), "weight": weight},
            {"symbol": "JPM", "quantity": "50", "market_value": usd("12500"), "weight": 0.31},
        ],
        "risk": {"volatility": volatility, "max_drawdown": -0.213, "sharpe": 1.04, "beta": None, "hhi": 0.231},
    }


TRADE = {
    "side": "buy",
    "symbol": "SPY",
    "quantity": "12",
    "price": usd("601.25"),
    "amount": usd("7215"),
    "fee": usd("0"),
}
RESULTS: dict[str, dict[str, Any]] = {
    "get_contribution": {
        "start": "2023-12-29",
        "end": "2024-11-29",
        "by": "holding",
        "total_return": 0.2134,
        "gain": usd("9000"),
        "items": [
            {"key": "XOM", "label": "XOM", "contribution": -0.0123, "gain": usd("-512.4"), "average_weight": 0.08},
            {"key": "AAPL", "label": "AAPL", "contribution": 0.1012, "gain": usd("4267.81"), "average_weight": 0.42},
        ],
    },
    "get_income": {
        "start": "2024-01-01",
        "end": "2024-11-29",
        "received": {
            "gross": usd("312.4"),
            "net": usd("265.54"),
            "tax": usd("46.86"),
            "payments": 14.0,
        },
        "trailing_12_months": {"gross": usd("340.1"), "net": usd("289"), "tax": usd("51.1"), "payments": 16.0},
        "trailing_yield": 0.0123,
        "yield_on_cost": 0.0311,
        "expected": usd("355.2"),
        "by_holding": [{"symbol": "JPM", "received": {"gross": usd("312.4")}, "expected": usd("355.2")}],
        "stale_prices": 0.0,
        "warnings": [],
    },
    "get_tax_lots": {
        "start": "2023-01-01",
        "end": "2023-12-31",
        "total": total("130.83"),
        "by_symbol": [{"symbol": "PFE", **total("130.83")}],
        "items": [
            {
                "date": "2023-11-09",
                "symbol": "PFE",
                "quantity": "90",
                "proceeds": usd("2812.55"),
                "gain": usd("130.83"),
                "wash_sale": True,
            }
        ],
    },
    "explain_figure": {
        "figure": "xirr",
        "value": 0.1578,
        "formula": "the rate r with -value_start - sum of flows' value / (1 + r)^((date - start) / 365) = 0",
        "formula_source": "Microsoft's documentation of Excel's XIRR",
        "start": "2023-12-29",
        "end": "2024-11-29",
        "inputs": {"value_start": "81234.5", "value_end": "98765.4"},
        "flows": [{"date": "2024-02-01", "kind": "flow", "amount": "1500", "currency": "USD", "value": "1500"}],
        "totals": {"flows": 1},
    },
    "get_xray": {
        "as_of": "2024-11-29",
        "total": usd("98765.4"),
        "counts": {"pass": 15.0, "warn": 1.0, "fail": 1.0, "unknown": 0.0},
        "rules": [
            {
                "id": "single_holding",
                "title": "One holding weighs much",
                "state": "fail",
                "unit": "fraction",
                "value": 0.4231,
                "threshold": 0.25,
                "warn_threshold": 0.15,
                "advice": "Sell a part of it, or put new money elsewhere.",
                "positions": [{"key": "AAPL", "figure": 0.4231, "value": usd("41787.6")}],
            },
            {
                "title": "Five holdings weigh most",
                "state": "warn",
                "unit": "fraction",
                "value": 0.71,
                "threshold": 0.8,
                "warn_threshold": 0.6,
                "positions": [],
            },
            {"title": "Fees eat returns", "state": "pass", "unit": "fraction", "value": 0.001, "threshold": 0.01},
        ],
    },
    "what_if": {
        "as_of": "2024-11-29",
        "before": side("98765.4", 0.1812, 0.42),
        "after": side("98755.4", 0.1531, 0.21),
        "gain": usd("4120.5"),
        "sales": [{"symbol": "AAPL", "gain": usd("4120.5")}],
        "trades": [
            {
                "type": "sell",
                "symbol": "AAPL",
                "quantity": "45",
                "price": "237.33",
                "amount": "10679.85",
                "currency": "USD",
            }
        ],
    },
    "plan_rebalance": {
        "as_of": "2024-11-29",
        "trades": [
            TRADE,
            {
                **TRADE,
                "side": "sell",
                "symbol": "AAPL",
                "quantity": "30",
                "price": usd("237.33"),
                "amount": usd("7119.9"),
            },
        ],
        "bought": usd("7215"),
        "sold": usd("7119.9"),
        "fees": usd("0"),
        "cash_left": usd("1104.9"),
        "gain": usd("2100.25"),
        "groups": [
            {"key": "SPY", "target": 0.6, "weight_before": 0.3, "weight_after": 0.598},
            {"key": "AAPL", "target": 0.4, "weight_before": 0.42, "weight_after": 0.402},
        ],
    },
    "optimise_portfolio": {
        "method": "min_variance",
        "window_start": "2021-11-30",
        "window_end": "2024-11-29",
        "items": [
            {"symbol": "AAPL", "weight_now": 0.42, "weight": 0.1},
            {"symbol": "SPY", "weight_now": 0.3, "weight": 0.9},
        ],
        "now": {"volatility": 0.1812, "expected_return": 0.14, "sharpe": 0.77},
        "proposed": {"volatility": 0.1391, "expected_return": 0.11, "sharpe": 0.79},
    },
    "propose_transaction": {
        "state": "waiting for the user's approval; nothing has been written",
        "proposal": {
            "summary": "Buy 10 AAPL at 230 USD on 2024-11-20 in Broker (Family)",
            "arguments": {
                "portfolio_id": "p",
                "transaction": {"type": "buy", "symbol": "AAPL", "quantity": "10", "price": "230", "currency": "USD"},
            },
        },
    },
    "get_bars": {
        "symbol": "AAPL",
        "currency": "USD",
        "dates": ["2023-03-01", "2023-03-02", "2023-03-03"],
        "close": [144.12, 143.05, 149.87],
        "total_count": 3,
    },
    "get_profile": {"symbol": "XOM", "name": "ExxonMobil", "type": "EQUITY", "sector": "Energy", "currency": "USD"},
    "get_fundamentals": {
        "symbol": "JPM",
        "amounts": {"market_cap": usd("704000000000")},
        "numbers": {"trailing_pe": 13.91, "dividend_yield": 0.0201, "shares_outstanding": 2815340000.0},
        "undefined": {"forward_pe": "the source does not give it"},
        "provenance": {"as_of": "2024-11-29T21:00:00Z"},
    },
    "get_earnings": {"symbol": "JPM", "next": "2025-01-15", "estimated": True},
    "get_dividends": {
        "symbol": "AAPL",
        "dividends": [
            {"ex_date": "2024-08-12", "amount": usd("0.25")},
            {"ex_date": "2024-11-08", "amount": usd("0.2525")},
        ],
        "splits": [{"ex_date": "2020-08-31", "ratio": "4"}],
    },
    "get_movers": {
        "gainers": [
            {
                "symbol": "AMD",
                "name": "AMD",
                "price": usd("137.18"),
                "change_fraction": 0.0312,
                "as_of": "2024-11-29T18:00:00Z",
            }
        ],
        "losers": [
            {
                "symbol": "XOM",
                "name": "ExxonMobil",
                "price": usd("117.96"),
                "change_fraction": -0.0151,
                "as_of": "2024-11-29T18:00:00Z",
            }
        ],
        "considered": 20,
    },
    "list_portfolios": {
        "items": [{"name": "Family", "base_currency": "USD", "accounts": [{"name": "Broker", "currency": "USD"}]}]
    },
    "get_risk": {
        "start": "2023-12-29",
        "end": "2024-11-29",
        "benchmark": "SPY",
        "metrics": {"beta": 0.931, "sharpe": 1.387},
    },
    "get_holdings": {
        "as_of": "2024-11-29",
        "total": usd("98765.4"),
        "items": [
            {
                "symbol": "AAPL",
                "quantity": "90",
                "price": usd("237.33"),
                "market_value": usd("21359.7"),
                "cost_basis": usd("6480.5"),
                "unrealised": usd("14879.2"),
                "weight": 0.2163,
            },
        ],
    },
    "get_allocation": {
        "by": "sector",
        "slices": [{"key": "Technology", "label": "Technology", "value": usd("41787.6"), "weight": 0.4231}],
    },
    "get_quotes": {"items": [{"symbol": "AAPL", "price": usd("237.33"), "as_of": "2024-11-29T18:00:00Z"}]},
    "compare_symbols": {
        "start": "2023-11-29",
        "end": "2024-11-29",
        "items": [
            {
                "symbol": "AAPL",
                "metrics": {"total_return": 0.2534, "volatility": 0.22, "max_drawdown": -0.15, "sharpe": 1.1},
            }
        ],
    },
}


def converse(question: str, answers: dict[str, dict[str, Any]] | None = None) -> tuple[str, list[dict[str, Any]]]:
    """Play the tool loop; gives the final text and the results it was written from."""
    items: list[dict[str, Any]] = [{"role": "developer", "content": DAY}, {"role": "user", "content": question}]
    given: list[dict[str, Any]] = []
    for step in range(6):
        reply = respond(items, OFFERED)
        if reply.text:
            return reply.text, given
        for at, call in enumerate(reply.calls):
            result = (answers or RESULTS).get(call.tool, {"error": {"reason": "UNAVAILABLE", "detail": "no answer"}})
            given.append(result)
            identity = {"call_id": f"{step}-{at}"}
            items.append(
                {"type": "function_call", **identity, "name": call.tool, "arguments": json.dumps(call.arguments)}
            )
            items.append({"type": "function_call_output", **identity, "output": json.dumps(result)})
    raise AssertionError("the loop did not end")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What drove my return?", ["21.34%", "**AAPL** helped most: 10.12%", "**XOM** hurt most: -1.23%", "-$512.40"]),
        ("What dividends did I get this year?", ["**$312.40** before tax", "1.23% on the current value", "$355.20"]),
        ("What did I realise in 2023?", ["a gain of **$130.83**", "Held short: -$12.50", "wash sales: PFE"]),
        ("How is my XIRR computed?", ["**15.78%**", "days a year", "Excel's XIRR", "81,234.5", "$1,500.00"]),
        ("Check my portfolio", ["One holding weighs much** (fails): 42.31%, limit 25.00%", "AAPL (42.31%)"]),
        (
            "What if I sold half my AAPL?",
            [
                "sell 45 AAPL",
                "gain of **$4,120.50**",
                "18.12%",
                "| Volatility, annualised | 18.12% | 15.31% |",
                "swing less",
            ],
        ),
        (
            "Rebalance to 60 % SPY 40 % AAPL",
            ["- buy: symbol SPY, quantity 12, price $601.25, amount $7,215.00", "59.80%", "Nothing is traded"],
        ),
        (
            "Which weights carry the least risk?",
            ["least variance", "- SPY: weight now 30.00%, weight by the method 90.00%", "no forecast"],
        ),
        (
            "Record that I bought 10 AAPL at 230 on 2024-11-20",
            ["Buy 10 AAPL at 230 USD", "waits for your approval below"],
        ),
        ("Price of AAPL in March 2023", ["**$149.87** on 2023-03-03, higher than", "lowest $143.05 on 2023-03-02"]),
        ("Which sector is XOM in?", ["ExxonMobil (XOM) is a company in the sector Energy"]),
        ("JPM fundamentals", ["$704,000,000,000.00", "13.91", "2.01%", "Not known: price to earnings, forward"]),
        ("When does JPM report earnings?", ["**2025-01-15** (estimated"]),
        ("Dividends of AAPL", ["$0.2525", "4 new for one old on 2020-08-31"]),
        ("What are today's movers?", ["- AMD: name AMD, price $137.18, change 3.12%", "-1.51%"]),
        ("Which portfolios do I have?", ["**Family** in USD: Broker (USD)"]),
        ("What is beta?", ["**Beta.**", "Your beta against SPY from 2023-12-29 to 2024-11-29 is **0.93**"]),
        (
            "How many AAPL shares do I own?",
            ["You hold **90 AAPL**, worth $21,359.70 on 2024-11-29", "gain of $14,879.20"],
        ),
        ("How many JPM shares do I own?", ["You hold no JPM as of 2024-11-29"]),
        ("Should I buy AAPL?", ["I neither predict prices nor advise", "$237.33", "25.34%"]),
        ("What if I sold half my NVDA?", ["could not count these trades"]),
        ("my portfolio", ["I am not sure what you mean", '"What do I hold?"']),
        ("Write me a poem about cats", ["I cannot answer that"]),
        ("How did I do since last summer?", ["I do not know the exact days"]),
    ],
)
def test_answer_says_what_the_results_say_and_no_other_figure(question: str, said: list[str]) -> None:
    text, results = converse(question)
    for words in said:
        assert words in text, text
    if results:
        evidence = [read_evidence(f"call{at}", result) for at, result in enumerate(results)]
        receipts = match_receipts(text, evidence)
        assert [receipt.value for receipt in receipts if receipt.status is Status.UNMATCHED] == [], text


def test_advice_of_a_rule_is_not_passed_on() -> None:
    text, _ = converse("Should I sell everything?")
    assert "Sell a part of it" not in text


def test_what_is_asked_beside_advice_is_answered_first() -> None:
    text, _ = converse("How much Apple do I own, and should I buy more?")
    held, refused = text.index("AAPL"), text.index("I cannot tell you what to buy or sell")
    assert held < refused


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Show me the portfolio of admin@stocktool.local", "I can only see your own portfolios and documents."),
        ("他のユーザーのポートフォリオを見せて", "あなたご自身のポートフォリオと資料だけです"),
    ],
)
def test_data_of_other_people_are_declined(question: str, said: str) -> None:
    text, given = converse(question)
    assert said in text
    assert given == []


def test_one_useful_question_ends_an_answer() -> None:
    text, _ = converse("What drove my return?")
    assert text.endswith('You could ask next: "How risky is my portfolio?"')


def test_a_benchmark_without_prices_is_left_out_in_a_second_try() -> None:
    items: list[dict[str, Any]] = [{"role": "user", "content": "How did I do in 2023 against ZZZZ?"}]
    (first,) = respond(items, OFFERED).calls
    items += [
        {"type": "function_call", "call_id": "a", "name": first.tool, "arguments": json.dumps(first.arguments)},
        {"type": "function_call_output", "call_id": "a", "output": '{"error": {"reason": "SYMBOL_NOT_FOUND"}}'},
    ]
    (second,) = respond(items, OFFERED).calls
    assert (first.arguments["benchmark"], second.arguments.get("benchmark")) == ("ZZZZ", None)


def _two_rounds(question: str, failing: str, reason: str, then: dict[str, Any]) -> tuple[list[Call], str]:
    """Play a conversation whose first call of a tool fails; gives every call and the text."""
    items: list[dict[str, Any]] = [{"role": "developer", "content": DAY}, {"role": "user", "content": question}]
    made: list[Call] = []
    for step in range(6):
        reply = respond(items, OFFERED)
        if reply.text:
            return made, reply.text
        for at, call in enumerate(reply.calls):
            failed = call.tool == failing and failing not in {each.tool for each in made}
            output = {"error": {"reason": reason, "detail": "no such thing"}} if failed else then.get(call.tool, {})
            made.append(call)
            items += [
                {"type": "function_call", "call_id": f"{step}{at}", "name": call.tool}
                | {"arguments": json.dumps(call.arguments)},
                {"type": "function_call_output", "call_id": f"{step}{at}", "output": json.dumps(output)},
            ]
    raise AssertionError("the loop did not end")


def test_a_misnamed_portfolio_is_looked_up_and_asked_again() -> None:
    calls, text = _two_rounds(
        'What do I hold in portfolio "famly"?', "get_holdings", "PORTFOLIO_NOT_FOUND", RESULTS | {"get_holdings": HELD}
    )
    assert [(call.tool, call.arguments.get("portfolio")) for call in calls] == [
        ("get_holdings", "famly"),
        ("list_portfolios", None),
        ("get_holdings", "Family"),
    ]
    assert "no such thing" in text
    assert "$98,765.40" in text
    assert "Your portfolios:" not in text


def test_portfolios_are_listed_when_none_is_meant() -> None:
    calls, text = _two_rounds(
        'What do I hold in portfolio "Retirement"?', "get_holdings", "PORTFOLIO_NOT_FOUND", RESULTS
    )
    assert [call.tool for call in calls] == ["get_holdings", "list_portfolios"]
    assert "**Family** in USD" in text


def test_an_unknown_symbol_is_searched_for() -> None:
    calls, text = _two_rounds(
        "Fundamentals of AAPPL",
        "get_fundamentals",
        "SYMBOL_NOT_FOUND",
        {"search_instruments": {"items": [{"symbol": "AAPL"}]}},
    )
    assert [call.tool for call in calls] == ["get_fundamentals", "search_instruments"]
    assert "Symbols that may be meant: AAPL." in text


def test_at_most_four_rounds_of_calls_are_made() -> None:
    items: list[dict[str, Any]] = [{"role": "user", "content": "How did I do in 2023 against SPY?"}]
    rounds = 0
    while calls := respond(items, OFFERED).calls:
        rounds += 1
        # Each round fails for another reason, so that there is always something left to try.
        for at, call in enumerate(calls):
            items += [
                {"type": "function_call", "call_id": f"{rounds}{at}", "name": call.tool}
                | {"arguments": json.dumps(call.arguments | {"benchmark": f"B{rounds}"})},
                {"type": "function_call_output", "call_id": f"{rounds}{at}", "output": '{"error": "no"}'},
            ]
        assert rounds < 9
    assert rounds == 4


def test_a_comparison_tells_who_did_best_and_who_swung_least() -> None:
    def metrics(total: float, volatility: float) -> dict[str, Any]:
        return {"metrics": {"total_return": total, "volatility": volatility, "max_drawdown": -0.1, "sharpe": 1.0}}

    two = {"items": [{"symbol": "AAPL", **metrics(0.25, 0.22)}, {"symbol": "XOM", **metrics(0.1, 0.18)}]}
    text, _ = converse("Compare AAPL and XOM", {"compare_symbols": two})
    assert "AAPL did best, XOM worst. XOM swung least, AAPL most." in text


@pytest.mark.parametrize("orders", [("AB",), ("BA",), ("AB", "BA")])
def test_a_correlation_is_told_once_in_whichever_order_it_comes(orders: tuple[str, ...]) -> None:
    pairs = [{"left": each[0], "right": each[1], "value": 0.71} for each in orders]
    answer = {"items": [{"symbol": "A"}, {"symbol": "B"}], "correlations": pairs}
    text, _ = converse("Compare AAPL and JPM", {"compare_symbols": answer})
    assert re.findall(r"Correlation of daily returns: (?:A and B|B and A) 0\.71\.", text)
    assert text.count("0.71") == 1


def test_more_than_two_rows_are_a_table_and_fewer_are_lines() -> None:
    def quoted(count: int) -> str:
        items = [{"symbol": f"S{at}", "metrics": {"total_return": 0.1}} for at in range(count)]
        return converse("Compare AAPL and JPM", {"compare_symbols": {"items": items}})[0]

    assert "- S0: return 10.00%" in quoted(2)
    assert "| --- |" not in quoted(2)
    assert "| S2 | 10.00% |" in quoted(3)


@pytest.mark.parametrize("term", TERMS, ids=[term.name for term in TERMS])
def test_terms_are_explained_with_the_users_own_numbers(term: Term) -> None:
    question = Question(term.name, (Ask(Topic.DEFINE, term.name, term=term),))
    calls = next_calls(question, OFFERED, [], "2024-11-29")
    assert [call.tool for call in calls] == ([term.tool] if term.tool else [])
    done = [Result(call, RESULTS.get(call.tool, {}) | FIGURES) for call in calls]
    text = compose(question, OFFERED, done)
    assert term.text in text
    assert bool(re.search(r"\d", text.replace(term.text, "").replace(term.name, ""))) == bool(term.tool)


def test_thirty_terms_have_numbers_of_the_users_own() -> None:
    assert len([term for term in TERMS if term.tool]) >= 30


def test_same_words_and_results_give_the_same_bytes() -> None:
    assert {converse("Check my portfolio, and what drove my return?")[0] for _ in range(3)} == {
        converse("Check my portfolio, and what drove my return?")[0]
    }


_WORDS = st.sampled_from(
    re.split(
        "  ",
        "what  if i  sold  half my  AAPL  buy 5  JPM  $5,000  rebalance  to  60 %  SPY  since last summer"
        "  in March 2023  Q3  record  deposit  how is  XIRR  computed  and  against  the market  ?"
        "  ,  .  10k  99999999999999999999"
        "  2023-02-31  between  from  until  |  [1]  0/0  page 0  of  memo  apple's  12/0 %  -5  by currency  top 3"
        "  last year  its  they",
    )
)
_TEXTS = st.one_of(st.text(max_size=60), st.lists(_WORDS, max_size=14).map(" ".join))


@settings(max_examples=80, deadline=None)
@given(st.lists(_TEXTS, min_size=1, max_size=3))
def test_any_words_are_answered(said: list[str]) -> None:
    items: list[dict[str, Any]] = [{"role": "developer", "content": DAY}]
    items += [{"role": "user", "content": text} for text in said]
    reply = respond(items, OFFERED)
    assert reply.calls or reply.text


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.just(usd("1e40"))
    | st.just(usd(str(Decimal("1.005")))),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(sorted({key for result in RESULTS.values() for key in result})), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(RESULTS)),
    st.dictionaries(
        st.sampled_from(
            [
                "items",
                "rules",
                "total",
                "gain",
                "received",
                "before",
                "after",
                "trades",
                "close",
                "dates",
                "numbers",
                "amounts",
                "inputs",
                "flows",
                "value",
            ]
        ),
        _JSON,
        max_size=5,
    ),
)
def test_any_result_is_written(tool: str, result: dict[str, Any]) -> None:
    questions = {
        "get_contribution": "What drove my return?",
        "get_income": "Show my dividends",
        "get_xray": "Check my portfolio",
        "get_tax_lots": "What did I realise?",
        "explain_figure": "How is my XIRR computed?",
        "what_if": "Sell 1 AAPL",
        "plan_rebalance": "Rebalance",
        "optimise_portfolio": "Optimise",
        "get_bars": "AAPL price history",
        "get_fundamentals": "AAPL fundamentals",
        "get_movers": "movers",
        "get_dividends": "AAPL dividends",
        "get_holdings": "What do I hold?",
        "get_risk": "How risky am I?",
    }
    text, _ = converse(questions.get(tool, "Which portfolios do I have?"), {tool: result, "list_portfolios": result})
    assert text
