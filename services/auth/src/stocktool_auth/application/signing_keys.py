"""The life of the key ring: made at the first start, read again as it changes, extended by an operator."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import FailedPrecondition, Unavailable

from stocktool_auth.application.ports import KeyVault
from stocktool_auth.domain.grants import LONGEST_BUDGET
from stocktool_auth.domain.signing import LEAD, KeyRing, SigningKey
from stocktool_auth.domain.tokens import ACCESS_LIFETIME

LONGEST_TOKEN: timedelta = max(ACCESS_LIFETIME, LONGEST_BUDGET)

MakeKey = Callable[[datetime], SigningKey]
"""Makes a key pair that signs from the given instant on."""


class OpenKeyRing:
    """Reads the ring, and makes it when there is none; of two first starts one makes it and both use it."""

    def __init__(self, vault: KeyVault, make_key: MakeKey, clock: Clock) -> None:
        self._vault = vault
        self._make_key = make_key
        self._clock = clock

    async def __call__(self) -> KeyRing:
        """The ring.

        Raises:
            Unavailable: The vault lost what another process just made.
        """
        found = await self._vault.read()
        if found is not None:
            return found
        ring = KeyRing((self._make_key(self._clock.now()),), secrets.token_bytes(32))
        if await self._vault.create(ring):
            return ring
        winner = await self._vault.read()
        if winner is None:
            raise Unavailable("the signing keys were made elsewhere and cannot be read yet")
        return winner


class AddSigningKey:
    """Adds the next key: shown at once, signing after every verifier has it."""

    def __init__(self, vault: KeyVault, make_key: MakeKey, clock: Clock) -> None:
        self._vault = vault
        self._make_key = make_key
        self._clock = clock

    async def __call__(self) -> SigningKey:
        """Add it.

        Raises:
            FailedPrecondition: There is no ring yet, or a key is waiting already.
        """
        ring = await self._vault.read()
        if ring is None:
            raise FailedPrecondition("there are no signing keys yet; start auth first")
        now = self._clock.now()
        if any(key.signs_from > now for key in ring.keys):
            raise FailedPrecondition("a new key is waiting to sign already")
        key = self._make_key(now + LEAD)
        await self._vault.replace(ring.with_next(key, now, LONGEST_TOKEN))
        return key
