"""Turns over real sockets: answers with receipts, their streams, their cost, and questions that are refused."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from stocktool_chat.bootstrap import bootstrap
from stocktool_kit.core.ids import new_id
from stocktool_kit.process import running

from tests.eventually import eventually
from tests.fakes.chat_model import Call, Hang, Say
from tests.fakes.chat_process import Mesh, Person, of_type, settings_for, text_of, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDINGS = Call([("get_holdings", {"portfolio": None, "as_of": None})])


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
    assert {"get_holdings", "search_documents", "propose_transaction"} < {tool["name"] for tool in first["tools"]}
    assert all(tool["strict"] and not tool["parameters"]["additionalProperties"] for tool in first["tools"])
    assert "2024-11-29" in first["input"][-2]["content"]
    said = [item["content"] for item in second["input"] if item["role"] != "developer"]
    assert said == ["First question?", "First answer.", "Second question?"]


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
    quote = "Net sales were $391,035 million."
    assert of_type(events, "citation") == [
        {"index": 1, "document_id": "doc_1", "page": 31, "quote": quote, "verified": True, "quotations": []}
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
    going_on = await person.all(conversation, await person.asked(conversation))
    assert of_type(going_on, "usage")[0]["model"] == "unpriced", "the model of the turn before"
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

    told = [
        [item["content"] for item in request["input"] if item["role"] != "developer"]
        for request in mesh.model.requests[2:]
    ]
    assert told == [["First?", "An answer.", "Second, otherwise?"], ["First, otherwise?"]]
    turns = (await person.call("GET", f"/conversations/{conversation}")).json()["turns"]
    parents = {turn["id"]: turn["parent_turn_id"] for turn in turns}
    assert parents == {first: None, second: first, other: first, fresh: None}


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
