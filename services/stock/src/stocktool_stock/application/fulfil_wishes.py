"""The worker behind market reads: runs fetches, keeps the shards that allow them, and does what others wished for."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.cached_reads import CachedReads
from stocktool_stock.application.fetch_queue import FetchQueue
from stocktool_stock.application.provider_ports import Turns, Wish, Wishes

_LOOK_SECONDS = 2.0
_LOOK_OFTEN_SECONDS = 0.25
_BUSY_LOOKS = 120  # after a wish there are often more

log = structlog.get_logger()


class Shards(Turns, Protocol):
    """The turns as leases."""

    @property
    def is_member(self) -> bool:
        """Whether any are held."""
        ...

    @property
    def has_others(self) -> bool:
        """Whether others hold some too."""
        ...

    async def tend(self) -> None:
        """Renew them."""
        ...

    async def leave(self) -> None:
        """Let go of them."""
        ...


class FetchWork:
    """A `Worker`.

    Args:
        queue: The fetches.
        shards: Whose turn it is.
        wishes: What others want.
        kinds: The reads by their kind.
        tend_seconds: Interval of renewing the shards, well under their term.
    """

    name = "market-fetch"

    def __init__(
        self,
        queue: FetchQueue,
        shards: Shards,
        wishes: Wishes,
        kinds: Mapping[str, CachedReads[Any]],
        *,
        tend_seconds: float = 5.0,
    ) -> None:
        self._queue = queue
        self._shards = shards
        self._wishes = wishes
        self._kinds = kinds
        self._tend_seconds = tend_seconds
        self._doing: set[tuple[str, str]] = set()
        self._busy = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until stopped, then let go of the shards."""
        try:
            await self._shards.tend()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._queue.run(stop))
                group.create_task(self._tend(stop))
                group.create_task(self._look(stop))
        finally:
            await self._shards.leave()

    async def idle(self) -> None:
        """Wait until what was queued is done."""
        await self._queue.idle()

    async def _tend(self, stop: asyncio.Event) -> None:
        while not await _stopped(stop, self._tend_seconds):
            await self._shards.tend()

    async def _look(self, stop: asyncio.Event) -> None:
        pause = _LOOK_OFTEN_SECONDS
        while not await _stopped(stop, pause):
            often = self._shards.has_others or self._busy > 0
            pause = _LOOK_OFTEN_SECONDS if often else _LOOK_SECONDS
            self._busy = max(0, self._busy - 1)
            if self._shards.is_member:
                with suppress_instrumentation():  # a look is nobody's request
                    await self._take_up()

    async def _take_up(self) -> None:
        try:
            wishes = [wish for wish in await self._wishes.open() if (wish.kind, wish.key) not in self._doing]
            mine = set(await self._shards.mine([wish.key for wish in wishes])) if wishes else set()
        except StockToolError as error:
            log.warning("wishes_unreadable", reason=error.reason, detail=error.message)
            return
        if wishes:
            self._busy = _BUSY_LOOKS
        groups: dict[str, list[Wish]] = defaultdict(list)
        for wish in wishes:
            if wish.key in mine and wish.kind in self._kinds:
                groups[wish.kind].append(wish)
        for kind, group in groups.items():
            together = self._kinds[kind].together
            for part in [group] if together else [[wish] for wish in group]:
                self._submit(kind, part)

    def _submit(self, kind: str, wishes: Sequence[Wish]) -> None:
        names = {(wish.kind, wish.key) for wish in wishes}

        async def fulfil() -> None:
            try:
                newest = [wish.newer_than for wish in wishes if wish.newer_than is not None]
                failed = await self._kinds[kind].fulfil([wish.key for wish in wishes], max(newest, default=None))
                for wish in wishes:
                    await self._wishes.answer(wish, failed.get(wish.key))
            except StockToolError as error:
                log.warning("wish_not_fulfilled", kind=kind, reason=error.reason, detail=error.message)
            finally:
                self._doing -= names

        try:
            self._queue.submit(fulfil, waits=True)
        except StockToolError:
            return  # told again
        self._doing |= names


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
