"""Watchlists and alerts over the market half and the portfolio half."""

from __future__ import annotations

from fastapi import FastAPI
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.table import Table
from stocktool_kit.process import Runtime
from stocktool_kit.push.hub import Hub

from stocktool_stock.adapters.alert_parts import AlertParts, alert_parts
from stocktool_stock.adapters.dynamodb_deliveries import DynamoDBDeliveries
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.adapters.dynamodb_notification_settings import DynamoDBNotificationSettings
from stocktool_stock.adapters.dynamodb_watchlists import DynamoDBWatchlists
from stocktool_stock.adapters.market_parts import MarketParts
from stocktool_stock.adapters.portfolio_parts import PortfolioParts
from stocktool_stock.adapters.watch_index import Watch, WatchIndex
from stocktool_stock.application.inbox import TidyInbox
from stocktool_stock.application.notification_settings import ChooseNotifications
from stocktool_stock.application.watchlists import KeepWatchlists
from stocktool_stock.bootstrap.sealing import sealer_of
from stocktool_stock.http.alerts import AlertUses
from stocktool_stock.http.notification_settings import NotificationUses
from stocktool_stock.settings import Settings
from stocktool_stock.worker.alert_watch import AlertWatch


def watching_uses(
    app: FastAPI, runtime: Runtime[Settings], market: MarketParts, portfolios: PortfolioParts, table: Table
) -> AlertParts:
    """Put the use cases behind the routes on the app's state, and give those that workers need."""
    clock = runtime.clock
    watchlists = DynamoDBWatchlists(table, runtime.settings.audit_table, clock)
    app.state.watchlists = KeepWatchlists(watchlists, market.quotes, clock)
    parts = alerts_of(runtime, market, portfolios, table)
    app.state.alerts = AlertUses(parts.keep, parts.backtest, clock)
    chosen = DynamoDBNotificationSettings(
        table, runtime.settings.audit_table, Outbox(table.name), clock, sealer_of(runtime)
    )
    app.state.notifications = NotificationUses(
        ChooseNotifications(chosen, clock), TidyInbox(DynamoDBInbox(table, clock)), DynamoDBDeliveries(table, clock)
    )
    return parts


def alerts_of(runtime: Runtime[Settings], market: MarketParts, portfolios: PortfolioParts, table: Table) -> AlertParts:
    """Alerts over both halves."""
    return alert_parts(market, portfolios, table, runtime.clock, audit_table=runtime.settings.audit_table)


def alert_watch(runtime: Runtime[Settings], alerts: AlertParts, hub: Hub, table: Table, leases: Leases) -> AlertWatch:
    """The worker that lets alerts fire on live prices."""
    index = WatchIndex(table)
    return AlertWatch(
        hub,
        leases,
        lambda: index.symbols(Watch.ALERT),
        alerts.evaluate,
        measure=runtime.metrics.tool_exec_time,
        sweep_seconds=runtime.settings.alert_sweep_seconds,
    )
