"""`/alerts`: rules that fire once, and when they would have fired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from stocktool_kit.core.clock import Clock

from stocktool_stock.application.alerts import KeepAlerts
from stocktool_stock.application.backtest_alert import BacktestAlert
from stocktool_stock.domain.alerts import Alert
from stocktool_stock.http.alert_models import (
    AlertChangeModel,
    AlertModel,
    AlertPage,
    BacktestModel,
    JudgedAlertModel,
    NewAlertModel,
    SnoozeModel,
)
from stocktool_stock.http.portfolio_uses import Key, PageQuery, Reader, Writer
from stocktool_stock.http.versions import version_of

router = APIRouter(tags=["alerts"])


@dataclass(frozen=True, slots=True)
class AlertUses:
    """The use cases behind the routes; bootstrap puts them on the app's state as `alerts`."""

    keep: KeepAlerts
    backtest: BacktestAlert
    clock: Clock


async def _uses(request: Request) -> AlertUses:
    found: AlertUses = request.app.state.alerts
    return found


Alerts = Annotated[AlertUses, Depends(_uses)]


@router.post("/alerts", status_code=201)
async def create_alert(body: NewAlertModel, caller: Writer, key: Key, uses: Alerts) -> AlertModel:
    """Make an alert; it is armed at once, and fires at the next refresh of its symbols if its rule holds.

    An owner has at most 100 (409 TOO_MANY_ALERTS).
    """
    alert = await uses.keep.create(
        caller,
        name=body.name,
        rule=body.rule,
        repeat=body.repeat,
        margin=body.margin,
        expires_at=body.expires_at,
        key=key,
    )
    return AlertModel.of(alert, uses.clock.now())


@router.get("/alerts")
async def list_alerts(caller: Reader, page: PageQuery, uses: Alerts) -> AlertPage:
    """The caller's alerts, oldest first."""
    found = await uses.keep.list(caller, page)
    now = uses.clock.now()
    return AlertPage(items=[AlertModel.of(each, now) for each in found.items], next_page_token=found.next_page_token)


@router.post("/alerts:backtest")
async def backtest_rule(body: NewAlertModel, caller: Reader, uses: Alerts) -> BacktestModel:
    """On which days of the last year this rule would have fired; nothing is stored."""
    now = uses.clock.now()
    rule = await uses.keep.read(caller.owner, body.rule)
    alert = Alert("", caller.owner, body.name, rule, now, now, repeat=body.repeat, margin=body.margin)
    return BacktestModel.of(await uses.backtest(alert))


@router.get("/alerts/{alert_id}")
async def get_alert(alert_id: str, caller: Reader, uses: Alerts, response: Response) -> JudgedAlertModel:
    """One alert with its conditions as they are now; its version is the ETag."""
    found = await uses.keep.get(caller, alert_id)
    response.headers["etag"] = f'"{found.alert.version}"'
    return JudgedAlertModel.judged(found)


@router.patch("/alerts/{alert_id}")
async def change_alert(
    *,
    alert_id: str,
    body: AlertChangeModel,
    caller: Writer,
    key: Key,
    uses: Alerts,
    response: Response,
    if_match: Annotated[str | None, Header(description='Version the change was made on, as in "7".')] = None,
) -> AlertModel:
    """Change an alert; with a version that is not the newest: 409 STALE_VERSION."""
    version = body.version if if_match is None else version_of(if_match)
    alert = await uses.keep.change(caller, alert_id, body.changes(), version=version, key=key)
    response.headers["etag"] = f'"{alert.version}"'
    return AlertModel.of(alert, uses.clock.now())


@router.delete("/alerts/{alert_id}", status_code=204)
async def delete_alert(alert_id: str, caller: Writer, key: Key, uses: Alerts) -> None:
    """Delete an alert."""
    await uses.keep.delete(caller, alert_id, key=key)


@router.post("/alerts/{alert_id}:snooze")
async def snooze_alert(alert_id: str, body: SnoozeModel, caller: Writer, key: Key, uses: Alerts) -> AlertModel:
    """Keep an alert silent for a while; what is still true afterwards fires then."""
    return AlertModel.of(await uses.keep.snooze(caller, alert_id, body.until, key=key), uses.clock.now())


@router.post("/alerts/{alert_id}:backtest")
async def backtest_alert(alert_id: str, caller: Reader, uses: Alerts) -> BacktestModel:
    """On which days of the last year this alert would have fired."""
    return BacktestModel.of(await uses.backtest(await uses.keep.stored(caller, alert_id)))
