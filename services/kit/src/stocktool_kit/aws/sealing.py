"""Short secrets at rest: sealed by AES-256-GCM under keys of a ring in Secrets Manager.

A sealed text is `sealed:<key id>:<base64url of nonce and ciphertext>`. The newest key of the ring seals, each of them
opens what names it, so that a key is replaced without rewriting what was sealed before. What a text is for is bound to
it: a row copied to another owner does not open there.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stocktool_kit.aws.secret import Secret
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Internal
from stocktool_kit.core.ids import new_id

_PREFIX = "sealed:"
_KEY_BITS = 256
_NONCE_BYTES = 12  # what AES-GCM is specified for; drawn at random, safe for 2^32 texts under one key
_REREAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Key:
    id: str
    key: bytes


class Sealer:
    """Seals and opens texts. The ring is made by whoever seals first, kept in memory, and read again now and then.

    Args:
        secret: Where the ring is kept.
        clock: Real time.
    """

    def __init__(self, secret: Secret, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._ring: list[_Key] = []
        self._read_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def seal(self, text: str, purpose: str) -> str:
        """Seal a text.

        Args:
            text: What nobody is to read from the table.
            purpose: What it is for and whose it is; opening needs the same.
        """
        ring = await self._keys()
        newest = ring[-1]
        nonce = os.urandom(_NONCE_BYTES)
        box = nonce + AESGCM(newest.key).encrypt(nonce, text.encode(), _bound(newest, purpose))
        return f"{_PREFIX}{newest.id}:{base64.urlsafe_b64encode(box).decode()}"

    async def open(self, sealed: str, purpose: str) -> str:
        """Open a text; one that was never sealed is given as it is.

        Raises:
            Internal: It was sealed for another purpose, changed since, or its key is gone.
        """
        if not sealed.startswith(_PREFIX):
            return sealed
        key_id, _, box = sealed.removeprefix(_PREFIX).partition(":")
        key = await self._key(key_id)
        if key is None:
            raise Internal("a sealed text names a key that is not in the ring", key=key_id)
        try:
            raw = base64.urlsafe_b64decode(box)
            return AESGCM(key.key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(key, purpose)).decode()
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise Internal("a sealed text does not open", key=key_id) from error

    async def rotate(self) -> str:
        """Add a key that seals from now on, other processes within five minutes; its id. Older keys go on opening."""
        async with self._lock:
            ring = [*await self._read_or_make(), _new_key()]
            await self._secret.replace(_written(ring))
            self._keep(ring)
        return ring[-1].id

    async def _key(self, key_id: str) -> _Key | None:
        found = _named(await self._keys(), key_id)
        if found is None:  # sealed by a process that knows a newer ring
            async with self._lock:
                self._keep(await self._read_or_make())
            found = _named(self._ring, key_id)
        return found

    async def _keys(self) -> list[_Key]:
        async with self._lock:
            if self._read_at is None or self._clock.now() - self._read_at > _REREAD:
                self._keep(await self._read_or_make())
            return self._ring

    def _keep(self, ring: list[_Key]) -> None:
        self._ring, self._read_at = ring, self._clock.now()

    async def _read_or_make(self) -> list[_Key]:
        text = await self._secret.read()
        if text is None:
            first = [_new_key()]
            if await self._secret.create(_written(first)):
                return first
            text = await self._secret.read()
            if text is None:
                raise Internal("the keys that seal were removed while they were read")
        return _parsed(text)


def _new_key() -> _Key:
    return _Key(new_id("key"), AESGCM.generate_key(_KEY_BITS))


def _named(ring: list[_Key], key_id: str) -> _Key | None:
    return next((key for key in ring if key.id == key_id), None)


def _bound(key: _Key, purpose: str) -> bytes:
    return f"{key.id}|{purpose}".encode()


def _written(ring: list[_Key]) -> str:
    return orjson.dumps({"keys": [{"id": k.id, "key": base64.b64encode(k.key).decode()} for k in ring]}).decode()


def _parsed(text: str) -> list[_Key]:
    return [_Key(each["id"], base64.b64decode(each["key"])) for each in orjson.loads(text)["keys"]]
