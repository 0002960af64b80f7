"""Users."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NewType

from stocktool_kit.core.errors import (
    AlreadyExists,
    Conflict,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)

from stocktool_auth.domain.roles import Role

UserId = NewType("UserId", str)
"""`usr_...`; the principal everything of a user belongs to."""

_MAX_NAME = 80


class EmailTaken(AlreadyExists):
    """Another user registered this address."""

    reason = "EMAIL_TAKEN"


class UserNotFound(NotFound):
    """No user by this id."""

    reason = "USER_NOT_FOUND"


class StaleUser(Conflict):
    """The user changed since it was read."""

    reason = "STALE_VERSION"


class OwnAccount(FailedPrecondition):
    """An administrator would lock themselves out."""

    reason = "OWN_ACCOUNT"


class UserSuspended(PermissionDenied):
    """The user may not sign in."""

    reason = "USER_SUSPENDED"


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account.

    Attributes:
        id: The user's id and principal.
        email: Normalised address.
        display_name: Name as chosen.
        password_hash: Argon2id in PHC form; never leaves auth.
        roles: What the user is.
        suspended: Whether sign-in, refresh, API keys and grants are refused.
        created_at: When they registered.
        voids_before: Sessions and grants begun at or before this instant are void: one write ends all of them, also
            those a racing request is just starting. API keys are left: they give no more than the user may do.
        version: Counts changes, from 1.
    """

    id: UserId
    email: str
    display_name: str
    password_hash: str = field(repr=False)
    roles: frozenset[Role]
    created_at: datetime
    suspended: bool = False
    voids_before: datetime | None = None
    version: int = 1

    def is_void(self, begun_at: datetime) -> bool:
        """Whether something begun then has been ended for the whole user since."""
        return self.voids_before is not None and begun_at <= self.voids_before

    def administered(self, *, by: str, roles: frozenset[Role] | None, suspended: bool | None, now: datetime) -> User:
        """The user after an administrator's change; the same user when nothing changes.

        Raises:
            OwnAccount: The administrator would suspend themselves or drop their own role.
        """
        new_roles = self.roles if roles is None else roles
        new_suspended = self.suspended if suspended is None else suspended
        if (new_roles, new_suspended) == (self.roles, self.suspended):
            return self
        if by == self.id and (new_suspended or (Role.ADMIN in self.roles and Role.ADMIN not in new_roles)):
            raise OwnAccount("you cannot suspend yourself or drop your own admin role; ask another administrator")
        ends_everything = (new_suspended and not self.suspended) or bool(self.roles - new_roles)
        return replace(
            self,
            roles=new_roles,
            suspended=new_suspended,
            voids_before=now if ends_everything else self.voids_before,
            version=self.version + 1,
        )


def clean_display_name(text: str) -> str:
    """Take a name as typed, without outer blanks.

    Raises:
        InvalidArgument: It is empty, too long or has control characters.
    """
    name = " ".join(text.split())
    if not name:
        raise InvalidArgument.of("/display_name", "is empty; give the name to show")
    if len(name) > _MAX_NAME:
        raise InvalidArgument.of("/display_name", f"is longer than {_MAX_NAME} characters")
    if not name.isprintable():
        raise InvalidArgument.of("/display_name", "has characters that cannot be shown")
    return name
