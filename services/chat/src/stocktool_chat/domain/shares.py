"""Read-only links to a conversation: what was said until the link was made, for whoever holds it, for a while."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument
from stocktool_kit.core.ids import OwnerId, new_id

from stocktool_chat.domain.conversation import Conversation, ConversationId, Turn, TurnId, TurnState
from stocktool_chat.domain.errors import ShareNotFound
from stocktool_chat.domain.json_types import Json

MOST_PER_CONVERSATION = 20
LONGEST_DAYS = 365
DEFAULT_DAYS = 7
_TOKEN = re.compile(r"(?P<id>shr_[0-9a-z]{26})_(?P<secret>[A-Za-z0-9_-]{43})")


class TooManyShares(FailedPrecondition):
    """The conversation has as many links as one may have."""

    reason = "TOO_MANY_SHARES"


class NothingToShare(FailedPrecondition):
    """No answer of the conversation has ended yet."""

    reason = "NOTHING_TO_SHARE"


@dataclass(frozen=True, slots=True)
class Share:
    """A link as it is kept.

    Attributes:
        secret_hash: SHA-256 of the secret in hex. The secret is 256 random bits: a slow hash would add nothing.
        title: The conversation's when the link was made.
        turn_ids: What is shown, oldest first: turns that had ended, which never change.
        expires_at: When the link ends.
    """

    id: str
    conversation_id: ConversationId
    owner: OwnerId
    secret_hash: str = field(repr=False)
    title: str
    turn_ids: tuple[TurnId, ...]
    created_at: datetime
    expires_at: datetime

    def check(self, secret: str, now: datetime) -> None:
        """Refuse a wrong secret and a link that has ended.

        Raises:
            ShareNotFound: Either; which of them is not said.
        """
        if not hmac.compare_digest(_hash(secret), self.secret_hash) or now >= self.expires_at:
            raise gone()


def share(conversation: Conversation, turns: Sequence[Turn], days: int, now: datetime) -> tuple[Share, str]:
    """Make a link to turns of a conversation.

    Args:
        conversation: What is shared.
        turns: The branch that is shown, oldest first; turns that still run are left out.
        days: How long it lasts.
        now: Real time.

    Returns:
        The link as it is kept, and its token, which nobody can make again.

    Raises:
        InvalidArgument: It would last less than a day or more than a year.
        NothingToShare: None of the turns has ended.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidArgument.of("/expires_in_days", f"must be 1 to {LONGEST_DAYS}")
    ended = tuple(turn.id for turn in turns if turn.state is not TurnState.RUNNING)
    if not ended:
        raise NothingToShare("no answer has ended yet; share the conversation when one has")
    secret, name = secrets.token_urlsafe(32), new_id("shr")
    made = Share(
        id=name,
        conversation_id=conversation.id,
        owner=conversation.owner,
        secret_hash=_hash(secret),
        title=conversation.title,
        turn_ids=ended,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return made, f"{name}_{secret}"


def text_alone(turn: Turn) -> Turn:
    """A turn with the question, the answer and where its figures stand: what a link shows, and nothing behind it."""
    summary = turn.summary or {}
    receipts = summary.get("receipts")
    shown: list[Json] = [
        {name: each.get(name) for name in ("span", "value", "status")}
        for each in (receipts if isinstance(receipts, list) else ())
        if isinstance(each, Mapping)
    ]
    return replace(turn, summary={"text": summary.get("text", ""), "receipts": shown})


def parsed(token: str) -> tuple[str, str]:
    """The id and the secret of a token.

    Raises:
        ShareNotFound: It is no token.
    """
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise gone()
    return found["id"], found["secret"]


def gone() -> ShareNotFound:
    """The one answer for links that never were, have ended or were revoked."""
    return ShareNotFound("this link shows nothing: it has ended, was revoked, or is not whole")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
