"""What a figure came from: the rows that, with its formula, give it again. Amounts are exact, steps are floats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

import numpy as np

from stocktool_stock.domain.bars import Bars, Column, Days
from stocktool_stock.domain.book import Book, Charge, Flow, Payment, Position, Sale
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.figure_formulas import Formula
from stocktool_stock.domain.income import IncomePayment
from stocktool_stock.domain.lots import Lot, held
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.risk import Figure, to_date
from stocktool_stock.domain.segments import Scope
from stocktool_stock.domain.valuation import LEDGER, price_at, schedules

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class TrailPosition:
    """Shares at a close: value = quantity x close x split_factor x rate.

    `close` is adjusted for later splits, as its source gives it; with the factor it is the price as traded.
    """

    as_of: date
    account_id: str
    symbol: str
    quantity: Decimal
    close: Decimal
    split_factor: Decimal
    price_as_of: date
    source: str
    stale: bool
    currency: str
    rate: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class TrailCash:
    """Cash at a close: value = amount x rate."""

    as_of: date
    account_id: str
    currency: str
    amount: Decimal
    rate: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class TrailFlow:
    """What moved in (positive) or out; `value` is in the base currency, `amount` in its own.

    `kind` is flow, implied, payment or charge; shares have a symbol and a quantity.
    """

    day: date
    kind: str
    account_id: str
    symbol: str
    quantity: Decimal
    amount: Decimal
    currency: str
    value: Decimal
    transaction_id: str = ""


@dataclass(frozen=True, slots=True)
class TrailStep:
    """A day of a chain: rate = (value - flow) / before - 1; None where the day has no base."""

    day: date
    before: float
    flow: float
    value: float
    rate: float | None
    benchmark: float | None = None


@dataclass(frozen=True, slots=True)
class TrailEffect:
    """A day of a contribution: gain / before x coefficient; `before` and `rate` are the whole portfolio's."""

    day: date
    before: float
    gain: float
    rate: float
    coefficient: float


@dataclass(frozen=True, slots=True)
class TrailRate:
    """Units of the base currency for one on a day, and when the rate was published."""

    currency: str
    day: date
    published: date
    rate: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class TrailTables:
    """The rows; lots are those open, in the order of acquisition."""

    positions: Sequence[TrailPosition] = ()
    cash: Sequence[TrailCash] = ()
    lots: Sequence[Lot] = ()
    sales: Sequence[Sale] = ()
    income: Sequence[IncomePayment] = ()
    charges: Sequence[Charge] = ()
    flows: Sequence[TrailFlow] = ()
    steps: Sequence[TrailStep] = ()
    effects: Sequence[TrailEffect] = ()

    def totals(self) -> dict[str, int]:
        """How many rows each has."""
        return {name: len(getattr(self, name)) for name in self.__slots__}

    def page(self, start: int, size: int) -> TrailTables:
        """The same rows of each table."""
        return TrailTables(**{name: getattr(self, name)[start : start + size] for name in self.__slots__})

    def rates(self, base_currency: str, as_of: date | None = None) -> list[tuple[str, date]]:
        """Currencies and days whose rates the rows took, and those of the lots on a day too."""
        needs = {(row.currency, row.as_of) for row in self.positions}
        needs |= {(row.currency, row.as_of) for row in self.cash}
        needs |= {(row.currency, row.day) for row in self.flows}
        needs |= {(lot.currency, lot.day) for lot in (*self.lots, *(lot for sale in self.sales for lot in sale.lots))}
        needs |= {(lot.currency, as_of) for lot in self.lots if as_of is not None}
        return sorted(need for need in needs if need[0] != base_currency)


def value_of_day(name: str, symbol: str, tables: TrailTables, rates: RateTable, day: date) -> Decimal | Figure:
    """A figure of one day from its rows."""
    worth = sum((row.value for row in tables.positions), Decimal(0))
    money = sum((row.value for row in tables.cash), Decimal(0))
    cost = sum((lot.base_cost for lot in tables.lots), Decimal(0))
    today = sum((rates.to_base(lot.cost, lot.currency, day) for lot in tables.lots), Decimal(0))
    amounts = {
        "market_value": worth + money,
        "cash": money,
        "cost_basis": cost,
        "unrealised": worth - cost,
        "price_effect": worth - today,
        "currency_effect": today - cost,
    }
    if name in amounts:
        return amounts[name]
    if name == "unrealised_return":
        return float((worth - cost) / cost) if cost else Undefined("the cost is zero")
    by_symbol: dict[str, Decimal] = defaultdict(Decimal)
    for row in tables.positions:
        by_symbol[row.symbol] += row.value
    if name == "weight":
        whole = worth + money
        return float(by_symbol[symbol] / whole) if whole > 0 else Undefined("the total is not above zero")
    if worth <= 0:
        return Undefined("nothing with a price is held")
    return float(sum((value / worth) ** 2 for value in by_symbol.values()))


