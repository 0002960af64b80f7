"""Conversations and turns as they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

from stocktool_kit.core.ids import OwnerId, new_ulid

from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.references import own_words
from stocktool_chat.domain.retention import Retention

ConversationId = NewType("ConversationId", str)
TurnId = NewType("TurnId", str)

_TITLE_LENGTH = 60
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class TurnState(StrEnum):
    """How far a turn is."""

    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its turns; `title` is empty until the first question."""

    id: ConversationId
    owner: OwnerId
    title: str
    pinned: bool
    created_at: datetime
    updated_at: datetime
    retention: Retention = Retention.MONTH


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and how far its answer is.

    Attributes:
        attempt: 1, or 2 after another pod began the answer anew.
        summary: Text, tool calls, receipts, citations, usage and problem as `turn_view` folds them from the events;
            None while the turn runs.
    """

    id: TurnId
    conversation_id: ConversationId
    owner: OwnerId
    question: str
    model: str
    created_at: datetime
    state: TurnState = TurnState.RUNNING
    attempt: int = 1
    parent_turn_id: TurnId | None = None
    finished_at: datetime | None = None
    summary: JsonObject | None = None

    @property
    def text(self) -> str:
        """The answer once the turn has ended; without the words it keeps by reference until they are filled in."""
        return own_words((self.summary or {}).get("text"))


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write a turn's events, held under a lease.

    Attributes:
        fence: Grows by one with every taking over; a write with an older number is refused.
        attempt: Which run of the turn this is.
        holder: Process that holds it.
        retention: How long what is written under it is kept.
    """

    conversation_id: ConversationId
    turn_id: TurnId
    owner: OwnerId
    fence: int
    attempt: int
    holder: str
    retention: Retention = Retention.MONTH


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn that runs, or whose runner has died.

    Attributes:
        address: gRPC target of the holder.
        lease_until: When the holder's right ends unless it is renewed.
    """

    claim: Claim
    address: str
    lease_until: datetime
    stop_requested: bool = False


@dataclass(frozen=True, slots=True)
class TurnUsage:
    """Tokens of a turn and their price in USD; the price is None when the deployment lists none."""

    model: str
    input_tokens: int
    output_tokens: int
    cost: str | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ended."""

    state: TurnState
    summary: JsonObject
    finished_at: datetime
    usage: TurnUsage


def new_turn_id(now: datetime) -> TurnId:
    """Make a turn's id; its first ten characters tell the millisecond it was asked."""
    return TurnId("trn_" + new_ulid(int(now.timestamp() * 1000)))


def asked_at(turn_id: str) -> datetime:
    """The instant within a turn's id, which is part of the keys of its records.

    Raises:
        ValueError: It is no turn's id.
    """
    prefix, _, ulid = turn_id.partition("_")
    if prefix != "trn" or len(ulid) != 26 or any(letter not in _ALPHABET for letter in ulid):
        raise ValueError(f"{turn_id!r} is no turn's id")
    milliseconds = 0
    for letter in ulid[:10]:
        milliseconds = milliseconds * 32 + _ALPHABET.index(letter)
    seconds, rest = divmod(milliseconds, 1000)
    if seconds > 253_402_300_799:  # the year 9999
        raise ValueError(f"{turn_id!r} is no turn's id")
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def title_of(question: str) -> str:
    """A title by rule: the first line of the question, cut at a word."""
    line = " ".join(question.strip().split("\n", 1)[0].split())
    if len(line) <= _TITLE_LENGTH:
        return line
    cut = line[:_TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",.;: ")
    return f"{cut or line[:_TITLE_LENGTH]}…"


def lineage(turns: Sequence[Turn], parent: TurnId | None) -> list[Turn]:
    """The turns a new one follows, oldest first: its parent, the parent's parent, and so on."""
    by_id: Mapping[TurnId, Turn] = {turn.id: turn for turn in turns}
    line: list[Turn] = []
    turn = by_id.get(parent) if parent else None
    while turn is not None and len(line) < len(turns):
        line.append(turn)
        turn = by_id.get(turn.parent_turn_id) if turn.parent_turn_id else None
    return line[::-1]
