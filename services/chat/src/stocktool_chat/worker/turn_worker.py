"""Runs turns of this process, many at a time but bounded."""

from __future__ import annotations

import asyncio

import structlog

from stocktool_chat.application.run_turn import RunTurn, TurnJob

log = structlog.get_logger("turns")


class TurnWorker:
    """A worker loop, and the queue that takes turns for it.

    Args:
        limit: Turns running or waiting at once.
        drain_seconds: Time for running turns to end by themselves when the process stops; the rest is handed over.
    """

    name = "turns"

    def __init__(self, run_turn: RunTurn, limit: int, drain_seconds: float) -> None:
        self._run_turn = run_turn
        self._limit = limit
        self._drain_seconds = drain_seconds
        self._waiting: asyncio.Queue[TurnJob] = asyncio.Queue()
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def has_room(self) -> bool:
        """See the port."""
        return not self._stopping and len(self._running) + self._waiting.qsize() < self._limit

    def submit(self, job: TurnJob) -> None:
        """See the port."""
        self._waiting.put_nowait(job)

    async def run(self, stop: asyncio.Event) -> None:
        """Run turns until stopped; then give running ones a little time and hand the rest over."""
        async with asyncio.TaskGroup() as group:
            stopped = group.create_task(stop.wait())
            while not stopped.done():
                arriving = asyncio.ensure_future(self._waiting.get())
                await asyncio.wait([arriving, stopped], return_when=asyncio.FIRST_COMPLETED)
                if arriving.done():
                    self._begin(group, arriving.result())
                else:
                    arriving.cancel()
            self._stopping = True
            while not self._waiting.empty():
                self._begin(group, self._waiting.get_nowait())
            if self._running:
                _, late = await asyncio.wait(self._running, timeout=self._drain_seconds)
                for task in late:
                    task.cancel()  # releases the lease: another process begins anew

    def _begin(self, group: asyncio.TaskGroup, job: TurnJob) -> None:
        task = group.create_task(self._guarded(job), name=f"turn {job.turn.id}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _guarded(self, job: TurnJob) -> None:
        try:
            await self._run_turn(job)
        except Exception:  # the turn's lease runs out and recovery ends it; the others go on
            log.exception("turn_broke", turn=job.turn.id)
