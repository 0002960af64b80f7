"""Inboxes in the table `stocktool-portfolios`: `N#<owner>#<month>`, sorted by the notification's ULID."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Put, Table, Update, is_live
from stocktool_kit.core.clock import Clock, epoch, instant, parse_instant
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.domain.notifications import Notification, NotificationNotFound

KEPT = timedelta(days=90)
_OWN = frozenset({"pk", "sk", "id", "owner", "type", "title", "created_at", "read", "expires_at", "deleted"})
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ULID_LENGTH, _TIME_LENGTH = 26, 10
_SHOWN: ConditionBase = Attr("pk").exists() & Attr("deleted").not_exists()
_UNREAD: ConditionBase = Attr("read").eq(False)  # noqa: FBT003 - the value compared with
_AT_ONCE = 8


class DynamoDBInbox:
    """The `Inbox` of the mesh.

    Args:
        table: The portfolios' table.
        clock: Real time.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def put(self, notification: Notification) -> bool:
        """Keep a notification once."""
        operation = inbox_row(notification)
        try:
            await self._table.put(operation.item, operation.condition)
        except ConditionFailed:
            return False
        return True

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Notification]:
        """List an inbox, newest first."""
        before = decode_token(page.page_token).get("before", "") if page.page_token else ""
        found: list[Notification] = []
        async with aclosing(self._rows(owner, before=before, step=page.page_size + 1)) as rows:
            async for item in rows:
                found.append(_notification_of(item))
                if len(found) > page.page_size:
                    shown = found[: page.page_size]
                    return Page(shown, encode_token({"before": shown[-1].id}))
        return Page(found)

    async def after(self, owner: OwnerId, notification_id: str, limit: int) -> Sequence[Notification]:
        """Give what came after a notification, oldest first."""
        found: list[Notification] = []
        async with aclosing(self._rows(owner, after=notification_id, step=limit, forward=True)) as rows:
            async for item in rows:
                if len(found) == limit:
                    break
                found.append(_notification_of(item))
        return found

    async def mark_read(self, owner: OwnerId, notification_id: str) -> Notification:
        """Mark one as read."""
        key = self._key(owner, notification_id)
        try:
            item = await self._table.update(Update(key, put={"read": True}, condition=_SHOWN))
        except ConditionFailed as error:
            raise NotificationNotFound("no such notification", notification_id=notification_id) from error
        return _notification_of(item)

    async def get(self, owner: OwnerId, notification_id: str) -> Notification:
        """Read one."""
        now = self._clock.now()
        item = await self._table.get(self._key(owner, notification_id), live_at=now)
        if item is None or item.get("deleted"):
            raise NotificationNotFound("no such notification", notification_id=notification_id)
        return _notification_of(item)

    async def unread(self, owner: OwnerId, limit: int) -> int:
        """Count what is not read."""
        count = 0
        async with aclosing(self._rows(owner, step=limit, where=_UNREAD)) as rows:
            async for _ in rows:
                count += 1
                if count == limit:
                    break
        return count

    async def mark_all_read(self, owner: OwnerId, limit: int) -> int:
        """Mark what is not read."""
        keys: list[dict[str, str]] = []
        async with aclosing(self._rows(owner, step=limit, where=_UNREAD)) as rows:
            async for item in rows:
                keys.append({"pk": item["pk"], "sk": item["sk"]})
                if len(keys) == limit:
                    break
        slots = asyncio.Semaphore(_AT_ONCE)

        async def mark(key: dict[str, str]) -> None:
            async with slots:
                with suppress(ConditionFailed):  # deleted meanwhile
                    await self._table.update(Update(key, put={"read": True}, condition=_SHOWN))

        async with asyncio.TaskGroup() as group:
            for key in keys:
                group.create_task(mark(key))
        return len(keys)

    async def delete(self, owner: OwnerId, notification_id: str) -> None:
        """Take one out: the row stays as a mark until it expires, so that its message brings nothing back."""
        update = Update(self._key(owner, notification_id), put={"deleted": True}, condition=_SHOWN)
        try:
            await self._table.update(update)
        except ConditionFailed as error:
            raise NotificationNotFound("no such notification", notification_id=notification_id) from error

    def _key(self, owner: OwnerId, notification_id: str) -> dict[str, str]:
        month = _month_of(notification_id, self._clock.now())
        return {"pk": _partition(owner, month), "sk": notification_id or "-"}

    async def _rows(
        self,
        owner: OwnerId,
        *,
        step: int,
        before: str = "",
        after: str = "",
        where: ConditionBase | None = None,
        forward: bool = False,
    ) -> AsyncGenerator[Item, None]:
        """Rows that live and are not deleted, month by month, read `step` at a time."""
        now = self._clock.now()
        months = list(_months_back(now))
        shown: ConditionBase = Attr("deleted").not_exists()
        for month in reversed(months) if forward else months:
            if (before and month > _month_of(before, now)) or (after and month < _month_of(after, now)):
                continue
            key: ConditionBase = Key("pk").eq(_partition(owner, month))
            if before or after:
                key &= Key("sk").lt(before) if before else Key("sk").gt(after)
            start: Item | None = None
            while True:
                items, start = await self._table.query(
                    key, where=shown if where is None else shown & where, limit=step, forward=forward, start=start
                )
                for item in items:
                    if is_live(item, now):
                        yield item
                if start is None:
                    break


def inbox_row(notification: Notification) -> Put:
    """The operation that puts a notification into its inbox, once; joins a transaction on the portfolios' table."""
    item: dict[str, Any] = {
        **notification.data,
        "pk": _partition(notification.owner, f"{notification.created_at:%Y-%m}"),
        "sk": notification.id,
        "id": notification.id,
        "owner": notification.owner,
        "type": notification.type,
        "title": notification.title,
        "created_at": instant(notification.created_at),
        "read": notification.read,
        "expires_at": epoch(notification.created_at, KEPT),
    }
    return Put(item, Attr("pk").not_exists())


def _partition(owner: OwnerId, month: str) -> str:
    return f"N#{owner}#{month}"


def _months_back(now: datetime) -> Iterator[str]:
    """The months whose rows can still live, newest first."""
    day = date(now.year, now.month, 1)
    oldest = (now - KEPT).date().replace(day=1)
    while day >= oldest:
        yield f"{day:%Y-%m}"
        day = (day - timedelta(days=1)).replace(day=1)


def _month_of(notification_id: str, now: datetime) -> str:
    """The month in a ULID's time; that of `now` for what is none, where nothing will be found."""
    text = notification_id[:_TIME_LENGTH]
    if len(notification_id) != _ULID_LENGTH or not set(text) <= set(_ALPHABET):
        return f"{now:%Y-%m}"
    stamp = 0
    for letter in text:
        stamp = stamp * 32 + _ALPHABET.index(letter)
    return f"{datetime.fromtimestamp(min(stamp, 2**47) / 1000, UTC):%Y-%m}"


def _notification_of(item: Item) -> Notification:
    return Notification(
        id=item["id"],
        owner=OwnerId(item["owner"]),
        type=item["type"],
        title=item["title"],
        created_at=parse_instant(item["created_at"]),
        read=bool(item["read"]),
        data={key: value for key, value in item.items() if key not in _OWN and isinstance(value, str)},
    )
