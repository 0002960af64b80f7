"""Approves, rejects and undoes what writing tools proposed, as the user who clicks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Kind, StockToolError

from stocktool_chat.application.ports import ConversationStore, ProposalStore, TurnStore, Writes
from stocktool_chat.domain.conversation import ConversationId
from stocktool_chat.domain.errors import ProposalNotFound
from stocktool_chat.domain.proposals import Proposal, ProposalClosed, ProposalState

_REFUSALS = frozenset({Kind.INVALID_ARGUMENT, Kind.FAILED_PRECONDITION, Kind.NOT_FOUND, Kind.PERMISSION_DENIED})


class Proposals:
    """A caller's proposals.

    The write itself is idempotent under the proposal's id, so that two clicks, or a click after a crash in between,
    carry it out once.
    """

    def __init__(
        self, conversations: ConversationStore, turns: TurnStore, store: ProposalStore, writes: Writes, clock: Clock
    ) -> None:
        self._conversations = conversations
        self._turns = turns
        self._store = store
        self._writes = writes
        self._clock = clock

    async def of_conversation(self, caller: Caller, conversation_id: ConversationId) -> Sequence[Proposal]:
        """All proposals of a conversation, oldest first, those of runs that were begun anew among them.

        Raises:
            ConversationNotFound: The caller has no such conversation.
        """
        await self._conversations.get(conversation_id, caller.owner)
        return await self._store.proposals(conversation_id)

    async def approve(self, caller: Caller, conversation_id: ConversationId, proposal_id: str) -> Proposal:
        """Carry it out with the rights of the caller; a second time answers as the first did.

        Raises:
            ConversationNotFound, ProposalNotFound: The caller has none by this id.
            ProposalClosed: It was rejected or undone before, or has expired.
            StockToolError: What the service that writes said; the proposal stays open.
        """
        proposal = await self._get(caller, conversation_id, proposal_id)
        if proposal.state is ProposalState.APPROVED:
            return proposal
        try:
            approving = await self._store.advance(proposal, proposal.approving(self._clock.now()))
        except ProposalClosed:
            stored = await self._store.proposal(conversation_id, proposal_id)
            if stored.state is ProposalState.APPROVED:  # by a twin of this click, in the meantime
                return stored
            raise
        try:
            outcome = await self._writes.carry_out(approving)
        except StockToolError as error:
            if error.kind in _REFUSALS:  # nothing was written: it may be tried again, or rejected
                await self._store.advance(approving, replace(approving, state=ProposalState.OPEN))
            raise
        approved = replace(approving, state=ProposalState.APPROVED, outcome=outcome)
        return await self._store.advance(approving, approved)

    async def reject(self, caller: Caller, conversation_id: ConversationId, proposal_id: str) -> Proposal:
        """Drop it.

        Raises:
            ConversationNotFound, ProposalNotFound: The caller has none by this id.
            ProposalClosed: It was approved before.
        """
        proposal = await self._get(caller, conversation_id, proposal_id)
        return await self._store.advance(proposal, proposal.rejected())

    async def undo(self, caller: Caller, conversation_id: ConversationId, proposal_id: str) -> Proposal:
        """Take back what approving it wrote.

        Raises:
            ConversationNotFound, ProposalNotFound: The caller has none by this id.
            ProposalClosed: It was never carried out.
            StockToolError: What the service that writes said: a later sale may need the shares.
        """
        proposal = await self._get(caller, conversation_id, proposal_id)
        undone = proposal.undone()
        if proposal.state is ProposalState.APPROVED:
            await self._writes.undo(proposal)
        return await self._store.advance(proposal, undone)

    async def _get(self, caller: Caller, conversation_id: ConversationId, proposal_id: str) -> Proposal:
        await self._conversations.get(conversation_id, caller.owner)
        proposal = await self._store.proposal(conversation_id, proposal_id)
        if proposal.state is ProposalState.OPEN:
            running = await self._turns.open_turn(proposal.turn_id)
            turn = await self._turns.turn(conversation_id, proposal.turn_id)
            if proposal.attempt != (running.claim.attempt if running else turn.attempt):
                raise ProposalNotFound("the answer was begun anew and proposes this no more", proposal=proposal_id)
        return proposal
