"""Daily values of a book as columns. Floats: good to some 1e-12 of the value; money figures come from `valuation`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from stocktool_stock.domain.bars import MANUAL, Bars, Column, Days
from stocktool_stock.domain.book import Book, Flow, Position
from stocktool_stock.domain.days import ByDays, day64, days64
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.splits import SplitSchedule
from stocktool_stock.domain.steps import StepColumns, drawn
from stocktool_stock.domain.valuation import schedules

_AT_ONCE = 64
"""Positions whose quantities are drawn together: a few MB over decades."""
FxColumns = Mapping[str, Column]
"""Units of the base currency for one of a currency, on the grid's days."""


@dataclass(frozen=True, slots=True, eq=False)
class DailyValues:
    """Value at each close and the external flow counted at the end of that day, in the base currency."""

    days: Days
    values: Column
    flows: Column


def grid(bars: Sequence[Bars], start: date, end: date, *moved_on: Sequence[date]) -> Days:
    """Days a series has: the first, every day one of the bars trades, and the last flow when that comes later still.

    Weekends between two trading days are left out, so that daily returns are those of trading days; flows on them count
    on the next trading day, and so do prices a user gave. Where nothing trades the days are those of the flows and of
    such prices, and the end.

    Args:
        bars: What trades.
        start: The first day.
        end: The last day there may be.
        moved_on: Days of flows and payments, each of them in order.
    """
    low, span = day64(start), (end - start).days
    # One place a day: to sort what forty symbols have in common takes far longer.
    traded, moved = np.zeros(span + 1, dtype=bool), np.zeros(span + 1, dtype=bool)
    trading, given = ByDays(partial(_mark, traded, low)), ByDays(partial(_mark, moved, low))
    for known in bars:
        (given if known.source == MANUAL else trading)(known.days)
    last = int(np.flatnonzero(traded)[-1]) if traded.any() else 0
    last_traded = start + timedelta(last) if last else date.min
    if last < span:
        for days in moved_on:
            given(days64(days[bisect_right(days, last_traded) :]))
    if last:
        late = np.flatnonzero(moved[last:])
        traded[last + late[-1:]] = True
    else:
        traded |= moved
        traded[span] = True
    traded[0] = True
    result: Days = low + np.flatnonzero(traded)
    return result


def with_days(days: Days, more: Sequence[date], end: date) -> Days:
    """A grid with further days of its range: those on which a flow ends a sub-period, trading or not."""
    added = np.unique(days64(more))
    added = added[added <= day64(end)]
    at = days.searchsorted(added)
    missing = (at > 0) & (days.take(at, mode="clip") != added)
    return np.insert(days, at[missing], added[missing]) if missing.any() else days


def _has_gaps(column: Column) -> bool:
    """Whether some value is NaN: the sum of their squares is NaN then, and is had in a fifth of the time."""
    squares = float(column.dot(column))
    return squares != squares  # noqa: PLR0124 - NaN is not itself


def _mark(places: npt.NDArray[np.bool_], low: np.datetime64, days: Days) -> None:
    """Mark the days that lie after the first place, which stands for `low`, and not behind the last one."""
    first, last = np.searchsorted(days, [low + 1, low + len(places)])
    places[(days[first:last] - low).astype(np.int64)] = True


def factors(days: Days, plan: SplitSchedule) -> Column:
    """What one share held on each day has become by the last day known."""
    result = np.ones(len(days))
    for step, ratio in plan.steps:
        result[days < day64(step)] *= float(ratio)
    return result


def carried(days: Days, at: Days, values: Column) -> Column:
    """The last known value at or before each day, NaN before the first."""
    unknown = np.isnan(values)
    if unknown.any():
        at, values = at[~unknown], values[~unknown]
    result: Column = np.concatenate([[np.nan], values])[at.searchsorted(days, side="right")]
    return result


def _places(grid: Days, at: Days) -> npt.NDArray[np.intp] | slice | None:
    """Where in a column of days the last one at or before each day of a grid is; None if there is none for some."""
    places = at.searchsorted(grid, side="right") - 1
    if places[0] < 0:
        return None
    first = int(places[0])
    alike = slice(first, first + len(grid))
    return alike if bool((places == np.arange(alike.start, alike.stop)).all()) else places


