"""How the caller wants to be told, and the inbox kept tidy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import Field
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.application.channels import DeliveryStore
from stocktool_stock.application.inbox import MOST_COUNTED, TidyInbox
from stocktool_stock.application.notification_settings import ChooseNotifications, Wanted
from stocktool_stock.domain.deliveries import Attempt, Delivery, DeliveryState
from stocktool_stock.domain.notification_settings import (
    KINDS,
    Channel,
    NotificationSettings,
    QuietHours,
    read_kinds,
    read_quiet_hours,
)
from stocktool_stock.http.portfolio_uses import Key, Reader, Writer
from stocktool_stock.http.versions import version_of

router = APIRouter(tags=["notifications"])


@dataclass(frozen=True, slots=True)
class NotificationUses:
    """The use cases behind the routes; bootstrap puts them on the app's state as `notifications`."""

    choose: ChooseNotifications
    tidy: TidyInbox
    deliveries: DeliveryStore


class WebhookBody(RequestModel):
    """The webhook that is wanted."""

    url: str = Field(description="https, to a public host.", examples=["https://example.com/hooks/stocktool"])
    enabled: bool = True
    new_secret: bool = Field(default=False, description="Make a new secret; another URL gets one anyway.")


class QuietHoursBody(RequestModel):
    """Hours in which nothing leaves the inbox; over midnight when `end` comes first."""

    start: time = Field(examples=["22:00"])
    end: time = Field(examples=["07:00"])
    time_zone: str = Field(max_length=64, examples=["Europe/Zurich"])

    def read(self) -> QuietHours:
        """Read them."""
        return read_quiet_hours(self.start, self.end, self.time_zone)


class SettingsBody(RequestModel):
    """All settings; what is left out is off."""

    email: bool = False
    email_address: str | None = Field(
        default=None, description="Absent: the one there is. A new one is sent a code that `:confirm` takes."
    )
    webhook: WebhookBody | None = None
    quiet_hours: QuietHoursBody | None = None
    kinds: list[str] = Field(default=list(KINDS), max_length=20, description="What e-mail and webhook are told.")


class CodeBody(RequestModel):
    """The code that was mailed."""

    code: str = Field(min_length=1, max_length=32)


class WebhookModel(ResponseModel):
    """The webhook."""

    url: str
    enabled: bool
    secret: str | None = Field(description="Shown once, in the answer that made it; null from then on.")


class QuietHoursModel(ResponseModel):
    """Hours in which nothing leaves the inbox."""

    start: time
    end: time
    time_zone: str


class SettingsModel(ResponseModel):
    """How the caller wants to be told."""

    email: bool
    email_address: str | None
    email_confirmed: bool = Field(description="Only a confirmed address gets notifications.")
    webhook: WebhookModel | None
    quiet_hours: QuietHoursModel | None
    kinds: list[str]
    version: int

    @classmethod
    def of(cls, settings: NotificationSettings, *, show_secret: bool = False) -> SettingsModel:
        """Write settings; the secret only when it is to be shown."""
        email, webhook, hours = settings.email, settings.webhook, settings.quiet_hours
        return cls(
            email=email is not None and email.enabled,
            email_address=None if email is None else email.address,
            email_confirmed=email is not None and email.confirmed,
            webhook=None
            if webhook is None
            else WebhookModel(url=webhook.url, enabled=webhook.enabled, secret=webhook.secret if show_secret else None),
            quiet_hours=None
            if hours is None
            else QuietHoursModel(start=hours.start, end=hours.end, time_zone=hours.zone),
            kinds=list(settings.kinds),
            version=settings.version,
        )


class SentTest(ResponseModel):
    """The test on its way."""

    notification_id: str = Field(description="Its deliveries are at /notifications/{id}/deliveries.")


class UnreadModel(ResponseModel):
    """How many notifications are not read."""

    unread: int
    at_least: bool = Field(description=f"There may be more: counting ends at {MOST_COUNTED}.")


class MarkedModel(ResponseModel):
    """How many were marked."""

    marked: int


class AttemptModel(ResponseModel):
    """One attempt."""

    at: datetime
    delivered: bool
    status: int | None = Field(description="HTTP status of the answer, null without one.")
    reason: str

    @classmethod
    def of(cls, attempt: Attempt) -> AttemptModel:
        """Write an attempt."""
        outcome = attempt.outcome
        return cls(at=attempt.at, delivered=outcome.delivered, status=outcome.status or None, reason=outcome.reason)


