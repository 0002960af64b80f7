"""What the use cases need from outside."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_chat.domain.allowance import Spent
from stocktool_chat.domain.citations import PageQuote
from stocktool_chat.domain.conversation import (
    Claim,
    Conversation,
    ConversationId,
    Ending,
    OpenTurn,
    Turn,
    TurnId,
)
from stocktool_chat.domain.earlier_results import EarlierResults
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.prompt import MarketDay
from stocktool_chat.domain.proposals import Prepared, Proposal
from stocktool_chat.domain.references import QuoteRef, Words
from stocktool_chat.domain.reruns import Rerun
from stocktool_chat.domain.retention import Change, Retention
from stocktool_chat.domain.shares import Share
from stocktool_chat.domain.tool_results import ToolResult


class ConversationStore(Protocol):
    """Conversations of owners."""

    async def create(self, conversation: Conversation, key: IdempotencyKey | None) -> Conversation:
        """Store a new conversation; a repeated key gives the first one.

        Raises:
            IdempotencyKeyReused: The key came with another body before.
        """
        ...

    async def get(self, conversation_id: ConversationId, owner: OwnerId) -> Conversation:
        """Read one.

        Raises:
            ConversationNotFound: There is none, it has expired, or it is another owner's.
        """
        ...

    async def find(self, owner: OwnerId, query: str, page: PageRequest) -> Page[Conversation]:
        """One page of an owner's conversations, the one changed last first; `query` filters by title
        and by words that were asked or answered, in any case."""
        ...

    async def update(
        self, conversation_id: ConversationId, owner: OwnerId, *, title: str | None, pinned: bool | None, now: datetime
    ) -> Conversation:
        """Rename or pin; what is None stays.

        Raises:
            ConversationNotFound: See `get`.
        """
        ...

    async def delete(self, conversation_id: ConversationId, owner: OwnerId) -> None:
        """Delete it with all its turns; a running one loses its lease.

        Raises:
            ConversationNotFound: See `get`.
        """
        ...


class TurnStore(Protocol):
    """Turns, their events and tool results; every write of a run is fenced by its claim."""

    async def start(
        self, turn: Turn, open_turn: OpenTurn, first: Sequence[Event], title: str, key: IdempotencyKey | None
    ) -> TurnId:
        """Store a question together with its lease and first events, all or nothing.

        Args:
            turn: The question.
            open_turn: The claim of the accepting process.
            first: Events from id 1.
            title: The conversation's title if it has none yet.
            key: Idempotency key.

        Returns:
            The turn's id, or that of the earlier turn under the same key.

        Raises:
            ConversationNotFound: The owner has no such conversation.
            IdempotencyKeyReused: The key came with another body before.
        """
        ...

    async def started(self, key: IdempotencyKey | None) -> TurnId | None:
        """The turn that the same request started within a day, None for a new one.

        Raises:
            IdempotencyKeyReused: The key came with another body before.
        """
        ...

    async def read(self, conversation_id: ConversationId, owner: OwnerId) -> tuple[Conversation, list[Turn]]:
        """A conversation and all its turns, oldest first.

        Raises:
            ConversationNotFound: The owner has no such conversation.
        """
        ...

    async def turn(self, conversation_id: ConversationId, turn_id: TurnId) -> Turn:
        """Read one turn.

        Raises:
            TurnNotFound: There is none.
        """
        ...

    async def events(self, conversation_id: ConversationId, turn_id: TurnId, after: int) -> list[Event]:
        """Stored events with an id greater than `after`, in order."""
        ...

    async def results(self, conversation_id: ConversationId, turn_id: TurnId) -> dict[str, JsonObject]:
        """Stored tool results by call id, in the order they were stored."""
        ...

    async def append(self, claim: Claim, events: Sequence[Event], results: Sequence[ToolResult]) -> None:
        """Store events and results.

        Raises:
            LeaseLost: The claim is not the newest any more; nothing was stored.
        """
        ...

    async def finish(
        self, claim: Claim, events: Sequence[Event], results: Sequence[ToolResult], ending: Ending
    ) -> None:
        """Store the last events, end the turn, count its usage and give the lease up, all or nothing.

        Raises:
            LeaseLost: See `append`.
        """
        ...

    async def open_turn(self, turn_id: TurnId) -> OpenTurn | None:
        """The lease of a turn, None when it has ended."""
        ...

    async def renew(self, claim: Claim, until: datetime) -> bool:
        """Prolong the lease; answers whether a stop was requested.

        Raises:
            LeaseLost: See `append`.
        """
        ...

    async def release(self, claim: Claim, now: datetime) -> None:
        """Let the lease run out now, so that another process takes the turn over; no error when it is lost."""
        ...

    async def discard(self, claim: Claim) -> None:
        """Give up a turn whose conversation is gone."""
        ...

    async def request_stop(self, turn_id: TurnId) -> OpenTurn | None:
        """Note that the user wants the turn to stop; None when it has ended."""
        ...

    async def expired(self, now: datetime) -> list[OpenTurn]:
        """Open turns whose lease has run out."""
        ...

    async def take_over(self, open_turn: OpenTurn, holder: str, address: str, until: datetime) -> Claim | None:
        """Claim an expired turn with the next fence and attempt; None when another process was quicker."""
        ...


class ProposalStore(Protocol):
    """Proposals of writing tools; `TurnStore.append` stores them with the result they belong to."""

    async def proposals(self, conversation_id: ConversationId) -> Sequence[Proposal]:
        """All of a conversation, oldest first."""
        ...

    async def proposal(self, conversation_id: ConversationId, proposal_id: str) -> Proposal:
        """Read one.

        Raises:
            ProposalNotFound: There is none, or it has been forgotten with its conversation.
        """
        ...

    async def advance(self, before: Proposal, after: Proposal) -> Proposal:
        """Store what became of a proposal, unless that happened already.

        Returns:
            `after`, or what is stored when someone else brought it to the same state first.

        Raises:
            ProposalClosed: Someone else decided otherwise meanwhile.
        """
        ...


class ShareStore(Protocol):
    """Links to conversations; they are forgotten with their conversation."""

    async def add_share(self, share: Share, key: IdempotencyKey | None = None) -> Share:
        """Store a link; a repeated key gives the first one.

        Raises:
            ConversationNotFound: The conversation was deleted meanwhile.
            ShareNotFound: The key is a repeated one, and the first link was revoked.
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def shares(self, conversation_id: ConversationId, now: datetime) -> Sequence[Share]:
        """Links of a conversation that have not ended, oldest first."""
        ...

    async def share(self, share_id: str) -> Share | None:
        """Read one, whoever asks; None when there is none."""
        ...

    async def remove_share(self, share: Share) -> None:
        """Forget one; no error when it is gone."""
        ...


