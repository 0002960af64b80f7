"""A booked ledger day by day: values, flows, and what of each day's return is price, income and exchange rate.

Floats, good to some 1e-12; amounts come from `ledger_report`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import numpy.typing as npt

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.closes import Exchange, Observations, Table, price_column
from stocktool_stock.domain.days import days64
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.ledger import EntryType
from stocktool_stock.domain.returns import daily_returns, time_weighted_return
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.stateless import ReadLedger

_INCOME = frozenset({EntryType.DIVIDEND, EntryType.INTEREST})
_DUST = 1e-12
RETURN_FIGURES = (
    "twr",
    "price_return",
    "worst_daily_return",
    "return_local",
    "return_fx",
    "return_interaction",
)


@dataclass(frozen=True, slots=True, eq=False)
class Valued:
    """Columns over the days of a grid, in the base currency unless said otherwise.

    Attributes:
        days: The first is the base of the first return.
        priced: Whether prices are given for a day; the others are days of flows, and the end.
        exposure: Value in each currency, in that currency.
        rates: Units of the base currency for one, by currency.
        moved: What came into a currency from outside or from another currency, in the base currency.
        flows: External flows, counted at the end of their day.
        income: Dividends and interest received, after tax and fee.
        cash: Cash of all currencies.
    """

    days: Sequence[date]
    priced: npt.NDArray[np.bool_]
    exposure: Mapping[str, Column]
    rates: Mapping[str, Column]
    moved: Mapping[str, Column]
    flows: Column
    income: Column
    cash: Column

    @property
    def values(self) -> Column:
        """Value at each close."""
        total = np.zeros(len(self.days))
        for currency, amounts in self.exposure.items():
            total += amounts * self.rates[currency]
        return total


def value_days(
    ledger: ReadLedger,
    book: Book,
    exchange: Exchange,
    prices: Table,
    *,
    days: Sequence[date],
    flows: Sequence[tuple[date, str, float]],
) -> Valued:
    """Value a book on each day of a grid.

    Args:
        ledger: What was booked.
        book: Kept to the last day.
        exchange: The rates.
        prices: Raw closes.
        days: The grid, increasing; every day with a flow after the first is on it.
        flows: External flows with the currency they came in, in the base currency.
    """
    base = ledger.portfolio.base_currency
    grid = days64(days)
    exposure: dict[str, Column] = defaultdict(lambda: np.zeros(len(days)))
    exposure[base] += 0.0
    for (_, symbol), steps in book.quantities.items():
        splits = ledger.splits.get(symbol, [])
        price = price_column(prices.columns.get(symbol, Observations()), splits, grid)
        traded = price_column(ledger.traded.get(symbol, Observations()), splits, grid)
        price = np.nan_to_num(np.where(np.isnan(price), traded, price), nan=0.0)
        exposure[ledger.price_currency[symbol]] += price * steps.columns().on(grid)
    held_cash: dict[str, Column] = {}
    for currency, cash_steps in book.cash_steps.items():
        held_cash[currency] = cash_steps.columns().on(grid)
        exposure[currency] += held_cash[currency]
    rates = {currency: np.nan_to_num(exchange.column(currency, days), nan=0.0) for currency in exposure}

    def at(day: date) -> int:
        return int(np.searchsorted(grid, days64([day])[0], side="left"))

    external, income = np.zeros(len(days)), np.zeros(len(days))
    for day, _, amount in flows:
        if at(day) < len(days):
            external[at(day)] += amount
    for payment in book.payments:
        if payment.type in _INCOME and at(payment.day) < len(days):
            income[at(payment.day)] += float(ledger.rates.to_base(payment.amount, payment.currency, payment.day))
    given = set(prices.days)
    return Valued(
        days=days,
        priced=np.array([day in given for day in days], dtype=bool),
        exposure=exposure,
        rates=rates,
        moved=_moved(ledger, book, flows, exposure, at),
        flows=external,
        income=income,
        cash=sum((rates[currency] * amounts for currency, amounts in held_cash.items()), np.zeros(len(days))),
    )


def _moved(
    ledger: ReadLedger,
    book: Book,
    flows: Sequence[tuple[date, str, float]],
    currencies: Collection[str],
    at: Callable[[date], int],
) -> dict[str, Column]:
    """What crossed the border of each currency, in the base currency; all but external flows sums to zero."""
    size = at(date.max)
    empty = partial(np.zeros, size + 1)  # one more: what lies after the grid
    moved: dict[str, Column] = defaultdict(empty, {currency: empty() for currency in currencies})

    def move(currency: str, day: date, amount: float) -> None:
        moved[currency][min(at(day), size)] += amount

    for day, currency, amount in flows:
        move(currency, day, amount)
    for conversion in book.conversions:
        amount = float(ledger.rates.to_base(conversion.amount, conversion.currency, conversion.day))
        move(conversion.currency, conversion.day, -amount)
        move(conversion.account_currency, conversion.day, amount)
    for payment in book.payments:  # a name priced in one currency and paid for in another
        own = ledger.price_currency.get(payment.symbol, payment.currency)
        if own != payment.currency:
            amount = float(ledger.rates.to_base(payment.amount, payment.currency, payment.day))
            move(payment.currency, payment.day, amount)
            move(own, payment.day, -amount)
    return {currency: column[:size] for currency, column in moved.items()}


def return_figures(valued: Valued) -> tuple[dict[str, Figure], int]:
    """The returns over the whole grid, and how many daily returns there are.

    A day without prices counts as a return only where the value did change.
    """
    returns = daily_returns(valued.values, valued.flows)
    counts = ~np.isnan(returns)
    if valued.priced.any():
        counts &= valued.priced[1:] | (np.abs(np.nan_to_num(returns)) > _DUST)
    twr = time_weighted_return(returns)
    if isinstance(twr, Undefined):
        return dict.fromkeys(RETURN_FIGURES, twr), 0
    local, fx = _linked(valued, returns)
    worst: Figure = float(returns[counts].min()) if counts.any() else Undefined("there are no daily returns")
    return {
        "twr": twr,
        "price_return": time_weighted_return(_without_income(valued)),
        "worst_daily_return": worst,
        "return_local": local,
        "return_fx": fx,
        "return_interaction": twr - local - fx,
    }, int(np.count_nonzero(counts))


def _linked(valued: Valued, returns: Column) -> tuple[float, float]:
    """Chained daily returns at yesterday's exchange rates, and chained daily returns of the exchange rates alone."""
    known = ~np.isnan(returns)
    before = np.where(known, valued.values[:-1], 1.0)
    local, fx = np.zeros(len(returns)), np.zeros(len(returns))
    for currency, amounts in valued.exposure.items():
        rate = valued.rates[currency]
        earned = amounts[1:] * rate[1:] - amounts[:-1] * rate[1:] - valued.moved[currency][1:]
        then = np.divide(rate[:-1], rate[1:], out=np.zeros_like(earned), where=rate[1:] > 0)
        local += earned * np.where(rate[:-1] > 0, then, 1.0)
        fx += amounts[:-1] * (rate[1:] - rate[:-1])
    return (
        float(np.prod(1.0 + (local / before)[known]) - 1.0),
        float(np.prod(1.0 + (fx / before)[known]) - 1.0),
    )


def _without_income(valued: Valued) -> Column:
    """Daily returns had all income been paid out: it lies in a pot of its own until purchases draw on it."""
    values, pot = valued.values, np.zeros(len(valued.days))
    for i in range(1, len(pot)):
        pot[i] = min(pot[i - 1] + valued.income[i], max(float(valued.cash[i]), 0.0))
    drawn = pot[:-1] + valued.income[1:] - pot[1:]
    return daily_returns(values - pot, valued.flows + np.concatenate([[0.0], drawn]))
