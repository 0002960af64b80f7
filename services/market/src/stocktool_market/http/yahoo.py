"""Yahoo's paths, each under the host it has there: `/query2.finance.yahoo.com/v8/finance/chart/AAPL`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import date, datetime

import numpy as np
from fastapi import APIRouter, Request, Response

from stocktool_market.application.market import Market, MarketTime, Snapshot
from stocktool_market.domain.sessions import NEW_YORK
from stocktool_market.http import wire

COOKIE = "A3=demo; Path=/; Max-Age=31536000"
PUBLISHER = "Notes computed from the demo prices"
_RANGE_DAYS = {"5d": 5, "1mo": 31, "3mo": 92, "6mo": 183, "1y": 366, "2y": 731, "5y": 1827, "10y": 3653}


def yahoo_router(market: Market, time: MarketTime, spoilt: Callable[[Snapshot], Snapshot] | None = None) -> APIRouter:
    """Build the routes; a crumb of this process guards what Yahoo guards with one.

    Args:
        market: The data.
        time: The market's now.
        spoilt: Puts bad prints over real ones, for tests; the source then says so.
    """
    router = APIRouter()
    crumb = secrets.token_urlsafe(8)

    def source() -> str:
        return "demo data, replay" if time.flow.is_replay else "demo data"

    def snapshot_of(symbol: str) -> tuple[Snapshot, str] | None:
        real = market.snapshot(symbol)
        if real is None:
            return None
        shown = real if spoilt is None else spoilt(real)
        return shown, source() if shown is real else f"{source()}, injected fault"

    @router.get("/{host}/v8/finance/chart/{symbol}")
    async def chart(symbol: str, request: Request) -> Response:
        query = request.query_params
        interval, span = query.get("interval", "1d"), query.get("range", "")
        known = snapshot_of(symbol)
        if known is None:
            return _json(wire.chart_error("Not Found", "No data found, symbol may be delisted"), 404)
        snapshot, label = known
        if interval not in wire.INTERVALS:
            return _json(wire.chart_error("Unprocessable Entity", f"Demo data has no interval {interval}"), 422)
        try:
            snapshot, first = _window(snapshot, query.get("period1"), query.get("period2"), span, market.now())
        except ValueError:
            return _json(wire.chart_error("Bad Request", "Invalid input - range, period1 or period2"), 400)
        if first > snapshot.last:
            return _json(wire.chart_error("Bad Request", f"Data doesn't exist for {symbol} in this range"), 400)
        return _json(wire.chart(snapshot, first, interval, source=label, now=market.now()))

    @router.get("/{host}/v7/finance/quote")
    async def quote(request: Request) -> Response:
        if request.query_params.get("crumb") != crumb:
            return _json(_unauthorized("finance"), 401)
        symbols = [part for part in request.query_params.get("symbols", "").split(",") if part]
        known = [found for found in map(snapshot_of, symbols) if found is not None]
        entries: list[wire.Json] = [wire.quote(one, source=label, now=market.now()) for one, label in known]
        return _json({"quoteResponse": {"result": entries, "error": None}})

    @router.get("/{host}/v10/finance/quoteSummary/{symbol}")
    async def quote_summary(symbol: str, request: Request) -> Response:
        if request.query_params.get("crumb") != crumb:
            return _json(_unauthorized("quoteSummary"), 401)
        snapshot = market.snapshot(symbol)
        if snapshot is None:
            error: wire.Json = {"code": "Not Found", "description": f"Quote not found for symbol: {symbol}"}
            return _json({"quoteSummary": {"result": None, "error": error}}, 404)
        modules = request.query_params.get("modules", "").split(",")
        return _json(wire.summary(snapshot, modules, source=source()))

    @router.get("/{host}/v1/finance/search")
    async def search(request: Request) -> Response:
        query = request.query_params
        found = market.search(
            query.get("q", ""),
            at_most=_count(query.get("quotesCount"), 8),
            fuzzy=query.get("enableFuzzyQuery", "").lower() == "true",
        )
        quotes: list[wire.Json] = [wire.found(one, 1000 - place) for place, one in enumerate(found)]
        return _json({"count": len(quotes), "quotes": quotes, "news": [], "lists": []})

    @router.post("/{host}/xhr/ncp")
    async def news(request: Request) -> Response:
        try:
            asked = json.loads(await request.body())["serviceConfig"]
            symbols, count = [str(symbol) for symbol in asked["s"]], int(asked["snippetCount"])
        except (ValueError, KeyError, TypeError):
            return _json({"error": "Bad Request"}, 400)
        stream: list[wire.Json] = []
        for symbol in symbols:
            for note in market.notes(symbol, at_most=count):
                content: wire.Json = {
                    "contentType": "STORY",
                    "title": note.title,
                    "summary": note.summary,
                    "pubDate": note.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "provider": {"displayName": PUBLISHER},
                    "canonicalUrl": None,
                }
                stream.append({"id": f"{symbol}-{len(stream)}", "content": content})
        return _json({"data": {"tickerStream": {"stream": stream}}})

    @router.get("/{host}/ws/fundamentals-timeseries/v1/finance/timeseries/{_}")
    async def fundamentals() -> Response:
        known: list[wire.Json] = []  # the data hold prices only
        return _json({"timeseries": {"result": known, "error": None}})

    @router.get("/{host}/v1/test/getcrumb")
    async def get_crumb() -> Response:
        return Response(crumb, media_type="text/plain")

    @router.get("/fc.yahoo.com")
    @router.get("/fc.yahoo.com/")
    async def cookie() -> Response:
        return Response("Not Found", 404, headers={"set-cookie": COOKIE})  # Yahoo too sets it on a 404

    return router


def _window(
    snapshot: Snapshot, period1: str | None, period2: str | None, span: str, now: datetime
) -> tuple[Snapshot, int]:
    """Find the bars asked for: the snapshot cut at their end, and the index of the first.

    Raises:
        ValueError: A number or a range is malformed.
    """
    series, last = snapshot.series, snapshot.last
    if period1 is not None and period2 is not None:
        start, end = int(period1), int(period2)
        stop = int(np.searchsorted(series.opens_at, end, side="left")) - 1
        first = int(np.searchsorted(series.opens_at, start, side="left"))
        return Snapshot(series, min(last, stop)), first
    if span not in wire.RANGES:
        raise ValueError(span)
    if span == "max":
        return snapshot, 0
    if span == "1d":
        return snapshot, last
    if span == "5d":
        return snapshot, max(0, last - 4)
    today = now.astimezone(NEW_YORK).date()
    begin = date(today.year, 1, 1) if span == "ytd" else date.fromordinal(today.toordinal() - _RANGE_DAYS[span])
    first = int(np.searchsorted(series.days, np.datetime64(begin, "D"), side="left"))
    return snapshot, min(first, last)


def _unauthorized(name: str) -> wire.Json:
    return {name: {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}


def _count(text: str | None, default: int) -> int:
    return min(50, int(text)) if text and text.isdigit() else default


def _json(document: wire.Json, status: int = 200) -> Response:
    body = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return Response(body, status, media_type="application/json")
