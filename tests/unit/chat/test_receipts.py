"""Every figure of an answer is matched to the value it states, or marked; labelled sentences over fixed results."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from stocktool_chat.domain.evidence import Evidence, read_evidence
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.receipts import Status, match_receipts

HOLDINGS: JsonObject = {
    "portfolio": "Family",
    "items": [
        {
            "symbol": "AAPL",
            "quantity": "40",
            "cost_basis": {"amount": "4625.00", "currency": "USD"},
            "price": {"amount": "237.33", "currency": "USD"},
            "market_value": {"amount": "9493.20", "currency": "USD"},
            "unrealised": {"amount": "4868.20", "currency": "USD"},
            "unrealised_return": 1.0526,
            "weight": 0.6131,
        },
        {
            "symbol": "MSFT",
            "quantity": "14.1457",
            "cost_basis": {"amount": "6500.00", "currency": "USD"},
            "price": {"amount": "423.46", "currency": "USD"},
            "market_value": {"amount": "5990.14", "currency": "USD"},
            "unrealised": {"amount": "-509.86", "currency": "USD"},
            "unrealised_return": -0.07844,
            "weight": 0.3869,
        },
    ],
    "cash": [{"amount": "250.00", "currency": "EUR"}],
    "total": {"amount": "15483.34", "currency": "USD"},
}
PERFORMANCE: JsonObject = {
    "twr": 0.18274,
    "xirr": 0.21055,
    "simple_return": -0.0312,
    "gain": {"amount": "2391.07", "currency": "USD"},
    "benchmark": {"symbol": "SPY", "twr": 0.2654},
}
RISK: JsonObject = {
    "volatility": 0.2217,
    "sharpe": 1.183,
    "beta": 1.124,
    "max_drawdown": -0.1466,
    "var95_hist": -0.02145,
    "n_returns": 231,
    "correlation": {"AAPL": {"MSFT": 0.5512}},
}
DOCUMENT: JsonObject = {
    "hits": [
        {
            "document_id": "doc_1",
            "page": 31,
            "text": "Total net sales were $391,035 million, up 2 % from $383,285 million.",
        },
        {"document_id": "doc_2", "page": 4, "text": "(In millions) Net income 93,736 96,995 Employees 164,000"},
    ]
}
RESULTS: dict[str, JsonObject] = {"c1": HOLDINGS, "c2": PERFORMANCE, "c3": RISK, "c4": DOCUMENT}
NAMES = {"Apple": "AAPL", "Microsoft": "MSFT"}


def read(results: Mapping[str, JsonObject]) -> list[Evidence]:
    """Results as a turn reads them, and the names a profile would bring."""
    return [*(read_evidence(call_id, result) for call_id, result in results.items()), Evidence([], NAMES)]


EVIDENCE = read(RESULTS)

MATCHED = [
    ("Your portfolio is worth $15,483.34.", "c1", "$.total"),
    ("Your portfolio is worth about $15,500.", "c1", "$.total"),
    ("Your portfolio is worth $15.5k.", "c1", "$.total"),
    ("Your portfolio is worth USD 15,483.", "c1", "$.total"),
    ("Your portfolio is worth roughly 15.5 thousand dollars.", "c1", "$.total"),
    ("**$15,483.34** in all.", "c1", "$.total"),
    ("You hold 250.00 EUR in cash.", "c1", "$.cash[0]"),
    ("You hold €250 in cash.", "c1", "$.cash[0]"),
    ("AAPL trades at $237.33.", "c1", "$.items[0].price"),
    ("Apple trades at $237.33.", "c1", "$.items[0].price"),
    ("| AAPL | 40 | $9,493.20 | 61.3 % |", "c1", None),
    ("AAPL makes up 61.3 % of it.", "c1", "$.items[0].weight"),
    ("AAPL makes up 61 % of it.", "c1", "$.items[0].weight"),
    ("AAPL has a weight of 0.613.", "c1", "$.items[0].weight"),
    ("AAPL and MSFT make up 61.3 % and 38.7 %.", "c1", None),
    ("You hold 40 shares of AAPL.", "c1", "$.items[0].quantity"),
    ("You hold 14.15 shares of MSFT.", "c1", "$.items[1].quantity"),
    ("AAPL gained 105.3 %.", "c1", "$.items[0].unrealised_return"),
    ("MSFT lost 7.8 %.", "c1", "$.items[1].unrealised_return"),
    ("MSFT is down $509.86 (7.84 %).", "c1", None),
    ("MSFT: -7.84 %.", "c1", "$.items[1].unrealised_return"),
    ("MSFT: \u22127.84 %.", "c1", "$.items[1].unrealised_return"),
    ("MSFT shows an unrealised loss of $509.86.", "c1", "$.items[1].unrealised"),
    ("MSFT stands at -$509.86.", "c1", "$.items[1].unrealised"),
    ("MSFT stands at ($509.86).", "c1", "$.items[1].unrealised"),
    ("The time-weighted return is 18.27 %.", "c2", "$.twr"),
    ("The time-weighted return is 18.3%.", "c2", "$.twr"),
    ("You returned 18.27 percent.", "c2", "$.twr"),
    ("Your money-weighted return is 21.1 %.", "c2", "$.xirr"),
    ("The simple return was -3.1 %.", "c2", "$.simple_return"),
    ("You gained $2,391.07.", "c2", "$.gain"),
    ("You gained about $2,400.", "c2", "$.gain"),
    ("SPY returned 26.5 %.", "c2", "$.benchmark.twr"),
    ("You returned 18.3 % against 26.5 % for SPY.", "c2", None),
    ("Volatility is 22.2 %.", "c3", "$.volatility"),
    ("Its Sharpe ratio is 1.18.", "c3", "$.sharpe"),
    ("Your beta is 1.12.", "c3", "$.beta"),
    ("The maximum drawdown was 14.7 %.", "c3", "$.max_drawdown"),
    ("The maximum drawdown was -14.7 %.", "c3", "$.max_drawdown"),
    ("It fell 14.66 % at worst.", "c3", "$.max_drawdown"),
    ("On one day in twenty you lose more than 2.1 %.", "c3", "$.var95_hist"),
    ("MSFT fell 7.8 % and trades at $423.46.", "c1", None),
    ("MSFT lost 7.8 % and the whole is worth $15,483.34 after a gain of $2,391.07.", None, None),
    ("It uses 231 daily returns.", "c3", "$.n_returns"),
    ("The correlation is 0.55.", "c3", "$.correlation.AAPL.MSFT"),
    ("Net sales were $391,035 million [1].", "c4", "$.hits[0].text"),
    ("Net sales were $391.0 billion [1].", "c4", "$.hits[0].text"),
    ("Net sales rose 2 % [1].", "c4", "$.hits[0].text"),
    ("Net income was $93.7 billion [2].", "c4", "$.hits[1].text"),
    ("It has 164,000 employees [2].", "c4", "$.hits[1].text"),
]

UNMATCHED = [
    "Your portfolio is worth $15,483.35.",
    "Your portfolio is worth $15,843.34.",
    "Your portfolio is worth €15,483.34.",
    "Your portfolio is worth 15,483.34.",
    "Your portfolio is worth $15.6k.",
    "Your portfolio is worth $15.483 million.",
    "You hold $250 in cash.",
    "MSFT trades at $237.33.",
    "Microsoft trades at $237.33.",
    "AAPL makes up 38.7 % of it.",
    "AAPL makes up 61.4 % of it.",
    "AAPL makes up 0.6131 % of it.",
    "AAPL makes up 61.3 of it.",
    "AAPL lost 105.3 %.",
    "MSFT gained 7.8 %.",
    "MSFT gained +7.84 %.",
    "AAPL stands at -$4,868.20.",
    "The time-weighted return is -18.27 %.",
    "The time-weighted return is 18.28 %.",
    "The portfolio fell 18.27 %.",
    "Your beta is 112.4 %.",
    "Your Sharpe ratio is 1.19.",
    "Volatility is 22.3 %.",
    "The maximum drawdown was +14.7 %.",
    "SPY returned 18.27 points of $26.54.",
    "You hold 41 shares of AAPL.",
    "You hold 40 shares of MSFT.",
    "Net sales were $391,053 million [1].",
    "It uses 232 daily returns.",
    "Expect $20,000 next year.",
]


@pytest.mark.parametrize(("text", "call_id", "path"), MATCHED)
def test_true_figure_is_matched_to_its_value(text: str, call_id: str | None, path: str | None) -> None:
    receipts = match_receipts(text, EVIDENCE)

    assert receipts
    assert [receipt.status for receipt in receipts] == [Status.MATCHED] * len(receipts)
    if call_id is not None:
        assert {receipt.call_id for receipt in receipts} == {call_id}
    if path is not None:
        assert receipts[0].path == path


@pytest.mark.parametrize("text", UNMATCHED)
def test_misstated_figure_is_unmatched(text: str) -> None:
    receipts = match_receipts(text, EVIDENCE)

    assert Status.UNMATCHED in {receipt.status for receipt in receipts}
    assert all(receipt.call_id is None for receipt in receipts if receipt.status is Status.UNMATCHED)


DERIVED = [
    ("AAPL at $9,493.20 and MSFT at $5,990.14 add up to $15,483.34.", None),
    ("You returned 18.27 % and SPY 26.54 %: 8.27 percentage points behind.", "$.benchmark.twr - $.twr"),
    (
        "AAPL is worth $9,493.20 and MSFT $5,990.14, a difference of $3,503.06.",
        "$.items[0].market_value - $.items[1].market_value",
    ),
    ("Of the cost of AAPL, $4,625.00, and MSFT, $6,500.00, the sum is $11,125.00.", None),
    ("You hold 2 items.", "count($.items)"),
]


@pytest.mark.parametrize(("text", "path"), DERIVED)
def test_stated_operation_is_recomputed(text: str, path: str | None) -> None:
    receipts = match_receipts(text, EVIDENCE)

    assert all(receipt.status is not Status.UNMATCHED for receipt in receipts)
    if path is not None:
        assert receipts[-1].status is Status.DERIVED
        assert receipts[-1].path == path


@pytest.mark.parametrize(
    "text",
    [
        "AAPL at $9,493.20 and MSFT at $5,990.14 add up to $15,500.34.",
        "You returned 18.27 % and SPY 26.54 %: 9.27 percentage points behind.",
        "AAPL at $9,493.20 and cash of €250.00 add up to $9,743.20.",
    ],
)
def test_wrong_operation_is_unmatched(text: str) -> None:
    assert match_receipts(text, EVIDENCE)[-1].status is Status.UNMATCHED


@pytest.mark.parametrize(
    "text",
    ["There are 3 reasons.", "Over the last 12 months.", "At 16:00.", "1. AAPL\n2. MSFT", "No figures here."],
)
def test_what_claims_nothing_has_no_receipt(text: str) -> None:
    assert match_receipts(text, EVIDENCE) == []


def test_without_results_every_figure_is_unmatched() -> None:
    receipts = match_receipts("It is worth $100, up 5 %.", [])
    assert [receipt.status for receipt in receipts] == [Status.UNMATCHED, Status.UNMATCHED]


def test_a_long_answer_is_matched_quickly() -> None:
    sentence = "AAPL is worth $9,493.20, or 61.3 %, and MSFT lost 7.8 % while volatility is 22.2 %. "
    series: JsonObject = {"series": {"values": [100 + index / 7 for index in range(750)]}}
    evidence = read({**RESULTS, **{f"s{index}": series for index in range(36)}})

    begin = time.thread_time()
    receipts = match_receipts(sentence * 35, evidence)
    seconds = time.thread_time() - begin

    assert len(receipts) == 140
    assert all(receipt.status is Status.MATCHED for receipt in receipts)
    assert seconds < 2  # far above the target: this guards against a quadratic mistake, the benchmark measures
