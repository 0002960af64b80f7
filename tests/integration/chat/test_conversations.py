"""Conversations over real sockets: named, found, kept, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.chat.v1.chat_service_pb2_grpc import ChatServiceStub
from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.errors import NotFound
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity

from tests.fakes.chat_model import Call, Hang, Say
from tests.fakes.chat_process import Mesh, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDINGS = Call([("get_holdings", {"portfolio": None, "as_of": None})])


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
