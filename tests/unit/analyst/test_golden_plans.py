"""Questions and the plans they should have, over the tools the chat service really offers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from stocktool_analyst.domain import errand_plans
from stocktool_analyst.domain.plan import next_calls
from stocktool_analyst.domain.question import Topic, understand
from stocktool_analyst.domain.tools import JsonObject, Result, Tool
from stocktool_chat.adapters import web_tools
from stocktool_chat.adapters.grpc_tools import TOOLS
from stocktool_chat.adapters.tool_arguments import checked

TODAY = "2024-11-29"
ALL = (*TOOLS, *web_tools.TOOLS)
OFFERED = [Tool(tool.name, json.loads(json.dumps(tool.definition().parameters))) for tool in ALL]
ARGUMENTS = {tool.name: tool.arguments for tool in ALL}


def priced(*rows: tuple[str, str, str]) -> JsonObject:
    return {
        "items": [
            {"symbol": symbol, "quantity": held, "price": {"amount": price, "currency": "USD"}}
            for symbol, held, price in rows
        ]
    }


GIVEN: dict[str, JsonObject] = {
    "get_holdings": priced(
        ("AAPL", "90", "237.33"), ("JPM", "50", "250"), ("META", "20", "574.32"), ("XOM", "60", "118")
    ),
    "get_quotes": priced(
        ("AAPL", "", "237.33"), ("JPM", "", "250"), ("SPY", "", "600"), ("META", "", "574.32"), ("AMZN", "", "200")
    ),
    "search_documents": {
        "hits": [{"document_id": "d1", "document_name": "contract.pdf", "page": 1, "text": "Rent is due monthly."}]
    },
}


def golden(file: str) -> Iterator[tuple[str, list[str]]]:
    question, expected = "", []
    for line in Path(__file__).with_name(file).read_text("utf-8").splitlines()[3:]:
        if line.startswith("    "):
            expected.append(line.strip())
            continue
        if question:
            yield question, expected
        question, expected = "" if line.startswith("#") else line, []
    yield question, expected


GOLDEN = [*golden("golden_plans.txt"), *golden("golden_plans_ja.txt")]


def planned(line: str) -> list[str]:
    """The whole plan of a question, each result given as soon as it is asked for."""
    *earlier, text = (part.strip() for part in line.split(">>"))
    question = understand(text, TODAY, earlier)
    plan = ["clarify" if question.suggestions else "refuse"] if not question.asks else []
    plan += [f"define {ask.term.name}" for ask in question.asks if ask.topic is Topic.DEFINE and ask.term]
    plan += ["advice" for ask in question.asks if ask.topic is Topic.ADVICE]
    plan += ["others" for ask in question.asks if ask.topic is Topic.OTHERS]
    done: list[Result] = []
    while calls := next_calls(question, OFFERED, done, TODAY):
        for call in calls:
            checked(ARGUMENTS[call.tool], call.arguments)
            plan.append(
                f"{call.tool} {json.dumps(call.arguments, ensure_ascii=False)}" if call.arguments else call.tool
            )
            done.append(Result(call, GIVEN.get(call.tool, {})))
    return plan


@pytest.mark.parametrize(("question", "expected"), GOLDEN, ids=[question for question, _ in GOLDEN])
def test_plan(question: str, expected: list[str]) -> None:
    assert planned(question) == expected


def test_every_tool_is_planned_somewhere() -> None:
    named = {line.split(" ")[0] for _, expected in GOLDEN for line in expected}
    assert {tool.name for tool in OFFERED} <= named
    assert len(GOLDEN) >= 250


def _paraphrased(file: str) -> int:
    """How many questions stand in the section of those that were worded without looking at the rules."""
    sections = Path(__file__).with_name(file).read_text("utf-8").split("\n# ")
    told = next(section for section in sections if section.startswith("Paraphrased freely"))
    return sum(1 for line in told.splitlines()[1:] if line and not line.startswith(" "))


def test_enough_questions_are_paraphrased_freely() -> None:
    assert _paraphrased("golden_plans.txt") >= 80
    assert len(list(golden("golden_plans_ja.txt"))) >= 60
    assert _paraphrased("golden_plans_ja.txt") >= 20


@pytest.mark.parametrize("tool", sorted(set(errand_plans.TOOLS.values())))
def test_each_errand_is_asked_for_in_either_language(tool: str) -> None:
    for file in ("golden_plans.txt", "golden_plans_ja.txt"):
        asked = [question for question, plan in golden(file) if any(line.split(" ")[0] == tool for line in plan)]
        assert len(asked) >= 7, file
    free = Path(__file__).with_name("golden_plans_ja.txt").read_text("utf-8").split("\n# Errands, paraphrased freely\n")
    assert len(re.findall(rf"^    {tool}\b", free[1].split("\n# ")[0], re.MULTILINE)) >= 3


@pytest.mark.parametrize("kept", range(5))
def test_offered_tools_alone_are_planned(kept: int) -> None:
    offered = [tool for at, tool in enumerate(OFFERED) if at % 5 == kept]
    for line, _ in GOLDEN[::7]:
        *earlier, text = (part.strip() for part in line.split(">>"))
        calls = next_calls(understand(text, TODAY, earlier), offered, [], TODAY)
        assert {call.tool for call in calls} <= {tool.name for tool in offered}
