"""An `Inbox` in memory; trusted because it passes the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token
from stocktool_stock.domain.notifications import Notification, NotificationNotFound


class FakeInbox:
    """Keeps notifications by owner and id."""

    def __init__(self) -> None:
        self._rows: dict[tuple[OwnerId, str], Notification] = {}
        self._deleted: set[tuple[OwnerId, str]] = set()

    async def put(self, notification: Notification) -> bool:
        """Keep a notification once."""
        key = (notification.owner, notification.id)
        if key in self._rows or key in self._deleted:
            return False
        self._rows[key] = notification
        return True

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Notification]:
        """List an inbox, newest first."""
        before = decode_token(page.page_token)["before"] if page.page_token else "~"
        rows = sorted((row for row in self._of(owner) if row.id < before), key=lambda row: row.id, reverse=True)
        shown = rows[: page.page_size]
        return Page(shown, encode_token({"before": shown[-1].id}) if len(rows) > len(shown) else "")

    async def after(self, owner: OwnerId, notification_id: str, limit: int) -> Sequence[Notification]:
        """Give what came after a notification, oldest first."""
        rows = sorted((row for row in self._of(owner) if row.id > notification_id), key=lambda row: row.id)
        return rows[:limit]

    async def mark_read(self, owner: OwnerId, notification_id: str) -> Notification:
        """Mark one as read."""
        row = self._rows.get((owner, notification_id))
        if row is None:
            raise NotificationNotFound("no such notification", notification_id=notification_id)
        self._rows[owner, notification_id] = replace(row, read=True)
        return self._rows[owner, notification_id]

    async def get(self, owner: OwnerId, notification_id: str) -> Notification:
        """Read one."""
        if (owner, notification_id) not in self._rows:
            raise NotificationNotFound("no such notification", notification_id=notification_id)
        return self._rows[owner, notification_id]

    async def unread(self, owner: OwnerId, limit: int) -> int:
        """Count what is not read."""
        return min(limit, sum(not row.read for row in self._of(owner)))

    async def mark_all_read(self, owner: OwnerId, limit: int) -> int:
        """Mark what is not read."""
        unread = sorted((row.id for row in self._of(owner) if not row.read), reverse=True)[:limit]
        for notification_id in unread:
            await self.mark_read(owner, notification_id)
        return len(unread)

    async def delete(self, owner: OwnerId, notification_id: str) -> None:
        """Take one out for good."""
        await self.get(owner, notification_id)
        del self._rows[owner, notification_id]
        self._deleted.add((owner, notification_id))

    def _of(self, owner: OwnerId) -> Sequence[Notification]:
        return [row for (of, _), row in self._rows.items() if of == owner]
