"""Links, retention and reruns over gRPC: the same use cases as over HTTP, with the errors of the kit's table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.chat.v1.chat_service_pb2_grpc import ChatServiceStub
from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity

from tests.fakes.chat_model import Call, Say
from tests.fakes.chat_process import Mesh, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOLDINGS = Call([("get_holdings", {"portfolio": None, "as_of": None}), ("get_quotes", {"symbols": ["AAPL"]})])


def as_person(person: Person) -> Any:
    return acting_as(Caller("x", token=person.headers["authorization"].removeprefix("Bearer ")))


@pytest_asyncio.fixture(loop_scope="module")
async def stub(mesh: Mesh) -> AsyncIterator[Any]:
    channel = open_channel(f"127.0.0.1:{mesh.process.grpc_port}", ServiceIdentity("test", None))
    try:
        yield ChatServiceStub(channel)
    finally:
        await channel.close()


async def test_links_are_made_once_listed_and_revoked(mesh: Mesh, person: Person, stub: Any) -> None:
    mesh.model.script(Say(["Fine."]))
    conversation, turn, _ = await person.answered()
    ask = pb.CreateShareRequest(conversation_id=conversation, expires_in_days=3, idempotency_key="share")
    listing = pb.ListSharesRequest(conversation_id=conversation)
    with as_person(person):
        made = await stub.CreateShare(ask)
        again = await stub.CreateShare(ask)
        listed = (await stub.ListShares(listing)).shares
        over_http = (await person.call("GET", f"/conversations/{conversation}/shares")).json()["items"]
        shown = await person.http.get("/api/chat/v1/shared", headers={"share-token": made.token})
        branch = pb.CreateShareRequest(conversation_id=conversation, turn_id=turn, idempotency_key="branch")
        week = (await stub.CreateShare(branch)).share
        revoke = pb.RevokeShareRequest(conversation_id=conversation, share_id=made.share.id)
        await stub.RevokeShare(revoke)
        with pytest.raises(NotFound) as revoked:
            await stub.RevokeShare(revoke)
        with pytest.raises(NotFound) as repeated:
            await stub.CreateShare(ask)
        left = (await stub.ListShares(listing)).shares

    assert (again.share, again.token) == (made.share, ""), "the token is in the first answer alone"
    assert list(listed) == [made.share]
    assert [each["id"] for each in over_http] == [made.share.id]
    assert (made.share.turns, made.share.title) == (1, shown.json()["title"])
    assert (made.share.expires_at.seconds - made.share.created_at.seconds) == 3 * 86400
    assert (week.expires_at.seconds - week.created_at.seconds) == 7 * 86400
    assert [revoked.value.reason, repeated.value.reason] == ["SHARE_NOT_FOUND", "SHARE_NOT_FOUND"]
    assert list(left) == [week]


async def test_what_cannot_be_shared_is_refused(mesh: Mesh, person: Person, stub: Any) -> None:
    conversation = await person.opened()
    with as_person(person):
        with pytest.raises(FailedPrecondition) as empty:
            await stub.CreateShare(pb.CreateShareRequest(conversation_id=conversation, idempotency_key="a"))
        with pytest.raises(InvalidArgument) as long:
            await stub.CreateShare(
                pb.CreateShareRequest(conversation_id=conversation, expires_in_days=366, idempotency_key="b")
            )
        with pytest.raises(InvalidArgument):
            await stub.CreateShare(pb.CreateShareRequest(conversation_id=conversation))
        with pytest.raises(NotFound) as nobody:
            await stub.ListShares(pb.ListSharesRequest(conversation_id="cnv_nobody"))
    assert empty.value.reason == "NOTHING_TO_SHARE"
    assert [violation.pointer for violation in long.value.violations] == ["expires_in_days"]
    assert nobody.value.reason == "CONVERSATION_NOT_FOUND"


async def test_retention_is_read_and_chosen(person: Person, mesh: Mesh, stub: Any) -> None:
    with as_person(person):
        before = (await stub.GetRetention(pb.GetRetentionRequest())).retention
        chosen = (await stub.SetRetention(pb.SetRetentionRequest(retention=pb.RETENTION_FOREVER))).retention
        after = (await stub.GetRetention(pb.GetRetentionRequest())).retention
        opened = await stub.CreateConversation(pb.CreateConversationRequest(idempotency_key="kept"))
        with pytest.raises(InvalidArgument):
            await stub.SetRetention(pb.SetRetentionRequest())
    assert (before, chosen, after) == (pb.RETENTION_MONTH, pb.RETENTION_FOREVER, pb.RETENTION_FOREVER)
    assert opened.conversation.retention == pb.RETENTION_FOREVER
    assert (await person.call("GET", "/retention")).json() == {"keep": "forever"}
    async with mesh.person("chat.read") as reader:
        with as_person(reader), pytest.raises(PermissionDenied):
            await stub.SetRetention(pb.SetRetentionRequest(retention=pb.RETENTION_DAY))


async def test_a_turn_is_run_again(mesh: Mesh, person: Person, stub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh.model.script(HOLDINGS, Say(["It is worth $9,493.20."]))
    conversation, turn, _ = await person.answered()
    monkeypatch.setattr(mesh.neighbours.portfolios, "total", "9600.00")
    which = {"conversation_id": conversation, "turn_id": turn}
    with as_person(person):
        made = (await stub.RerunTurn(pb.RerunTurnRequest(**which, idempotency_key="again"))).rerun
        again = (await stub.RerunTurn(pb.RerunTurnRequest(**which, idempotency_key="again"))).rerun
        listed = (await stub.ListReruns(pb.ListRerunsRequest(**which))).reruns

    assert again == made
    assert list(listed) == [made]
    assert (made.changed, len(made.differences), dict(made.failed)) == (2, 2, {})
    first = made.differences[0]
    assert (first.tool, first.path, first.old, first.new, first.shown_as) == (
        "get_holdings", "$.total", "9493.20 USD", "9600.00 USD", "$9,493.20",
    )  # fmt: skip
    assert not made.differences[1].HasField("shown_as")
    (over_http,) = (await person.call("GET", f"/conversations/{conversation}/turns/{turn}/reruns")).json()["items"]
    assert over_http["id"] == made.id


async def test_a_turn_without_figures_is_not_run_again(mesh: Mesh, person: Person, stub: Any) -> None:
    mesh.model.script(Say(["No tool was asked."]))
    conversation, turn, _ = await person.answered()
    which = {"conversation_id": conversation, "turn_id": turn}
    with as_person(person), pytest.raises(FailedPrecondition) as refused:
        await stub.RerunTurn(pb.RerunTurnRequest(**which, idempotency_key="x"))
    assert refused.value.reason == "NOTHING_TO_RERUN"
    async with mesh.person() as stranger:
        with as_person(stranger), pytest.raises(NotFound):
            await stub.ListReruns(pb.ListRerunsRequest(**which))


async def test_a_derived_figure_names_its_operands_and_a_portfolios_its_trail(
    mesh: Mesh, person: Person, stub: Any
) -> None:
    mesh.model.script(HOLDINGS, Say(["AAPL closed at $237.33. Two shares are $474.66. It is worth $9,493.20."]))
    conversation, turn, _ = await person.answered()
    path = f"/conversations/{conversation}/turns/{turn}"
    over_http = (await person.call("GET", path)).json()["receipts"]
    with as_person(person):
        whole = (await stub.GetTurn(pb.GetTurnRequest(conversation_id=conversation, turn_id=turn))).turn

    assert len(whole.receipts) == len(over_http)
    for receipt, shown in zip(whole.receipts, over_http, strict=True):
        assert [receipt.start, receipt.end] == shown["span"]
        assert (receipt.operation or None) == shown["operation"]
        assert [{"call_id": each.call_id, "path": each.path} for each in receipt.operands] == shown["operands"]
        assert receipt.HasField("trail") == (shown["trail"] is not None)
        if shown["trail"] is not None:
            trail = receipt.trail
            assert shown["trail"] == {
                "portfolio_id": trail.portfolio_id,
                "figure": trail.figure,
                "query": dict(trail.query),
            }
    assert any(receipt.HasField("trail") for receipt in whole.receipts)
    assert whole.model == "offline-analyst"
    assert not whole.HasField("replaced")


async def test_models_and_limits_are_told(person: Person, stub: Any) -> None:
    with as_person(person):
        models = (await stub.ListModels(pb.ListModelsRequest())).models
        today = await stub.GetToday(pb.GetTodayRequest())
    over_http = (await person.call("GET", "/models")).json()["items"]
    assert [(each.name, each.is_default) for each in models] == [(each["name"], each["default"]) for each in over_http]
    spent = (await person.call("GET", "/usage/today")).json()
    assert (today.turns, today.tokens, today.cost.amount) == (spent["turns"], spent["tokens"], spent["cost"]["amount"])
    assert today.HasField("tokens_limit") == (spent["tokens_limit"] is not None)
