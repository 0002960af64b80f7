"""Hints to open browsers that their session is over."""

from __future__ import annotations

from stocktool_kit.core.clock import Clock
from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.publisher import Publisher

from stocktool_auth.domain.sessions import SessionId
from stocktool_auth.domain.users import UserId


class PushNotices:
    """Hints on the user's live socket; without a push target, browsers find out at their next refresh."""

    def __init__(self, publisher: Publisher, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock

    async def ended(self, user_id: UserId, session_id: SessionId | None) -> None:
        """Hint at the end of one session, or of all of a user's (None)."""
        payload = {"session_id": session_id, "all": session_id is None}
        await self._publisher.publish(
            PushEvent(user_id, "session.revoked", payload, id=session_id or "", occurred_at=self._clock.now())
        )


class NoNotices:
    """For the console, whose commands end no session."""

    async def ended(self, user_id: UserId, session_id: SessionId | None) -> None:
        """Tell nobody."""
