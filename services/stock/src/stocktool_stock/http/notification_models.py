"""Shapes of notification settings and deliveries on the wire."""

from __future__ import annotations

from datetime import datetime, time

from pydantic import Field
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.application.inbox import MOST_COUNTED
from stocktool_stock.domain.deliveries import Attempt, Delivery, DeliveryState
from stocktool_stock.domain.notification_settings import (
    KINDS,
    Channel,
    NotificationSettings,
    QuietHours,
    read_quiet_hours,
)


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
