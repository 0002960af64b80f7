"""Faults of tools and of the model's provider: each ends in an event that names it, and what was said stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from stocktool_dev.emulator import free_port

from tests.fakes.chat_model import Call, Drop, End, Hang, Refuse, Say, Silent, Step
from tests.fakes.chat_process import Mesh, Person, of_type, text_of

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


@pytest.mark.parametrize(("step", "text"), [(Silent(), ""), (Hang(), ""), (Hang("Half an ans"), "Half an ans")])
async def test_silence_of_the_provider_ends_in_an_event_that_names_it(mesh: Mesh, step: Any, text: str) -> None:
    mesh.model.script(step)
    async with mesh.another(model_timeout_seconds=0.3) as quick, quick.person() as person:
        _, _, events = await person.answered()
    assert events[-1].data["problem"]["reason"] == "MODEL_TIMED_OUT"
    assert text_of(events) == text


async def test_a_refused_answer_says_when_to_ask_again(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Refuse(429, {"retry-after": "7"}))
    _, _, events = await person.answered()
    assert events[-1].data["problem"]["retry_after_seconds"] == 7.0


async def test_a_model_that_fails_again_and_again_is_not_asked_for_a_while(mesh: Mesh) -> None:
    mesh.model.script(Refuse(500))
    async with mesh.another(model_failures=2) as guarded, guarded.person() as person:
        details = [(await person.answered())[2][-1].data["problem"]["detail"] for _ in range(3)]
    assert len(mesh.model.requests) == 2
    assert details[0] == details[1] == "the model's provider failed with status 500"
    assert "failed several times" in details[2]


MODELS = """
default = "best"
fallback = "spare"

[models.best]
provider = "azure"
deployment = "gpt-x-eu"
input_per_million = 2.5
cached_input_per_million = 1.25
output_per_million = 10

[models.spare]
input_per_million = 1
output_per_million = 2

[providers.azure]
base_url = "{origin}/openai/v1/"
api_version = "preview"
"""


async def test_the_fallback_answers_when_the_model_does_not(mesh: Mesh, tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(MODELS.format(origin=mesh.model.base_url.removesuffix("/v1")))

    def refusing_best(request: Mapping[str, Any]) -> Step:
        if request["model"] == "gpt-x-eu":
            return Refuse(429, {"retry-after": "7"})
        return HOLDINGS if "role" in request["input"][-1] else Say(["It is worth $9,493.20."])

    mesh.model.script(refusing_best)
    keys = {"azure": "secret"}
    async with mesh.another(models_file=file, provider_keys=keys) as guarded, guarded.person() as person:
        conversation, turn, events = await person.answered()
        whole = (await person.call("GET", f"/conversations/{conversation}/turns/{turn}")).json()
        offered = (await person.call("GET", "/models")).json()["items"]

    (replaced,) = of_type(events, "model.replaced")
    assert (replaced["model"], replaced["instead_of"]) == ("spare", "best")
    assert replaced["problem"]["reason"] == "MODEL_RATE_LIMITED"
    assert text_of(events) == "It is worth $9,493.20."
    assert whole["model"] == "best"
    assert whole["replaced"]["model"] == whole["usage"]["model"] == "spare"
    assert whole["usage"]["cost"] == {"amount": "0.000210", "currency": "USD"}  # 150 read at 1, 30 written at 2
    assert [request["model"] for request in mesh.model.requests] == ["gpt-x-eu", "spare", "spare"]
    assert mesh.model.addresses == ["/openai/v1/responses?api-version=preview", "/v1/responses", "/v1/responses"]
    assert [(each["name"], each["default"], each["input_per_million"]) for each in offered] == [
        ("best", True, "2.5"),
        ("spare", False, "1"),
    ]


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
    async with mesh.another(turn_seconds=0.5) as quick, quick.person() as person:
        _, _, events = await person.answered()
    assert events[-1].data["problem"]["reason"] == "TURN_TIMED_OUT"
    assert text_of(events) == "Thinking"


async def test_turn_ends_honestly_while_stock_and_rag_are_down(mesh: Mesh) -> None:
    mesh.model.script(
        Call([("get_holdings", {}), ("search_documents", {"query": "sales"})]), Say(["I cannot reach your portfolio."])
    )
    nobody = f"127.0.0.1:{free_port()}"
    async with mesh.another(stock_address=nobody, rag_address=nobody) as cut_off, cut_off.person() as person:
        _, _, events = await person.answered()

    assert [data["ok"] for data in of_type(events, "tool.finished")] == [False, False]
    assert "unknown at the moment" in mesh.model.requests[0]["input"][-2]["content"]
    outputs = [json.loads(item["output"])["error"]["reason"] for item in mesh.model.requests[1]["input"][-2:]]
    assert outputs == ["UNAVAILABLE", "UNAVAILABLE"]
    assert events[-1].type == "turn.completed"
