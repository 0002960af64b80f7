"""Notifications beyond the inbox: fanned out to channels, attempted until taken or given up.

Waits are messages that the queue holds back, never sleeps; a message may come twice, and an attempt is made once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.ids import OwnerId, new_ulid

from stocktool_stock.application.notification_settings import NotificationSettingsStore
from stocktool_stock.domain.deliveries import PACE, Delivery, DeliveryState, Outcome, Pace, first_delivery
from stocktool_stock.domain.notification_settings import Channel, NotificationSettings
from stocktool_stock.domain.notifications import Notification

GIVEN_UP = "delivery"
"""Type of the inbox row that says so; it never leaves the house."""

_SOON = timedelta(seconds=1)


class DeliveryStore(Protocol):
    """Deliveries by notification and channel."""

    async def open(self, delivery: Delivery) -> bool:
        """Keep a delivery before its first attempt; False when it is there already."""
        ...

    async def find(self, notification_id: str, channel: Channel) -> Delivery | None:
        """Read one."""
        ...

    async def claim(self, delivery: Delivery, until: datetime) -> bool:
        """Take the next attempt of a delivery as it was read; False when somebody has it, or it has moved on."""
        ...

    async def record(self, delivery: Delivery, notice: Notification | None) -> bool:
        """Keep an attempt that was claimed, with a row for the inbox if given; False when it was recorded already."""
        ...

    async def of(self, owner: OwnerId, notification_id: str) -> Sequence[Delivery]:
        """All deliveries of an owner's notification."""
        ...


class Later(Protocol):
    """Brings a notification back for a channel after a while."""

    async def again(self, notification: Notification, channel: Channel, wait: timedelta) -> None:
        """Ask for it; it may come earlier, or twice."""
        ...


class Sender(Protocol):
    """Sends by one channel. Never raises for what the other side does."""

    async def send(self, delivery: Delivery, notification: Notification, settings: NotificationSettings) -> Outcome:
        """Make one attempt."""
        ...


class FanOut:
    """Opens a delivery for each channel that a notification's owner wants it by."""

    def __init__(
        self, settings: NotificationSettingsStore, deliveries: DeliveryStore, later: Later, clock: Clock
    ) -> None:
        self._settings = settings
        self._deliveries = deliveries
        self._later = later
        self._clock = clock

    async def __call__(self, notification: Notification) -> None:
        """Open them; a repetition asks again and opens nothing."""
        settings = await self._settings.get(notification.owner)
        now = self._clock.now()
        for channel in settings.channels(notification.type):
            due = settings.not_before(notification.type, now)
            delivery = first_delivery(
                f"dlv_{notification.id}_{channel}", notification.owner, notification.id, channel, now=now, due=due
            )
            await self._deliveries.open(delivery)
            await self._later.again(notification, channel, due - now)


class AttemptDelivery:
    """Makes one attempt when it is due.

    Args:
        settings: What the owner wants now.
        deliveries: Where deliveries stand.
        senders: By channel; a deployment may lack one.
        later: Brings the notification back for the next attempt.
        clock: Real time.
        claim: How long an attempt may take before its worker counts as dead.
        jitter: Gives numbers from 0 to 1.
        pace: How often, and how long after a failure.
    """

    def __init__(
        self,
        settings: NotificationSettingsStore,
        deliveries: DeliveryStore,
        senders: Mapping[Channel, Sender],
        later: Later,
        clock: Clock,
        *,
        claim: timedelta,
        jitter: Callable[[], float] = random.random,
        pace: Pace = PACE,
    ) -> None:
        self._pace = pace
        self._settings = settings
        self._deliveries = deliveries
        self._senders = senders
        self._later = later
        self._clock = clock
        self._claim = claim
        self._jitter = jitter

    async def __call__(self, notification: Notification, channel: Channel) -> None:
        """Attempt it, unless it is done, not due yet, or being attempted."""
        delivery = await self._deliveries.find(notification.id, channel)
        if delivery is None or delivery.state is not DeliveryState.WAITING:
            return
        now = self._clock.now()
        due = delivery.next_try_at or now
        if due > now + _SOON:
            await self._later.again(notification, channel, due - now)
            return
        if not await self._deliveries.claim(delivery, now + self._claim):
            # Should its worker have died, the claim ends and this message finds the delivery waiting.
            await self._later.again(notification, channel, self._claim)
            return
        outcome = await self._attempt(delivery, notification)
        after = delivery.after(outcome, self._clock.now(), self._jitter(), self._pace)
        notice = self._notice(after) if after.state is DeliveryState.FAILED else None
        await self._deliveries.record(after, notice)
        if after.next_try_at is not None:
            await self._later.again(notification, channel, after.next_try_at - self._clock.now())

    async def _attempt(self, delivery: Delivery, notification: Notification) -> Outcome:
        settings = await self._settings.get(delivery.owner)
        if delivery.channel not in settings.channels(notification.type):
            return Outcome(delivered=False, reason="the channel was turned off meanwhile")
        sender = self._senders.get(delivery.channel)
        if sender is None:
            return Outcome(delivered=False, reason="this deployment does not send by this channel")
        return await sender.send(delivery, notification, settings)

    def _notice(self, delivery: Delivery) -> Notification:
        now = self._clock.now()
        last = delivery.attempts[-1].outcome.reason
        tries = len(delivery.attempts)
        said = "after one attempt" if tries == 1 else f"after {tries} attempts"
        return Notification(
            id=new_ulid(int(now.timestamp() * 1000)),
            owner=delivery.owner,
            type=GIVEN_UP,
            title=f"A notification could not be sent by {delivery.channel}, given up {said}: {last}",
            created_at=now,
            data={"channel": delivery.channel.value, "notification_id": delivery.notification_id},
        )