class DailyValuer:
    """Values a book on each day of a grid.

    Args:
        book: Kept to the end of the grid or beyond.
        days: The grid, increasing.
        bars: By symbol, reaching back before the first day.
        fx: For every currency of cash or bars but the base currency.
        rates: Has the rates of the days of all trades and flows.
    """

    def __init__(self, book: Book, days: Days, bars: Mapping[str, Bars], fx: FxColumns, rates: RateTable) -> None:
        self._book = book
        self._days = days
        self._bars = bars
        self._fx = fx
        self._rates = rates
        self._places = ByDays(partial(_places, days))
        self._plans = schedules(book, bars)
        self._prices = {symbol: self._base_prices(symbol) for symbol in book.symbols}

    @cached_property
    def _dates(self) -> list[date]:
        """The grid as dates."""
        dates: list[date] = self._days.tolist()
        return dates

    def values(self) -> DailyValues:
        """Value at each close, and flows: one on a day off the grid counts on the next, one before it on the first."""
        return DailyValues(
            self._days, self.total(), self.on_grid((f.day, self.flow_value(f)) for f in self._book.flows)
        )

    def total(self) -> Column:
        """Value at each close."""
        total = np.zeros(len(self._days))
        positions = list(self._book.quantities)
        for at in range(0, len(positions), _AT_ONCE):
            some = positions[at : at + _AT_ONCE]
            quantities = drawn([self._book.quantities[position].columns() for position in some], self._days)
            for position, quantity in zip(some, quantities, strict=True):
                total += quantity * self._price(position)
        for currency, cash in self._book.cash_steps.items():
            total += self.cash(currency, cash.columns())
        return total

    def position(self, position: Position) -> Column:
        """What a position is worth at each close."""
        return self._book.quantities[position].columns().on(self._days) * self._price(position)

    def _price(self, position: Position) -> Column:
        """Price of one share of a position at each close, as many as it counts."""
        price = self._prices[position[1]]
        plan = self._plans[position]
        return price * factors(self._days, plan) if plan.steps else price

    def cash(self, currency: str, steps: StepColumns) -> Column:
        """What cash that changed on some days is worth at each close."""
        amounts = steps.on(self._days)
        result: Column = np.where(amounts != 0, amounts * self.rate(currency), 0.0)  # rates are NaN before 1999
        return result

    def on_grid(self, amounts: Iterable[tuple[date, float]]) -> Column:
        """Sums by day of the grid: what is off it counts on the next day, what is after its end not at all."""
        result = np.zeros(len(self._days) + 1)  # the last place takes what is after the end
        moved = list(amounts)
        places = self._days.searchsorted(days64([day for day, _ in moved]))
        np.add.at(result, places, [amount for _, amount in moved])  # one after another, in their order
        return result[:-1]

    def index(self, day: date) -> int:
        """The first day of the grid that is not before a day."""
        return bisect_left(self._dates, day)

    def flow_value(self, flow: Flow) -> float:
        """A flow in the base currency: cash at its day's rate, shares at the price of the grid's day it counts on."""
        index = min(self.index(flow.day), len(self._days) - 1)
        price = float(self._prices[flow.symbol][index]) if flow.symbol else 0.0
        if price <= 0:
            return float(self._rates.to_base(flow.amount, flow.currency, flow.day))
        factor = 1.0
        if flow.symbol in self._bars:
            plan = self._plans[flow.account_id, flow.symbol]
            factor = float(factors(self._days[index : index + 1], plan)[0])
        return float(flow.quantity) * price * factor

    def rate(self, currency: str) -> Column | float:
        """Units of the base currency for one, on each day."""
        return 1.0 if currency == self._book.portfolio.base_currency else self._fx[currency]

    def _base_prices(self, symbol: str) -> Column:
        """Price in the base currency on each day, adjusted for the market's later splits where the market has bars.

        Before its first bar a name is valued at its last trade in the ledger; with no bars at all always, and then as
        traded.
        """
        known = self._bars.get(symbol)
        price = self._market_prices(known) if known is not None else np.full(len(self._days), np.nan)
        if _has_gaps(price):
            price = np.where(np.isnan(price), self._trade_prices(symbol, known), price)
            price[np.isnan(price)] = 0.0
        return price

    def _market_prices(self, known: Bars) -> Column:
        """Closes in the base currency, NaN before the first."""
        places = self._places(known.days)
        close = known.close[places] if places is not None else None
        if close is None or _has_gaps(close):
            close = carried(self._days, known.days, known.close)
        return close if known.currency == self._book.portfolio.base_currency else close * self._fx[known.currency]

    def _trade_prices(self, symbol: str, known: Bars | None) -> Column:
        splits = sorted({(split.day, split.ratio) for split in self._book.splits if split.symbol == symbol})
        at: list[date] = []
        values: list[float] = []
        for trade in self._book.trade_prices.get(symbol, []):
            price = float(self._rates.to_base(trade.price, trade.currency, trade.day))
            if known is not None:
                price /= float(known.split_factor_after(trade.day))
            at.append(trade.day)
            values.append(price)
        if known is not None:
            return carried(self._days, days64(at), np.array(values))
        result = np.full(len(self._days), np.nan)
        for i, day in enumerate(at):
            price = values[i]
            result[self._days >= day64(day)] = price
            for split_day, ratio in splits:
                if split_day > day:
                    price /= float(ratio)
                    result[self._days >= day64(split_day)] = price
        return result
