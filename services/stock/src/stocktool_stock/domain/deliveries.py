"""Deliveries of notifications by one channel: attempts, waits between them, and giving up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from stocktool_kit.core.ids import OwnerId

from stocktool_stock.domain.notification_settings import Channel

_FACTOR = 4
_LONGEST_WAIT = timedelta(hours=2)
CLAIM = timedelta(seconds=60)
"""How long an attempt may take before another worker believes its worker dead; above the longest call's limit."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a delivery is attempted, and how long after the first failure again; four times as long after each."""

    most_attempts: int = 7
    first_wait: timedelta = timedelta(seconds=10)


PACE = Pace()


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to.

    Attributes:
        delivered: The other side took it.
        retry: Whether another attempt can help, when it was not taken.
        status: HTTP status, 0 without one.
        reason: What happened, for a person, without secrets.
        wait: Wait that the other side asked for.
    """

    delivered: bool
    reason: str
    retry: bool = False
    status: int = 0
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that was made."""

    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification by one channel; there is one of each, however often its message comes.

    Attributes:
        id: The same in every attempt, so that the receiver knows repetitions.
        next_try_at: When the next attempt is due, None when there is none.
    """

    id: str
    owner: OwnerId
    notification_id: str
    channel: Channel
    state: DeliveryState
    created_at: datetime
    next_try_at: datetime | None
    attempts: Sequence[Attempt] = ()

    def after(self, outcome: Outcome, now: datetime, jitter: float, pace: Pace = PACE) -> Delivery:
        """The delivery after one more attempt; `jitter` from 0 to 1 spreads the waits of many."""
        attempts = (*self.attempts, Attempt(now, outcome))
        if outcome.delivered:
            return replace(self, state=DeliveryState.DELIVERED, attempts=attempts, next_try_at=None)
        if not outcome.retry or len(attempts) >= pace.most_attempts:
            return replace(self, state=DeliveryState.FAILED, attempts=attempts, next_try_at=None)
        wait = wait_after(len(attempts), jitter, outcome.wait, pace)
        return replace(self, attempts=attempts, next_try_at=now + wait)


def wait_after(attempts: int, jitter: float, asked: timedelta | None = None, pace: Pace = PACE) -> timedelta:
    """How long to wait after so many attempts: exponential, spread over its upper half, never less than asked for.

    Source:
        M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015): equal jitter.
    """
    full: timedelta = min(pace.first_wait * int(_FACTOR ** (attempts - 1)), _LONGEST_WAIT)
    wait = full / 2 + full / 2 * jitter
    return wait if asked is None else max(wait, min(asked, _LONGEST_WAIT))


def first_delivery(
    delivery_id: str, owner: OwnerId, notification_id: str, channel: Channel, *, now: datetime, due: datetime
) -> Delivery:
    """A delivery before its first attempt."""
    return Delivery(delivery_id, owner, notification_id, channel, DeliveryState.WAITING, now, due)