class DeliveryModel(ResponseModel):
    """One notification by one channel."""

    id: str = Field(description="The `webhook-id` of every attempt.")
    channel: Channel
    state: DeliveryState
    created_at: datetime
    next_try_at: datetime | None
    attempts: list[AttemptModel]

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryModel:
        """Write a delivery."""
        return cls(
            id=delivery.id,
            channel=delivery.channel,
            state=delivery.state,
            created_at=delivery.created_at,
            next_try_at=delivery.next_try_at,
            attempts=[AttemptModel.of(attempt) for attempt in delivery.attempts],
        )


class DeliveryList(ResponseModel):
    """One entry per channel; channels that were off have none."""

    items: list[DeliveryModel]


async def _uses(request: Request) -> NotificationUses:
    found: NotificationUses = request.app.state.notifications
    return found


Uses = Annotated[NotificationUses, Depends(_uses)]


@router.get("/notification-settings")
async def get_notification_settings(caller: Reader, uses: Uses, response: Response) -> SettingsModel:
    """The caller's settings; their version is the ETag. Without any: the inbox alone."""
    settings = await uses.choose.get(caller)
    response.headers["etag"] = f'"{settings.version}"'
    return SettingsModel.of(settings)


@router.put("/notification-settings")
async def put_notification_settings(
    *,
    body: SettingsBody,
    caller: Writer,
    key: Key,
    uses: Uses,
    response: Response,
    if_match: Annotated[str | None, Header(description='Version the change was made on, as in "7".')] = None,
) -> SettingsModel:
    """Set them all. The answer that makes a webhook's secret shows it, and no other does."""
    wanted = Wanted(
        email=body.email,
        email_address=body.email_address,
        webhook_url=None if body.webhook is None else body.webhook.url,
        webhook_enabled=body.webhook is not None and body.webhook.enabled,
        new_secret=body.webhook is not None and body.webhook.new_secret,
        quiet_hours=None if body.quiet_hours is None else body.quiet_hours.read(),
        kinds=read_kinds(body.kinds),
    )
    version = None if if_match is None else version_of(if_match)
    settings, shown = await uses.choose.put(caller, wanted, version=version, key=key)
    response.headers["etag"] = f'"{settings.version}"'
    response.headers["cache-control"] = "no-store"
    return SettingsModel.of(settings, show_secret=shown)


@router.post("/notification-settings:confirm")
async def confirm_address(body: CodeBody, caller: Writer, key: Key, uses: Uses) -> SettingsModel:
    """Confirm the e-mail address by the code sent to it; 409 CODE_REFUSED if it is wrong or too old."""
    return SettingsModel.of(await uses.choose.confirm(caller, body.code, key=key))


@router.post("/notification-settings:test", status_code=202)
async def test_notifications(caller: Writer, key: Key, uses: Uses) -> SentTest:
    """Send a test to the inbox and by every channel that is on, quiet hours or not."""
    return SentTest(notification_id=await uses.choose.test(caller, key=key))


@router.get("/notifications:unread-count")
async def count_unread(caller: Reader, uses: Uses) -> UnreadModel:
    """How many notifications are not read."""
    unread = await uses.tidy.unread(caller)
    return UnreadModel(unread=unread, at_least=unread >= MOST_COUNTED)


@router.post("/notifications:read-all")
async def read_all_notifications(caller: Reader, uses: Uses) -> MarkedModel:
    """Mark all as read, at most 1000 at a time; again marks none."""
    return MarkedModel(marked=await uses.tidy.read_all(caller))


@router.delete("/notifications/{notification_id}", status_code=204)
async def delete_notification(notification_id: str, caller: Reader, uses: Uses) -> None:
    """Take a notification out of the inbox."""
    await uses.tidy.delete(caller, notification_id)


@router.get("/notifications/{notification_id}/deliveries")
async def list_deliveries(notification_id: str, caller: Reader, uses: Uses) -> DeliveryList:
    """Where a notification stands by each channel: attempts with their reasons, and when the next is due."""
    await uses.tidy.get(caller, notification_id)
    found = await uses.deliveries.of(caller.owner, notification_id)
    return DeliveryList(items=[DeliveryModel.of(delivery) for delivery in found])
