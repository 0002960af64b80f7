"""All routes of the service, for the app and for its description."""

from __future__ import annotations

from fastapi import FastAPI
from stocktool_kit.http.app import describe

from stocktool_stock.http import (
    analytics_allocation,
    analytics_attribution,
    analytics_flows,
    analytics_ledger,
    analytics_projection,
    analytics_series,
)
from stocktool_stock.http.market_routers import MARKET_ROUTERS
from stocktool_stock.http.portfolio_routers import PORTFOLIO_ROUTERS
from stocktool_stock.http.watch_routers import WATCH_ROUTERS

TITLE = "StockTool: stock"
PREFIX = "/api/stock/v1"
ROUTERS = (
    *MARKET_ROUTERS,
    *PORTFOLIO_ROUTERS,
    *WATCH_ROUTERS,
    analytics_flows.router,
    analytics_series.router,
    analytics_projection.router,
    analytics_ledger.router,
    analytics_allocation.router,
    analytics_attribution.router,
)


def described() -> FastAPI:
    """The routes alone, for the OpenAPI document."""
    return describe(title=TITLE, prefix=PREFIX, routers=ROUTERS)