def positions_at(
    book: Book, bars: Mapping[str, Bars], rates: RateTable, as_of: date, scope: Scope
) -> list[TrailPosition]:
    """Positions at a close, with the price, split factor and rate each is valued by."""
    plans = schedules(book, bars)
    rows: list[TrailPosition] = []
    with exact():
        for position, lots in sorted(book.lots.items()):
            point = price_at(position[1], book, bars, as_of) if lots and scope.has(*position) else None
            if point is None:
                continue
            close, factor = point.price.amount, Decimal(1)
            if point.source != LEDGER:
                close = point.price.amount / bars[position[1]].split_factor_after(as_of)
                factor = plans[position].factor_after(as_of)
            rate = rates.rate(point.price.currency, as_of)
            rows.append(
                TrailPosition(
                    as_of=as_of,
                    account_id=position[0],
                    symbol=position[1],
                    quantity=held(lots),
                    close=close,
                    split_factor=factor,
                    price_as_of=point.day,
                    source=point.source,
                    stale=point.stale,
                    currency=point.price.currency,
                    rate=rate,
                    value=held(lots) * close * factor * rate,
                )
            )
    return rows


def cash_at(book: Book, rates: RateTable, as_of: date, scope: Scope) -> list[TrailCash]:
    """Cash at a close."""
    with exact():
        return [
            TrailCash(
                as_of, account_id, currency, amount, rates.rate(currency, as_of), rates.to_base(amount, currency, as_of)
            )
            for (account_id, currency), amount in sorted(book.cash.items())
            if amount and scope.has(account_id, "")
        ]


def lots_of(book: Book, scope: Scope) -> list[Lot]:
    """Open lots."""
    positions: list[Position] = sorted(position for position in book.lots if scope.has(*position))
    return [lot for position in positions for lot in book.lots[position]]


def flow_row(day: date, value: Decimal, origin: Flow | Payment) -> TrailFlow:
    """What moved, as a row."""
    if isinstance(origin, Payment):
        return TrailFlow(
            day=day,
            kind="payment",
            account_id=origin.account_id,
            symbol=origin.symbol,
            quantity=Decimal(0),
            amount=-origin.amount,
            currency=origin.currency,
            value=value,
            transaction_id=origin.entry_id,
        )
    return TrailFlow(
        day=day,
        kind="implied" if origin.implied else "flow",
        account_id=origin.account_id,
        symbol=origin.symbol,
        quantity=origin.quantity,
        amount=origin.amount,
        currency=origin.currency,
        value=value,
    )


def charge_row(charge: Charge, base_currency: str) -> TrailFlow:
    """A charge that counts as taken out."""
    amount = -(charge.fee + charge.tax)
    return TrailFlow(
        day=charge.day,
        kind="charge",
        account_id=charge.account_id,
        symbol=charge.symbol,
        quantity=Decimal(0),
        amount=amount,
        currency=base_currency,
        value=amount,
        transaction_id=charge.entry_id,
    )


def steps_of(days: Days, values: Column, flows: Column, returns: Column, benchmark: Column | None) -> list[TrailStep]:
    """The days of a chain."""
    its = np.full(len(returns), np.nan) if benchmark is None else benchmark
    return [
        TrailStep(
            day=to_date(days[index + 1]),
            before=float(values[index]),
            flow=float(flows[index + 1]),
            value=float(values[index + 1]),
            rate=_known(float(returns[index])),
            benchmark=_known(float(its[index])),
        )
        for index in range(len(returns))
    ]


def _known(number: float) -> float | None:
    return None if number != number else number  # noqa: PLR0124 - NaN differs from itself


@dataclass(frozen=True, slots=True)
class Trail:
    """A figure with what it came from.

    Attributes:
        value: An amount in the base currency, or a ratio.
        inputs: Further numbers of the formula, by its names.
        tables: One page of the rows.
        totals: How many rows there are in all.
    """

    figure: str
    formula: Formula
    value: Decimal | float | None
    is_amount: bool
    base_currency: str
    scope: Scope
    start: date | None
    end: date
    inputs: Mapping[str, Decimal | float]
    tables: TrailTables
    rates: Sequence[TrailRate]
    totals: Mapping[str, int]
    next_page_token: str
    conventions: Mapping[str, str]
    undefined: Mapping[str, str] = field(default_factory=dict)
