"""Roles and the scopes they carry."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from stocktool_kit.core.errors import InvalidArgument


class Role(StrEnum):
    """What a user is in the mesh."""

    USER = "user"
    ADMIN = "admin"


_SCOPES: dict[Role, tuple[str, ...]] = {
    Role.USER: (
        "market.read",
        "portfolio.read",
        "portfolio.write",
        "documents.read",
        "documents.write",
        "chat.read",
        "chat.write",
        "account",
    ),
    Role.ADMIN: ("users.admin", "admin.read", "admin.write", "usage.admin"),
}

ACCOUNT_SCOPE = "account"
"""Sessions, API keys and the like; only a person who signed in has it, never a key or a grant."""


class UnknownRole(InvalidArgument):
    """There is no such role."""

    reason = "UNKNOWN_ROLE"


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Read role names; everybody is a `user`, whatever else they are.

    Raises:
        UnknownRole: A name is no role.
    """
    found = {Role.USER}
    for name in names:
        try:
            found.add(Role(name))
        except ValueError as error:
            raise UnknownRole(f"there is no role {name!r}; roles are {', '.join(Role)}", role=name) from error
    return frozenset(found)


def scopes_of(roles: Iterable[Role]) -> tuple[str, ...]:
    """All scopes the roles carry, in a fixed order."""
    held = set(roles)
    return tuple(scope for role in Role if role in held for scope in _SCOPES[role])


def is_read_scope(scope: str) -> bool:
    """Whether a scope only reads; others are never delegated."""
    return scope.endswith(".read")
