"""Watchlists and alerts over the market half."""

from __future__ import annotations

from fastapi import FastAPI
from stocktool_kit.aws.table import Table
from stocktool_kit.process import Runtime

from stocktool_stock.adapters.dynamodb_watchlists import DynamoDBWatchlists
from stocktool_stock.adapters.market_parts import MarketParts
from stocktool_stock.application.watchlists import KeepWatchlists
from stocktool_stock.settings import Settings


def watching_uses(app: FastAPI, runtime: Runtime[Settings], market: MarketParts, table: Table) -> None:
    """Put the use cases behind the routes on the app's state."""
    watchlists = DynamoDBWatchlists(table, runtime.settings.audit_table, runtime.clock)
    app.state.watchlists = KeepWatchlists(watchlists, market.quotes, runtime.clock)
