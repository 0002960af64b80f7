"""`AlertService` on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from stocktool.stock.v1 import alert_service_pb2 as pb
from stocktool.stock.v1 import alert_service_pb2_grpc as pb_grpc
from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.rpc.idempotency import idempotency_key

from stocktool_stock.application.alerts import KeepAlerts
from stocktool_stock.application.backtest_alert import CONVENTIONS, BacktestAlert
from stocktool_stock.domain.alert_rules import (
    Drawdown,
    Earnings,
    Group,
    Json,
    Move,
    Not,
    Price,
    Rule,
    Side,
    Stale,
    Weight,
)
from stocktool_stock.domain.alert_words import words
from stocktool_stock.domain.alerts import Alert
from stocktool_stock.rpc.wire import Context, page_of, to_date, to_timestamp


class AlertServicer(pb_grpc.AlertServiceServicer):
    """Converts, calls, converts."""

    def __init__(self, keep: KeepAlerts, backtest: BacktestAlert, clock: Clock) -> None:
        self._keep = keep
        self._backtest = backtest
        self._clock = clock

    async def CreateAlert(self, request: pb.CreateAlertRequest, context: Context) -> pb.CreateAlertResponse:
        """Make one."""
        alert = await self._keep.create(
            current_caller(),
            name=request.name,
            rule=_json(request.rule),
            repeat=request.repeat,
            key=idempotency_key("CreateAlert", request),
        )
        return pb.CreateAlertResponse(alert=_alert(alert, self._clock.now()))

    async def ListAlerts(self, request: pb.ListAlertsRequest, context: Context) -> pb.ListAlertsResponse:
        """List them."""
        page = await self._keep.list(current_caller(), page_of(request.page_size, request.page_token))
        now = self._clock.now()
        return pb.ListAlertsResponse(
            items=[_alert(alert, now) for alert in page.items], next_page_token=page.next_page_token
        )

    async def DeleteAlert(self, request: pb.DeleteAlertRequest, context: Context) -> pb.DeleteAlertResponse:
        """Delete one."""
        await self._keep.delete(current_caller(), request.alert_id, key=idempotency_key("DeleteAlert", request))
        return pb.DeleteAlertResponse()

    async def BacktestAlert(self, request: pb.BacktestAlertRequest, context: Context) -> pb.BacktestAlertResponse:
        """Walk a rule through the last year."""
        owner, now = current_caller().owner, self._clock.now()
        rule = await self._keep.read(owner, _json(request.rule))
        report = await self._backtest(Alert("", owner, "Alert", rule, now, now))
        return pb.BacktestAlertResponse(
            summary=words(rule),
            start=to_date(report.start),
            end=to_date(report.end),
            days=len(report.found.days),
            fired=[day for fired in report.found.fired if (day := to_date(fired)) is not None],
            true_days=report.found.true_days,
            undefined_days=report.found.undefined_days,
            undefined=dict(report.found.undefined),
            conventions=CONVENTIONS,
        )


def _alert(alert: Alert, now: datetime) -> pb.Alert:
    return pb.Alert(
        id=alert.id,
        name=alert.name,
        rule=_message(alert.rule),
        summary=words(alert.rule),
        repeat=alert.repeat,
        status=alert.status(now).value,
        fired_at=to_timestamp(alert.fired_at),
        fired_count=alert.fired_count,
        created_at=to_timestamp(alert.created_at),
    )


def _json(rule: pb.AlertRule) -> Mapping[str, Json]:
    """A rule as JSON with the fields that were given, for the domain to read: it names the place of what is wrong."""
    body: dict[str, Json] = {"kind": rule.kind}
    for name in ("symbol", "portfolio_id", "above", "below", "currency"):
        if value := getattr(rule, name):
            body[name] = value
    if rule.HasField("days"):
        body["days"] = rule.days
    if rule.HasField("hours"):
        body["hours"] = rule.hours
    if rule.kind == "not" and len(rule.of) == 1:
        body["of"] = _json(rule.of[0])
    elif rule.of:
        body["of"] = [_json(member) for member in rule.of]
    return body


def _message(rule: Rule) -> pb.AlertRule:  # noqa: PLR0911 - one return per kind is the clearest
    match rule:
        case Group(mode=mode, of=members):
            return pb.AlertRule(kind=mode.value, of=[_message(member) for member in members])
        case Not(of=member):
            return pb.AlertRule(kind="not", of=[_message(member)])
        case Price():
            message = pb.AlertRule(kind="price", symbol=rule.symbol, currency=rule.currency)
            return _levelled(message, rule.side, f"{rule.level:f}")
        case Move():
            message = pb.AlertRule(kind="move", symbol=rule.symbol, days=rule.days)
            return _levelled(message, rule.side, _plain(rule.level))
        case Weight():
            message = pb.AlertRule(kind="weight", portfolio_id=rule.portfolio_id, symbol=rule.symbol)
            return _levelled(message, rule.side, _plain(rule.level))
        case Drawdown():
            level = _plain(rule.level)
            return pb.AlertRule(kind="drawdown", portfolio_id=rule.portfolio_id, days=rule.days, above=level)
        case Stale():
            return pb.AlertRule(kind="stale", symbol=rule.symbol, hours=rule.hours)
        case Earnings():
            return pb.AlertRule(kind="earnings", symbol=rule.symbol, days=rule.days)


def _levelled(message: pb.AlertRule, side: Side, level: str) -> pb.AlertRule:
    setattr(message, side.value, level)
    return message


def _plain(level: float) -> str:
    """A fraction as decimal text without an exponent."""
    return f"{level:.12f}".rstrip("0").rstrip(".")
