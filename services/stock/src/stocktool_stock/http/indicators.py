"""`GET /bars/{symbol}/indicators`: technical indicators as columns beside their dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response
from stocktool_kit.aio import run_blocking
from stocktool_kit.core.clock import instant
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.indicators import CONVENTIONS, IndicatorSpec, indicator_columns, read_indicators
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.http.analytics_route import Threads
from stocktool_stock.http.market_uses import Market, Reader, json_response

router = APIRouter(tags=["market"])


class IndicatorsModel(ResponseModel):
    """Indicators as columns of the length of `dates`, oldest first; null while one has not seen enough bars."""

    symbol: str
    currency: str
    dates: list[date]
    close: list[float | None] = Field(description="Adjusted for later splits, as everything here.")
    indicators: dict[str, list[float | None]] = Field(
        description='By name with all numbers spelled out: "sma:20", "macd:12:26:9.signal", "bollinger:20:2.upper".'
    )
    source: str
    as_of: datetime
    stale: bool = Field(description="The data end before they should.")
    conventions: dict[str, str]
    undefined: dict[str, str] = Field(description="Why an indicator has no value in the range at all.")


@router.get("/bars/{symbol}/indicators", response_model=IndicatorsModel)
async def get_indicators(
    *,
    symbol: str,
    market: Market,
    _caller: Reader,
    threads: Threads,
    names: Annotated[
        str,
        Query(
            max_length=400,
            description="At most 12 of sma:n, ema:n, rsi:n, macd:fast:slow:signal, bollinger:n:k, atr:n, by commas; "
            "numbers may be left out.",
            examples=["sma:20,ema:50,rsi:14,macd,bollinger:20:2,atr:14"],
        ),
    ],
    start: Annotated[date | None, Query(description="First day shown; earlier bars are used all the same.")] = None,
    end: Annotated[date | None, Query(description="Last day; by default the market's today.")] = None,
) -> Response:
    """Technical indicators of daily bars, split-adjusted."""
    specs = read_indicators(names)
    if start is not None and end is not None and start > end:
        raise InvalidArgument.of("start", "must not be after the end")
    bars = await market.bars.bars(parse_symbol(symbol), None, end)
    return json_response(await run_blocking(threads, indicators_body, bars, specs, start))


def indicators_body(bars: Bars, specs: list[IndicatorSpec], start: date | None) -> dict[str, Any]:
    """The answer's body, cut to the days from `start` on."""
    columns = indicator_columns(bars, specs)
    first = 0 if start is None else int(np.searchsorted(bars.days, np.datetime64(start, "D"), side="left"))
    shown = {name: np.ascontiguousarray(column[first:]) for name, column in columns.items()}
    return {
        "symbol": bars.symbol,
        "currency": bars.currency,
        "dates": np.datetime_as_string(bars.days[first:]).tolist(),
        "close": np.ascontiguousarray(bars.close[first:]),
        "indicators": shown,
        "source": bars.source,
        "as_of": instant(bars.as_of),
        "stale": bars.stale,
        "conventions": CONVENTIONS,
        "undefined": {
            name: f"the {len(bars)} bars up to the last day are too few, or nothing moved"
            for name, column in shown.items()
            if bool(np.isnan(column).all())
        },
    }
