"""Inboxes in the table `stocktool-portfolios`: `N#<owner>#<month>`, sorted by the notification's ULID."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Put, Table, Update, is_live
from stocktool_kit.core.clock import Clock, epoch, instant, parse_instant
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.domain.notifications import Notification, NotificationNotFound

KEPT = timedelta(days=90)
_OWN = frozenset({"pk", "sk", "id", "owner", "type", "title", "created_at", "read", "expires_at"})
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ULID_LENGTH, _TIME_LENGTH = 26, 10


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
        now = self._clock.now()
        found: list[Notification] = []
        for month in _months_back(now):
            if before and month > _month_of(before, now):
                continue
            key: ConditionBase = Key("pk").eq(_partition(owner, month))
            if before:
                key &= Key("sk").lt(before)
            items, _ = await self._table.query(key, forward=False, limit=page.page_size + 1 - len(found))
            found += [_notification_of(item) for item in items if is_live(item, now)]
            if len(found) > page.page_size:
                shown = found[: page.page_size]
                return Page(shown, encode_token({"before": shown[-1].id}))
        return Page(found)

    async def after(self, owner: OwnerId, notification_id: str, limit: int) -> Sequence[Notification]:
        """Give what came after a notification, oldest first."""
        now = self._clock.now()
        first = _month_of(notification_id, now) if notification_id else ""
        found: list[Notification] = []
        for month in reversed(list(_months_back(now))):
            if month < first or len(found) >= limit:
                continue
            key: ConditionBase = Key("pk").eq(_partition(owner, month))
            if notification_id:
                key &= Key("sk").gt(notification_id)
            items, _ = await self._table.query(key, limit=limit - len(found))
            found += [_notification_of(item) for item in items if is_live(item, now)]
        return found

    async def mark_read(self, owner: OwnerId, notification_id: str) -> Notification:
        """Mark one as read."""
        key = {"pk": _partition(owner, _month_of(notification_id, self._clock.now())), "sk": notification_id}
        try:
            item = await self._table.update(Update(key, put={"read": True}, condition=Attr("pk").exists()))
        except ConditionFailed as error:
            raise NotificationNotFound("no such notification", notification_id=notification_id) from error
        return _notification_of(item)


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
