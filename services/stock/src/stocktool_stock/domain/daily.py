"""Daily values of a book as columns. Floats: good to some 1e-12 of the value; money figures come from `valuation`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from stocktool_stock.domain.bars import MANUAL, Bars, Column, Days
from stocktool_stock.domain.book import Book, Flow, Position
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.splits import SplitSchedule
from stocktool_stock.domain.valuation import schedules

FxColumns = Mapping[str, Column]
"""Units of the base currency for one of a currency, on the grid's days."""


@dataclass(frozen=True, slots=True, eq=False)
class DailyValues:
    """Value at each close and the external flow counted at the end of that day, in the base currency."""

    days: Days
    values: Column
    flows: Column


def day64(day: date) -> np.datetime64:
    """A calendar day as numpy has it."""
    return np.datetime64(day, "D")


def days64(days: Sequence[date]) -> Days:
    """Calendar days as numpy has them."""
    return np.array([day64(day) for day in days], dtype="datetime64[D]")


def grid(bars: Sequence[Bars], start: date, end: date, flow_days: Sequence[date] = ()) -> Days:
    """Days a series has: the first, every day one of the bars trades, and the last flow when that comes later still.

    Weekends between two trading days are left out, so that daily returns are those of trading days; flows on them count
    on the next trading day, and so do prices a user gave. Where nothing trades the days are those of the flows and of
    such prices, and the end.
    """
    low, high = day64(start), day64(end)
    columns = [(known.source == MANUAL, known.days[(known.days > low) & (known.days <= high)]) for known in bars]
    traded = [days for manual, days in columns if not manual]
    trading: Days = np.unique(np.concatenate(traded)) if traded else days64([])
    flows = days64(sorted(day for day in flow_days if start < day <= end))
    flows = np.unique(np.concatenate([flows, *(days for manual, days in columns if manual)]))
    late = flows[flows > trading[-1]][-1:] if trading.size else np.concatenate([flows, [high]])
    return np.unique(np.concatenate([[low], trading, late])).astype("datetime64[D]")


def stepped(days: Days, steps: Sequence[tuple[date, float]]) -> Column:
    """A step function on a grid: the last value at or before each day, 0 before the first."""
    values = np.array([0.0, *(value for _, value in steps)])
    at = np.searchsorted(days64([day for day, _ in steps]), days, side="right")
    result: Column = values[at]
    return result


def factors(days: Days, plan: SplitSchedule) -> Column:
    """What one share held on each day has become by the last day known."""
    result = np.ones(len(days))
    for step, ratio in plan.steps:
        result[days < day64(step)] *= float(ratio)
    return result


def carried(days: Days, at: Days, values: Column) -> Column:
    """The last known value at or before each day, NaN before the first."""
    known = ~np.isnan(values)
    index = np.searchsorted(at[known], days, side="right")
    result: Column = np.concatenate([[np.nan], values[known]])[index]
    return result


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
        self._plans = schedules(book, bars)
        self._prices = {symbol: self._base_prices(symbol) for symbol in book.symbols}

    def values(self) -> DailyValues:
        """Value at each close, and flows: one on a day off the grid counts on the next, one before it on the first."""
        total = np.zeros(len(self._days))
        for position in self._book.quantities:
            total += self.position(position)
        for currency, cash in self._book.cash_steps.items():
            total += self.cash(currency, [(day, float(amount)) for day, amount in cash])
        return DailyValues(self._days, total, self.on_grid((f.day, self.flow_value(f)) for f in self._book.flows))

    def position(self, position: Position) -> Column:
        """What a position is worth at each close."""
        steps = [(day, float(quantity)) for day, quantity in self._book.quantities[position]]
        price = self._prices[position[1]]
        if position[1] in self._bars:
            price = price * factors(self._days, self._plans[position])
        return stepped(self._days, steps) * price

    def cash(self, currency: str, steps: Sequence[tuple[date, float]]) -> Column:
        """What cash that changed on some days is worth at each close."""
        amounts = stepped(self._days, steps)
        result: Column = np.where(amounts != 0, amounts * self.rate(currency), 0.0)  # rates are NaN before 1999
        return result

    def on_grid(self, amounts: Iterable[tuple[date, float]]) -> Column:
        """Sums by day of the grid: what is off it counts on the next day, what is after its end not at all."""
        result = np.zeros(len(self._days))
        for day, amount in amounts:
            index = self.index(day)
            if index < len(self._days):
                result[index] += amount
        return result

    def index(self, day: date) -> int:
        """The first day of the grid that is not before a day."""
        return int(np.searchsorted(self._days, day64(day), side="left"))

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
        price = np.full(len(self._days), np.nan)
        if known is not None:
            price = carried(self._days, known.days, known.close) * self.rate(known.currency)
        if np.isnan(price).any():
            price = np.where(np.isnan(price), self._trade_prices(symbol, known), price)
        result: Column = np.nan_to_num(price, nan=0.0)
        return result

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
