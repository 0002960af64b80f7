"""API keys: for programs of a user, exchanged for short access tokens."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument, NotFound, Unauthenticated
from stocktool_kit.core.ids import new_ulid

from stocktool_auth.domain.roles import ACCOUNT_SCOPE, scopes_of
from stocktool_auth.domain.users import User, UserId

MOST_PER_USER = 20
LONGEST_DAYS = 365
_MAX_NAME = 60
_TEXT = re.compile(r"stk_(?P<id>[0-9a-z]{26})_(?P<secret>[A-Za-z0-9_-]{43})")


class ApiKeyNotFound(NotFound):
    """No API key by this id among the caller's own."""

    reason = "API_KEY_NOT_FOUND"


class BadApiKey(Unauthenticated):
    """The API key is unknown, deleted or expired."""

    reason = "BAD_API_KEY"


class TooManyApiKeys(FailedPrecondition):
    """The user has as many keys as one may have."""

    reason = "TOO_MANY_API_KEYS"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept.

    Attributes:
        id: `key_...`.
        secret_hash: SHA-256 of the secret in hex. The secret is 256 random bits, so guessing it is out of reach
            whatever the hash; a slow hash would only make the exchange a lever for exhausting the service.
        scopes: What its tokens may do, never `account`.
        expires_at: When it ends.
    """

    id: str
    user_id: UserId
    name: str
    secret_hash: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime

    def matches(self, secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.secret_hash, hash_secret(secret))

    def granted(self, user: User) -> tuple[str, ...]:
        """Scopes of a token made now: those of the key that the user still has."""
        return tuple(scope for scope in self.scopes if scope in scopes_of(user.roles))


@dataclass(frozen=True, slots=True)
class ApiKeyText:
    """What the user pastes, taken apart."""

    id: str
    secret: str = field(repr=False)

    def __str__(self) -> str:
        """The text, shown once."""
        return f"stk_{self.id.removeprefix('key_')}_{self.secret}"

    @classmethod
    def new(cls) -> ApiKeyText:
        """Make a fresh one."""
        return cls(f"key_{new_ulid()}", secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> ApiKeyText:
        """Take a pasted text apart.

        Raises:
            BadApiKey: It never was a key.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise BadApiKey("this is not an API key of this installation; copy it whole or make a new one")
        return cls(f"key_{match['id']}", match["secret"])


def hash_secret(secret: str) -> str:
    """SHA-256 of a secret in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_api_key(
    text: ApiKeyText, user: User, *, name: str, scopes: Collection[str] | None, days: int, now: datetime
) -> ApiKey:
    """Make a key for a user.

    Args:
        scopes: What it may do; None is everything the user may but `account`.

    Raises:
        InvalidArgument: The name is empty or too long, a scope is not the user's to give, or the lifetime is too long.
    """
    label = " ".join(name.split())
    if not label or len(label) > _MAX_NAME or not label.isprintable():
        raise InvalidArgument.of("/name", f"must have 1 to {_MAX_NAME} printable characters")
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidArgument.of("/expires_in_days", f"must be between 1 and {LONGEST_DAYS}")
    own = [scope for scope in scopes_of(user.roles) if scope != ACCOUNT_SCOPE]
    wanted = own if scopes is None else list(dict.fromkeys(scopes))
    for position, scope in enumerate(wanted):
        if scope not in own:
            raise InvalidArgument.of(f"/scopes/{position}", f"is not a scope you can give; yours are {', '.join(own)}")
    if not wanted:
        raise InvalidArgument.of("/scopes", "is empty; leave it out to give all of yours")
    return ApiKey(
        id=text.id,
        user_id=user.id,
        name=label,
        secret_hash=hash_secret(text.secret),
        scopes=tuple(wanted),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