class RerunStore(Protocol):
    """What running turns again gave; forgotten with their conversation."""

    async def add_rerun(self, rerun: Rerun, retention: Retention, key: IdempotencyKey | None) -> Rerun:
        """Store one; a repeated key gives the first one.

        Raises:
            ConversationNotFound: The conversation was deleted meanwhile.
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def earlier_rerun(
        self, conversation_id: ConversationId, turn_id: TurnId, key: IdempotencyKey | None
    ) -> Rerun | None:
        """The one that the same request stored within a day, None for a new one.

        Raises:
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def reruns(self, conversation_id: ConversationId, turn_id: TurnId) -> Sequence[Rerun]:
        """Those of a turn, oldest first."""
        ...


class RetentionStore(Protocol):
    """How long users want their conversations kept, and the rewriting of what a change of mind concerns."""

    async def retention(self, owner: OwnerId) -> Retention:
        """What the owner chose; 30 days without a choice."""
        ...

    async def choose(self, change: Change) -> None:
        """Store a choice, and that conversations which exist have yet to follow it."""
        ...

    async def unapplied(self) -> list[Change]:
        """Choices that conversations which exist have yet to follow, of all owners."""
        ...

    async def take(self, change: Change, now: datetime, until: datetime) -> bool:
        """Take such a choice upon oneself until an instant; False when another process has it, or it changed."""
        ...

    async def apply(self, change: Change) -> None:
        """Let the owner's conversations follow, and forget that they had to."""
        ...

    async def settle(self, conversation_id: ConversationId, owner: OwnerId, written_under: Retention) -> None:
        """After a turn: let all records of its conversation last as long as its head, where they do not."""
        ...


class Documents(Protocol):
    """Words of documents as the service that keeps them has them now."""

    async def words(self, refs: Sequence[QuoteRef], shared_by: OwnerId | None) -> Sequence[Words]:
        """What became of words, in the order of the references.

        Args:
            refs: Where they stand and which they were; other words than those are never given.
            shared_by: Who has shared what refers to them; None: the current caller reads.

        Raises:
            StockToolError: It cannot be asked, or the caller may not read documents.
        """
        ...

    async def check(self, quotes: Sequence[PageQuote]) -> Sequence[bool | None]:
        """Whether each quote stands on its page, as the current caller sees it; None: nobody can tell now.

        Raises:
            StockToolError: See `words`.
        """
        ...


