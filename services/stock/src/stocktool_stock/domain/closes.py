"""Raw closes and exchange rates as someone gives them: columns with gaps, splits known beside them.

A raw close is the price of one share as traded on its day. A gap carries the last observation forward, over a split as
the price of what one share has become.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np

from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.daily import carried
from stocktool_stock.domain.days import day64, days64

Splits = Sequence[tuple[date, Fraction]]
"""Days and new shares per old, oldest first."""


@dataclass(frozen=True, slots=True)
class Observations:
    """What was seen of one series, oldest first; a later one of the same day counts."""

    days: tuple[date, ...] = ()
    values: tuple[Decimal, ...] = ()

    @classmethod
    def of(cls, days: Sequence[date], values: Sequence[Decimal | None]) -> Observations:
        """Leave out the gaps of a column."""
        known = [(day, value) for day, value in zip(days, values, strict=True) if value is not None]
        return cls(tuple(day for day, _ in known), tuple(value for _, value in known))

    def at(self, day: date) -> tuple[date, Decimal] | None:
        """The last at or before a day, None before the first."""
        index = bisect_right(self.days, day)
        return None if index == 0 else (self.days[index - 1], self.values[index - 1])


@dataclass(frozen=True, slots=True)
class Table:
    """Columns over common days, which increase; None is a gap."""

    days: tuple[date, ...] = ()
    columns: Mapping[str, Observations] = field(default_factory=dict)

    @classmethod
    def of(cls, days: Sequence[date], series: Mapping[str, Sequence[Decimal | None]]) -> Table:
        """A table of columns as long as the days."""
        return cls(tuple(days), {name: Observations.of(days, values) for name, values in series.items()})


def split_factor(splits: Splits, after: date, until: date) -> Fraction:
    """What one share held at the close of `after` has become by the close of `until`."""
    factor = Fraction(1)
    for day, ratio in splits:
        if after < day <= until:
            factor *= ratio
    return factor


def price_on(seen: Observations, splits: Splits, day: date) -> Decimal | None:
    """The price of one share as traded on a day, exact; None before the first observation."""
    found = seen.at(day)
    if found is None:
        return None
    factor = split_factor(splits, found[0], day)
    return found[1] * factor.denominator / factor.numerator


def price_column(seen: Observations, splits: Splits, grid: Days) -> Column:
    """The same on each day of a grid, NaN before the first observation."""
    days = days64(seen.days)
    values = np.array([float(value) for value in seen.values])
    for day, ratio in splits:  # carried forward in shares of the last day, so that a split leaves no jump
        values[days < day64(day)] /= float(ratio)
    result = carried(grid, days, values)
    for day, ratio in splits:
        result[grid < day64(day)] *= float(ratio)
    return result


class Exchange:
    """Exchange rates from columns such as EURUSD, dollars for one euro; gaps carry forward.

    A rate is taken from its own column, from the inverse one, or through one third currency.
    """

    def __init__(self, base_currency: str, table: Table) -> None:
        self.base_currency = base_currency
        self._pairs = {(name[:3], name[3:]): seen for name, seen in table.columns.items()}
        self._currencies = sorted({code for pair in self._pairs for code in pair})

    def rate(self, currency: str, day: date) -> Decimal | None:
        """Units of the base currency for one, None where no column tells it at or before the day."""
        base = self.base_currency
        if currency == base:
            return Decimal(1)
        direct = self._quoted(currency, base, day)
        if direct is not None:
            return direct
        for third in self._currencies:
            first, second = self._quoted(currency, third, day), self._quoted(third, base, day)
            if first is not None and second is not None:
                return first * second
        return None

    def _quoted(self, source: str, target: str, day: date) -> Decimal | None:
        for pair, inverse in (((source, target), False), ((target, source), True)):
            found = self._pairs[pair].at(day) if pair in self._pairs else None
            if found is not None:
                return 1 / found[1] if inverse else found[1]
        return None

    def column(self, currency: str, grid: Sequence[date]) -> Column:
        """The rate on each day of a grid, NaN where there is none."""
        rates = [self.rate(currency, day) for day in grid]
        return np.array([np.nan if rate is None else float(rate) for rate in rates])
