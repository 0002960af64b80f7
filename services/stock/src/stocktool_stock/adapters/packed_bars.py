"""Bars as bytes: a line of JSON, then columns, bytes of equal weight together, compressed.

35 years of one symbol take some 150 KB. A column equal to the close is not written twice. Each line names its format; a
reader refuses those it does not know, and the bars are fetched again.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
from stocktool_kit.core.clock import instant, parse_instant

from stocktool_stock.domain.bars import Aside, Bars, Column, Days, Dividend, Fault, Split

FORMAT = 2
_COLUMNS = ("open", "high", "low", "close", "adjusted_close", "volume")


def pack_bars(bars: Bars) -> bytes:
    """Write a series with all that is said of it."""
    return orjson.dumps({**head_of(bars), "count": len(bars), "adjusted_is_close": _same(bars)}) + b"\n" + _packed(bars)


def unpack_bars(body: bytes) -> Bars:
    """Read a series; the columns are read-only.

    Raises:
        ValueError: Another version wrote it, or it is broken.
    """
    head, columns = _parts(body)
    return bars_of(head, columns)


def pack_columns(bars: Bars) -> bytes:
    """Write the columns alone: the same bars give the same bytes, whatever is said of them."""
    return (
        orjson.dumps({"format": FORMAT, "count": len(bars), "adjusted_is_close": _same(bars)}) + b"\n" + _packed(bars)
    )


def unpack_columns(body: bytes) -> Columns:
    """Read what `pack_columns` wrote.

    Raises:
        ValueError: Another version wrote it, or it is broken.
    """
    return _parts(body)[1]


@dataclass(frozen=True, slots=True)
class Columns:
    """Days, and the six columns of their bars by name."""

    days: Days
    values: Mapping[str, Column]


def head_of(bars: Bars) -> dict[str, Any]:
    """What is said of a series, as JSON."""
    return {
        "format": FORMAT,
        "symbol": bars.symbol,
        "currency": bars.currency,
        "splits": [[split.ex_date.isoformat(), str(split.ratio)] for split in bars.splits],
        "dividends": [[one.ex_date.isoformat(), str(one.amount)] for one in bars.dividends],
        "aside": [[one.day.isoformat(), repr(one.price), one.fault.value, one.last_good] for one in bars.aside],
        "source": bars.source,
        "as_of": instant(bars.as_of),
        "zone": bars.zone,
    }


def bars_of(head: Mapping[str, Any], columns: Columns) -> Bars:
    """Put a series together; its columns become read-only."""
    columns.days.setflags(write=False)
    for column in columns.values.values():
        column.setflags(write=False)
    return Bars(
        symbol=head["symbol"],
        currency=head["currency"],
        days=columns.days,
        open=columns.values["open"],
        high=columns.values["high"],
        low=columns.values["low"],
        close=columns.values["close"],
        adjusted_close=columns.values["adjusted_close"],
        volume=columns.values["volume"],
        splits=tuple(Split(date.fromisoformat(day), Decimal(ratio)) for day, ratio in head["splits"]),
        dividends=tuple(Dividend(date.fromisoformat(day), Decimal(amount)) for day, amount in head["dividends"]),
        aside=tuple(
            Aside(date.fromisoformat(day), float(price), Fault(fault), last_good)
            for day, price, fault, last_good in head["aside"]
        ),
        source=head["source"],
        as_of=parse_instant(head["as_of"]),
        zone=head["zone"],
    )


def read_head(line: bytes) -> Mapping[str, Any]:
    """Read a line of JSON.

    Raises:
        ValueError: Another version wrote it, or it is broken.
    """
    data = orjson.loads(line)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError("written by another version")
    return data


def _parts(body: bytes) -> tuple[Mapping[str, Any], Columns]:
    line, _, packed = body.partition(b"\n")
    head = read_head(line)
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
        at += 8 * count
    return head, Columns(days, columns)


def _packed(bars: Bars) -> bytes:
    same = _same(bars)
    columns = [bars.days.astype("datetime64[D]").astype("<i4").tobytes()]
    columns += [_shuffled(getattr(bars, name)) for name in _COLUMNS if not (same and name == "adjusted_close")]
    return zlib.compress(b"".join(columns), 6)


def _same(bars: Bars) -> bool:
    return np.array_equal(bars.adjusted_close, bars.close, equal_nan=True)


def _shuffled(column: Column) -> bytes:
    # Exponents of neighbouring prices are alike: laid side by side they compress to almost nothing.
    return np.ascontiguousarray(column.astype("<f8")).view(np.uint8).reshape(len(column), 8).T.tobytes()
