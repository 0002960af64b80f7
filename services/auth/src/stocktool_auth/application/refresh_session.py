"""Refreshing a session."""

from __future__ import annotations

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Unavailable

from stocktool_auth.application.ports import AccessTokens, RefreshTokens, SessionNotices, SessionStore, UserStore
from stocktool_auth.application.sign_in import SignedIn
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.sessions import Refresh, RefreshReused, Session, SessionEnded
from stocktool_auth.domain.tokens import session_claims
from stocktool_auth.domain.users import User

_RACES = 3


class RefreshSession:
    """Gives the next pair of tokens for a refresh token, and ends the family of one that was copied."""

    def __init__(
        self,
        *,
        users: UserStore,
        sessions: SessionStore,
        access_tokens: AccessTokens,
        refresh_tokens: RefreshTokens,
        notices: SessionNotices,
        clock: Clock,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._access_tokens = access_tokens
        self._refresh_tokens = refresh_tokens
        self._notices = notices
        self._clock = clock

    async def __call__(self, refresh_token: str, *, address: str) -> SignedIn:
        """Refresh.

        Raises:
            SessionEnded: The token is not ours, or its session is over.
            RefreshReused: The token was used before; its session is over now.
        """
        token = self._refresh_tokens.open(refresh_token)
        if token is None:
            raise SessionEnded("the refresh token is not one of ours; sign in again")
        for _ in range(_RACES):
            session = await self._sessions.find(token.session_id)
            if session is None:
                break
            user = await self._users.find(session.user_id)
            if user is None or user.suspended or user.is_void(session.created_at):
                break
            now = self._clock.now()
            match session.judge(token, now):
                case Refresh.ROTATE:
                    rotated = session.rotated(now)
                    if await self._sessions.rotate(rotated):
                        return self._signed_in(user, rotated)
                    # Another request rotated it meanwhile: this one reads again and gets the same successor.
                case Refresh.REPEAT:
                    return self._signed_in(user, session)
                case Refresh.REUSED:
                    event = AuditEvent(
                        "session.reuse-detected",
                        "",
                        session.id,
                        user.id,
                        {"address": address, "generation": str(token.generation)},
                    )
                    await self._sessions.end(session, now, event)
                    await self._notices.ended(user.id, session.id)
                    raise RefreshReused("this refresh token was used before, so its session was ended; sign in again")
                case Refresh.ENDED:
                    break
        else:
            raise Unavailable("this session is being refreshed elsewhere; try again")
        raise SessionEnded("this session is over; sign in again")

    def _signed_in(self, user: User, session: Session) -> SignedIn:
        return SignedIn(
            user=user,
            session=session,
            access_token=self._access_tokens.issue(session_claims(user, session, self._clock.now())),
            refresh_token=self._refresh_tokens.seal(session.current),
        )
