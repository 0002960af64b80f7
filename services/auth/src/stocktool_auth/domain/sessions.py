"""Sign-in sessions: families of refresh tokens, of which one generation is current.

A refresh token names its family and its generation and is sealed with a key of ours, so the table needs to hold the
current generation only. Whoever shows an older one has a copy that should not exist: the family ends. The one exception
is the generation just left, for a few seconds: a lost answer or a second tab gets the same successor again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NewType

from stocktool_kit.core.errors import NotFound, Unauthenticated

from stocktool_auth.domain.users import UserId

SessionId = NewType("SessionId", str)
"""`ses_...`: the family of refresh tokens, and `sid` in access tokens."""

GRACE = timedelta(seconds=10)
IDLE_LIFETIME = timedelta(days=30)
LONGEST_LIFETIME = timedelta(days=90)


class SessionEnded(Unauthenticated):
    """The refresh token is unknown, expired, or its session was ended."""

    reason = "SESSION_ENDED"


class RefreshReused(Unauthenticated):
    """A refresh token was used after its successor: the session is ended."""

    reason = "REFRESH_REUSED"


class SessionNotFound(NotFound):
    """No live session by this id among the caller's own."""

    reason = "SESSION_NOT_FOUND"


class Refresh(Enum):
    """What becomes of a presented refresh token."""

    ROTATE = auto()
    REPEAT = auto()
    REUSED = auto()
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A family and a generation, as read from a sealed token."""

    session_id: SessionId
    generation: int


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in on one device.

    Attributes:
        id: The family.
        user_id: Who signed in.
        generation: The refresh token that is current, from 1.
        created_at: When they signed in.
        rotated_at: When the current generation was given out: the session's last use.
        ended_at: When it was ended, None while it lives.
        user_agent: The device as its browser names itself.
        address: Where the sign-in came from.
    """

    id: SessionId
    user_id: UserId
    created_at: datetime
    rotated_at: datetime
    generation: int = 1
    ended_at: datetime | None = None
    user_agent: str = ""
    address: str = ""

    @property
    def expires_at(self) -> datetime:
        """When it ends by itself: unused for 30 days, or 90 days old."""
        return min(self.rotated_at + IDLE_LIFETIME, self.created_at + LONGEST_LIFETIME)

    def is_live(self, now: datetime) -> bool:
        """Whether it was neither ended nor left alone for too long."""
        return self.ended_at is None and now < self.expires_at

    def judge(self, token: RefreshToken, now: datetime) -> Refresh:
        """Decide what a sealed token of this family gets."""
        if not self.is_live(now) or token.generation > self.generation:
            return Refresh.ENDED
        if token.generation == self.generation:
            return Refresh.ROTATE
        if token.generation == self.generation - 1 and now - self.rotated_at < GRACE:
            return Refresh.REPEAT
        return Refresh.REUSED

    def rotated(self, now: datetime) -> Session:
        """The session with its next generation."""
        return replace(self, generation=self.generation + 1, rotated_at=now)

    @property
    def current(self) -> RefreshToken:
        """The refresh token that is current."""
        return RefreshToken(self.id, self.generation)
