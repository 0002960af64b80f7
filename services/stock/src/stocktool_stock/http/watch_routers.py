"""The routers of watchlists, alerts and notification settings, for the app and for its description."""

from __future__ import annotations

from stocktool_stock.http import alerts, watchlists

WATCH_ROUTERS = (watchlists.router, alerts.router)
