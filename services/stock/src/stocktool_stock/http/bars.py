"""`GET /bars/{symbol}`: price history as columns."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response
from stocktool_kit.core.clock import instant
from stocktool_kit.http.model import ResponseModel, plain_decimal

from stocktool_stock.domain.bars import Bars, Interval
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.http.market_uses import Market, Reader, json_response

router = APIRouter(tags=["market"])

_MOST_ASIDE = 100


class SplitModel(ResponseModel):
    """One split."""

    ex_date: date
    ratio: str = Field(description="New shares for one old, as decimal text.")


class AsideModel(ResponseModel):
    """A print that cannot be a price."""

    day: date
    price: str = Field(description="What it said, as text: it need not be a number.")
    fault: str
    last_good: float | None = Field(description="The close it was judged by.")


class BarsModel(ResponseModel):
    """Bars as columns of equal length, oldest first. All prices are adjusted for later splits."""

    symbol: str
    currency: str
    interval: str
    dates: list[date]
    open: list[float | None]
    high: list[float | None]
    low: list[float | None]
    close: list[float | None]
    adjusted_close: list[float | None] = Field(description="Close adjusted for dividends too.")
    volume: list[float | None]
    splits: list[SplitModel] = Field(description="All splits known, whatever the range.")
    kept_aside: int = Field(description="Prints of the range that cannot be prices; no bar stands for them.")
    aside: list[AsideModel] = Field(
        description="Those prints, oldest first, at most a hundred; see /market/quarantine."
    )
    source: str
    as_of: datetime
    age_seconds: int = Field(description="From the last close to the market's now.")
    stale: bool = Field(description="The data end before they should.")


@router.get("/bars/{symbol}", response_model=BarsModel)
async def get_bars(
    symbol: str,
    market: Market,
    _caller: Reader,
    start: Annotated[date | None, Query(description="First day; by default the first known.")] = None,
    end: Annotated[date | None, Query(description="Last day; by default the market's today.")] = None,
    interval: Annotated[str, Query(description="1d, 1wk or 1mo; dated by its last trading day.")] = "1d",
) -> Response:
    """Price history. Values that are not known are null."""
    length = Interval.of(interval)
    bars = await market.bars.bars(parse_symbol(symbol), start, end, interval=length)
    return json_response({**bars_body(bars, length), "age_seconds": market.bars.age_seconds(bars)})


def bars_body(bars: Bars, interval: Interval) -> dict[str, Any]:
    """The answer's body."""
    return {
        "symbol": bars.symbol,
        "currency": bars.currency,
        "interval": interval.value,
        "dates": np.datetime_as_string(bars.days).tolist(),
        "open": _column(bars.open),
        "high": _column(bars.high),
        "low": _column(bars.low),
        "close": _column(bars.close),
        "adjusted_close": _column(bars.adjusted_close),
        "volume": _column(bars.volume),
        "splits": [
            {"ex_date": split.ex_date.isoformat(), "ratio": plain_decimal(split.ratio)} for split in bars.splits
        ],
        "kept_aside": len(bars.aside),
        "aside": [
            {
                "day": one.day.isoformat(),
                "price": repr(one.price),
                "fault": one.fault.value,
                "last_good": one.last_good,
            }
            for one in bars.aside[-_MOST_ASIDE:]
        ],
        "source": bars.source,
        "as_of": instant(bars.as_of),
        "stale": bars.stale,
    }


def _column(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.ascontiguousarray(values)  # the JSON writer takes no strided arrays
