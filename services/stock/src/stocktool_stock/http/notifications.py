"""`GET /notifications` and marking them read: the inbox behind the socket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.http.auth import requires
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.application.inbox import ListNotifications, ReadNotification
from stocktool_stock.domain.notifications import Notification

router = APIRouter(tags=["notifications"])


@dataclass(frozen=True, slots=True)
class InboxUses:
    """The use cases behind the routes; bootstrap puts them on the app's state as `inbox`."""

    list_notifications: ListNotifications
    read_notification: ReadNotification


class NotificationModel(ResponseModel):
    """One notification."""

    id: str
    kind: str = Field(description="What it is about: analysis, alert.")
    title: str
    created_at: datetime
    read: bool
    data: dict[str, str] = Field(description="Ids and states that belong to it.")

    @classmethod
    def of(cls, notification: Notification) -> NotificationModel:
        """Write a notification."""
        return cls(
            id=notification.id,
            kind=notification.type,
            title=notification.title,
            created_at=notification.created_at,
            read=notification.read,
            data=dict(notification.data),
        )


class NotificationList(ResponseModel):
    """Newest first."""

    items: list[NotificationModel]
    next_page_token: str


async def _inbox(request: Request) -> InboxUses:
    found: InboxUses = request.app.state.inbox
    return found


async def _page(
    page_size: Annotated[int, Query(ge=1, le=100, description="At most so many.")] = 50,
    page_token: Annotated[str, Query(max_length=512, description="Token of the next page.")] = "",
) -> PageRequest:
    return PageRequest(page_size, page_token)


InboxOf = Annotated[InboxUses, Depends(_inbox)]
Owner = Annotated[Caller, requires("portfolio.read")]


@router.get("/notifications")
async def list_notifications(
    inbox: InboxOf, caller: Owner, page: Annotated[PageRequest, Depends(_page)]
) -> NotificationList:
    """The caller's notifications of the last ninety days, newest first."""
    found = await inbox.list_notifications(caller, page)
    return NotificationList(
        items=[NotificationModel.of(item) for item in found.items], next_page_token=found.next_page_token
    )


@router.post("/notifications/{notification_id}:read")
async def read_notification(notification_id: str, inbox: InboxOf, caller: Owner) -> NotificationModel:
    """Mark one as read; again changes nothing."""
    return NotificationModel.of(await inbox.read_notification(caller, notification_id))
