"""The inbox behind the socket: the row is the truth, the push is a hint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.domain.notifications import Notification

JOB_ID = "analysis_id"
MOST_COUNTED = 1000
"""Unread notifications are counted, and marked at once, up to so many."""


class Inbox(Protocol):
    """Notifications by owner."""

    async def put(self, notification: Notification) -> bool:
        """Keep a notification; False when it is there already, read or not."""
        ...

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Notification]:
        """List an inbox, newest first."""
        ...

    async def after(self, owner: OwnerId, notification_id: str, limit: int) -> Sequence[Notification]:
        """Give what came after a notification, oldest first, at most `limit`; all there is for an empty id."""
        ...

    async def mark_read(self, owner: OwnerId, notification_id: str) -> Notification:
        """Mark one as read; again changes nothing.

        Raises:
            NotificationNotFound: None by this id is the owner's.
        """
        ...

    async def get(self, owner: OwnerId, notification_id: str) -> Notification:
        """Read one.

        Raises:
            NotificationNotFound: None by this id is the owner's.
        """
        ...

    async def unread(self, owner: OwnerId, limit: int) -> int:
        """Count what is not read, at most up to `limit`."""
        ...

    async def mark_all_read(self, owner: OwnerId, limit: int) -> int:
        """Mark what is not read, newest first and at most `limit`, and tell how many were."""
        ...

    async def delete(self, owner: OwnerId, notification_id: str) -> None:
        """Take one out for good: its message may come again, and brings nothing back.

        Raises:
            NotificationNotFound: None by this id is the owner's.
        """
        ...


class Hints(Protocol):
    """Tells sockets that something changed; may be lost, never fails."""

    async def tell(self, owner: OwnerId, kind: str, payload: Mapping[str, object], about: str) -> None:
        """Send one hint to a user's sockets; `about` is the id of what it concerns."""
        ...


class FansOut(Protocol):
    """Has a notification sent by the channels its owner wants it by."""

    async def __call__(self, notification: Notification) -> None:
        """Ask for it; a repetition sends nothing twice."""
        ...


class ListNotifications:
    """Reads the caller's inbox."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def __call__(self, caller: Caller, page: PageRequest) -> Page[Notification]:
        """List, newest first."""
        return await self._inbox.list(caller.owner, page)


class ReadNotification:
    """Marks one of the caller's notifications as read."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def __call__(self, caller: Caller, notification_id: str) -> Notification:
        """Mark it.

        Raises:
            NotificationNotFound: None by this id is the caller's.
        """
        return await self._inbox.mark_read(caller.owner, notification_id)


class TidyInbox:
    """Counts, marks and takes out the caller's notifications."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def get(self, caller: Caller, notification_id: str) -> Notification:
        """Read one.

        Raises:
            NotificationNotFound: None by this id is the caller's.
        """
        return await self._inbox.get(caller.owner, notification_id)

    async def unread(self, caller: Caller) -> int:
        """How many are not read, counted up to `MOST_COUNTED`."""
        return await self._inbox.unread(caller.owner, MOST_COUNTED)

    async def read_all(self, caller: Caller) -> int:
        """Mark those that are not read, at most `MOST_COUNTED` at a time, and tell how many were."""
        return await self._inbox.mark_all_read(caller.owner, MOST_COUNTED)

    async def delete(self, caller: Caller, notification_id: str) -> None:
        """Take one out; again says it is not there.

        Raises:
            NotificationNotFound: None by this id is the caller's.
        """
        await self._inbox.delete(caller.owner, notification_id)


class DeliverNotification:
    """Puts a notification into its inbox, once, tells the sockets, and has it sent by the owner's channels."""

    def __init__(self, inbox: Inbox, hints: Hints, fan_out: FansOut | None = None) -> None:
        self._inbox = inbox
        self._hints = hints
        self._fan_out = fan_out

    async def __call__(self, notification: Notification) -> None:
        """Deliver; a repetition leaves the row as it is and repeats the hint, which costs nothing."""
        await self._inbox.put(notification)
        owner = notification.owner
        await self._hints.tell(owner, "notification", payload(notification), notification.id)
        job = notification.data.get(JOB_ID)
        if job is not None:
            await self._hints.tell(owner, "job", {"job_id": job, **notification.data}, job)
        if self._fan_out is not None:
            await self._fan_out(notification)


def payload(notification: Notification) -> dict[str, object]:
    """A notification as sockets and lists show it."""
    return {
        "id": notification.id,
        "kind": notification.type,
        "title": notification.title,
        "created_at": notification.created_at.isoformat().replace("+00:00", "Z"),
        "read": notification.read,
        "data": dict(notification.data),
    }
