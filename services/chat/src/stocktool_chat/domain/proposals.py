"""What a writing tool proposed: nothing happens until its user approves, and then it happens once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from stocktool_kit.core.errors import FailedPrecondition
from stocktool_kit.core.ids import OwnerId, new_id

from stocktool_chat.domain.conversation import Claim, ConversationId, TurnId
from stocktool_chat.domain.json_types import JsonObject


class ProposalState(StrEnum):
    """How far a proposal is."""

    OPEN = "open"
    APPROVING = "approving"  # the write is under way, or its process died on it; to approve again goes on
    APPROVED = "approved"
    REJECTED = "rejected"
    UNDONE = "undone"


class ProposalClosed(FailedPrecondition):
    """The proposal was decided otherwise before, or has expired."""

    reason = "PROPOSAL_CLOSED"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a writing tool would do: its arguments made complete, and one line that says it to a person."""

    arguments: JsonObject
    summary: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A write that waits for its user.

    Attributes:
        attempt: Run of the turn that proposed it; void once the turn was begun anew.
        expires_at: When it can no longer be approved.
        outcome: What the write gave, None before it.
    """

    id: str
    conversation_id: ConversationId
    turn_id: TurnId
    attempt: int
    owner: OwnerId
    tool: str
    arguments: JsonObject
    summary: str
    expires_at: datetime
    state: ProposalState = ProposalState.OPEN
    outcome: JsonObject | None = None

    def approving(self, now: datetime) -> Proposal:
        """The proposal with its write under way.

        Raises:
            ProposalClosed: It was rejected or undone, or has expired.
        """
        self._refuse_unless(ProposalState.OPEN, ProposalState.APPROVING)
        if self.state is ProposalState.OPEN and now >= self.expires_at:
            raise ProposalClosed("the proposal has expired; ask again to get a new one", proposal=self.id)
        return replace(self, state=ProposalState.APPROVING)

    def rejected(self) -> Proposal:
        """The proposal dropped.

        Raises:
            ProposalClosed: It was approved before.
        """
        self._refuse_unless(ProposalState.OPEN, ProposalState.REJECTED)
        return replace(self, state=ProposalState.REJECTED)

    def undone(self) -> Proposal:
        """The proposal with its write taken back.

        Raises:
            ProposalClosed: It was never carried out.
        """
        self._refuse_unless(ProposalState.APPROVED, ProposalState.UNDONE)
        return replace(self, state=ProposalState.UNDONE)

    def _refuse_unless(self, *states: ProposalState) -> None:
        if self.state not in states:
            raise ProposalClosed(f"the proposal is {self.state} already", proposal=self.id, state=self.state.value)


def propose(claim: Claim, tool: str, prepared: Prepared, now: datetime, lasting: timedelta) -> Proposal:
    """Make a proposal of a running turn."""
    return Proposal(
        id=new_id("prp"),
        conversation_id=claim.conversation_id,
        turn_id=claim.turn_id,
        attempt=claim.attempt,
        owner=claim.owner,
        tool=tool,
        arguments=prepared.arguments,
        summary=prepared.summary,
        expires_at=now + lasting,
    )
