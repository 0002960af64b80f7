"""A user's own sessions: seeing them, ending them."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.core.clock import Clock

from stocktool_auth.application.ports import RefreshTokens, SessionNotices, SessionStore, UserStore
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.sessions import Session, SessionId, SessionNotFound
from stocktool_auth.domain.users import UserId


class ListSessions:
    """Shows where a user is signed in."""

    def __init__(self, users: UserStore, sessions: SessionStore, clock: Clock) -> None:
        self._users = users
        self._sessions = sessions
        self._clock = clock

    async def __call__(self, user_id: UserId) -> Sequence[Session]:
        """Live sessions, last used first."""
        user = await self._users.find(user_id)
        if user is None:
            return []
        now = self._clock.now()
        live = [
            session
            for session in await self._sessions.of_user(user_id)
            if session.is_live(now) and not user.is_void(session.created_at)
        ]
        return sorted(live, key=lambda session: session.rotated_at, reverse=True)


class RevokeSession:
    """Ends one of the caller's own sessions."""

    def __init__(self, sessions: SessionStore, notices: SessionNotices, clock: Clock) -> None:
        self._sessions = sessions
        self._notices = notices
        self._clock = clock

    async def __call__(self, user_id: UserId, session_id: SessionId) -> None:
        """End it.

        Raises:
            SessionNotFound: The caller has no live session by this id; somebody else's is no different.
        """
        now = self._clock.now()
        session = await self._sessions.find(session_id)
        if session is None or session.user_id != user_id or not session.is_live(now):
            raise SessionNotFound("you have no session by this id")
        await self._sessions.end(session, now, AuditEvent("session.revoked", user_id, session_id, user_id))
        await self._notices.ended(user_id, session_id)


class SignOut:
    """Ends the session a browser's cookie, or an access token, belongs to."""

    def __init__(
        self, sessions: SessionStore, refresh_tokens: RefreshTokens, notices: SessionNotices, clock: Clock
    ) -> None:
        self._sessions = sessions
        self._refresh_tokens = refresh_tokens
        self._notices = notices
        self._clock = clock

    async def __call__(self, *, refresh_token: str, session_id: str) -> None:
        """End what is named, each once; a session that is over already is fine."""
        token = self._refresh_tokens.open(refresh_token) if refresh_token else None
        named = {SessionId(session_id)} if session_id else set()
        if token is not None:
            named.add(token.session_id)
        for each in named:
            session = await self._sessions.find(each)
            if session is None:
                continue
            event = AuditEvent("session.signed-out", session.user_id, session.id, session.user_id)
            if await self._sessions.end(session, self._clock.now(), event):
                await self._notices.ended(session.user_id, session.id)