class Writes(Protocol):
    """What carries proposals out, with the rights of the current caller."""

    async def carry_out(self, proposal: Proposal) -> JsonObject:
        """Do what was proposed, once however often it is called; answers what was written.

        Raises:
            StockToolError: What the service that writes said.
        """
        ...

    async def undo(self, proposal: Proposal) -> None:
        """Take it back; no error when that happened already."""
        ...


class UsageDimension(StrEnum):
    """What rows of usage stand for."""

    USER = "user"
    MODEL = "model"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What one user, model or day has used; cost in USD."""

    key: str
    turns: int
    input_tokens: int
    output_tokens: int
    cost: Decimal


class UsageStore(Protocol):
    """What turns have used; counted by `TurnStore.finish`."""

    async def usage(self, by: UsageDimension, start: date, end: date) -> list[UsageRow]:
        """Sums from the first day to the last, both included, sorted by key."""
        ...

    async def spent(self, owner: OwnerId, day: date) -> Spent:
        """What one user's ended turns have used on a day."""
        ...


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as the model sees it; `parameters` is a strict JSON schema."""

    name: str
    description: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A call the model wants; `arguments` is text that should be a JSON object."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The end of one step of the model.

    Attributes:
        items: The step's output as input items of the next step.
        calls: Tools it wants called.
    """

    items: Sequence[JsonObject]
    calls: Sequence[ToolRequest]
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ModelStep:
    """One request to the model.

    Attributes:
        cache_key: Same for requests that share a prefix.
        may_call_tools: False on the last step, which has to answer.
    """

    model: str
    instructions: str
    input: Sequence[JsonObject]
    tools: Sequence[ToolDefinition]
    cache_key: str
    may_call_tools: bool = True


class Model(Protocol):
    """A language model behind an OpenAI-compatible API."""

    def stream(self, step: ModelStep) -> AsyncGenerator[str | ModelAnswer, None]:
        """Give pieces of text as they come, then one `ModelAnswer`; ends the provider's call when it is closed early.

        Raises:
            ModelRateLimited, ModelUnavailable, ModelTimedOut, ModelStreamDropped, ModelRejected, AnswerFiltered,
            AnswerCutOff: What the provider said, or did not say.
        """
        ...


class ToolSession(Protocol):
    """The tools for one turn; what one call learnt may save another one a question."""

    async def call(self, name: str, arguments: JsonObject) -> JsonObject | Prepared:
        """Run a tool for the current caller; one that writes only says what it would do.

        Raises:
            StockToolError: Unknown tool, bad arguments, or what the called service said.
        """
        ...


class Toolbox(Protocol):
    """The tools of this deployment."""

    @property
    def definitions(self) -> Sequence[ToolDefinition]:
        """What the model may call, in a stable order."""
        ...

    def session(self, turn_id: TurnId, earlier: EarlierResults) -> ToolSession:
        """Tools for one turn, which see what its calls gave so far."""
        ...


class MarketStatus(Protocol):
    """The market's now."""

    async def today(self) -> MarketDay:
        """The market's day; an empty one when it cannot be asked."""
        ...


class Grants(Protocol):
    """Delegated rights of turns, asked for at the auth service."""

    async def open(self, turn_id: TurnId, seconds: float) -> Caller:
        """Exchange the current caller's token for a grant of so many seconds.

        Raises:
            StockToolError: The auth service refuses or does not answer.
        """
        ...

    async def take_over(self, turn_id: TurnId) -> Caller:
        """Ask for the grant of a turn that is open, under this service's identity.

        Raises:
            StockToolError: The user is suspended, the grant closed or expired, or auth does not answer.
        """
        ...

    async def close(self, turn_id: TurnId) -> None:
        """End the grant; failures are not raised, since it expires by itself."""
        ...


class Peers(Protocol):
    """Other processes of this service."""

    def watch(self, address: str, conversation_id: ConversationId, turn_id: TurnId, after: int) -> AsyncIterator[Event]:
        """Follow a turn that another process runs.

        Raises:
            StockToolError: It cannot be reached, or knows no such turn.
        """
        ...

    async def stop(self, address: str, conversation_id: ConversationId, turn_id: TurnId) -> None:
        """Tell the process to stop a turn; failures are not raised, since the wish is stored."""
        ...


class Observer(Protocol):
    """Measures what turns do."""

    def tool(self, name: str) -> AbstractContextManager[None]:
        """A span and a measurement around one tool call."""
        ...

    def turn(self, turn_id: TurnId, trace: Mapping[str, str]) -> AbstractContextManager[None]:
        """A span around a turn, in the trace of the request that asked it."""
        ...

    def tokens(self, model: str, answer: ModelAnswer) -> None:
        """Tokens of one step."""
        ...

    def bug(self, error: Exception) -> None:
        """An error nobody thought of."""
        ...
