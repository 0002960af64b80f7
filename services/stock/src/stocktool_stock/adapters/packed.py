"""Market values as bytes for the cache table: JSON for small things, compressed columns for bars."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.money import Money

from stocktool_stock.domain.bars import Bars, Column, Split
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import Quote

_FORMAT = 1
_COLUMNS = ("open", "high", "low", "close", "adjusted_close", "volume")


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


def pack_bars(bars: Bars) -> bytes:
    """Write bars: a line of JSON, then the columns, bytes of equal weight together, compressed.

    35 years of one symbol take some 150 KB. A column equal to the close is not written twice.
    """
    same = np.array_equal(bars.adjusted_close, bars.close, equal_nan=True)
    head = orjson.dumps(
        {
            "format": _FORMAT,
            "symbol": bars.symbol,
            "currency": bars.currency,
            "splits": [[split.ex_date.isoformat(), str(split.ratio)] for split in bars.splits],
            "source": bars.source,
            "as_of": instant(bars.as_of),
            "zone": bars.zone,
            "count": len(bars),
            "adjusted_is_close": same,
        }
    )
    columns = [bars.days.astype("datetime64[D]").astype("<i4").tobytes()]
    columns += [_shuffled(getattr(bars, name)) for name in _COLUMNS if not (same and name == "adjusted_close")]
    return head + b"\n" + zlib.compress(b"".join(columns), 6)


def unpack_bars(body: bytes) -> Bars:
    """Read bars; the columns are read-only."""
    line, _, packed = body.partition(b"\n")
    head = _json(line)
    count = int(head["count"])
    try:
        data = zlib.decompress(packed)
    except zlib.error as error:
        raise ValueError("bars cannot be unpacked") from error
    at = 4 * count
    days = np.frombuffer(data, "<i4", count).astype("datetime64[D]")
    columns: dict[str, Column] = {}
    for name in _COLUMNS:
        if name == "adjusted_close" and head["adjusted_is_close"]:
            columns[name] = columns["close"]
            continue
        planes = np.frombuffer(data, np.uint8, 8 * count, at).reshape(8, count)
        columns[name] = np.ascontiguousarray(planes.T).view("<f8").reshape(count)
        columns[name].setflags(write=False)
        at += 8 * count
    days.setflags(write=False)
    return Bars(
        symbol=head["symbol"],
        currency=head["currency"],
        days=days,
        open=columns["open"],
        high=columns["high"],
        low=columns["low"],
        close=columns["close"],
        adjusted_close=columns["adjusted_close"],
        volume=columns["volume"],
        splits=tuple(Split(date.fromisoformat(day), Decimal(ratio)) for day, ratio in head["splits"]),
        source=head["source"],
        as_of=parse_instant(head["as_of"]),
        zone=head["zone"],
    )


def _shuffled(column: Column) -> bytes:
    # Exponents of neighbouring prices are alike: laid side by side they compress to almost nothing.
    return np.ascontiguousarray(column.astype("<f8")).view(np.uint8).reshape(len(column), 8).T.tobytes()


def _json(body: bytes) -> Mapping[str, Any]:
    data: Mapping[str, Any] = orjson.loads(body)
    if data.get("format") != _FORMAT:
        raise ValueError("written by another version")
    return data


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
    }


def _instrument_in(data: Mapping[str, Any]) -> Instrument:
    first = data["first_trade_date"]
    return Instrument(**{**data, "first_trade_date": None if first is None else date.fromisoformat(first)})
