"""Yahoo's documents, built from snapshots."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TypeAlias

import numpy as np

from stocktool_market.application.market import Snapshot
from stocktool_market.domain.series import Column
from stocktool_market.domain.sessions import NEW_YORK, session_close, session_open

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

RANGES = ("1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max")
INTERVALS = ("1d", "1wk", "1mo", "3mo")


def chart(snapshot: Snapshot, first: int, interval: str, *, source: str, now: datetime) -> Json:
    """Write the chart document for the bars from index `first` to the last known one."""
    series, last = snapshot.series, snapshot.last
    window = slice(first, last + 1)
    stamps = series.opens_at[window]
    columns = {
        name: getattr(series, name)[window] for name in ("open", "high", "low", "close", "volume", "adjusted_close")
    }
    if interval != "1d" and len(stamps):
        stamps, columns = _joined(series.days[window], stamps, columns, interval)
    result: dict[str, Json] = {
        "meta": _meta(snapshot, first, interval, source=source, now=now),
        "timestamp": stamps.tolist(),
        "indicators": {
            "quote": [
                {
                    "open": _values(columns["open"]),
                    "high": _values(columns["high"]),
                    "low": _values(columns["low"]),
                    "close": _values(columns["close"]),
                    "volume": _values(columns["volume"]),
                }
            ],
            "adjclose": [{"adjclose": _values(columns["adjusted_close"])}],
        },
    }
    splits = _split_events(snapshot, first)
    if splits:
        result["events"] = {"splits": splits}
    return {"chart": {"result": [result], "error": None}}


def chart_error(code: str, description: str) -> Json:
    """Write the document of a refused chart."""
    return {"chart": {"result": None, "error": {"code": code, "description": description}}}


def quote(snapshot: Snapshot, *, source: str, now: datetime) -> dict[str, Json]:
    """Write one entry of the quote list."""
    listing, price, before = snapshot.series.listing, snapshot.price, snapshot.previous_close
    entry: dict[str, Json] = {
        "symbol": listing.symbol,
        "language": "en-US",
        "region": "US",
        "quoteType": listing.type,
        "currency": "USD",
        "exchange": "DEMO",
        "fullExchangeName": "Demo data",
        "quoteSourceName": source,
        "exchangeTimezoneName": str(NEW_YORK),
        "marketState": _state(snapshot, now),
        "longName": listing.name,
        "shortName": listing.name,
        "regularMarketPrice": price,
        "regularMarketTime": int(snapshot.priced_at.timestamp()),
        "firstTradeDateMilliseconds": int(snapshot.series.opens_at[0]) * 1000,
    }
    if before is not None:
        entry["regularMarketPreviousClose"] = before
        entry["regularMarketChange"] = round(price - before, 6)
        entry["regularMarketChangePercent"] = round((price / before - 1) * 100, 6)
    return entry


def summary(snapshot: Snapshot, modules: Collection[str], *, source: str) -> Json:
    """Write those modules of a quote summary that are asked for and that the data know; Yahoo leaves out others too."""
    known = _modules(snapshot, source=source)
    result: Json = {name: module for name, module in known.items() if name in modules}
    return {"quoteSummary": {"result": [result], "error": None}}


def _modules(snapshot: Snapshot, *, source: str) -> dict[str, Json]:
    listing = snapshot.series.listing
    town, _, region = listing.headquarters.partition(", ")
    # "Hangzhou, China" names a country; all other companies of the data are American and name their state.
    country, state = ("China", None) if region == "China" else ("United States", region)
    year = snapshot.series.close[snapshot.last_year]
    return {
        "price": {"symbol": listing.symbol, "quoteSourceName": source, "currency": "USD"},
        "quoteType": {
            "symbol": listing.symbol,
            "quoteType": listing.type,
            "longName": listing.name,
            "shortName": listing.name,
            "exchange": "DEMO",
            "firstTradeDateEpochUtc": int(snapshot.series.opens_at[0]),
            "timeZoneFullName": str(NEW_YORK),
        },
        "assetProfile": {
            key: value
            for key, value in {
                "sector": listing.sector,
                "industry": listing.industry,
                "city": town,
                "state": state,
                "country": country,
            }.items()
            if value
        },
        "summaryDetail": {
            "currency": "USD",
            "previousClose": snapshot.previous_close,
            "fiftyTwoWeekLow": float(year.min()),
            "fiftyTwoWeekHigh": float(year.max()),
        },
    }


def found(snapshot: Snapshot, score: int) -> Json:
    """Write one search result."""
    listing = snapshot.series.listing
    return {
        "symbol": listing.symbol,
        "shortname": listing.name,
        "longname": listing.name,
        "exchange": "DEMO",
        "exchDisp": "Demo data",
        "quoteType": listing.type,
        "typeDisp": listing.type.title() if listing.type != "ETF" else "ETF",
        "sector": listing.sector,
        "industry": listing.industry,
        "score": score,
        "isYahooFinance": True,
    }


def _meta(snapshot: Snapshot, first: int, interval: str, *, source: str, now: datetime) -> Json:
    series = snapshot.series
    day = series.day(snapshot.last)
    start, end = int(session_open(day).timestamp()), int(session_close(day).timestamp())
    offset = int((snapshot.priced_at.astimezone(NEW_YORK).utcoffset() or timedelta()).total_seconds())
    zone = snapshot.priced_at.astimezone(NEW_YORK).tzname() or "EST"
    period: Json = {"timezone": zone, "start": start, "end": end, "gmtoffset": offset}
    before = float(series.close[first - 1]) if first > 0 else None
    return {
        "currency": "USD",
        "symbol": series.listing.symbol,
        "exchangeName": "DEMO",
        "fullExchangeName": "Demo data",
        "instrumentType": series.listing.type,
        "firstTradeDate": int(series.opens_at[0]),
        "regularMarketTime": end,
        "hasPrePostMarketData": False,
        "gmtoffset": offset,
        "timezone": zone,
        "exchangeTimezoneName": str(NEW_YORK),
        "regularMarketPrice": snapshot.price,
        "chartPreviousClose": before,
        "longName": series.listing.name,
        "shortName": series.listing.name,
        "quoteSourceName": source,
        "marketState": _state(snapshot, now),
        "priceHint": 2,
        "currentTradingPeriod": {"pre": period, "regular": period, "post": period},
        "dataGranularity": interval,
        "range": "",
        "validRanges": list(RANGES),
    }


def _state(snapshot: Snapshot, now: datetime) -> str:
    day = now.astimezone(NEW_YORK).date()
    opened = snapshot.series.last_index(day) > snapshot.last and session_open(day) <= now
    return "REGULAR" if opened else "CLOSED"


def _values(column: Column) -> list[Json]:
    return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124 - only NaN differs from itself


def _split_events(snapshot: Snapshot, first: int) -> dict[str, Json]:
    series = snapshot.series
    events: dict[str, Json] = {}
    for split in series.splits:
        if series.day(first) <= split.ex_date <= series.day(snapshot.last):
            stamp = int(session_open(split.ex_date).timestamp())
            over, under = (split.ratio, 1.0) if split.ratio >= 1 else (1.0, 1 / split.ratio)
            events[str(stamp)] = {
                "date": stamp,
                "numerator": over,
                "denominator": under,
                "splitRatio": f"{over:g}:{under:g}",
            }
    return events


def _joined(
    days: np.ndarray[tuple[int], np.dtype[np.datetime64]],
    stamps: np.ndarray[tuple[int], np.dtype[np.int64]],
    columns: dict[str, Column],
    interval: str,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], dict[str, Column]]:
    if interval == "1wk":
        period = (days.astype(np.int64) + 3) // 7  # 1970-01-01 was a Thursday
    else:
        period = days.astype("datetime64[M]").astype(np.int64) // (3 if interval == "3mo" else 1)
    starts = np.flatnonzero(np.r_[True, period[1:] != period[:-1]])
    ends = np.r_[starts[1:], len(period)] - 1
    return stamps[starts], {
        "open": columns["open"][starts],
        "high": np.fmax.reduceat(columns["high"], starts),
        "low": np.fmin.reduceat(columns["low"], starts),
        "close": columns["close"][ends],
        "adjusted_close": columns["adjusted_close"][ends],
        "volume": np.add.reduceat(columns["volume"], starts),
    }
