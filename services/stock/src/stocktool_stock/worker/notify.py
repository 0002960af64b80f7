"""Consumes `notify-queue`: every notification of the topic becomes an inbox row and a hint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stocktool_kit.aws.consumer import Message
from stocktool_kit.aws.envelopes import unwrap_sns
from stocktool_kit.core.clock import parse_instant
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.inbox import DeliverNotification
from stocktool_stock.domain.notifications import Notification

_OWN = frozenset({"id", "owner", "type", "title", "created_at"})


class NotifyHandler:
    """Handles one message; idempotent, since the row's key is the message's id."""

    def __init__(self, deliver: DeliverNotification) -> None:
        self._deliver = deliver

    async def __call__(self, message: Message) -> None:
        """Deliver it; messages that are for nobody, such as the updater's summary, end here."""
        body, _ = unwrap_sns(message.body)
        if "owner" in body:
            await self._deliver(notification_of(body))


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
