"""An alert: a rule, and whether it may fire. The decision is pure; who stores it makes it happen once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from stocktool_kit.core.errors import Conflict, FailedPrecondition, InvalidArgument, NotFound
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.domain.alert_rules import Rule
from stocktool_stock.domain.alert_truth import Facts, Truth, truth_of

MOST_ALERTS = 100
MOST_NAME = 80
LONGEST_SNOOZE = timedelta(days=366)
MARGIN = 0.01
MOST_MARGIN = 0.5


class AlertNotFound(NotFound):
    """No alert by this id belongs to the caller."""

    reason = "ALERT_NOT_FOUND"


class TooManyAlerts(FailedPrecondition):
    """The owner has as many as there may be."""

    reason = "TOO_MANY_ALERTS"


class StaleAlert(Conflict):
    """The alert was changed since the caller read it."""

    reason = "STALE_VERSION"


class AlertStatus(StrEnum):
    """What an alert is doing."""

    ARMED = "armed"
    FIRED = "fired"
    SNOOZED = "snoozed"
    DISABLED = "disabled"
    EXPIRED = "expired"


class Decision(StrEnum):
    """What an evaluation comes to."""

    NOTHING = "nothing"
    FIRE = "fire"
    REARM = "rearm"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        rule: What must hold.
        repeat: Whether it is armed again after firing, once its rule has been false by the margin.
        margin: Part of each level that counts as noise around it, 0.01 is one percent.
        enabled: Whether it is evaluated at all.
        expires_at: When it ends by itself.
        snoozed_until: Until then it does not fire; what is still true afterwards fires then.
        version: Grows by one with each change its owner makes.
        turn: Grows by one with each change of the state below, so that of two evaluators one is first.
        armed: Whether it fires when its rule holds.
        fired_at: When it last fired.
        fired_count: How often it fired.
    """

    id: str
    owner: OwnerId
    name: str
    rule: Rule
    created_at: datetime
    updated_at: datetime
    repeat: bool = False
    margin: float = MARGIN
    enabled: bool = True
    expires_at: datetime | None = None
    snoozed_until: datetime | None = None
    version: int = 1
    turn: int = 1
    armed: bool = True
    fired_at: datetime | None = None
    fired_count: int = 0

    def status(self, now: datetime) -> AlertStatus:
        """What it is doing at an instant."""
        if self.expires_at is not None and self.expires_at <= now:
            return AlertStatus.EXPIRED
        if not self.enabled:
            return AlertStatus.DISABLED
        if not self.armed:
            return AlertStatus.FIRED
        if self.snoozed_until is not None and self.snoozed_until > now:
            return AlertStatus.SNOOZED
        return AlertStatus.ARMED

    def needs_evaluation(self, now: datetime) -> bool:
        """Whether an evaluation can come to anything."""
        status = self.status(now)
        return status is AlertStatus.ARMED or (status is AlertStatus.FIRED and self.repeat)

    def after(self, decision: Decision, now: datetime) -> Alert:
        """The alert once a decision was carried out."""
        match decision:
            case Decision.FIRE:
                return replace(self, armed=False, turn=self.turn + 1, fired_at=now, fired_count=self.fired_count + 1)
            case Decision.REARM:
                return replace(self, armed=True, turn=self.turn + 1)
            case Decision.NOTHING:
                return self

    def snoozed(self, until: datetime | None, at: datetime) -> Alert:
        """The next version, silent until an instant; None ends the silence."""
        return replace(self, snoozed_until=until, updated_at=at, version=self.version + 1)


def decide(alert: Alert, facts: Facts, now: datetime) -> Decision:
    """Judge an alert by the measures of its rule's leaves."""
    if not alert.needs_evaluation(now):
        return Decision.NOTHING
    if alert.armed:
        return Decision.FIRE if truth_of(alert.rule, facts) is Truth.TRUE else Decision.NOTHING
    cleared = truth_of(alert.rule, facts, alert.margin) is Truth.FALSE
    return Decision.REARM if cleared else Decision.NOTHING


def read_alert_name(text: str, pointer: str = "/name") -> str:
    """Read a name.

    Raises:
        InvalidArgument: Empty, too long, or with control characters.
    """
    name = text.strip()
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable():
        raise InvalidArgument.of(pointer, f"must be 1 to {MOST_NAME} printable characters")
    return name


def read_until(until: datetime | None, now: datetime, pointer: str = "/until") -> datetime | None:
    """Read the end of a snooze.

    Raises:
        InvalidArgument: It is past, or more than 366 days away.
    """
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise InvalidArgument.of(pointer, "must be an instant in the next 366 days, or null to end the snooze")
    return until
