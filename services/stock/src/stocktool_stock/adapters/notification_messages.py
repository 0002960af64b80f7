"""Notifications as messages of the topic `notifications`; `worker.notify` reads them back."""

from __future__ import annotations

from stocktool_kit.aws.outbox import OutboxMessage
from stocktool_kit.core.clock import instant

from stocktool_stock.domain.notifications import Notification

NOTIFICATIONS = "notifications"


def notification_message(notification: Notification) -> OutboxMessage:
    """The message that lets a notification out with the transaction it belongs to."""
    body = {
        **notification.data,
        "id": notification.id,
        "owner": notification.owner,
        "type": notification.type,
        "title": notification.title,
        "created_at": instant(notification.created_at),
    }
    attributes = {"type": notification.type, "owner": notification.owner}
    return OutboxMessage(NOTIFICATIONS, body, attributes, id=notification.id)
