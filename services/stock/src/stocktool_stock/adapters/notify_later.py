"""Brings notifications back through `notify-queue`, whose delay is the wait."""

from __future__ import annotations

import math
from datetime import timedelta

from stocktool_kit.aws.queue import Queue

from stocktool_stock.adapters.notification_messages import notification_message
from stocktool_stock.domain.notification_settings import Channel
from stocktool_stock.domain.notifications import Notification

ATTEMPT = "notification.attempt"
"""Type of these messages, which `worker.notify` reads."""

_LONGEST_SECONDS = 900
"""SQS holds a message back no longer; one that comes too early is asked for again."""


class NotifyLater:
    """The `Later` of the mesh."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def again(self, notification: Notification, channel: Channel, wait: timedelta) -> None:
        """Send the notification to ourselves, held back."""
        seconds = min(max(0, math.ceil(wait.total_seconds())), _LONGEST_SECONDS)
        body = notification_message(notification).body
        await self._queue.send({"type": ATTEMPT, "channel": channel.value, "notification": body}, delay_seconds=seconds)
