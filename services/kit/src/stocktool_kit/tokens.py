"""Access tokens: verified the same way for HTTP, gRPC and the socket."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import jwt

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Unauthenticated
from stocktool_kit.core.ids import OwnerId

_ALGORITHMS = ["ES256"]
_LEEWAY_SECONDS = 5
_KEYS_LIVE_SECONDS = 600.0
_ASK_AGAIN_SECONDS = 5.0
_VERIFIED_KEPT = 4096


class InvalidToken(Unauthenticated):
    """The access token is malformed, forged, expired or for somebody else."""

    reason = "INVALID_TOKEN"


class ExpiredToken(Unauthenticated):
    """The access token was good once."""

    reason = "TOKEN_EXPIRED"


class KeySource(Protocol):
    """Where public signing keys come from."""

    async def jwks(self) -> Mapping[str, Any]:
        """The JSON Web Key Set as parsed JSON."""
        ...


class TokenVerifier:
    """Checks tokens against the signing keys, which are fetched once and again when an unknown key shows up."""

    def __init__(self, keys: KeySource, clock: Clock, *, issuer: str, audience: str) -> None:
        self._source = keys
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()
        # A page sends the same token for ten minutes, and a signature takes longer to check than a quote to answer.
        self._verified: OrderedDict[str, tuple[Caller, int]] = OrderedDict()

    def use(self, keys: KeySource) -> None:
        """Take keys from another source; the auth service verifies with its own."""
        self._source = keys
        self._fetched_at = float("-inf")
        self._verified.clear()

    async def verify(self, token: str) -> Caller:
        """Read a token into its caller.

        Raises:
            InvalidToken: It is malformed, forged or for another audience.
            ExpiredToken: Its time is over.
            Unavailable: The keys cannot be fetched.
        """
        known = self._verified.get(token)
        if known is not None and time.monotonic() - self._fetched_at <= _KEYS_LIVE_SECONDS:
            self._refuse_expired(known[1])
            return known[0]
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise InvalidToken("the access token is malformed; sign in again") from error
        key = await self._key(str(header.get("kid", "")))
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise InvalidToken("the access token is not one of ours; sign in again") from error
        expires_at = int(claims["exp"])
        self._refuse_expired(expires_at)
        caller = caller_of(claims, token)
        self._verified[token] = (caller, expires_at)
        if len(self._verified) > _VERIFIED_KEPT:
            self._verified.popitem(last=False)
        return caller

    def _refuse_expired(self, expires_at: int) -> None:
        if expires_at + _LEEWAY_SECONDS <= self._clock.now().timestamp():
            raise ExpiredToken("the access token has expired; refresh it")

    async def _key(self, key_id: str) -> jwt.PyJWK:
        age = time.monotonic() - self._fetched_at
        if (key_id not in self._keys and age > _ASK_AGAIN_SECONDS) or age > _KEYS_LIVE_SECONDS:
            async with self._lock:
                if time.monotonic() - self._fetched_at >= min(age, _ASK_AGAIN_SECONDS):
                    await self._fetch()
        try:
            return self._keys[key_id]
        except KeyError:
            raise InvalidToken("the access token names a key we do not know; sign in again") from None

    async def _fetch(self) -> None:
        found = await self._source.jwks()
        self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(dict(found)).keys if key.key_id}
        self._fetched_at = time.monotonic()
        self._verified.clear()  # a key may have been withdrawn


def caller_of(claims: Mapping[str, Any], token: str = "") -> Caller:
    """Turn verified claims into a caller."""
    actor = claims.get("act", {}).get("sub", "")
    return Caller(
        subject=str(claims["sub"]),
        owners=tuple(OwnerId(owner) for owner in claims.get("owners", [claims["sub"]])),
        roles=frozenset(claims.get("roles", ())),
        scopes=frozenset(str(claims.get("scope", "")).split()),
        session_id=str(claims.get("sid", "")),
        actor=str(actor),
        grant_id=str(claims.get("jti", "")) if actor else "",
        token=token,
    )


def with_service(caller: Caller | None, service: str) -> Caller | None:
    """Add the peer's service identity; a service without a user's token is a caller of its own."""
    if not service:
        return caller
    if caller is None:
        return Caller(subject=f"svc_{service}", service=service)
    return replace(caller, service=service)
