"""The routers of the market half, for the app and for its description."""

from __future__ import annotations

from stocktool_stock.http import (
    actions,
    bars,
    indicators,
    instruments,
    market,
    news,
    notifications,
    overview,
    quotes,
    stream,
)

MARKET_ROUTERS = (
    market.router,
    quotes.router,
    bars.router,
    indicators.router,
    instruments.router,
    actions.router,
    overview.router,
    news.router,
    notifications.router,
    stream.router,
)
