"""Queues: how full they are, what they gave up, sending it back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import structlog
from stocktool_kit.core.errors import StockToolError

from stocktool_admin.application.ports import AuditTrail, DepthGauge, Queues
from stocktool_admin.domain.queues import DeadLetter, QueueNotFound, QueueState

log = structlog.get_logger("queues")

MEASURE_EVERY_SECONDS = 15.0


class ListQueues:
    """Shows all queues."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    async def __call__(self) -> Sequence[QueueState]:
        """Each queue, by name."""
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._queues.state(name)) for name in self._queues.names]
        return [task.result() for task in asked]


class ListDeadLetters:
    """Shows what a queue gave up."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    async def __call__(self, name: str, limit: int) -> Sequence[DeadLetter]:
        """Dead letters, oldest first; none of them is taken.

        Raises:
            QueueNotFound: There is no such queue.
        """
        _check(self._queues, name)
        return sorted(await self._queues.dead_letters(name, limit), key=lambda letter: letter.sent_at)


class RedriveDeadLetters:
    """Sends a queue's dead letters back to it."""

    def __init__(self, queues: Queues, trail: AuditTrail) -> None:
        self._queues = queues
        self._trail = trail

    async def __call__(self, name: str, *, by: str) -> int:
        """Send them back and say how many.

        Raises:
            QueueNotFound: There is no such queue.
        """
        _check(self._queues, name)
        moved = await self._queues.redrive(name)
        await self._trail.record(action="queue.redriven", actor=by, target=name, detail={"moved": str(moved)})
        return moved


class MeasureDepths:
    """A loop that measures how many messages wait, in the queues and in what they gave up.

    Args:
        queues: The queues.
        gauge: Where depths are measured to.
        quiet: Keeps a round, which nobody asked for, out of the traces.
    """

    name = "measure-depths"

    def __init__(
        self, queues: Queues, gauge: DepthGauge, *, quiet: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> None:
        self._queues = queues
        self._gauge = gauge
        self._quiet = quiet

    async def run(self, stop: asyncio.Event) -> None:
        """Measure until stopped."""
        while not stop.is_set():
            with self._quiet():
                for name in self._queues.names:
                    await self._measure(name)
            try:
                async with asyncio.timeout(MEASURE_EVERY_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _measure(self, name: str) -> None:
        try:
            state = await self._queues.state(name)
        except StockToolError as error:
            # A gap in the metric says so itself; the next round may succeed.
            log.warning("queue_not_measured", queue=name, reason=error.reason, detail=error.message)
            return
        self._gauge.queue_depth(name, state.visible)
        self._gauge.queue_depth(f"{name}-dlq", state.dead_letters)


def _check(queues: Queues, name: str) -> None:
    if name not in queues.names:
        raise QueueNotFound(f"there is no queue {name!r}; queues are {', '.join(queues.names)}", queue=name)
