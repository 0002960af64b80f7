"""A book cut into positions and cash, day by day: what each is worth, what moved into it, and what it earned by what.

The gain of a segment on a day is its change of value less what moved in, so the gains of all segments add up to the
portfolio's. Buying moves cash into a position, selling and dividends move it back; interest and charges stay where they
fall. Floats, good to some 1e-12 of the value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from stocktool_stock.domain.bars import Bars, Column
from stocktool_stock.domain.book import Book, Flow, Payment
from stocktool_stock.domain.daily import DailyValuer
from stocktool_stock.domain.ledger import Entry, EntryType
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.steps import StepColumns

_INCOME = frozenset({EntryType.DIVIDEND, EntryType.INTEREST, EntryType.REINVEST})


@dataclass(frozen=True, slots=True)
class Scope:
    """Part of a portfolio: an account, a symbol, both, or (with neither) all of it."""

    account_id: str = ""
    symbol: str = ""

    def __bool__(self) -> bool:
        return bool(self.account_id or self.symbol)

    def has(self, account_id: str, symbol: str) -> bool:
        """Whether a position, or cash (without a symbol), is part of it."""
        return self.account_id in ("", account_id) and self.symbol in ("", symbol)


@dataclass(frozen=True, slots=True)
class Segment:
    """A position, or the cash of a currency (without a symbol), in an account; `currency` is that of its price."""

    account_id: str
    symbol: str
    currency: str


@dataclass(frozen=True, slots=True, eq=False)
class SegmentDays:
    """Columns over the days of a grid, in the base currency; on the first day they say all that was until then.

    Attributes:
        values: At each close.
        moved: What came in from outside or from other segments, negative when it left.
        income: Dividends and interest before tax.
        fees: What was charged, as a positive amount; `taxes` likewise.
        currency_effect: Yesterday's value times the change of the exchange rate; of cash all that is left.
    """

    values: Column
    moved: Column
    income: Column
    fees: Column
    taxes: Column
    currency_effect: Column

    @property
    def gains(self) -> Column:
        """Gain of each day."""
        return np.diff(self.values, prepend=0.0) - self.moved

    @property
    def price_effect(self) -> Column:
        """What of the gain is neither income nor charges nor exchange rate."""
        return self.gains - self.income - self.currency_effect + self.fees + self.taxes


def scope_flows(
    book: Book, scope: Scope, rates: RateTable, valuer: DailyValuer
) -> list[tuple[date, Decimal, Flow | Payment]]:
    """What moved into a part of a portfolio, in the base currency, with the flow or payment behind it.

    For all of it and for an account these are its flows, for an account those to other accounts among them. A symbol
    is paid for with the cash of its purchases and pays its proceeds and income.
    """
    flows = [*book.flows, *(book.internal_flows if scope else ())]
    result: list[tuple[date, Decimal, Flow | Payment]] = [
        (flow.day, flow_amount(flow, rates, valuer), flow)
        for flow in flows
        if scope.account_id in ("", flow.account_id) and (not scope.symbol or scope.symbol == flow.symbol)
    ]
    if scope.symbol:
        result += [
            (paid.day, -rates.to_base(paid.amount, paid.currency, paid.day), paid)
            for paid in book.payments
            if paid.amount and scope.has(paid.account_id, paid.symbol)
        ]
    return sorted(result, key=lambda item: item[0])


def flow_amount(flow: Flow, rates: RateTable, valuer: DailyValuer) -> Decimal:
    """A flow in the base currency: cash at its day's rate, shares at their price."""
    if flow.symbol:
        return Decimal(repr(valuer.flow_value(flow)))
    return rates.to_base(flow.amount, flow.currency, flow.day)


def cut(
    book: Book, entries: Sequence[Entry], valuer: DailyValuer, rates: RateTable, bars: Mapping[str, Bars]
) -> dict[Segment, SegmentDays]:
    """Cut a book into segments.

    Args:
        book: Kept to the end of the valuer's grid.
        entries: Those it was kept from.
        valuer: Values the same book.
        rates: Rates of all days of entries.
        bars: Tell the currency of a price.
    """
    return _Cutter(book, valuer, rates, bars).cut(entries)


