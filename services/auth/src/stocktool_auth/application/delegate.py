"""Grants for work that outlives its request."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Unavailable

from stocktool_auth.application.ports import AccessTokens, GrantStore, SessionStore, UserStore
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.grants import Grant, GrantNotFound, GrantRefused, open_grant
from stocktool_auth.domain.sessions import SessionId
from stocktool_auth.domain.tokens import grant_claims
from stocktool_auth.domain.users import User, UserId


@dataclass(frozen=True, slots=True)
class Delegated:
    """A grant and a token made from it."""

    grant: Grant
    token: str = field(repr=False)
    scopes: tuple[str, ...]


class Delegate:
    """Opens a grant with the user's token, or gives its token again to the service that opened it."""

    def __init__(
        self, *, users: UserStore, sessions: SessionStore, grants: GrantStore, tokens: AccessTokens, clock: Clock
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._grants = grants
        self._tokens = tokens
        self._clock = clock

    async def __call__(
        self, caller: Caller, *, work_id: str, scopes: Collection[str], until: datetime | None
    ) -> Delegated:
        """Delegate.

        Args:
            caller: The service, with the user whose token came along, if one did.
            work_id: The work.
            scopes: What it reads; taken when the grant is opened.
            until: End of its budget; taken when the grant is opened.

        Raises:
            GrantNotFound: There is no grant, and no user's token to open one.
            GrantRefused: Another service's or user's work, a suspended user, or a scope the user lacks.
            GrantClosed: The work is over.
            GrantExpired: Its budget is used up.
            GrantScope: A scope writes.
            InvalidArgument: The budget's end is missing or cannot be taken.
        """
        grant = await self._grants.find(work_id)
        if grant is None:
            grant = await self._open(caller, work_id, scopes, until)
        user = await self._users.find(grant.subject)
        now = self._clock.now()
        grant.check_usable(caller.service, user, now)
        assert user is not None  # check_usable refused it
        if caller.owners and UserId(caller.owner) != grant.subject:
            raise GrantRefused("this work belongs to another user", work_id=work_id)
        claims = grant_claims(user, grant, now)
        return Delegated(grant, self._tokens.issue(claims), claims.scopes)

    async def _open(self, caller: Caller, work_id: str, scopes: Collection[str], until: datetime | None) -> Grant:
        if not caller.owners or caller.actor:
            raise GrantNotFound(
                "there is no grant for this work; the first call for it carries the user's own token", work_id=work_id
            )
        now = self._clock.now()
        user = await self._signed_in(caller, now)
        grant = open_grant(
            work_id=work_id,
            user=user,
            actor=caller.service,
            scopes=scopes,
            held=caller.scopes,
            now=now,
            until=until if until is not None else now,
        )
        event = AuditEvent(
            "grant.opened", user.id, work_id, user.id, {"service": caller.service, "scopes": " ".join(grant.scopes)}
        )
        if await self._grants.add(grant, event):
            return grant
        found = await self._grants.find(work_id)  # a twin of this call was quicker
        if found is None:
            raise Unavailable("the grant of this work changed just now; try again")
        return found

    async def _signed_in(self, caller: Caller, now: datetime) -> User:
        user = await self._users.find(UserId(caller.owner))
        if user is None:
            raise GrantRefused("the user is gone")
        if caller.session_id:
            # An access token outlives its session by minutes; a grant made from it must not do so by an hour.
            session = await self._sessions.find(SessionId(caller.session_id))
            if session is None or not session.is_live(now) or user.is_void(session.created_at):
                raise GrantRefused("the session of this token is over")
        return user


class CloseGrant:
    """Ends a grant."""

    def __init__(self, grants: GrantStore) -> None:
        self._grants = grants

    async def __call__(self, caller: Caller, work_id: str) -> None:
        """Close it; closing twice is fine.

        Raises:
            GrantNotFound: There is none.
            GrantRefused: Another service opened it.
        """
        grant = await self._grants.find(work_id)
        if grant is None:
            raise GrantNotFound("there is no grant for this work", work_id=work_id)
        grant.check_actor(caller.service)
        if not grant.closed:
            await self._grants.close(grant.as_closed())
