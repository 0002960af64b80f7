"""Looks for turns without a runner, for as long as the process lives."""

from __future__ import annotations

import asyncio

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from stocktool_kit.core.errors import StockToolError

from stocktool_chat.application.recover_turns import RecoverTurns

log = structlog.get_logger("recovery")


class RecoveryLoop:
    """A worker loop around `RecoverTurns`."""

    name = "recovery"

    def __init__(self, recover: RecoverTurns, every_seconds: float) -> None:
        self._recover = recover
        self._every_seconds = every_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until stopped; a table that does not answer is asked again at the next sweep."""
        while not stop.is_set():
            try:
                with suppress_instrumentation():  # a span for each look at nothing would bury the others
                    taken = await self._recover()
            except StockToolError as error:
                log.warning("recovery_failed", reason=error.reason, detail=error.message)
            else:
                if taken:
                    log.info("turns_taken_over", count=taken)
            try:
                async with asyncio.timeout(self._every_seconds):
                    await stop.wait()
            except TimeoutError:
                continue
