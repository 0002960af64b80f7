"""Grants: a service may act for a user in one piece of work after the user's request has ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stocktool_kit.core.errors import FailedPrecondition, FieldViolation, InvalidArgument, NotFound, PermissionDenied

from stocktool_auth.domain.roles import is_read_scope
from stocktool_auth.domain.users import User, UserId

LONGEST_BUDGET = timedelta(hours=1)


class GrantNotFound(NotFound):
    """No grant for this work, and no user's token to open one."""

    reason = "GRANT_NOT_FOUND"


class GrantRefused(PermissionDenied):
    """The caller may not act for this user in this work."""

    reason = "GRANT_REFUSED"


class GrantClosed(FailedPrecondition):
    """The work is over."""

    reason = "GRANT_CLOSED"


class GrantExpired(FailedPrecondition):
    """The work's budget is used up."""

    reason = "GRANT_EXPIRED"


class GrantScope(InvalidArgument):
    """A scope that writes cannot be delegated."""

    reason = "GRANT_SCOPE"


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave for one service to read as one user for one piece of work.

    Attributes:
        work_id: A turn's or a job's id; `jti` of the tokens.
        subject: The user.
        actor: The service that opened it; no other gets a token.
        scopes: What it may read.
        created_at: When it was opened.
        expires_at: When the work's budget ends.
        closed: Whether the work is over.
    """

    work_id: str
    subject: UserId
    actor: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    closed: bool = False

    def check_actor(self, service: str) -> None:
        """Refuse a service that did not open the grant.

        Raises:
            GrantRefused: It is another service's.
        """
        if service != self.actor:
            raise GrantRefused("this work belongs to another service", work_id=self.work_id)

    def check_usable(self, service: str, user: User | None, now: datetime) -> None:
        """Refuse a token unless the same service asks for open work of a user in good standing.

        Raises:
            GrantRefused: Another service asks, or the user is suspended or gone.
            GrantClosed: The work is over.
            GrantExpired: Its budget is used up.
        """
        self.check_actor(service)
        if user is None or user.suspended:
            raise GrantRefused("the user is suspended", work_id=self.work_id)
        if self.closed or user.is_void(self.created_at):
            raise GrantClosed("this work is over", work_id=self.work_id)
        if now >= self.expires_at:
            raise GrantExpired("the budget of this work is used up", work_id=self.work_id)

    def as_closed(self) -> Grant:
        """The grant of work that is over."""
        return replace(self, closed=True)


def open_grant(
    *,
    work_id: str,
    user: User,
    actor: str,
    scopes: Collection[str],
    held: Collection[str],
    now: datetime,
    until: datetime,
) -> Grant:
    """Open a grant from a user's token.

    Args:
        held: Scopes the user's token carries; a grant never has more.

    Raises:
        GrantScope: A scope writes.
        GrantRefused: The user is suspended or lacks a scope.
        InvalidArgument: The budget is over or longer than an hour.
    """
    for scope in scopes:
        if not is_read_scope(scope):
            detail = f"{scope} writes; work that outlives its request only reads"
            raise GrantScope(detail, [FieldViolation("scopes", detail)], scope=scope)
    if user.suspended:
        raise GrantRefused("the user is suspended", work_id=work_id)
    missing = sorted(set(scopes) - set(held))
    if missing:
        raise GrantRefused(f"the user's token lacks {', '.join(missing)}", work_id=work_id)
    if not now < until <= now + LONGEST_BUDGET:
        raise InvalidArgument.of("expires_at", "must lie within the next hour")
    return Grant(
        work_id=work_id, subject=user.id, actor=actor, scopes=tuple(sorted(scopes)), created_at=now, expires_at=until
    )
