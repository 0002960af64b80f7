"""Where provider calls run: a bounded queue worked by a few tasks, apart from the requests that wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from stocktool_stock.domain.quotes import ProviderLimited

Job = Callable[[], Awaitable[None]]


class FetchQueue:
    """Runs jobs until stopped. A request that goes away leaves its fetch running for those who come after.

    Jobs handle their own errors: one that raises is a bug and ends the process's loop.
    """

    name = "market-fetch"

    def __init__(self, *, concurrency: int = 6, capacity: int = 256, waiting: int = 64) -> None:
        self._jobs: asyncio.Queue[Job] = asyncio.Queue(capacity)
        self._waits: asyncio.Queue[Job] = asyncio.Queue(capacity)
        self._concurrency = concurrency
        self._waiting = waiting
        self._open = 0

    def submit(self, job: Job, *, waits: bool = False) -> None:
        """Queue a job.

        Args:
            job: What to do.
            waits: It only waits for what others do, and so takes no place from those that work.

        Raises:
            ProviderLimited: Too many wait already.
        """
        try:
            (self._waits if waits else self._jobs).put_nowait(job)
            self._open += 1
        except asyncio.QueueFull as error:
            raise ProviderLimited("too many market data requests wait; try again soon") from error

    async def idle(self) -> None:
        """Wait until every job that was queued is done."""
        while self._open:  # a job may queue another one, of either kind
            await self._jobs.join()
            await self._waits.join()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until stopped; jobs in hand are cancelled, since what they fetch can be fetched again."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._work(self._jobs)) for _ in range(self._concurrency)]
            tasks += [group.create_task(self._work(self._waits)) for _ in range(self._waiting)]
            await stop.wait()
            for task in tasks:
                task.cancel()

    async def _work(self, jobs: asyncio.Queue[Job]) -> None:
        while True:
            job = await jobs.get()
            try:
                await job()
            finally:
                self._open -= 1
                jobs.task_done()
