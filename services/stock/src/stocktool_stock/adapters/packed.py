"""Market values as bytes for the cache table: JSON for small things; bars are columns, see `packed_bars`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.money import Money

from stocktool_stock.adapters.packed_bars import pack_bars, unpack_bars
from stocktool_stock.domain.calendar import Session
from stocktool_stock.domain.company import FIGURES, Earnings, Fundamentals
from stocktool_stock.domain.exchanges import ExchangeYear
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import Quote

__all__ = ["pack_bars", "unpack_bars"]

_FORMAT = 1


def pack_quote(quote: Quote) -> bytes:
    """Write a quote."""
    return orjson.dumps(
        {
            "format": _FORMAT,
            "symbol": quote.symbol,
            "price": str(quote.price.amount),
            "currency": quote.price.currency,
            "previous_close": None if quote.previous_close is None else str(quote.previous_close.amount),
            "as_of": instant(quote.as_of),
            "source": quote.source,
            "name": quote.name,
            "zone": quote.zone,
        }
    )


def unpack_quote(body: bytes) -> Quote:
    """Read a quote."""
    data = _json(body)
    currency, before = data["currency"], data["previous_close"]
    return Quote(
        symbol=data["symbol"],
        price=Money(Decimal(data["price"]), currency),
        previous_close=None if before is None else Money(Decimal(before), currency),
        as_of=parse_instant(data["as_of"]),
        source=data["source"],
        name=data["name"],
        zone=data["zone"],
    )


def pack_instrument(instrument: Instrument) -> bytes:
    """Write a profile."""
    return orjson.dumps({"format": _FORMAT, "instrument": _instrument_out(instrument)})


def unpack_instrument(body: bytes) -> Instrument:
    """Read a profile."""
    return _instrument_in(_json(body)["instrument"])


def pack_instruments(instruments: Sequence[Instrument]) -> bytes:
    """Write search results."""
    return orjson.dumps({"format": _FORMAT, "items": [_instrument_out(one) for one in instruments]})


def unpack_instruments(body: bytes) -> Sequence[Instrument]:
    """Read search results."""
    return [_instrument_in(item) for item in _json(body)["items"]]


def pack_news(items: Sequence[NewsItem]) -> bytes:
    """Write notes."""
    rows = [
        {
            "title": item.title,
            "url": item.url,
            "publisher": item.publisher,
            "published_at": instant(item.published_at),
            "summary": item.summary,
        }
        for item in items
    ]
    return orjson.dumps({"format": _FORMAT, "items": rows})


def unpack_news(body: bytes) -> Sequence[NewsItem]:
    """Read notes."""
    return [
        NewsItem(row["title"], row["url"], row["publisher"], parse_instant(row["published_at"]), row["summary"])
        for row in _json(body)["items"]
    ]


def _json(body: bytes) -> Mapping[str, Any]:
    data: Mapping[str, Any] = orjson.loads(body)
    if data.get("format") != _FORMAT:
        raise ValueError("written by another version")
    return data


def pack_fundamentals(fundamentals: Fundamentals) -> bytes:
    """Write a company's figures."""
    figures = {name: value for name in FIGURES if (value := getattr(fundamentals, name)) is not None}
    return orjson.dumps(
        {
            "format": _FORMAT,
            "symbol": fundamentals.symbol,
            "currency": fundamentals.currency,
            "as_of": instant(fundamentals.as_of),
            "source": fundamentals.source,
            "figures": {name: str(value) for name, value in figures.items()},
        }
    )


def unpack_fundamentals(body: bytes) -> Fundamentals:
    """Read a company's figures; those unknown to this version are left out."""
    data = _json(body)
    figures = {name: Decimal(value) for name, value in data["figures"].items() if name in FIGURES}
    return Fundamentals(data["symbol"], data["currency"], parse_instant(data["as_of"]), data["source"], **figures)


def pack_earnings(earnings: Earnings) -> bytes:
    """Write days of reports."""
    ex_day = earnings.ex_dividend_day
    return orjson.dumps(
        {
            "format": _FORMAT,
            "symbol": earnings.symbol,
            "days": [day.isoformat() for day in earnings.days],
            "as_of": instant(earnings.as_of),
            "source": earnings.source,
            "estimated": earnings.estimated,
            "ex_dividend_day": None if ex_day is None else ex_day.isoformat(),
        }
    )


def unpack_earnings(body: bytes) -> Earnings:
    """Read days of reports."""
    data = _json(body)
    ex_day = data["ex_dividend_day"]
    return Earnings(
        data["symbol"],
        tuple(date.fromisoformat(day) for day in data["days"]),
        parse_instant(data["as_of"]),
        data["source"],
        data["estimated"],
        None if ex_day is None else date.fromisoformat(ex_day),
    )


def _instrument_out(instrument: Instrument) -> dict[str, str | None]:
    first = instrument.first_trade_date
    return {
        "symbol": instrument.symbol,
        "name": instrument.name,
        "type": instrument.type,
        "exchange": instrument.exchange,
        "currency": instrument.currency,
        "sector": instrument.sector,
        "industry": instrument.industry,
        "headquarters": instrument.headquarters,
        "country": instrument.country,
        "first_trade_date": None if first is None else first.isoformat(),
        "source": instrument.source,
        "as_of": None if instrument.as_of is None else instant(instrument.as_of),
    }


def _instrument_in(data: Mapping[str, Any]) -> Instrument:
    first, as_of = data["first_trade_date"], data.get("as_of")
    dated = {
        "first_trade_date": None if first is None else date.fromisoformat(first),
        "as_of": None if as_of is None else parse_instant(as_of),
    }
    return Instrument(**{**data, **dated})


def pack_exchange_year(year: ExchangeYear) -> bytes:
    """Write a year of an exchange."""
    rows = [[one.day.isoformat(), instant(one.opens), instant(one.closes)] for one in year.sessions]
    return orjson.dumps({"format": _FORMAT, "zone": year.zone, "sessions": rows})


def unpack_exchange_year(body: bytes) -> ExchangeYear:
    """Read a year of an exchange."""
    data = _json(body)
    return ExchangeYear(
        data["zone"],
        tuple(
            Session(date.fromisoformat(day), parse_instant(opens), parse_instant(closes))
            for day, opens, closes in data["sessions"]
        ),
    )
