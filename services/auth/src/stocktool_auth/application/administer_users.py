"""Administration of users."""

from __future__ import annotations

from collections.abc import Collection

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_auth.application.ports import SessionNotices, UserStore
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.emails import normalise_email
from stocktool_auth.domain.roles import roles_of
from stocktool_auth.domain.users import StaleUser, User, UserId, UserNotFound

_RACES = 3


class ListUsers:
    """Shows all users."""

    def __init__(self, users: UserStore) -> None:
        self._users = users

    async def __call__(self, request: PageRequest) -> Page[User]:
        """One page, newest first."""
        return await self._users.page(request)


class GetUser:
    """Shows one user."""

    def __init__(self, users: UserStore) -> None:
        self._users = users

    async def __call__(self, user_id: UserId) -> User:
        """The user.

        Raises:
            UserNotFound: There is none.
        """
        user = await self._users.find(user_id)
        if user is None:
            raise UserNotFound("there is no user by this id", user_id=user_id)
        return user


class UpdateUser:
    """Changes roles or suspension."""

    def __init__(self, users: UserStore, notices: SessionNotices, clock: Clock) -> None:
        self._users = users
        self._notices = notices
        self._clock = clock

    async def __call__(
        self,
        user_id: UserId,
        *,
        by: str,
        roles: Collection[str] | None = None,
        suspended: bool | None = None,
        expected_version: int | None = None,
    ) -> User:
        """Change what is given; what is None stays.

        Args:
            user_id: Who is changed.
            by: Who changes: a user's id, or `operator:<name>` from the console.
            roles: The whole set from now on.
            suspended: Whether suspended from now on.
            expected_version: The version the caller read; None takes whatever is there.

        Raises:
            UserNotFound: There is none.
            UnknownRole: A role does not exist.
            OwnAccount: The administrator would lock themselves out.
            StaleUser: The user changed since it was read.
        """
        wanted = None if roles is None else roles_of(roles)
        for attempt in range(_RACES):
            user = await self._users.find(user_id)
            if user is None:
                raise UserNotFound("there is no user by this id", user_id=user_id)
            if expected_version is not None and user.version != expected_version:
                raise StaleUser("the user changed since you read it; read it again", version=user.version)
            changed = user.administered(by=by, roles=wanted, suspended=suspended, now=self._clock.now())
            if changed is user:
                return user
            try:
                await self._users.save(changed, _events(user, changed, by))
            except StaleUser:
                if expected_version is not None or attempt == _RACES - 1:
                    raise
                continue
            if changed.voids_before != user.voids_before:
                await self._notices.ended(user_id, None)
            return changed
        raise AssertionError("the loop returns or raises")


class GrantRole:
    """Gives a role by address: how an installation gets its first administrator, from its console."""

    def __init__(self, users: UserStore, update: UpdateUser) -> None:
        self._users = users
        self._update = update

    async def __call__(self, email: str, role: str, *, by: str) -> User:
        """Add the role to those the user has.

        Raises:
            UserNotFound: Nobody registered the address.
            UnknownRole: There is no such role.
        """
        user = await self._users.find_by_email(normalise_email(email))
        if user is None:
            raise UserNotFound("nobody registered this address; register it first")
        return await self._update(user.id, by=by, roles=[*user.roles, role], expected_version=user.version)


def _events(before: User, after: User, by: str) -> list[AuditEvent]:
    events = []
    if before.roles != after.roles:
        details = {"before": " ".join(sorted(before.roles)), "after": " ".join(sorted(after.roles))}
        events.append(AuditEvent("user.roles-changed", by, after.id, after.id, details))
    if before.suspended != after.suspended:
        action = "user.suspended" if after.suspended else "user.reinstated"
        events.append(AuditEvent(action, by, after.id, after.id))
    return events
