"""API keys: making, listing, deleting them, and exchanging one for an access token."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from stocktool_kit.core.clock import Clock

from stocktool_auth.application.ports import AccessTokens, ApiKeyStore, UserStore
from stocktool_auth.domain.api_keys import (
    MOST_PER_USER,
    ApiKey,
    ApiKeyNotFound,
    ApiKeyText,
    BadApiKey,
    TooManyApiKeys,
    new_api_key,
)
from stocktool_auth.domain.audit import AuditEvent
from stocktool_auth.domain.tokens import AccessClaims, api_key_claims
from stocktool_auth.domain.users import UserId, UserNotFound


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key and its text, which is shown this once."""

    key: ApiKey
    text: str = field(repr=False)


class CreateApiKey:
    """Makes a key."""

    def __init__(self, users: UserStore, keys: ApiKeyStore, clock: Clock) -> None:
        self._users = users
        self._keys = keys
        self._clock = clock

    async def __call__(self, user_id: UserId, *, name: str, scopes: Collection[str] | None, days: int) -> NewApiKey:
        """Make it.

        Raises:
            InvalidArgument: Name, scopes or lifetime cannot be taken.
            TooManyApiKeys: The user has as many as one may have.
        """
        user = await self._users.find(user_id)
        if user is None:
            raise UserNotFound("this account is gone")
        now = self._clock.now()
        text = ApiKeyText.new()
        key = new_api_key(text, user, name=name, scopes=scopes, days=days, now=now)
        live = [each for each in await self._keys.of_user(user_id) if now < each.expires_at]
        if len(live) >= MOST_PER_USER:
            raise TooManyApiKeys(f"you have {MOST_PER_USER} API keys, the most there may be; delete one first")
        event = AuditEvent("api-key.created", user_id, key.id, user_id, {"scopes": " ".join(key.scopes)})
        await self._keys.add(key, event)
        return NewApiKey(key, str(text))


class ListApiKeys:
    """Shows a user's keys, without their secrets."""

    def __init__(self, keys: ApiKeyStore, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def __call__(self, user_id: UserId) -> Sequence[ApiKey]:
        """Keys that have not expired, newest first."""
        now = self._clock.now()
        live = [key for key in await self._keys.of_user(user_id) if now < key.expires_at]
        return sorted(live, key=lambda key: key.created_at, reverse=True)


class DeleteApiKey:
    """Ends a key; tokens made from it end within minutes."""

    def __init__(self, keys: ApiKeyStore) -> None:
        self._keys = keys

    async def __call__(self, user_id: UserId, key_id: str) -> None:
        """Delete it.

        Raises:
            ApiKeyNotFound: The caller has no key by this id.
        """
        key = await self._keys.find(key_id)
        if key is None or key.user_id != user_id:
            raise ApiKeyNotFound("you have no API key by this id")
        await self._keys.delete(key, AuditEvent("api-key.deleted", user_id, key_id, user_id))


@dataclass(frozen=True, slots=True)
class ShortToken:
    """An access token without a session."""

    token: str = field(repr=False)
    claims: AccessClaims


class ExchangeApiKey:
    """Gives a short access token for a key."""

    def __init__(self, users: UserStore, keys: ApiKeyStore, tokens: AccessTokens, clock: Clock) -> None:
        self._users = users
        self._keys = keys
        self._tokens = tokens
        self._clock = clock

    async def __call__(self, text: str) -> ShortToken:
        """Exchange it.

        Raises:
            BadApiKey: It is unknown, deleted or expired, or its user is suspended.
        """
        parsed = ApiKeyText.parse(text)
        key = await self._keys.find(parsed.id)
        now = self._clock.now()
        if key is None or not key.matches(parsed.secret) or now >= key.expires_at:
            raise BadApiKey("this API key is unknown, deleted or expired; make a new one")
        user = await self._users.find(key.user_id)
        if user is None or user.suspended:
            raise BadApiKey("the account of this API key is suspended")
        claims = api_key_claims(user, key, now)
        return ShortToken(self._tokens.issue(claims), claims)
