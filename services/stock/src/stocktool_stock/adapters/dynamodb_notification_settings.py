"""Notification settings in the table `stocktool-portfolios`: `U#<owner>`, `settings#notifications`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from typing import Any

from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.outbox import Outbox, OutboxMessage
from stocktool_kit.aws.sealing import Sealer
from stocktool_kit.aws.table import Attr, ConditionFailed, Operation, Put, Table
from stocktool_kit.core.clock import Clock, instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.adapters.notification_messages import NOTIFICATIONS, notification_message
from stocktool_stock.domain.notification_settings import (
    EmailChannel,
    NotificationSettings,
    QuietHours,
    StaleSettings,
    WebhookChannel,
)
from stocktool_stock.domain.notifications import Notification

CONFIRMATION = "email.confirmation"
"""Type of the message that has a code sent; it names the owner, and the code stays in the table."""


class DynamoDBNotificationSettings:
    """The `NotificationSettingsStore` of the mesh.

    The webhook's secret is sealed under a key that is not in the table: it signs, so that a digest would not do.

    Args:
        table: The portfolios' table.
        audit_table: Name of the audit table.
        outbox: Outbox in the same table; its relay knows `notifications`.
        clock: Real time.
        sealer: Seals the webhook's secret.
    """

    def __init__(self, table: Table, audit_table: str, outbox: Outbox, clock: Clock, sealer: Sealer) -> None:
        self._sealer = sealer
        self._table = table
        self._audit_table = audit_table
        self._outbox = outbox
        self._clock = clock
        self._records = IdempotencyRecords(table, clock)

    async def get(self, owner: OwnerId) -> NotificationSettings:
        """Read them."""
        item = await self._table.get(_key(owner))
        return NotificationSettings(owner) if item is None else await self._opened(item)

    async def put(
        self, settings: NotificationSettings, *, shown: bool, confirm: bool, key: IdempotencyKey | None, actor: str
    ) -> tuple[NotificationSettings, bool]:
        """Keep the next version."""
        now = self._clock.now()
        record = await self._sealed(settings)
        unchanged = Attr("pk").not_exists() if settings.version == 1 else Attr("version").eq(settings.version - 1)
        operations: list[Operation] = [
            Put({**record, **_key(settings.owner)}, unchanged),
            audit_entry(
                table=self._audit_table,
                actor=actor,
                owner=settings.owner,
                action="notification_settings.updated",
                target=settings.owner,
                now=now,
            ),
        ]
        if confirm:
            message = OutboxMessage(
                NOTIFICATIONS, {"type": CONFIRMATION, "owner": settings.owner}, {"type": CONFIRMATION}
            )
            operations.append(self._outbox.entry(message, now))
        try:
            answer = await self._records.write(key, operations, {"settings": record, "shown": shown})
        except ConditionFailed as error:
            raise StaleSettings("the settings were changed meanwhile; read them again") from error
        return await self._opened(answer["settings"]), bool(answer["shown"])

    async def send(self, notification: Notification, key: IdempotencyKey | None) -> str:
        """Let a notification out."""
        entry = self._outbox.entry(notification_message(notification), self._clock.now())
        answer = await self._records.write(key, [entry], {"id": notification.id})
        return str(answer["id"])

    async def earlier(self, key: IdempotencyKey | None) -> tuple[NotificationSettings, bool] | None:
        """What the same request was answered."""
        answer = None if key is None else await self._records.replay(key)
        return None if answer is None else (await self._opened(answer["settings"]), bool(answer["shown"]))

    async def _sealed(self, settings: NotificationSettings) -> dict[str, Any]:
        record = _record(settings)
        if settings.webhook is not None:
            sealed = await self._sealer.seal(settings.webhook.secret, _purpose(settings.owner))
            record["webhook"] = {**record["webhook"], "secret": sealed}
        return record

    async def _opened(self, record: Mapping[str, Any]) -> NotificationSettings:
        settings = _settings_of(record)
        if settings.webhook is None:
            return settings
        secret = await self._sealer.open(settings.webhook.secret, _purpose(settings.owner))
        return replace(settings, webhook=replace(settings.webhook, secret=secret))


def _purpose(owner: str) -> str:
    return f"webhook|{owner}"


def _key(owner: str) -> dict[str, str]:
    return {"pk": f"U#{owner}", "sk": "settings#notifications"}


def _record(settings: NotificationSettings) -> dict[str, Any]:
    record: dict[str, Any] = {
        "owner": settings.owner,
        "kinds": list(settings.kinds),
        "version": settings.version,
        "codes_day": settings.codes_day,
        "codes_sent": settings.codes_sent,
    }
    if settings.email is not None:
        email = settings.email
        record["email"] = {
            "address": email.address,
            "enabled": email.enabled,
            "confirmed": email.confirmed,
            "code": email.code,
            "guesses": email.guesses,
            **({"code_expires_at": instant(email.code_expires_at)} if email.code_expires_at else {}),
        }
    if settings.webhook is not None:
        webhook = settings.webhook
        record["webhook"] = {"url": webhook.url, "secret": webhook.secret, "enabled": webhook.enabled}
    if settings.quiet_hours is not None:
        hours = settings.quiet_hours
        record["quiet_hours"] = {
            "start": hours.start.isoformat(),
            "end": hours.end.isoformat(),
            "zone": hours.zone,
        }
    return record


def _settings_of(record: Mapping[str, Any]) -> NotificationSettings:
    email, webhook, hours = record.get("email"), record.get("webhook"), record.get("quiet_hours")
    return NotificationSettings(
        owner=OwnerId(record["owner"]),
        email=None if email is None else _email_of(email),
        webhook=None
        if webhook is None
        else WebhookChannel(webhook["url"], webhook["secret"], bool(webhook["enabled"])),
        quiet_hours=None
        if hours is None
        else QuietHours(time.fromisoformat(hours["start"]), time.fromisoformat(hours["end"]), hours["zone"]),
        kinds=tuple(record["kinds"]),
        version=int(record["version"]),
        codes_day=record["codes_day"],
        codes_sent=int(record["codes_sent"]),
    )


def _email_of(record: Mapping[str, Any]) -> EmailChannel:
    return EmailChannel(
        address=record["address"],
        enabled=bool(record["enabled"]),
        confirmed=bool(record["confirmed"]),
        code=record["code"],
        code_expires_at=parse_instant(record["code_expires_at"]) if "code_expires_at" in record else None,
        guesses=int(record["guesses"]),
    )
