"""How the caller wants to be told, and the inbox kept tidy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from stocktool_stock.application.channels import DeliveryStore
from stocktool_stock.application.inbox import MOST_COUNTED, TidyInbox
from stocktool_stock.application.notification_settings import ChooseNotifications, Wanted
from stocktool_stock.domain.notification_settings import read_kinds
from stocktool_stock.http.notification_models import (
    CodeBody,
    DeliveryList,
    DeliveryModel,
    MarkedModel,
    SentTest,
    SettingsBody,
    SettingsModel,
    UnreadModel,
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
