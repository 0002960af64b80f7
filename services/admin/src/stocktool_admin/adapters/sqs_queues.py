"""Queues in SQS."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.queue import Queue

from stocktool_admin.domain.queues import DeadLetter, QueueState


class SqsQueues:
    """`Queues` over SQS, each with its `<name>-dlq`."""

    def __init__(self, aws: AwsClients, names: Sequence[str]) -> None:
        self._queues = {name: Queue(aws, name) for name in sorted(names)}
        self._dead = {name: queue.dead_letter_queue for name, queue in self._queues.items()}

    @property
    def names(self) -> Sequence[str]:
        """All of them, sorted."""
        return list(self._queues)

    async def state(self, name: str) -> QueueState:
        """About how many messages a queue has."""
        depth = await self._queues[name].depth()
        dead = await self._dead[name].depth()
        return QueueState(
            name=name,
            visible=depth.waiting,
            in_flight=depth.in_flight,
            delayed=depth.delayed,
            dead_letters=dead.waiting + dead.in_flight,
        )

    async def dead_letters(self, name: str, limit: int) -> Sequence[DeadLetter]:
        """Look at dead letters without taking them, in no certain order."""
        return [
            DeadLetter(
                id=letter.id,
                body=letter.body,
                attributes=letter.attributes,
                receive_count=letter.receive_count,
                sent_at=letter.sent_at,
            )
            for letter in await self._dead[name].peek(limit)
        ]

    async def redrive(self, name: str) -> int:
        """Send dead letters back to their queue and say how many."""
        return await self._queues[name].redrive()
