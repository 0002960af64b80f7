"""From a conversation to calls and, from their results alone, to an answer."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from stocktool_analyst.application.respond import Reply, respond
from stocktool_analyst.domain.tools import Tool

PERIOD = {"type": ["string", "null"], "enum": ["ytd", "1m", "1y", "all", None]}
TEXT = {"type": ["string", "null"]}


def tool(name: str, **properties: Any) -> Tool:
    return Tool(name, {"type": "object", "properties": properties, "required": list(properties)})


TOOLS = [
    tool("get_performance", portfolio_id=TEXT, period=PERIOD, start=TEXT, end=TEXT, benchmark=TEXT),
    tool("get_risk", portfolio_id=TEXT, period=PERIOD, start=TEXT, end=TEXT, benchmark=TEXT),
    tool("get_quotes", symbols={"type": "array", "items": {"type": "string"}}),
    tool("search_instruments", query={"type": "string"}),
    tool("search_documents", query={"type": "string"}, top_k={"type": "integer"}),
    tool("get_holdings", portfolio_id=TEXT, as_of=TEXT),
]
PERFORMANCE = {
    "start": "2023-12-29",
    "end": "2024-11-29",
    "twr": 0.21345,
    "xirr": None,
    "gain": {"amount": "12345.678", "currency": "USD"},
    "net_flows": {"amount": "1000", "currency": "USD"},
    "value_end": {"amount": "98765.4", "currency": "USD"},
    "benchmark": {"symbol": "SPY", "twr": 0.2871},
    "undefined": {"xirr": "no sign change"},
    "stale_prices": 0,
}
RISK = {
    "benchmark": "SPY",
    "metrics": {"volatility": 0.1512, "max_drawdown": -0.0834, "var95_hist": -0.0142, "sharpe": 1.387, "beta": 0.931},
}


def converse(question: str, answers: dict[str, dict[str, Any]], tools: list[Tool] = TOOLS) -> tuple[list[str], str]:
    """Play the tool loop; gives the tools called and the final text."""
    items: list[dict[str, Any]] = [
        {"role": "developer", "content": "The market's today is 2024-11-29 (now ...)."},
        {"role": "user", "content": question},
    ]
    called: list[str] = []
    for round_number in range(5):
        reply: Reply = respond(items, tools)
        if reply.text:
            return called, reply.text
        for number, call in enumerate(reply.calls):
            called.append(call.tool)
            identity = f"call_{round_number}_{number}"
            items.append(
                {
                    "type": "function_call",
                    "call_id": identity,
                    "name": call.tool,
                    "arguments": json.dumps(call.arguments),
                }
            )
            output = json.dumps(answers.get(call.tool, {"error": {"detail": "unexpected"}}))
            items.append({"type": "function_call_output", "call_id": identity, "output": output})
    raise AssertionError("the loop did not end")


def test_main_question_is_answered_from_both_tools() -> None:
    called, text = converse(
        "How did I do this year against SPY, and how risky is it?", {"get_performance": PERFORMANCE, "get_risk": RISK}
    )
    assert called == ["get_performance", "get_risk"]
    for figure in (
        "21.34%",
        "28.71%",
        "$12,345.68",
        "$1,000.00",
        "$98,765.40",
        "15.12%",
        "-8.34%",
        "-1.42%",
        "1.39",
        "0.93",
    ):
        assert figure in text
    assert "behind it" in text
    assert "no sign change" in text


def test_period_and_benchmark_reach_the_tool_in_its_own_spelling() -> None:
    reply = respond([{"role": "user", "content": "How did I do this year against SPY?"}], TOOLS)
    assert reply.calls[0].arguments == {"period": "ytd", "benchmark": "SPY"}


def test_no_figure_is_made_up() -> None:
    _, text = converse("How risky is my portfolio?", {"get_risk": RISK})
    said = {float(figure) for figure in re.findall(r"-?\d+\.\d+", text)}
    assert said == {15.12, -8.34, -1.42, 1.39, 0.93}


def test_name_is_looked_up_before_its_price_is_asked() -> None:
    price = {
        "quotes": [
            {"symbol": "AAPL", "price": {"amount": "237.33", "currency": "USD"}, "as_of": "2024-11-29T21:00:00Z"}
        ]
    }
    called, text = converse(
        "What is the price of Zyx Widgets?",
        {"search_instruments": {"items": [{"symbol": "AAPL"}]}, "get_quotes": price},
    )
    assert called == ["search_instruments", "get_quotes"]
    assert "$237.33" in text


def test_unknown_name_is_said() -> None:
    called, text = converse("What is the price of Zzyzx?", {"search_instruments": {"items": []}})
    assert called == ["search_instruments"]
    assert "no instrument called Zzyzx" in text


def test_failed_tool_is_told_and_the_rest_is_answered() -> None:
    _, text = converse(
        "How did I do this year against SPY, and how risky is it?",
        {
            "get_performance": PERFORMANCE,
            "get_risk": {"error": {"reason": "UNAVAILABLE", "detail": "stock does not answer"}},
        },
    )
    assert "21.34%" in text
    assert "could not compute the risk figures: stock does not answer" in text


def test_passage_is_quoted_word_for_word() -> None:
    body = "The weather was fine. Cash flow was 12 million euros in 2023. Nothing else happened."
    hits = {"hits": [{"document_name": "memo.md", "page": 2, "text": body, "score": 0.8}]}
    _, text = converse("What do my documents say about cash flow?", {"search_documents": hits})
    assert "Cash flow was 12 million euros in 2023." in text
    assert "memo.md, page 2 [1]" in text


def test_headings_and_unrelated_passages_are_left_out() -> None:
    hits = {
        "hits": [
            {
                "document_name": "orchard.md",
                "page": 1,
                "text": "# Orchard\n\nThe orchard harvested 4,211 crates of\npears.",
            },
            {"document_name": "prices.md", "page": 4, "text": "## XOM\n\nXOM lost 36.21 percent over 2020."},
        ]
    }
    _, text = converse("What do my documents say about the pear harvest of the orchard?", {"search_documents": hits})
    assert "> The orchard harvested 4,211 crates of pears.\n\n— orchard.md, page 1 [1]" in text
    assert "XOM" not in text


def test_tool_that_is_not_offered_is_said() -> None:
    _, text = converse("How risky is my portfolio?", {}, tools=[])
    assert "no tool for: risk" in text


@pytest.mark.parametrize("question", ["Should I sell everything?", "Write me a poem about cats"])
def test_what_it_cannot_do_it_says(question: str) -> None:
    called, text = converse(question, {})
    assert called == []
    assert "cannot" in text


def test_earlier_answers_do_not_count_for_a_new_question() -> None:
    items: list[dict[str, Any]] = [
        {"role": "user", "content": "How risky is my portfolio?"},
        {"type": "function_call", "call_id": "a", "name": "get_risk", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": json.dumps(RISK)},
        {"role": "assistant", "content": "Risk ..."},
        {"role": "user", "content": "What do I hold?"},
    ]
    assert [call.tool for call in respond(items, TOOLS).calls] == ["get_holdings"]
