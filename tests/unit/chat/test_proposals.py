"""A proposal goes one way: open, approved or rejected; void when it expires or its turn is begun anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from stocktool_chat.application.proposals import Proposals
from stocktool_chat.domain.conversation import Claim, Conversation, ConversationId, OpenTurn, Turn, new_turn_id
from stocktool_chat.domain.errors import ProposalNotFound
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.proposals import Prepared, Proposal, ProposalClosed, ProposalState, propose
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.testing.clock import FakeClock

from tests.fakes.chat_store import FakeChatStore

NOW = SystemClock().now()
OWNER = OwnerId("usr_1")
CALLER = Caller(subject="usr_1", owners=(OWNER,), scopes=frozenset({"chat.write"}))


class Ledger:
    """Writes once for each proposal; fails when told to."""

    def __init__(self) -> None:
        self.written: set[str] = set()
        self.failure: Exception | None = None

    async def carry_out(self, proposal: Proposal) -> JsonObject:
        self.written.add(proposal.id)
        if self.failure is not None:
            raise self.failure
        return {"transactions": [{"id": "txn_1"}]}

    async def undo(self, proposal: Proposal) -> None:
        self.written.discard(proposal.id)


async def situation() -> tuple[FakeChatStore, Proposal]:
    """A running turn that has proposed something."""
    store = FakeChatStore()
    conversation = Conversation(ConversationId("cnv_1"), OWNER, "", pinned=False, created_at=NOW, updated_at=NOW)
    await store.create(conversation, None)
    turn = Turn(new_turn_id(NOW), conversation.id, OWNER, "Book it.", "model-1", NOW)
    claim = Claim(conversation.id, turn.id, OWNER, fence=1, attempt=1, holder="pod-a")
    await store.start(turn, OpenTurn(claim, "address", NOW), [], "", None)
    made = propose(claim, "propose_transaction", Prepared({}, "Buy"), NOW, timedelta(hours=1))
    store.stored_proposals[made.id] = made
    return store, made


async def test_an_expired_proposal_is_refused_with_the_cure() -> None:
    store, made = await situation()
    ledger = Ledger()
    late = Proposals(store, store, store, ledger, FakeClock(NOW + timedelta(hours=1)))
    with pytest.raises(ProposalClosed, match="ask again"):
        await late.approve(CALLER, made.conversation_id, made.id)
    assert ledger.written == set()


async def test_a_write_whose_outcome_is_unknown_is_gone_on_with_and_never_rejected() -> None:
    store, made = await situation()
    ledger = Ledger()
    use = Proposals(store, store, store, ledger, FakeClock(NOW))
    ledger.failure = Unavailable("the answer was lost")
    with pytest.raises(Unavailable):
        await use.approve(CALLER, made.conversation_id, made.id)
    with pytest.raises(ProposalClosed):
        await use.reject(CALLER, made.conversation_id, made.id)
    ledger.failure = None
    assert (await use.approve(CALLER, made.conversation_id, made.id)).state is ProposalState.APPROVED


async def test_a_proposal_of_an_earlier_attempt_is_void() -> None:
    store, made = await situation()
    running = store.open_turns[made.turn_id]
    store.open_turns[made.turn_id] = replace(running, claim=replace(running.claim, attempt=2, fence=2))
    with pytest.raises(ProposalNotFound):
        await Proposals(store, store, store, Ledger(), FakeClock(NOW)).approve(CALLER, made.conversation_id, made.id)