class _Cutter:
    """Cuts one book; one use."""

    def __init__(self, book: Book, valuer: DailyValuer, rates: RateTable, bars: Mapping[str, Bars]) -> None:
        self._book = book
        self._valuer = valuer
        self._rates = rates
        self._bars = bars
        self._moved: dict[Segment, list[tuple[date, float]]] = defaultdict(list)
        self._income: dict[Segment, list[tuple[date, float]]] = defaultdict(list)
        self._fees: dict[Segment, list[tuple[date, float]]] = defaultdict(list)
        self._taxes: dict[Segment, list[tuple[date, float]]] = defaultdict(list)
        self._cash: dict[Segment, list[tuple[date, Decimal]]] = defaultdict(list)

    def cut(self, entries: Sequence[Entry]) -> dict[Segment, SegmentDays]:
        values = {self._position(*position): self._valuer.position(position) for position in self._book.quantities}
        self._flows()
        self._payments({entry.id: entry for entry in entries})
        self._charge({entry.id for entry in entries if entry.type in _INCOME})
        self._reorganisations()
        for segment, changes in self._cash.items():
            values[segment] = self._valuer.cash(segment.currency, _running(changes))
        return {segment: self._days(segment, column) for segment, column in values.items()}

    def _position(self, account_id: str, symbol: str) -> Segment:
        known = self._bars.get(symbol)
        if known is not None:
            return Segment(account_id, symbol, known.currency)
        traded = self._book.trade_prices.get(symbol)
        return Segment(account_id, symbol, traded[-1].currency if traded else self._book.portfolio.base_currency)

    def _flows(self) -> None:
        for flow in (*self._book.flows, *self._book.internal_flows):
            if flow.symbol:
                self._move(self._position(flow.account_id, flow.symbol), flow.day, self._valuer.flow_value(flow))
                continue
            cash = Segment(flow.account_id, "", flow.currency)
            self._move(cash, flow.day, float(self._rates.to_base(flow.amount, flow.currency, flow.day)))
            if flow.implied:
                self._cash[cash].append((flow.day, flow.amount))

    def _payments(self, entries: Mapping[str, Entry]) -> None:
        for paid in self._book.payments:
            cash = Segment(paid.account_id, "", paid.currency)
            self._cash[cash].append((paid.day, paid.amount))
            base = float(self._rates.to_base(paid.amount, paid.currency, paid.day))
            if paid.symbol:
                self._move(cash, paid.day, base)
                self._move(self._position(paid.account_id, paid.symbol), paid.day, -base)
            if paid.type in _INCOME:
                self._earn(paid, entries[paid.entry_id], base, cash)

    def _earn(self, paid: Payment, entry: Entry, base: float, cash: Segment) -> None:
        earned = base
        if paid.type is EntryType.REINVEST:
            earned += float(self._rates.to_base(entry.gross, entry.currency, entry.day))
        segment = self._position(paid.account_id, paid.symbol) if paid.symbol else cash
        self._income[segment].append((paid.day, earned))

    def _charge(self, earning: Set[str]) -> None:
        paid_in = {paid.entry_id: paid.currency for paid in reversed(self._book.payments)}
        for charge in self._book.charges:
            cash = Segment(charge.account_id, "", paid_in.get(charge.entry_id, self._book.portfolio.base_currency))
            segment = self._position(charge.account_id, charge.symbol) if charge.symbol else cash
            self._fees[segment].append((charge.day, float(charge.fee)))
            self._taxes[segment].append((charge.day, float(charge.tax)))
            if charge.entry_id in earning:  # its cash came less these; income is told before them
                self._income[segment].append((charge.day, float(charge.fee + charge.tax)))

    def _reorganisations(self) -> None:
        """New shares of a spin-off or merger move at their value from the old ones."""
        for seen in self._book.reorganisations:
            if not seen.quantity:
                continue
            flow = Flow(
                seen.day,
                seen.account_id,
                Decimal(0),
                self._book.portfolio.base_currency,
                seen.new_symbol,
                seen.quantity,
            )
            worth = self._valuer.flow_value(flow)
            self._move(self._position(seen.account_id, seen.new_symbol), seen.day, worth)
            self._move(self._position(seen.account_id, seen.symbol), seen.day, -worth)

    def _move(self, segment: Segment, day: date, amount: float) -> None:
        self._moved[segment].append((day, amount))

    def _days(self, segment: Segment, values: Column) -> SegmentDays:
        on_grid = self._valuer.on_grid
        moved = on_grid(self._moved.get(segment, ()))
        income, fees, taxes = (on_grid(column.get(segment, ())) for column in (self._income, self._fees, self._taxes))
        if segment.symbol:
            rate = self._valuer.rate(segment.currency) * np.ones(len(values))
            change = np.divide(rate[1:], rate[:-1], out=np.ones(len(values) - 1), where=rate[:-1] > 0) - 1.0
            effect = np.concatenate([[0.0], np.nan_to_num(values[:-1] * change)])
        else:  # cash has no price: what is neither interest nor charges comes from exchange rates
            effect = np.diff(values, prepend=0.0) - moved - income + fees + taxes
        return SegmentDays(values, moved, income, fees, taxes, effect)


def _running(changes: Sequence[tuple[date, Decimal]]) -> StepColumns:
    by_day: dict[date, Decimal] = defaultdict(Decimal)
    for day, amount in changes:
        by_day[day] += amount
    total, steps = Decimal(0), []
    for day in sorted(by_day):
        total += by_day[day]
        steps.append((day, total))
    return StepColumns.of(steps)


def scope_values(book: Book, scope: Scope, valuer: DailyValuer) -> Column:
    """What part of a portfolio is worth at each close."""
    positions = [position for position in book.quantities if scope.has(*position)]
    total: Column = sum((valuer.position(position) for position in positions), valuer.on_grid(()))
    if scope.symbol:
        return total
    changes: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for paid in book.payments:
        if scope.has(paid.account_id, ""):
            changes[paid.currency].append((paid.day, paid.amount))
    for flow in book.flows:
        if flow.implied and scope.has(flow.account_id, ""):
            changes[flow.currency].append((flow.day, flow.amount))
    return sum((valuer.cash(currency, _running(each)) for currency, each in changes.items()), total)


def flow_days(book: Book, scope: Scope) -> list[date]:
    """Days on which something moved into a part of a portfolio."""
    flows = [*book.flows, *(book.internal_flows if scope else ())]
    days = [
        flow.day
        for flow in flows
        if scope.account_id in ("", flow.account_id) and (not scope.symbol or scope.symbol == flow.symbol)
    ]
    if scope.symbol:
        days += [paid.day for paid in book.payments if scope.has(paid.account_id, paid.symbol)]
    return days


def first_day(book: Book, scope: Scope) -> date | None:
    """The first day on which something happened to a part of a portfolio, None if nothing ever did."""
    if not scope:
        return book.first_day
    days = [steps[0][0] for position, steps in book.quantities.items() if steps and scope.has(*position)]
    if not scope.symbol:
        days += [paid.day for paid in book.payments if scope.has(paid.account_id, "")]
    return min(days, default=None)
