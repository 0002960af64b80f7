"""The worker of `notify-queue`; it needs neither market data nor figures, and so loads no numpy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from stocktool_kit.aws.consumer import ConsumerOptions, QueueConsumer
from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table
from stocktool_kit.process import Parts, Runtime
from stocktool_kit.push.publisher import Publisher

from stocktool_stock.adapters.dynamodb_deliveries import DynamoDBDeliveries
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.adapters.dynamodb_notification_settings import DynamoDBNotificationSettings
from stocktool_stock.adapters.notify_later import NotifyLater
from stocktool_stock.adapters.push_hints import PushHints
from stocktool_stock.adapters.ses_email import SesEmail
from stocktool_stock.adapters.webhook_sender import WebhookSender
from stocktool_stock.application.channels import AttemptDelivery, FanOut, Sender
from stocktool_stock.application.confirm_address import SendCode
from stocktool_stock.application.inbox import DeliverNotification
from stocktool_stock.bootstrap.sealing import sealer_of
from stocktool_stock.domain.deliveries import CLAIM, Pace
from stocktool_stock.domain.notification_settings import Channel
from stocktool_stock.settings import Settings
from stocktool_stock.worker.notify import NotifyHandler


@asynccontextmanager
async def notify(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """The worker of `notify-queue`."""
    settings, clock = runtime.settings, runtime.clock
    table = Table(runtime.aws, settings.portfolios_table)
    queue = Queue(runtime.aws, settings.notify_queue)
    chosen = DynamoDBNotificationSettings(table, settings.audit_table, Outbox(table.name), clock, sealer_of(runtime))
    deliveries, later = DynamoDBDeliveries(table, clock), NotifyLater(queue)
    webhooks = WebhookSender(clock, unsafe_loopback_ca=settings.unsafe_webhook_loopback_ca)
    senders: dict[Channel, Sender] = {Channel.WEBHOOK: webhooks}
    confirm = None
    if settings.email_sender:
        mail = SesEmail(runtime.aws, settings.email_sender, settings.page_url)
        senders[Channel.EMAIL] = mail
        confirm = SendCode(chosen, mail, clock)
    pace = Pace(settings.delivery_attempts, timedelta(seconds=settings.delivery_first_wait_seconds))
    handler = NotifyHandler(
        DeliverNotification(
            DynamoDBInbox(table, clock),
            PushHints(Publisher(settings.push_target, runtime.channel)),
            FanOut(chosen, deliveries, later, clock),
        ),
        AttemptDelivery(chosen, deliveries, senders, later, clock, claim=CLAIM, pace=pace),
        confirm,
    )
    # An attempt mostly waits for its receiver: a few slow ones must not hold back everybody's.
    options = ConsumerOptions(concurrency=16)
    yield Parts(workers=[QueueConsumer(queue, handler, options, health=runtime.health, metrics=runtime.metrics)])
