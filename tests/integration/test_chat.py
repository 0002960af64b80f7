"""The chat process over real sockets: a scripted model, fake neighbours over gRPC, an emulated AWS."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.chat.v1.chat_service_pb2_grpc import ChatServiceStub
from stocktool_chat.bootstrap import bootstrap
from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.errors import NotFound
from stocktool_kit.core.ids import new_id
from stocktool_kit.process import running
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.testing.process import SERVICE_SECRET

from tests.conftest import EmulatedAws
from tests.eventually import eventually
from tests.fakes.chat_model import Call, Drop, End, Hang, Refuse, Say, ScriptedModel
from tests.fakes.chat_process import Mesh, Person, Sse, chat_process, of_type, settings_for, text_of, until
from tests.fakes.chat_services import ChatNeighbours

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDINGS = Call([("get_holdings", {"portfolio": None, "as_of": None})])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(emulator: EmulatedAws) -> AsyncIterator[Mesh]:
    """One process for all tests of this module: starting it costs more than most of them."""
    async with chat_process() as mesh:
        yield mesh


@pytest.fixture
def mesh(served: Mesh) -> Mesh:
    served.model.forget()
    return served


@pytest_asyncio.fixture(loop_scope="module")
async def person(mesh: Mesh) -> AsyncIterator[Person]:
    async with mesh.person() as someone:
        yield someone


async def test_answer_is_streamed_with_receipts_for_its_figures(mesh: Mesh, person: Person) -> None:
    text = "Your portfolio is worth $9,493.20. AAPL is 100 % of it and lost 1.1 %."
    mesh.model.script(HOLDINGS, Say([text[:20], text[20:]]))

    conversation, turn, events = await person.answered()

    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert events[0].type == "turn.started"
    assert events[-1].type == "turn.completed"
    (started,) = of_type(events, "tool.started")
    (finished,) = of_type(events, "tool.finished")
    assert started == {"call_id": "call_1", "name": "get_holdings", "arguments": {"portfolio": None, "as_of": None}}
    assert finished["ok"] is True
    assert "9493.20" in finished["summary"]
    assert text_of(events) == text
    receipts = of_type(events, "receipt")
    assert [(text[slice(*r["span"])], r["status"], r["path"]) for r in receipts] == [
        ("$9,493.20", "matched", "$.total"),
        ("100 %", "matched", "$.items[0].weight"),
        ("1.1 %", "matched", "$.items[0].unrealised_return"),
    ]
    assert of_type(events, "usage") == [
        {
            "model": "offline-analyst",
            "input_tokens": 150,
            "output_tokens": 30,
            "cost": {"amount": "0.000000", "currency": "USD"},
        }
    ]

    whole = (await person.call("GET", f"/conversations/{conversation}/turns/{turn}")).json()
    assert (whole["state"], whole["text"], whole["question"]) == ("completed", text, "How am I doing?")
    assert whole["tool_calls"][0]["result"]["total"] == {"amount": "9493.20", "currency": "USD"}
    assert whole["receipts"] == receipts
    listed = (await person.call("GET", f"/conversations/{conversation}")).json()
    assert listed["title"] == "How am I doing?"
    assert [each["text"] for each in listed["turns"]] == [text]


async def test_tools_act_for_the_user_under_a_grant_that_is_closed_after_it(mesh: Mesh, person: Person) -> None:
    mesh.model.script(HOLDINGS, Say(["Done."]))

    _, turn, _ = await person.answered()

    assert [each for each in mesh.neighbours.portfolios.callers if each[0] == person.id] == [(person.id, "chat")]
    await eventually(lambda: turn in mesh.neighbours.auth.closed)


async def test_misstated_figure_is_marked(mesh: Mesh, person: Person) -> None:
    mesh.model.script(HOLDINGS, Say(["It is worth $9,493.20, up from $8,000.00, and gained 1.1 %."]))

    _, _, events = await person.answered()

    statuses = [(receipt["value"], receipt["status"]) for receipt in of_type(events, "receipt")]
    assert statuses == [("$9,493.20", "matched"), ("$8,000.00", "unmatched"), ("1.1 %", "unmatched")]


async def test_model_is_given_tools_the_market_day_and_the_conversation(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Say(["First answer."]))
    conversation = await person.opened()
    await person.all(conversation, await person.asked(conversation, "First question?"))
    mesh.model.script(Say(["Second answer."]))
    await person.all(conversation, await person.asked(conversation, "Second question?"))

    first, second = mesh.model.requests
    assert first["instructions"] == second["instructions"]
    assert first["store"] is False
    assert first["stream"] is True
    assert len(first["tools"]) == 28
    assert all(tool["strict"] and not tool["parameters"]["additionalProperties"] for tool in first["tools"])
    assert "2024-11-29" in first["input"][0]["content"]
    assert [item["content"] for item in second["input"][1:]] == ["First question?", "First answer.", "Second question?"]


async def test_follow_up_is_matched_to_results_of_the_turn_before(mesh: Mesh, person: Person) -> None:
    conversation = await person.opened()
    mesh.model.script(HOLDINGS, Say(["It is worth $9,493.20."]))
    await person.all(conversation, await person.asked(conversation))
    mesh.model.script(Say(["As I said, it is worth $9,493.20."]))
    events = await person.all(conversation, await person.asked(conversation, "And again?"))

    (receipt,) = of_type(events, "receipt")
    assert (receipt["status"], receipt["call_id"]) == ("matched", "call_1")


async def test_parallel_tools_and_citations(mesh: Mesh, person: Person) -> None:
    mesh.model.script(
        Call(
            [
                ("get_risk", {"benchmark": "SPY", "period": "year_to_date"}),
                ("search_documents", {"query": "net sales", "document_ids": None, "limit": None}),
            ]
        ),
        Say(["Volatility is 22.2 %. Net sales were $391,035 million [1]. See also [7]."]),
    )

    _, _, events = await person.answered()

    assert [data["name"] for data in of_type(events, "tool.started")] == ["get_risk", "search_documents"]
    assert of_type(events, "citation") == [
        {"index": 1, "document_id": "doc_1", "page": 31, "quote": "Net sales were $391,035 million."}
    ]
    assert [receipt["status"] for receipt in of_type(events, "receipt")] == ["matched", "matched"]
    outputs = [item for item in mesh.model.requests[-1]["input"] if item.get("type") == "function_call_output"]
    assert [item["call_id"] for item in outputs] == ["call_1", "call_2"]
    assert json.loads(outputs[1]["output"])["hits"][0]["citation"] == 1


async def test_undefined_figure_reaches_the_model_as_null_with_its_reason(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Call([("get_performance", {"benchmark": "SPY"})]), Say(["No XIRR."]))
    await person.answered()
    output = json.loads(mesh.model.requests[-1]["input"][-1]["output"])
    assert output["xirr"] is None
    assert output["undefined"] == {"xirr": "no sign change"}
    assert output["benchmark"] == {"symbol": "SPY", "twr": 0.2654, "stale": False}


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


async def test_stop_ends_the_model_call_and_keeps_the_text(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Hang("So far"))
    conversation = await person.opened()
    turn = await person.asked(conversation)
    stream = person.watched(conversation, turn)
    events = [event async for event in until(stream, "text.delta")]

    begin = time.monotonic()
    answer = await person.call("POST", f"/conversations/{conversation}/turns/{turn}:stop")
    events += [event async for event in stream]
    await eventually(lambda: mesh.model.left == 1)
    seconds = time.monotonic() - begin

    assert answer.status_code == 202
    assert events[-1].type == "turn.stopped"
    assert text_of(events) == "So far"
    assert seconds < 1
    again = await person.call("POST", f"/conversations/{conversation}/turns/{turn}:stop")
    assert again.status_code == 202


async def test_reader_resumes_from_any_id_and_several_read_at_once(mesh: Mesh, person: Person) -> None:
    gate = asyncio.Event()
    mesh.model.script(HOLDINGS, Say(["One ", "two ", "three."], gate=gate))
    conversation = await person.opened()
    turn = await person.asked(conversation)
    first = await person.first(conversation, turn, "text.delta")  # the browser leaves; the turn goes on

    readers = [asyncio.create_task(person.all(conversation, turn, after)) for after in (0, 0, first[-1].id, 1)]
    gate.set()
    whole, same, rest, later = await asyncio.gather(*readers)
    stored = await person.all(conversation, turn, 2)

    assert whole == same
    assert first + rest == whole
    assert whole[1:] == later
    assert whole[2:] == stored
    assert text_of(whole) == "One two three."
    assert await person.all(conversation, turn, whole[-1].id) == []


async def test_the_same_idempotency_key_asks_once(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Say(["Once."]))
    conversation = await person.opened()
    path, key = f"/conversations/{conversation}/turns", {"Idempotency-Key": new_id("key")}

    first = await person.call("POST", path, json={"text": "Q"}, headers=key)
    second = await person.call("POST", path, json={"text": "Q"}, headers=key)
    other = await person.call("POST", path, json={"text": "Another"}, headers=key)

    assert first.json() == second.json()
    assert other.status_code == 409
    assert other.json()["reason"] == "IDEMPOTENCY_KEY_REUSED"
    await person.all(conversation, first.json()["turn_id"])
    assert len(mesh.model.requests) == 1


async def test_quiet_stream_says_that_it_lives(mesh: Mesh) -> None:
    mesh.model.script(Hang())
    async with running(settings_for(mesh.neighbours, stream_comment_seconds=0.1), bootstrap) as process:
        chatty = Mesh(process, mesh.model, mesh.neighbours, f"http://127.0.0.1:{process.http_port}")
        async with chatty.person() as person:
            conversation = await person.opened()
            turn = await person.asked(conversation)
            path = f"/api/chat/v1/conversations/{conversation}/turns/{turn}/events"
            async with person.http.stream("GET", path, headers=dict(person.headers)) as answer:
                comments = [line async for line in first_comments(answer, 3)]
            await person.call("POST", f"/conversations/{conversation}/turns/{turn}:stop")
            await person.all(conversation, turn)
    assert all(comment.startswith(": ") for comment in comments)


async def first_comments(answer: httpx.Response, count: int) -> AsyncIterator[str]:
    """The first comment lines of a stream."""
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            yield line
            count -= 1
            if count == 0:
                return


async def test_cost_follows_the_price_list(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Say(["Fine."], input_tokens=1000, output_tokens=200))
    conversation = await person.opened()
    dear = await person.all(conversation, await person.asked(conversation, model="dear"))
    unpriced = await person.all(conversation, await person.asked(conversation, model="unpriced"))

    assert of_type(dear, "usage")[0]["cost"] == {"amount": "0.004500", "currency": "USD"}
    assert of_type(unpriced, "usage")[0]["cost"] is None
    refused = await person.call("POST", f"/conversations/{conversation}/turns", json={"text": "Q", "model": "gpt-0"})
    assert (refused.status_code, refused.json()["reason"]) == (422, "UNKNOWN_MODEL")
    models = (await person.call("GET", "/models")).json()["items"]
    assert [(each["name"], each["default"]) for each in models] == [
        ("offline-analyst", True),
        ("dear", False),
        ("unpriced", False),
    ]


async def test_a_day_s_allowance_is_enforced_before_the_model_is_asked(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Say(["Fine."], input_tokens=2_000_000, output_tokens=0))  # 5 USD of the dear model
    conversation = await person.opened()
    await person.all(conversation, await person.asked(conversation, model="dear"))

    refused = await person.call("POST", f"/conversations/{conversation}/turns", json={"text": "And now?"})
    today = (await person.call("GET", "/usage/today")).json()

    assert (refused.status_code, refused.json()["reason"]) == (429, "DAILY_BUDGET_SPENT")
    assert today["resets_at"][:19] in refused.json()["detail"]
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert (today["turns"], today["cost"]["amount"], today["cost_limit"]["amount"]) == (1, "5.000000", "5")
    assert len(mesh.model.requests) == 1
    async with mesh.person() as another:
        await another.all(own := await another.opened(), await another.asked(own, model="unpriced"))


async def test_an_edited_question_makes_a_branch_and_both_stay(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Say(["An answer."]))
    conversation = await person.opened()
    first = await person.asked(conversation, "First?")
    await person.all(conversation, first)
    second = await person.asked(conversation, "Second?")
    await person.all(conversation, second)
    other = await person.asked(conversation, "Second, otherwise?", parent_turn_id=first)
    await person.all(conversation, other)
    fresh = await person.asked(conversation, "First, otherwise?", parent_turn_id="")
    await person.all(conversation, fresh)

    told = [[item["content"] for item in request["input"][1:]] for request in mesh.model.requests[2:]]
    assert told == [["First?", "An answer.", "Second, otherwise?"], ["First, otherwise?"]]
    turns = (await person.call("GET", f"/conversations/{conversation}")).json()["turns"]
    parents = {turn["id"]: turn["parent_turn_id"] for turn in turns}
    assert parents == {first: None, second: first, other: first, fresh: None}


async def test_conversations_are_renamed_pinned_found_exported_and_deleted(mesh: Mesh, person: Person) -> None:
    mesh.model.script(HOLDINGS, Say(["It is worth $9,493.20."]))
    conversation, turn, _ = await person.answered("What is it worth?")
    path = f"/conversations/{conversation}"

    changed = await person.call("PATCH", path, json={"title": "Worth", "pinned": True})
    found = await person.call("GET", "/conversations", params={"query": "wor"})
    missed = await person.call("GET", "/conversations", params={"query": "other"})
    markdown = await person.call("GET", f"{path}/export")
    document = await person.call("GET", f"{path}/export", params={"format": "json"})

    assert (changed.json()["title"], changed.json()["pinned"]) == ("Worth", True)
    assert [each["id"] for each in found.json()["items"]] == [conversation]
    assert missed.json() == {"items": [], "next_page_token": ""}
    assert "## What is it worth?" in markdown.text
    assert "- $9,493.20: matched: call_1 $.total" in markdown.text
    assert document.json()["turns"][0]["text"] == "It is worth $9,493.20."
    assert (await person.call("DELETE", path)).status_code == 204
    for gone in (path, f"{path}/turns/{turn}", f"{path}/turns/{turn}/events", f"{path}/export"):
        assert (await person.call("GET", gone)).status_code == 404


async def test_another_users_conversation_does_not_exist(mesh: Mesh, person: Person) -> None:
    mesh.model.script(Hang("Secret"))
    conversation = await person.opened("Mine")
    turn = await person.asked(conversation)
    async with mesh.person() as stranger:
        path = f"/conversations/{conversation}"
        calls = [
            stranger.call("GET", path),
            stranger.call("PATCH", path, json={"title": "Yours"}),
            stranger.call("DELETE", path),
            stranger.call("GET", f"{path}/export"),
            stranger.call("POST", f"{path}/turns", json={"text": "Q"}),
            stranger.call("GET", f"{path}/turns/{turn}"),
            stranger.call("GET", f"{path}/turns/{turn}/events"),
            stranger.call("POST", f"{path}/turns/{turn}:stop"),
            stranger.call("POST", f"{path}/proposals/prp_1:approve"),
        ]
        answers = [await call for call in calls]
        mine = (await stranger.call("GET", "/conversations")).json()["items"]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert {answer.json()["reason"] for answer in answers} == {"CONVERSATION_NOT_FOUND"}
    assert mine == []
    own = await person.call("POST", f"{path}/proposals/prp_1:reject")
    assert (own.status_code, own.json()["reason"]) == (404, "PROPOSAL_NOT_FOUND")


BAD_REQUESTS: list[tuple[dict[str, Any], int]] = [
    ({"content": b"{nope", "headers": {"content-type": "application/json"}}, 422),
    ({"json": {}}, 422),
    ({"json": {"text": ""}}, 422),
    ({"json": {"text": "   "}}, 422),
    ({"json": {"text": "x" * 8001}}, 422),
    ({"json": {"text": 5}}, 422),
    ({"json": {"text": "Q", "surprise": 1}}, 422),
    ({"json": {"text": "Q", "parent_turn_id": "trn_nobody"}}, 404),
]


@pytest.mark.parametrize(("given", "status"), BAD_REQUESTS)
async def test_bad_questions_are_refused_with_a_problem(
    mesh: Mesh, person: Person, given: dict[str, Any], status: int
) -> None:
    conversation = await person.opened()
    answer = await person.call("POST", f"/conversations/{conversation}/turns", **given)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("turn", ["trn_x", "nonsense", "trn_zzzzzzzzzzzzzzzzzzzzzzzzzz"])
async def test_unknown_turns_are_not_found(mesh: Mesh, person: Person, turn: str) -> None:
    conversation = await person.opened()
    for path in ("", "/events"):
        answer = await person.call("GET", f"/conversations/{conversation}/turns/{turn}{path}")
        assert (answer.status_code, answer.json()["reason"]) == (404, "TURN_NOT_FOUND")
    bad = await person.call(
        "GET", f"/conversations/{conversation}/turns/{turn}/events", headers={"Last-Event-ID": "-1"}
    )
    assert bad.status_code == 422
    assert (await person.call("GET", f"/conversations/{'x' * 3000}")).status_code == 422


async def test_without_a_token_or_scope_nothing_is_served(mesh: Mesh) -> None:
    async with mesh.person("market.read") as person:
        assert (await person.call("GET", "/conversations")).status_code == 403
        assert (await person.http.get("/api/chat/v1/conversations")).status_code == 401


async def test_grpc_offers_the_same(mesh: Mesh, person: Person) -> None:
    mesh.model.script(HOLDINGS, Say(["It is worth $9,493.20."]))
    target = f"127.0.0.1:{mesh.process.grpc_port}"
    channel = open_channel(target, ServiceIdentity("test", None))
    admin = mesh.neighbours.token("usr_admin", "usage.admin")
    try:
        stub: Any = ChatServiceStub(channel)
        with acting_as(Caller("x", token=person.headers["authorization"].removeprefix("Bearer "))):
            create = pb.CreateConversationRequest(title="Over gRPC", idempotency_key="open")
            opened = (await stub.CreateConversation(create)).conversation
            assert (await stub.CreateConversation(create)).conversation.id == opened.id
            start = pb.StartTurnRequest(conversation_id=opened.id, text="Worth?", idempotency_key="ask")
            turn = (await stub.StartTurn(start)).turn_id
            assert (await stub.StartTurn(start)).turn_id == turn
            watch = pb.WatchTurnRequest(conversation_id=opened.id, turn_id=turn)
            events = [event async for event in stub.WatchTurn(watch)]
            whole = (await stub.GetTurn(pb.GetTurnRequest(conversation_id=opened.id, turn_id=turn))).turn
            listed = await stub.ListConversations(pb.ListConversationsRequest(query="grpc"))
            with pytest.raises(NotFound):
                await stub.GetConversation(pb.GetConversationRequest(conversation_id="cnv_nobody"))
        with acting_as(Caller("x", token=admin)):
            rows = (await stub.GetUsage(pb.GetUsageRequest(by=pb.USAGE_DIMENSION_USER))).rows
    finally:
        await channel.close()

    assert events[-1].type == "turn.completed"
    assert whole.state == pb.TURN_STATE_COMPLETED
    assert whole.receipts[0].status == pb.RECEIPT_STATUS_MATCHED
    assert json.loads(whole.tool_calls[0].result)["total"]["amount"] == "9493.20"
    assert [each.id for each in listed.conversations] == [opened.id]
    assert [(row.turns, row.input_tokens) for row in rows if row.key == person.id] == [(1, 150)]


async def test_other_process_follows_and_stops_a_turn(mesh: Mesh) -> None:
    mesh.model.script(Hang("Working"))
    first_port = free_port()
    first_settings = settings_for(mesh.neighbours, grpc_port=first_port)
    other_settings = settings_for(mesh.neighbours, advertise_address="127.0.0.1:2")
    async with running(first_settings, bootstrap) as first, running(other_settings, bootstrap) as other:
        there = Mesh(first, mesh.model, mesh.neighbours, f"http://127.0.0.1:{first.http_port}")
        async with there.person() as person:
            conversation = await person.opened()
            turn = await person.asked(conversation)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{other.http_port}") as http:
                elsewhere = Person(http, person.id, person.headers)
                stream = elsewhere.watched(conversation, turn)
                events = [event async for event in until(stream, "text.delta")]
                begin = time.monotonic()
                await elsewhere.call("POST", f"/conversations/{conversation}/turns/{turn}:stop")
                events += [event async for event in stream]
                seconds = time.monotonic() - begin
    assert events[-1].type == "turn.stopped"
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert seconds < 1


async def test_a_draining_process_hands_its_turns_over(mesh: Mesh) -> None:
    mesh.model.script(Hang("First try"))
    settings = settings_for(mesh.neighbours, advertise_address="127.0.0.1:3", drain_seconds=3.2)
    async with running(settings, bootstrap) as leaving:
        there = Mesh(leaving, mesh.model, mesh.neighbours, f"http://127.0.0.1:{leaving.http_port}")
        async with there.person() as person:
            conversation = await person.opened()
            turn = await person.asked(conversation)
            first = await person.first(conversation, turn, "text.delta")
            mesh.model.script(Say(["Second try."]))
    async with httpx.AsyncClient(base_url=mesh.base_url, timeout=20) as http:
        events = await Person(http, person.id, person.headers).all(conversation, turn, first[-1].id)
    assert events[0].type == "turn.restarted"
    assert events[0].data == {"attempt": 2}
    assert events[0].id == first[-1].id + 1
    assert text_of(first + events) == "Second try."
    assert events[-1].type == "turn.completed"


def free_port() -> int:
    """A port nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def chat_subprocess(neighbours: ChatNeighbours, model: ScriptedModel) -> AsyncIterator[tuple[Any, str]]:
    """`stocktool-chat serve` as its own process, to be killed."""
    port = free_port()
    environment = {
        **os.environ,
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_API_KEY": "test",
        "STOCKTOOL_CHAT_HTTP_PORT": str(port),
        "STOCKTOOL_CHAT_GRPC_PORT": str(free_port()),
        "STOCKTOOL_CHAT_OPS_PORT": "0",
        "STOCKTOOL_CHAT_AUTH_ADDRESS": neighbours.auth_address,
        "STOCKTOOL_CHAT_STOCK_ADDRESS": neighbours.stock_address,
        "STOCKTOOL_CHAT_RAG_ADDRESS": neighbours.rag_address,
        "STOCKTOOL_CHAT_SERVICE_TOKEN_SECRET": SERVICE_SECRET,
        "STOCKTOOL_CHAT_LEASE_SECONDS": "4",
        "STOCKTOOL_CHAT_LEASE_RENEW_SECONDS": "1",
        "STOCKTOOL_CHAT_RECOVERY_SECONDS": "30",
        "STOCKTOOL_CHAT_LOG_LEVEL": "ERROR",
    }
    command = "from stocktool_chat.main import main; main(['serve'])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", command, env=environment)
    try:
        base_url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base_url) as http:

            async def answers() -> bool:
                try:
                    return (await http.get("/api/chat/openapi.json")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(answers, within=30)
        yield process, base_url
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def killed_in_mid_answer(mesh: Mesh) -> tuple[Person, str, str, list[Sse]]:
    """A turn whose process was killed after its first words."""
    mesh.model.script(Hang("First try"))
    async with chat_subprocess(mesh.neighbours, mesh.model) as (process, base_url):
        there = Mesh(mesh.process, mesh.model, mesh.neighbours, base_url)
        async with there.person() as person:
            conversation = await person.opened()
            turn = await person.asked(conversation)
            first = await person.first(conversation, turn, "text.delta")
            process.send_signal(signal.SIGKILL)
            await process.wait()
    return person, conversation, turn, first


async def test_killed_process_is_taken_over(mesh: Mesh) -> None:
    person, conversation, turn, first = await killed_in_mid_answer(mesh)
    mesh.model.script(HOLDINGS, Say(["Second try: $9,493.20."]))

    async with httpx.AsyncClient(base_url=mesh.base_url, timeout=20) as http:
        survivor = Person(http, person.id, person.headers)
        events = await survivor.all(conversation, turn, first[-1].id)
        whole = (await survivor.call("GET", f"/conversations/{conversation}/turns/{turn}")).json()

    assert events[0].type == "turn.restarted"
    assert [event.id for event in events] == list(range(first[-1].id + 1, events[-1].id + 1))
    assert text_of(first + events) == "Second try: $9,493.20."
    assert events[-1].type == "turn.completed"
    assert (whole["attempt"], whole["text"]) == (2, "Second try: $9,493.20.")
    assert [receipt["status"] for receipt in whole["receipts"]] == ["matched"]


async def test_turn_of_a_user_suspended_meanwhile_fails_honestly(mesh: Mesh) -> None:
    person, conversation, turn, first = await killed_in_mid_answer(mesh)
    mesh.neighbours.auth.suspended.add(person.id)

    async with httpx.AsyncClient(base_url=mesh.base_url, timeout=20) as http:
        events = await Person(http, person.id, person.headers).all(conversation, turn, first[-1].id)

    assert [event.type for event in events] == ["turn.failed"], events
    assert events[0].data["problem"]["reason"] == "PERMISSION_DENIED"
    assert text_of(first + events) == "First try"
