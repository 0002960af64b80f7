"""Puts the stand-in together."""

from __future__ import annotations

from fastapi import FastAPI
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.market_now import parse_market_now

from stocktool_market.adapters.bundled import load_series
from stocktool_market.application.market import Market, MarketTime
from stocktool_market.http.control import FaultInjector, Faults, control_router
from stocktool_market.http.tiingo import tiingo_router
from stocktool_market.http.yahoo import yahoo_router
from stocktool_market.settings import Settings


def build(settings: Settings) -> FastAPI:
    """Load the data and build the application.

    Raises:
        ValueError: `now` is neither an instant nor a replay.
    """
    flow = parse_market_now(settings.now)
    if flow is None:
        raise ValueError("the stand-in needs a market time: its data end on 2024-11-29")
    time = MarketTime(flow, SystemClock())
    faults = Faults() if settings.allow_faults else None
    app = FastAPI(title="Yahoo-shaped market server over bundled prices", openapi_url=None)
    app.include_router(control_router(time, faults))
    spoilt = None if faults is None else faults.spoilt
    market = Market(load_series(), time.now)
    app.include_router(tiingo_router(market))
    app.include_router(yahoo_router(market, time, spoilt))
    if faults is not None:
        app.add_middleware(FaultInjector, faults=faults)
    return app
