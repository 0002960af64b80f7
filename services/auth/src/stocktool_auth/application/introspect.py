"""Whether a token is good at this moment."""

from __future__ import annotations

from stocktool_kit.core.clock import Clock

from stocktool_auth.application.ports import AccessTokens, GrantStore, SessionStore, UserStore
from stocktool_auth.domain.sessions import SessionId
from stocktool_auth.domain.tokens import AccessClaims
from stocktool_auth.domain.users import User


class Introspect:
    """Asks what the signature alone does not tell: session, grant, standing of the user."""

    def __init__(
        self, users: UserStore, sessions: SessionStore, grants: GrantStore, tokens: AccessTokens, clock: Clock
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._grants = grants
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, token: str) -> tuple[AccessClaims, User] | None:
        """The token's claims and its user as they stand; None when it is not good."""
        claims = self._tokens.read(token)
        if claims is None:
            return None
        user = await self._users.find(claims.subject)
        if user is None or user.suspended or not await self._stands(claims, user):
            return None
        return claims, user

    async def _stands(self, claims: AccessClaims, user: User) -> bool:
        now = self._clock.now()
        if claims.actor:
            grant = await self._grants.find(claims.token_id)
            return (
                grant is not None and not grant.closed and now < grant.expires_at and not user.is_void(grant.created_at)
            )
        if claims.session_id:
            session = await self._sessions.find(SessionId(claims.session_id))
            return session is not None and session.is_live(now) and not user.is_void(session.created_at)
        return True
