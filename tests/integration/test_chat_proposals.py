"""Writing tools propose; the user's click writes, once, with the user's own rights, and can be taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.chat.v1.chat_service_pb2_grpc import ChatServiceStub
from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.errors import FailedPrecondition
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity

from tests.conftest import EmulatedAws
from tests.fakes.chat_model import Call, Say
from tests.fakes.chat_process import Mesh, Person, chat_process, of_type

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUY: dict[str, Any] = {"type": "buy", "symbol": "aapl", "quantity": 10}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(emulator: EmulatedAws) -> AsyncIterator[Mesh]:
    """One process for all tests of this module."""
    async with chat_process() as mesh:
        yield mesh


@pytest.fixture
def mesh(served: Mesh) -> Mesh:
    served.model.forget()
    served.neighbours.portfolios.writers.clear()
    served.neighbours.portfolios.recorded.clear()
    served.neighbours.alerts.writers.clear()
    served.neighbours.alerts.alerts.clear()
    return served


@pytest_asyncio.fixture(loop_scope="module")
async def person(mesh: Mesh) -> AsyncIterator[Person]:
    async with mesh.person() as someone:
        yield someone


WATCH: dict[str, Any] = {"conditions": [{"kind": "price", "symbol": "aapl", "above": 240}]}


async def proposed(
    mesh: Mesh, person: Person, arguments: dict[str, Any], tool: str = "propose_transaction"
) -> tuple[str, str, dict[str, Any]]:
    """A conversation, its turn and what it proposed."""
    mesh.model.script(Call([(tool, arguments)]), Say(["Approve it below."]))
    conversation, turn, events = await person.answered("Book it.")
    (proposal,) = of_type(events, "proposal")
    return f"/conversations/{conversation}", turn, proposal


async def test_grpc_lists_and_decides_proposals_too(mesh: Mesh, person: Person) -> None:
    path, turn, proposal = await proposed(mesh, person, BUY)
    conversation = path.removeprefix("/conversations/")
    which = {"conversation_id": conversation, "proposal_id": proposal["id"]}
    channel = open_channel(f"127.0.0.1:{mesh.process.grpc_port}", ServiceIdentity("test", None))
    try:
        stub: Any = ChatServiceStub(channel)
        with acting_as(Caller("x", token=person.headers["authorization"].removeprefix("Bearer "))):
            (listed,) = (await stub.ListProposals(pb.ListProposalsRequest(conversation_id=conversation))).proposals
            first = (await stub.ApproveProposal(pb.ApproveProposalRequest(**which))).proposal
            again = (await stub.ApproveProposal(pb.ApproveProposalRequest(**which))).proposal
            with pytest.raises(FailedPrecondition):
                await stub.RejectProposal(pb.RejectProposalRequest(**which))
            recorded = list(mesh.neighbours.portfolios.recorded)
            undone = (await stub.UndoProposal(pb.UndoProposalRequest(**which))).proposal
    finally:
        await channel.close()

    assert (listed.turn_id, listed.state, listed.HasField("outcome")) == (turn, pb.PROPOSAL_STATE_OPEN, False)
    assert listed.summary == "Buy 10 AAPL at 237.33 USD on 2024-11-29 in Broker (Family)"
    assert first.state == again.state == pb.PROPOSAL_STATE_APPROVED
    assert json.loads(first.outcome)["transactions"][0]["id"] == recorded[0] == f"txn_{proposal['id']}"
    assert undone.state == pb.PROPOSAL_STATE_UNDONE
    assert mesh.neighbours.portfolios.recorded == {}


async def test_a_proposal_is_made_complete_and_writes_nothing(mesh: Mesh, person: Person) -> None:
    path, turn, proposal = await proposed(mesh, person, BUY)

    assert proposal["summary"] == "Buy 10 AAPL at 237.33 USD on 2024-11-29 in Broker (Family)"
    assert proposal["arguments"]["transaction"] == {
        "type": "buy",
        "date": "2024-11-29",
        "account_id": "acc_1",
        "symbol": "AAPL",
        "quantity": "10",
        "price": "237.33",
        "currency": "USD",
    }
    assert mesh.neighbours.portfolios.writers == []
    assert "nothing has been written" in mesh.model.requests[1]["input"][-1]["output"]
    (shown,) = (await person.call("GET", f"{path}/turns/{turn}")).json()["proposals"]
    assert (shown["id"], shown["state"], shown["outcome"]) == (proposal["id"], "open", None)


async def test_approving_writes_once_with_the_users_own_token(mesh: Mesh, person: Person) -> None:
    path, _, proposal = await proposed(mesh, person, BUY)

    approve = f"{path}/proposals/{proposal['id']}:approve"
    answers = await asyncio.gather(*(person.call("POST", approve) for _ in range(3)))
    again = await person.call("POST", approve)

    assert {answer.status_code for answer in (*answers, again)} == {200}
    assert again.json()["state"] == "approved"
    assert again.json()["outcome"]["transactions"][0]["quantity"] == "10"
    assert list(mesh.neighbours.portfolios.recorded) == [f"txn_{proposal['id']}"]
    assert set(mesh.neighbours.portfolios.writers) == {(person.id, "")}, "the click's token, not the turn's grant"
    whole = (await person.call("GET", path)).json()
    assert [each["state"] for each in whole["turns"][0]["proposals"]] == ["approved"]
    refused = await person.call("POST", f"{path}/proposals/{proposal['id']}:reject")
    assert (refused.status_code, refused.json()["reason"]) == (409, "PROPOSAL_CLOSED")


async def test_what_was_approved_can_be_undone_once(mesh: Mesh, person: Person) -> None:
    path, _, proposal = await proposed(mesh, person, BUY)
    at = f"{path}/proposals/{proposal['id']}"
    early = await person.call("POST", f"{at}:undo")
    await person.call("POST", f"{at}:approve")

    undone = await person.call("POST", f"{at}:undo")
    twice = await person.call("POST", f"{at}:undo")

    assert early.status_code == 409
    assert (undone.json()["state"], twice.json()["state"]) == ("undone", "undone")
    assert mesh.neighbours.portfolios.recorded == {}
    assert (await person.call("POST", f"{at}:approve")).status_code == 409


async def test_a_rejected_proposal_is_never_written(mesh: Mesh, person: Person) -> None:
    path, _, proposal = await proposed(mesh, person, BUY)
    at = f"{path}/proposals/{proposal['id']}"

    rejected = await person.call("POST", f"{at}:reject")
    approved = await person.call("POST", f"{at}:approve")

    assert (rejected.status_code, rejected.json()["state"]) == (200, "rejected")
    assert approved.status_code == 409
    assert mesh.neighbours.portfolios.writers == []


async def test_a_refusal_of_the_ledger_is_told_and_leaves_the_proposal_open(mesh: Mesh, person: Person) -> None:
    path, turn, proposal = await proposed(mesh, person, {"type": "sell", "symbol": "AAPL", "quantity": "9999"})

    answer = await person.call("POST", f"{path}/proposals/{proposal['id']}:approve")

    assert answer.status_code == 409
    assert "only 40 are held" in answer.json()["detail"]
    (shown,) = (await person.call("GET", f"{path}/turns/{turn}")).json()["proposals"]
    assert shown["state"] == "open"
    assert (await person.call("POST", f"{path}/proposals/{proposal['id']}:reject")).status_code == 200


async def test_another_user_finds_no_proposal(mesh: Mesh, person: Person) -> None:
    path, _, proposal = await proposed(mesh, person, BUY)
    async with mesh.person() as stranger:
        for decision in ("approve", "reject", "undo"):
            answer = await stranger.call("POST", f"{path}/proposals/{proposal['id']}:{decision}")
            assert answer.status_code == 404
    assert mesh.neighbours.portfolios.writers == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"type": "buy", "symbol": "NOPE", "quantity": "1"}, "no price of NOPE is known"),
        ({"type": "buy", "symbol": "AAPL", "quantity": "-1"}, "quantity"),
        ({"type": "gift", "symbol": "AAPL"}, "type"),
        ({**BUY, "account": "Elsewhere"}, "there are: Broker"),
        ({**BUY, "portfolio": "usr_someone"}, "there are: Family"),
    ],
    ids=["unknown symbol", "negative", "unknown kind", "unknown account", "no portfolio of the user"],
)
async def test_what_cannot_be_proposed_is_told_to_the_model(
    mesh: Mesh, person: Person, arguments: dict[str, Any], said: str
) -> None:
    mesh.model.script(Call([("propose_transaction", arguments)]), Say(["I cannot."]))
    _, _, events = await person.answered("Book it.")
    assert of_type(events, "proposal") == []
    assert said in mesh.model.requests[1]["input"][-1]["output"]


async def test_a_watch_is_proposed_made_once_with_the_users_own_token_and_taken_back(
    mesh: Mesh, person: Person
) -> None:
    path, _, proposal = await proposed(mesh, person, WATCH, "propose_watch")
    alerts = mesh.neighbours.alerts
    assert proposal["summary"] == "Tell me when AAPL is above 240 (in the last year: 1 time)"
    assert proposal["arguments"] == {
        "name": "AAPL is above 240",
        "rule": {"kind": "price", "symbol": "AAPL", "above": "240"},
        "repeat": False,
    }
    assert alerts.alerts == {}

    at = f"{path}/proposals/{proposal['id']}"
    answers = await asyncio.gather(*(person.call("POST", f"{at}:approve") for _ in range(3)))
    assert {answer.json()["state"] for answer in answers} == {"approved"}
    (made,) = alerts.alerts.values()
    assert answers[0].json()["outcome"]["watch"]["id"] == made.id == f"alr_{proposal['id']}"
    assert (made.name, made.rule.symbol, made.rule.above) == ("AAPL is above 240", "AAPL", "240")
    assert set(alerts.writers) == {(person.id, "")}, "the click's token, not the turn's grant"

    undone = [await person.call("POST", f"{at}:undo") for _ in range(2)]
    assert {answer.json()["state"] for answer in undone} == {"undone"}
    assert alerts.alerts == {}


async def test_undoing_a_watch_that_its_user_deleted_is_no_error(mesh: Mesh, person: Person) -> None:
    path, _, proposal = await proposed(mesh, person, WATCH, "propose_watch")
    at = f"{path}/proposals/{proposal['id']}"
    await person.call("POST", f"{at}:approve")
    mesh.neighbours.alerts.alerts.clear()
    undone = await person.call("POST", f"{at}:undo")
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")


async def test_a_rejected_watch_is_never_made(mesh: Mesh, person: Person) -> None:
    path, _, proposal = await proposed(mesh, person, WATCH | {"repeat": True, "name": "High"}, "propose_watch")
    assert proposal["arguments"]["name"] == "High"
    assert "each time anew" in proposal["summary"]
    at = f"{path}/proposals/{proposal['id']}"
    assert (await person.call("POST", f"{at}:reject")).json()["state"] == "rejected"
    assert (await person.call("POST", f"{at}:approve")).status_code == 409
    assert mesh.neighbours.alerts.writers == []


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"kind": "price", "symbol": "NOPE", "above": "1"}, "is no symbol"),
        ({"kind": "price", "symbol": "AAPL", "above": "1; DROP"}, "/conditions/0/above"),
        ({"kind": "price", "symbol": "AAPL", "above": "1", "portfolio_id": "prt_other"}, "/conditions/0/portfolio_id"),
        ({"kind": "everything"}, "/conditions/0/kind"),
    ],
    ids=["refused by stock", "no number", "foreign portfolio", "unknown kind"],
)
async def test_a_rule_that_is_none_is_never_proposed(
    mesh: Mesh, person: Person, condition: dict[str, Any], said: str
) -> None:
    mesh.model.script(Call([("propose_watch", {"conditions": [condition]})]), Say(["I cannot."]))
    _, _, events = await person.answered("Watch it.")
    assert of_type(events, "proposal") == []
    assert said in mesh.model.requests[1]["input"][-1]["output"]
