"""Counted sign-ins in the identity table, `T#<hash>`; TTL clears them away."""

from __future__ import annotations

from datetime import datetime

from boto3.dynamodb.conditions import ConditionBase
from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Table
from stocktool_kit.core.clock import epoch, instant, parse_instant

from stocktool_auth.domain.throttle import Attempts


class DynamoDBAttempts:
    """An `AttemptStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def read(self, subject: str) -> Attempts:
        """What was counted; nothing yet is `Attempts()`."""
        item = await self._table.get(_key(subject))
        if item is None:
            return Attempts()
        return Attempts(
            count=int(item["attempts"]),
            blocked_until=_instant_or_none(item.get("blocked_until")),
            expires_at=_instant_or_none(item.get("forgotten_at")),
        )

    async def replace(self, subject: str, before: Attempts, after: Attempts) -> bool:
        """Store the next count; False when another attempt was counted since `before` was read."""
        unchanged: ConditionBase
        if before.expires_at is None:
            unchanged = Attr("pk").not_exists()
        else:
            unchanged = Attr("attempts").eq(before.count) & Attr("forgotten_at").eq(instant(before.expires_at))
        item = _key(subject) | {
            "attempts": after.count,
            "blocked_until": instant(after.blocked_until) if after.blocked_until else None,
            "forgotten_at": instant(after.expires_at) if after.expires_at else None,
            "expires_at": epoch(after.expires_at) if after.expires_at else None,
        }
        try:
            await self._table.put(item, unchanged)
        except ConditionFailed:
            return False
        return True

    async def forget(self, subject: str) -> None:
        """Count from nothing again."""
        await self._table.delete(_key(subject))


def _key(subject: str) -> Item:
    return {"pk": f"T#{subject}", "sk": "attempts"}


def _instant_or_none(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
