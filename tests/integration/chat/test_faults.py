"""Faults of tools and of the model's provider: each ends in an event that names it, and what was said stays."""

import json
from typing import Any

import pytest
from stocktool_chat.bootstrap import bootstrap
from stocktool_dev.emulator import free_port
from stocktool_kit.process import running

from tests.fakes.chat_model import Call, Drop, End, Hang, Refuse, Say
from tests.fakes.chat_process import Mesh, Person, of_type, settings_for, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDINGS = Call([("get_holdings", {"portfolio": None, "as_of": None})])


TOOL_FAULTS = [
    (Call([("get_quotes", {"symbols": ["DOWN"]})]), "UNAVAILABLE"),
    (Call([("get_quotes", {"symbols": "AAPL"})]), "INVALID_ARGUMENT"),
    (Call([("get_quotes", "{not json")]), "MALFORMED_ARGUMENTS"),
    (Call([("get_quotes", "[1]")]), "MALFORMED_ARGUMENTS"),
    (Call([("buy_everything", {})]), "UNKNOWN_TOOL"),
    (Call([("get_holdings", {"portfolio": "Nobody's"})]), "PORTFOLIO_NOT_FOUND"),
    (Call([("read_page", {"document_id": "doc_1", "page": 1})]), "INTERNAL"),
]


@pytest.mark.parametrize(("step", "reason"), TOOL_FAULTS)
async def test_failing_tool_is_told_to_the_model_and_the_turn_goes_on(
    mesh: Mesh, person: Person, step: Call, reason: str
) -> None:
    mesh.model.script(step, Say(["That did not work."]))

    _, _, events = await person.answered()

    (finished,) = of_type(events, "tool.finished")
    assert finished["ok"] is False
    assert finished["summary"].startswith(reason)
    assert json.loads(mesh.model.requests[-1]["input"][-1]["output"])["error"]["reason"] == reason
    assert events[-1].type == "turn.completed"


def incomplete(reason: str) -> dict[str, Any]:
    """Why a response is not whole, as the API says it."""
    return {"incomplete_details": {"reason": reason}}


MODEL_FAULTS = [
    (Refuse(429, {"retry-after": "7"}), "MODEL_RATE_LIMITED", ""),
    (Refuse(500), "MODEL_UNAVAILABLE", ""),
    (Refuse(401), "MODEL_REJECTED", ""),
    (Refuse(400, code="content_filter"), "ANSWER_FILTERED", ""),
    (Drop("Half an ans"), "MODEL_STREAM_DROPPED", "Half an ans"),
    (Drop("Half an ans", reset=True), "MODEL_STREAM_DROPPED", "Half an ans"),
    (Drop(), "MODEL_STREAM_DROPPED", ""),
    (Say([]), "EMPTY_ANSWER", ""),
    (
        End("response.incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, "Cut"),
        "ANSWER_CUT_OFF",
        "Cut",
    ),
    (End("response.incomplete", {"incomplete_details": {"reason": "content_filter"}}), "ANSWER_FILTERED", ""),
    (End("response.failed", {"error": {"code": "server_error", "message": "oops"}}), "MODEL_UNAVAILABLE", ""),
    (End("error", {"code": "rate_limit_exceeded", "message": "slow down"}), "MODEL_RATE_LIMITED", ""),
]


@pytest.mark.parametrize(("step", "reason", "text"), MODEL_FAULTS)
async def test_fault_of_the_provider_ends_in_an_event_that_names_it(
    mesh: Mesh, person: Person, step: Any, reason: str, text: str
) -> None:
    mesh.model.script(step)

    conversation, turn, events = await person.answered()

    assert events[-1].type == "turn.failed"
    assert events[-1].data["problem"]["reason"] == reason
    assert text_of(events) == text
    whole = (await person.call("GET", f"/conversations/{conversation}/turns/{turn}")).json()
    assert (whole["state"], whole["text"], whole["problem"]["reason"]) == ("failed", text, reason)


async def test_endless_tool_loop_ends(mesh: Mesh, person: Person) -> None:
    mesh.model.script(HOLDINGS)

    _, _, events = await person.answered()

    assert events[-1].data["problem"]["reason"] == "ENDLESS_TOOL_LOOP"
    assert len(mesh.model.requests) == 8
    assert mesh.model.requests[-1]["tool_choice"] == "none"


async def test_silent_model_ends_with_the_budget_of_the_turn(
    mesh: Mesh,
) -> None:
    mesh.model.script(Hang("Thinking"))
    async with running(settings_for(mesh.neighbours, turn_seconds=0.5), bootstrap) as process:
        quick = Mesh(process, mesh.model, mesh.neighbours, f"http://127.0.0.1:{process.http_port}")
        async with quick.person() as person:
            _, _, events = await person.answered()
    assert events[-1].data["problem"]["reason"] == "TURN_TIMED_OUT"
    assert text_of(events) == "Thinking"


async def test_turn_ends_honestly_while_stock_and_rag_are_down(mesh: Mesh) -> None:
    mesh.model.script(
        Call([("get_holdings", {}), ("search_documents", {"query": "sales"})]), Say(["I cannot reach your portfolio."])
    )
    nobody = f"127.0.0.1:{free_port()}"
    settings = settings_for(mesh.neighbours, stock_address=nobody, rag_address=nobody)
    async with running(settings, bootstrap) as process:
        cut_off = Mesh(process, mesh.model, mesh.neighbours, f"http://127.0.0.1:{process.http_port}")
        async with cut_off.person() as person:
            _, _, events = await person.answered()

    assert [data["ok"] for data in of_type(events, "tool.finished")] == [False, False]
    assert "unknown at the moment" in mesh.model.requests[0]["input"][0]["content"]
    outputs = [json.loads(item["output"])["error"]["reason"] for item in mesh.model.requests[1]["input"][-2:]]
    assert outputs == ["UNAVAILABLE", "UNAVAILABLE"]
    assert events[-1].type == "turn.completed"
