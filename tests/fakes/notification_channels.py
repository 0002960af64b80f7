"""Settings and deliveries in memory; trusted because they pass the contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_stock.domain.deliveries import Delivery, DeliveryState
from stocktool_stock.domain.notification_settings import Channel, NotificationSettings, StaleSettings
from stocktool_stock.domain.notifications import Notification


@dataclass
class FakeNotificationSettings:
    """Settings by owner, the codes asked for, and what was let out."""

    settings: dict[str, NotificationSettings] = field(default_factory=dict)
    answers: dict[str, tuple[str, NotificationSettings, bool]] = field(default_factory=dict)
    codes_for: list[OwnerId] = field(default_factory=list)
    sent: dict[str, Notification] = field(default_factory=dict)
    sent_for: dict[str, str] = field(default_factory=dict)

    async def get(self, owner: OwnerId) -> NotificationSettings:
        return self.settings.get(owner, NotificationSettings(owner))

    async def put(
        self, settings: NotificationSettings, *, shown: bool, confirm: bool, key: IdempotencyKey | None, actor: str
    ) -> tuple[NotificationSettings, bool]:
        earlier = await self.earlier(key)
        if earlier is not None:
            return earlier
        if (await self.get(settings.owner)).version != settings.version - 1:
            raise StaleSettings("the settings were changed meanwhile")
        self.settings[settings.owner] = settings
        if confirm:
            self.codes_for.append(settings.owner)
        if key is not None:
            self.answers[key.record_id] = (key.body_hash, settings, shown)
        return settings, shown

    async def send(self, notification: Notification, key: IdempotencyKey | None) -> str:
        if key is not None and key.record_id in self.sent_for:
            return self.sent_for[key.record_id]
        self.sent[notification.id] = notification
        if key is not None:
            self.sent_for[key.record_id] = notification.id
        return notification.id

    async def earlier(self, key: IdempotencyKey | None) -> tuple[NotificationSettings, bool] | None:
        if key is None or key.record_id not in self.answers:
            return None
        body_hash, settings, shown = self.answers[key.record_id]
        if body_hash != key.body_hash:
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request")
        return settings, shown


@dataclass
class FakeDeliveries:
    """Deliveries by notification and channel, and the notices given up for."""

    clock: Clock
    rows: dict[tuple[str, Channel], Delivery] = field(default_factory=dict)
    claims: dict[tuple[str, Channel], datetime] = field(default_factory=dict)
    notices: list[Notification] = field(default_factory=list)

    async def open(self, delivery: Delivery) -> bool:
        key = (delivery.notification_id, delivery.channel)
        if key in self.rows:
            return False
        self.rows[key] = delivery
        return True

    async def find(self, notification_id: str, channel: Channel) -> Delivery | None:
        return self.rows.get((notification_id, channel))

    async def claim(self, delivery: Delivery, until: datetime) -> bool:
        key = (delivery.notification_id, delivery.channel)
        held = self.claims.get(key)
        if not self._stands(delivery, len(delivery.attempts)) or (held is not None and held > self.clock.now()):
            return False
        self.claims[key] = until
        return True

    async def record(self, delivery: Delivery, notice: Notification | None) -> bool:
        if not self._stands(delivery, len(delivery.attempts) - 1):
            return False
        key = (delivery.notification_id, delivery.channel)
        self.rows[key] = replace(delivery, attempts=tuple(delivery.attempts))
        self.claims.pop(key, None)
        if notice is not None:
            self.notices.append(notice)
        return True

    async def of(self, owner: OwnerId, notification_id: str) -> Sequence[Delivery]:
        return [row for row in self.rows.values() if (row.owner, row.notification_id) == (owner, notification_id)]

    def _stands(self, delivery: Delivery, tries: int) -> bool:
        row = self.rows.get((delivery.notification_id, delivery.channel))
        return row is not None and row.state is DeliveryState.WAITING and len(row.attempts) == tries


@dataclass
class FakeLater:
    """What was asked to come back, and after how long."""

    asked: list[tuple[Notification, Channel, timedelta]] = field(default_factory=list)

    async def again(self, notification: Notification, channel: Channel, wait: timedelta) -> None:
        self.asked.append((notification, channel, wait))
