"""Consumes `notify-queue`: notifications of the topic, and our own messages that bring one back for a channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from stocktool_kit.aws.consumer import Message
from stocktool_kit.aws.envelopes import unwrap_sns
from stocktool_kit.core.clock import parse_instant
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.channels import AttemptDelivery
from stocktool_stock.application.inbox import DeliverNotification
from stocktool_stock.domain.notification_settings import Channel
from stocktool_stock.domain.notifications import Notification

ATTEMPT = "notification.attempt"
"""Type of a message that brings a notification back; the other side is `adapters.notify_later`."""
CONFIRMATION = "email.confirmation"

_OWN = frozenset({"id", "owner", "type", "title", "created_at", "read"})


class NotifyHandler:
    """Handles one message; a repetition changes nothing.

    Args:
        deliver: Puts a notification into its inbox and opens its deliveries.
        attempt: Makes an attempt by a channel; None where none are sent.
        confirm: Sends an owner the code that confirms their address; None where no mail is sent.
    """

    def __init__(
        self,
        deliver: DeliverNotification,
        attempt: AttemptDelivery | None = None,
        confirm: Callable[[OwnerId], Awaitable[None]] | None = None,
    ) -> None:
        self._deliver = deliver
        self._attempt = attempt
        self._confirm = confirm

    async def __call__(self, message: Message) -> None:
        """Handle it; messages that are for nobody, such as the updater's summary, end here."""
        body, _ = unwrap_sns(message.body)
        if body.get("type") == ATTEMPT:
            if self._attempt is not None:
                await self._attempt(*attempt_of(body))
        elif body.get("type") == CONFIRMATION:
            if self._confirm is not None:
                await self._confirm(OwnerId(str(body.get("owner", ""))))
        elif "owner" in body:
            await self._deliver(notification_of(body))


def attempt_of(body: Mapping[str, Any]) -> tuple[Notification, Channel]:
    """Read a message that brings a notification back.

    Raises:
        InvalidArgument: A member is missing or malformed.
    """
    notification = body.get("notification")
    if not isinstance(notification, Mapping):
        raise InvalidArgument("the message brings no notification back")
    try:
        return notification_of(notification), Channel(str(body.get("channel")))
    except ValueError as error:
        raise InvalidArgument("the message names no channel") from error


def notification_of(body: Mapping[str, Any]) -> Notification:
    """Read a message of the topic.

    Raises:
        InvalidArgument: A member is missing or malformed.
    """
    try:
        return Notification(
            id=str(body["id"]),
            owner=OwnerId(str(body["owner"])),
            type=str(body["type"]),
            title=str(body["title"]),
            created_at=parse_instant(str(body["created_at"])),
            data={key: value for key, value in body.items() if key not in _OWN and isinstance(value, str)},
        )
    except (KeyError, ValueError) as error:
        raise InvalidArgument(f"the notification is malformed: {error}") from error
