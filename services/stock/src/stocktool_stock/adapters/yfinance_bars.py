"""A data frame of yfinance as bars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from stocktool_stock.domain.bars import Bars, Column, Dividend, Split

_PLACES = 6  # beyond it are artefacts of Yahoo's single-precision floats


def bars_from_frame(symbol: str, frame: Any, meta: Mapping[str, Any], *, minor: Mapping[str, str]) -> Bars:
    """Read a frame of `Ticker.history(auto_adjust=False)` with its metadata.

    Args:
        symbol: The symbol.
        frame: A pandas frame; days as index, in the exchange's zone.
        meta: The chart's `meta`.
        minor: Currencies that are hundredths of another one.
    """
    days = np.array([stamp.date() for stamp in frame.index.to_pydatetime()], dtype="datetime64[D]")
    stated = str(meta.get("currency") or "")
    scale = 100.0 if stated in minor else 1.0

    def column(name: str) -> Column:
        return np.round(np.asarray(frame[name], dtype=np.float64) / scale, _PLACES)

    opens, volume = column("Open"), np.asarray(frame["Volume"], dtype=np.float64)
    # The library writes 0 for an unknown volume; with no opening price either, it is unknown and not nothing.
    volume = np.where((volume == 0) & np.isnan(opens), np.nan, volume)
    closes = column("Close")
    known = ~np.isnan(closes)
    ratios = np.asarray(frame["Stock Splits"], dtype=np.float64)
    splits = tuple(
        Split(day.item(), Decimal(f"{round(ratio, _PLACES):.12g}"))
        for day, ratio in zip(days[ratios != 0], ratios[ratios != 0].tolist(), strict=True)
    )
    paid = np.asarray(frame["Dividends"], dtype=np.float64) / scale if "Dividends" in frame else np.zeros(len(days))
    dividends = tuple(
        Dividend(day.item(), Decimal(f"{round(amount, _PLACES):.12g}"))
        for day, amount in zip(days[paid > 0], paid[paid > 0].tolist(), strict=True)
    )
    stamp = meta.get("regularMarketTime")
    as_of = datetime.fromtimestamp(stamp if isinstance(stamp, int) else stamp.timestamp(), UTC) if stamp else None
    bars = Bars(
        symbol=symbol,
        currency=minor.get(stated, stated.upper()),
        days=days[known],
        open=opens[known],
        high=column("High")[known],
        low=column("Low")[known],
        close=closes[known],
        adjusted_close=column("Adj Close")[known],
        volume=volume[known],
        splits=splits,
        dividends=dividends,
        source=str(meta.get("quoteSourceName") or "Yahoo Finance"),
        as_of=as_of or datetime.combine(days[-1].item(), datetime.min.time(), UTC),
        zone=str(meta.get("exchangeTimezoneName") or ""),
    ).in_order()
    for name in ("days", "open", "high", "low", "close", "adjusted_close", "volume"):
        getattr(bars, name).setflags(write=False)
    return bars
