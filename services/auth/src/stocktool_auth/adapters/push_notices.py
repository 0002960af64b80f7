"""Hints to open browsers that their session is over."""

from __future__ import annotations

from stocktool_auth.domain.sessions import SessionId
from stocktool_auth.domain.users import UserId


class NoNotices:
    """A deployment without a push target: browsers learn it when their access token ends."""

    async def ended(self, user_id: UserId, session_id: SessionId | None) -> None:
        """Tell nobody."""
