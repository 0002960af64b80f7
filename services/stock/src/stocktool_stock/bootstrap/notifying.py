"""The worker of `notify-queue`; it needs neither market data nor figures, and so loads no numpy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stocktool_kit.aws.consumer import QueueConsumer
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table
from stocktool_kit.process import Parts, Runtime
from stocktool_kit.push.publisher import Publisher

from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.adapters.push_hints import PushHints
from stocktool_stock.application.inbox import DeliverNotification
from stocktool_stock.settings import Settings
from stocktool_stock.worker.notify import NotifyHandler


@asynccontextmanager
async def notify(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """The worker of `notify-queue`."""
    settings = runtime.settings
    inbox = DynamoDBInbox(Table(runtime.aws, settings.portfolios_table), runtime.clock)
    hints = PushHints(Publisher(settings.push_target, runtime.channel))
    handler = NotifyHandler(DeliverNotification(inbox, hints))
    queue = Queue(runtime.aws, settings.notify_queue)
    yield Parts(workers=[QueueConsumer(queue, handler, health=runtime.health, metrics=runtime.metrics)])
