"""Queues and their dead letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stocktool_kit.core.errors import NotFound


class QueueNotFound(NotFound):
    """There is no queue by this name."""

    reason = "QUEUE_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class QueueState:
    """About how many messages a queue has; the queue service only estimates.

    Attributes:
        visible: Waiting.
        in_flight: Being worked on.
        delayed: Waiting for their delay to end.
        dead_letters: In the dead-letter queue.
    """

    name: str
    visible: int
    in_flight: int
    delayed: int
    dead_letters: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up."""

    id: str
    body: str = field(repr=False)
    attributes: Mapping[str, str]
    receive_count: int
    sent_at: datetime
