"""Work that nobody waits for: projections written once the answer is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from stocktool_kit.core.errors import StockToolError

Job = Callable[[], Awaitable[object]]


class Afterwards:
    """Runs jobs one by one until stopped. What it is given must be safe to lose: it is made again when it is missing.

    Args:
        capacity: Jobs that may wait; more are dropped.
    """

    name = "ledger-projections"

    def __init__(self, *, capacity: int = 16) -> None:
        self._jobs: asyncio.Queue[tuple[str, Job]] = asyncio.Queue(capacity)
        self._waiting: set[str] = set()

    def submit(self, key: str, job: Job) -> None:
        """Queue a job, unless one by this key waits already or too many do."""
        if key not in self._waiting and not self._jobs.full():
            self._waiting.add(key)
            self._jobs.put_nowait((key, job))

    async def run(self, stop: asyncio.Event) -> None:
        """Work until stopped; a job in hand is cancelled."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._work())
            await stop.wait()
            task.cancel()

    async def drain(self) -> None:
        """Do what waits, for tests and commands that end."""
        while not self._jobs.empty():
            await self._next()

    async def _work(self) -> None:
        while True:
            await self._next()

    async def _next(self) -> None:
        key, job = await self._jobs.get()
        self._waiting.discard(key)
        try:
            await job()
        except StockToolError:
            return  # a projection that was not written; whoever misses it tries again
