"""Deliveries in the table `stocktool-portfolios`: `D#<notification>`, sorted by channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Operation, Table, Update, is_live
from stocktool_kit.core.clock import Clock, epoch, instant, parse_instant
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.adapters.dynamodb_inbox import KEPT, inbox_row
from stocktool_stock.domain.deliveries import Attempt, Delivery, DeliveryState, Outcome
from stocktool_stock.domain.notification_settings import Channel
from stocktool_stock.domain.notifications import Notification


class DynamoDBDeliveries:
    """The `DeliveryStore` of the mesh.

    Args:
        table: The portfolios' table.
        clock: Real time.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def open(self, delivery: Delivery) -> bool:
        """Keep a delivery once."""
        item: dict[str, Any] = {
            **_key(delivery.notification_id, delivery.channel),
            "id": delivery.id,
            "owner": delivery.owner,
            "notification_id": delivery.notification_id,
            "channel": delivery.channel.value,
            "state": delivery.state.value,
            "created_at": instant(delivery.created_at),
            "next_try_at": None if delivery.next_try_at is None else instant(delivery.next_try_at),
            "tries": 0,
            "attempts": [],
            "expires_at": epoch(delivery.created_at, KEPT),
        }
        try:
            await self._table.put(item, Attr("pk").not_exists())
        except ConditionFailed:
            return False
        return True

    async def find(self, notification_id: str, channel: Channel) -> Delivery | None:
        """Read one."""
        item = await self._table.get(_key(notification_id, channel), live_at=self._clock.now())
        return None if item is None else _delivery_of(item)

    async def claim(self, delivery: Delivery, until: datetime) -> bool:
        """Take the next attempt."""
        now = instant(self._clock.now())
        free = Attr("claimed_until").not_exists() | Attr("claimed_until").lte(now)
        mine = Attr("state").eq(DeliveryState.WAITING.value) & Attr("tries").eq(len(delivery.attempts)) & free
        key = _key(delivery.notification_id, delivery.channel)
        try:
            await self._table.update(Update(key, put={"claimed_until": instant(until)}, condition=mine))
        except ConditionFailed:
            return False
        return True

    async def record(self, delivery: Delivery, notice: Notification | None) -> bool:
        """Keep an attempt that was claimed."""
        put: dict[str, Any] = {"state": delivery.state.value, "tries": len(delivery.attempts)}
        remove = ["claimed_until"]
        if delivery.next_try_at is None:
            remove.append("next_try_at")
        else:
            put["next_try_at"] = instant(delivery.next_try_at)
        update = Update(
            _key(delivery.notification_id, delivery.channel),
            put=put,
            append={"attempts": [_attempt_record(delivery.attempts[-1])]},
            remove=remove,
            condition=Attr("state").eq(DeliveryState.WAITING.value) & Attr("tries").eq(len(delivery.attempts) - 1),
        )
        operations: list[Operation] = [update]
        if notice is not None:
            operations.append(inbox_row(notice))
        try:
            await self._table.transact(operations)
        except ConditionFailed:
            return False
        return True

    async def of(self, owner: OwnerId, notification_id: str) -> Sequence[Delivery]:
        """All deliveries of an owner's notification."""
        items, _ = await self._table.query(Key("pk").eq(f"D#{notification_id}"))
        now = self._clock.now()
        return [_delivery_of(item) for item in items if item["owner"] == owner and is_live(item, now)]


def _key(notification_id: str, channel: Channel) -> dict[str, str]:
    return {"pk": f"D#{notification_id}", "sk": channel.value}


def _attempt_record(attempt: Attempt) -> dict[str, Any]:
    outcome = attempt.outcome
    return {
        "at": instant(attempt.at),
        "delivered": outcome.delivered,
        "reason": outcome.reason,
        "retry": outcome.retry,
        "status": outcome.status,
        **({"wait_seconds": int(outcome.wait.total_seconds())} if outcome.wait is not None else {}),
    }


def _attempt_of(record: Item) -> Attempt:
    wait = record.get("wait_seconds")
    return Attempt(
        parse_instant(record["at"]),
        Outcome(
            delivered=bool(record["delivered"]),
            reason=record["reason"],
            retry=bool(record["retry"]),
            status=int(record["status"]),
            wait=None if wait is None else timedelta(seconds=int(wait)),
        ),
    )


def _delivery_of(item: Item) -> Delivery:
    return Delivery(
        id=item["id"],
        owner=OwnerId(item["owner"]),
        notification_id=item["notification_id"],
        channel=Channel(item["channel"]),
        state=DeliveryState(item["state"]),
        created_at=parse_instant(item["created_at"]),
        next_try_at=parse_instant(item["next_try_at"]) if "next_try_at" in item else None,
        attempts=tuple(_attempt_of(record) for record in item["attempts"]),
    )
