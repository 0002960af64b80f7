"""Keeps the key ring in use up to date."""

from __future__ import annotations

import asyncio

import structlog
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.health import Health

from stocktool_auth.adapters.jwt_tokens import CurrentRing
from stocktool_auth.application.signing_keys import OpenKeyRing

log = structlog.get_logger("signing-keys")

_COMPONENT = "signing-keys"
_READ_EVERY_SECONDS = 60.0
_TRY_AGAIN_SECONDS = 1.0


class KeyRingKeeper:
    """A loop: reads the ring at the start, makes it when there is none, reads it again each minute.

    Until the first success the process is not ready; later failures leave it with the keys it has.
    """

    name = "key-ring-keeper"

    def __init__(self, open_ring: OpenKeyRing, current: CurrentRing, health: Health) -> None:
        self._open_ring = open_ring
        self._current = current
        self._health = health
        self._health.set(_COMPONENT, False, "not read yet")  # noqa: FBT003 - it is the value set

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the ring until stopped."""
        read = False
        while not stop.is_set():
            try:
                self._current.use(await self._open_ring())
            except StockToolError as error:
                log.warning("signing_keys_unread", reason=error.reason, detail=error.message)
                if not read:
                    self._health.set(_COMPONENT, False, error.message)  # noqa: FBT003
            else:
                read = True
                self._health.set(_COMPONENT, True)  # noqa: FBT003
            try:
                async with asyncio.timeout(_READ_EVERY_SECONDS if read else _TRY_AGAIN_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue
