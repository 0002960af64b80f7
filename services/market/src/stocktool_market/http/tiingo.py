"""Tiingo's end-of-day paths, under the host they have there: `/api.tiingo.com/tiingo/daily/aapl/prices`.

The shape of the answers is Tiingo's (raw prices beside adjusted ones, `divCash`, `splitFactor`); the prices are the
bundled ones, which are adjusted for dividends, so that `divCash` is always 0. Any token is taken, none is refused.
"""

from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
from fastapi import APIRouter, Request, Response

from stocktool_market.application.market import Market, Snapshot
from stocktool_market.domain.series import split_factor_after

_DESCRIPTION = "Demo data: bundled prices, served in the shape of Tiingo."


def tiingo_router(market: Market) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/api.tiingo.com/tiingo/daily")

    def found(ticker: str, request: Request) -> Snapshot | Response:
        if not request.headers.get("authorization", "").startswith("Token "):
            return _json({"detail": "Please supply a token"}, 401)
        snapshot = market.snapshot(ticker)
        return _json({"detail": f"Error: Ticker '{ticker}' not found"}, 404) if snapshot is None else snapshot

    @router.get("/{ticker}")
    async def meta(ticker: str, request: Request) -> Response:
        snapshot = found(ticker, request)
        if isinstance(snapshot, Response):
            return snapshot
        series = snapshot.series
        return _json(
            {
                "ticker": series.listing.symbol,
                "name": series.listing.name,
                "exchangeCode": "NYSE",
                "startDate": series.day(0).isoformat(),
                "endDate": series.day(snapshot.last).isoformat(),
                "description": _DESCRIPTION,
            }
        )

    @router.get("/{ticker}/prices")
    async def prices(ticker: str, request: Request) -> Response:
        snapshot = found(ticker, request)
        if isinstance(snapshot, Response):
            return snapshot
        start, end = request.query_params.get("startDate"), request.query_params.get("endDate")
        try:
            rows = _rows(
                snapshot, date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None
            )
        except ValueError:
            return _json({"detail": "Error: startDate or endDate is no date"}, 400)
        return _json(rows)

    return router


def _rows(snapshot: Snapshot, start: date | None, end: date | None) -> list[dict[str, object]]:
    """Rows from `start` to `end`; without a start the last one alone, as Tiingo has it."""
    series = snapshot.series
    first = snapshot.last if start is None else int(np.searchsorted(series.days, np.datetime64(start, "D")))
    last = snapshot.last if end is None else min(snapshot.last, series.last_index(end))
    past = [split for split in series.splits if split.ex_date <= series.day(snapshot.last)]
    factors = split_factor_after(series.days, past)
    ratios = {split.ex_date: split.ratio for split in past}
    rows: list[dict[str, object]] = []
    for index in range(first, last + 1):
        close, adjusted, factor = series.close[index], series.adjusted_close[index], factors[index]
        scale = adjusted / close
        row: dict[str, object] = {"date": f"{series.day(index)}T00:00:00.000Z"}
        for name, column in (
            ("close", series.close),
            ("high", series.high),
            ("low", series.low),
            ("open", series.open),
        ):
            row[name] = _number(column[index] * factor)
            row[f"adj{name.capitalize()}"] = _number(column[index] * scale)
        row["volume"] = _number(series.volume[index] / factor)
        row["adjVolume"] = _number(series.volume[index])
        row["divCash"] = 0.0
        row["splitFactor"] = ratios.get(series.day(index), 1.0)
        rows.append(row)
    return rows


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 9)


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, media_type="application/json")
