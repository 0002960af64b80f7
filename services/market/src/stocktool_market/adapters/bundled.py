"""Reads the bundled price files once, into numpy columns."""

from __future__ import annotations

import csv
import gzip
from array import array
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from importlib.resources import files

import numpy as np

from stocktool_market.domain.series import Column, Days, Listing, Series, Split, split_factor_after, with_candles
from stocktool_market.domain.sessions import session_open

_DATA = files("stocktool_market") / "data"
_RAW = ("open", "high", "low", "close", "volume", "adjusted_close")


def load_series() -> dict[str, Series]:
    """Read all symbols that have prices: some 0.3 s and 25 MB."""
    listings = _listings()
    splits = _splits()
    days, closes = _closes()
    candles = _candles()
    opens_at = _session_starts(days)
    result = {
        symbol: _from_closes(
            listings[symbol], days, opens_at, closes[symbol], candles.get(symbol), splits=splits[symbol]
        )
        for symbol in closes
    }
    for symbol, (raw_days, raw) in candles.items():
        if symbol not in result:
            result[symbol] = _from_candles(listings[symbol], raw_days, raw, splits[symbol])
    return result


def _from_closes(
    listing: Listing,
    days: Days,
    opens_at: np.ndarray[tuple[int], np.dtype[np.int64]],
    column: Column,
    candles: tuple[Days, dict[str, Column]] | None,
    *,
    splits: Sequence[Split],
) -> Series:
    listed = np.flatnonzero(~np.isnan(column))
    own_days, close = days[listed], column[listed]
    parts = {name: np.full(len(listed), np.nan) for name in ("open", "high", "low", "volume")}
    if candles is not None:
        raw_days, raw = candles
        _, at, of = np.intersect1d(own_days, raw_days, assume_unique=True, return_indices=True)
        factor = split_factor_after(own_days[at], splits)
        scaled = with_candles(close[at], {name: values[of] for name, values in raw.items()}, factor)
        for name, values in zip(("open", "high", "low", "volume"), scaled, strict=True):
            parts[name][at] = values
    return Series(
        listing,
        own_days,
        opens_at[listed],
        parts["open"],
        parts["high"],
        parts["low"],
        close,
        close,
        parts["volume"],
        splits,
    )


def _from_candles(listing: Listing, days: Days, raw: dict[str, Column], splits: Sequence[Split]) -> Series:
    factor = split_factor_after(days, splits)
    return Series(
        listing,
        days,
        _session_starts(days),
        raw["open"] / factor,
        raw["high"] / factor,
        raw["low"] / factor,
        raw["close"] / factor,
        raw["adjusted_close"],
        raw["volume"] * factor,
        splits,
    )


def _session_starts(days: Days) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([int(session_open(day).timestamp()) for day in days.tolist()], dtype=np.int64)


def _closes() -> tuple[Days, dict[str, Column]]:
    dates: list[str] = []
    cells = array("d")  # not lists of floats: they would cost ten times the memory while reading
    with gzip.open(str(_DATA / "closes.csv.gz"), "rt", newline="") as file:
        rows = csv.reader(file)
        symbols = next(rows)[1:]
        for day, *closes in rows:
            dates.append(day)
            cells.extend(float(cell) if cell else np.nan for cell in closes)
    table = np.frombuffer(cells).reshape(len(dates), len(symbols))
    return np.array(dates, dtype="datetime64[D]"), {
        symbol: np.ascontiguousarray(table[:, index]) for index, symbol in enumerate(symbols)
    }


def _candles() -> dict[str, tuple[Days, dict[str, Column]]]:
    dates: dict[str, list[str]] = defaultdict(list)
    cells: dict[str, array[float]] = defaultdict(lambda: array("d"))
    with gzip.open(str(_DATA / "ohlcv.csv.gz"), "rt", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for symbol, day, *values in rows:
            dates[symbol].append(day)
            cells[symbol].extend(map(float, values))
    result = {}
    for symbol, days in dates.items():
        table = np.frombuffer(cells[symbol]).reshape(len(days), len(_RAW))
        columns = {name: np.ascontiguousarray(table[:, index]) for index, name in enumerate(_RAW)}
        result[symbol] = (np.array(days, dtype="datetime64[D]"), columns)
    return result


def _splits() -> dict[str, list[Split]]:
    result: dict[str, list[Split]] = defaultdict(list)
    with (_DATA / "splits.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            result[row["symbol"]].append(Split(date.fromisoformat(row["ex_date"]), float(row["ratio"])))
    return result


def _listings() -> dict[str, Listing]:
    result = {}
    with (_DATA / "companies.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            result[row["Symbol"]] = Listing(
                row["Symbol"],
                row["Security"],
                "EQUITY",
                row["GICS Sector"],
                row["GICS Sub-Industry"],
                row["Headquarters Location"],
            )
    with (_DATA / "others.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            result[row["symbol"]] = Listing(
                row["symbol"], row["name"], row["type"], row["sector"], row["industry"], row["headquarters"]
            )
    return result
