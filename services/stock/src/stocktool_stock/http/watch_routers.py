"""The routers of watchlists, alerts and notification settings, for the app and for its description."""

from __future__ import annotations

from stocktool_stock.http import alerts, notification_settings, watchlists

WATCH_ROUTERS = (watchlists.router, alerts.router, notification_settings.router)
