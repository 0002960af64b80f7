"""Watchlists and alerts over the market half and the portfolio half."""

from __future__ import annotations

from fastapi import FastAPI
from stocktool_kit.aws.table import Table
from stocktool_kit.process import Runtime

from stocktool_stock.adapters.alert_parts import AlertParts, alert_parts
from stocktool_stock.adapters.dynamodb_watchlists import DynamoDBWatchlists
from stocktool_stock.adapters.market_parts import MarketParts
from stocktool_stock.adapters.portfolio_parts import PortfolioParts
from stocktool_stock.application.watchlists import KeepWatchlists
from stocktool_stock.http.alerts import AlertUses
from stocktool_stock.settings import Settings


def watching_uses(
    app: FastAPI, runtime: Runtime[Settings], market: MarketParts, portfolios: PortfolioParts, table: Table
) -> AlertParts:
    """Put the use cases behind the routes on the app's state, and give those that workers need."""
    settings, clock = runtime.settings, runtime.clock
    watchlists = DynamoDBWatchlists(table, settings.audit_table, clock)
    app.state.watchlists = KeepWatchlists(watchlists, market.quotes, clock)
    parts = alert_parts(market, portfolios, table, clock, audit_table=settings.audit_table)
    app.state.alerts = AlertUses(parts.keep, parts.backtest, clock)
    return parts
