"""Brings changed retention to conversations that exist, for as long as the process lives."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from stocktool_kit.core.errors import StockToolError

from stocktool_chat.application.retention import KeepConversations

log = structlog.get_logger("upkeep")


class UpkeepLoop:
    """A worker loop around `KeepConversations.sweep`: at once after a choice made here, and every so often."""

    name = "upkeep"

    def __init__(self, keep: KeepConversations, every_seconds: float) -> None:
        self._keep = keep
        self._every_seconds = every_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep until stopped; what fails is done at a later sweep, here or elsewhere."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._keep.chosen.clear()
                with suppress(StockToolError), suppress_instrumentation():
                    done = await self._keep.sweep()
                    if done:
                        log.info("retention_applied", count=done)
                chosen = asyncio.create_task(self._keep.chosen.wait())
                await asyncio.wait([stopping, chosen], timeout=self._every_seconds, return_when=asyncio.FIRST_COMPLETED)
                chosen.cancel()
        finally:
            stopping.cancel()
