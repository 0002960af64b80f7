"""Dividends and interest received, by month and holding, and what the next twelve months may bring.

Exact decimals in the base currency, each amount at the rate of its own day: sums by month and by holding are the total.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from stocktool_stock.domain.book import Book, Position
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.ledger import Entry, EntryType
from stocktool_stock.domain.lots import split_quantity
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.steps import Steps
from stocktool_stock.domain.valuation import NO_PRICE, Holding

K = TypeVar("K", bound=Hashable)

NO_HISTORY = Undefined("no dividend with shares behind it was received in the twelve months before")
NO_COST = Undefined("the cost is zero")
_INCOME = frozenset({EntryType.DIVIDEND, EntryType.INTEREST, EntryType.REINVEST})
_BROUGHT = frozenset({EntryType.BUY, EntryType.OPENING, EntryType.TRANSFER_IN, EntryType.REINVEST})
_TAKEN = frozenset({EntryType.SELL, EntryType.TRANSFER_OUT})


@dataclass(frozen=True, slots=True)
class IncomePayment:
    """One dividend or interest payment, in the base currency.

    Attributes:
        symbol: Of the holding that paid; empty for interest.
        gross: Before tax and fee; a reinvested dividend counts too.
        tax: Withheld.
        shares: Held in the account when it was paid, 0 where none were.
    """

    entry_id: str
    day: date
    account_id: str
    symbol: str
    gross: Decimal
    tax: Decimal
    fee: Decimal
    shares: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class IncomeSum:
    """Sums of payments."""

    gross: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    payments: int = 0

    @property
    def net(self) -> Decimal:
        """What reached the account, or was reinvested."""
        return self.gross - self.tax - self.fee

    def plus(self, payment: IncomePayment) -> IncomeSum:
        """With one payment more."""
        return IncomeSum(self.gross + payment.gross, self.tax + payment.tax, self.fee + payment.fee, self.payments + 1)


@dataclass(frozen=True, slots=True)
class ExpectedPayment:
    """A payment of the last twelve months come again a year later, for the shares held now."""

    day: date
    symbol: str
    gross: Decimal


@dataclass(frozen=True, slots=True)
class IncomeYields:
    """Expected income of twelve months over cost and over value."""

    expected: Decimal | Undefined
    yield_on_cost: float | Undefined
    trailing_yield: float | Undefined


def received(entries: Sequence[Entry], book: Book, rates: RateTable, *, until: date) -> list[IncomePayment]:
    """Dividends and interest that a ledger's entries say, in order.

    Args:
        entries: Standing entries by day, then order of entry.
        book: Kept from them to `until` or beyond.
        rates: Rates of their days and currencies.
        until: Last day that counts.
    """
    with exact():
        holdings = _Holdings(entries, book)
        return [
            _payment(entry, holdings.before(entry), rates)
            for entry in entries
            if entry.type in _INCOME and entry.day <= until
        ]


def _payment(entry: Entry, shares: Decimal, rates: RateTable) -> IncomePayment:
    gross = entry.gross if entry.amount_per_share is None else entry.amount_per_share * shares
    tax = rates.to_base(entry.tax, entry.tax_currency or entry.currency, entry.day)
    base = rates.to_base(gross, entry.currency, entry.day)
    if entry.type is EntryType.REINVEST:  # its amount is what the new shares cost, after tax
        base += tax
    return IncomePayment(
        entry_id=entry.id,
        day=entry.day,
        account_id=entry.account_id,
        symbol=entry.symbol,
        gross=base,
        tax=tax,
        fee=rates.to_base(entry.fee, entry.fee_currency or entry.currency, entry.day),
        shares=shares,
    )


class _Holdings:
    """Shares of a position just before an entry: those of the evening before, and the day's own trades so far."""

    def __init__(self, entries: Sequence[Entry], book: Book) -> None:
        self._book = book
        self._of_day: dict[tuple[str, date], list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.symbol:
                self._of_day[entry.symbol, entry.day].append(entry)

    def before(self, entry: Entry) -> Decimal:
        if not entry.symbol:
            return Decimal(0)
        steps = self._book.quantities.get((entry.account_id, entry.symbol), Steps())
        at = bisect_left(steps, entry.day, key=lambda step: step[0])
        shares = steps[at - 1][1] if at else Decimal(0)
        for other in self._of_day[entry.symbol, entry.day]:
            if other.sequence >= entry.sequence:
                break
            shares = _after(other, shares, entry.account_id)
        return shares


def _after(entry: Entry, shares: Decimal, account_id: str) -> Decimal:
    if entry.type is EntryType.SPLIT and entry.ratio is not None and entry.account_id in ("", account_id):
        return split_quantity(shares, entry.ratio)
    quantity = entry.quantity or Decimal(0)
    if entry.account_id == account_id:
        return shares + quantity if entry.type in _BROUGHT else shares - quantity if entry.type in _TAKEN else shares
    if entry.to_account_id == account_id and entry.type is EntryType.TRANSFER_OUT:
        return shares + quantity
    return shares


def summed(payments: Iterable[IncomePayment]) -> IncomeSum:
    """The sum of payments."""
    total = IncomeSum()
    with exact():
        for payment in payments:
            total = total.plus(payment)
    return total


def summed_by(payments: Iterable[IncomePayment], key: Callable[[IncomePayment], K]) -> dict[K, IncomeSum]:
    """Sums by what `key` gives, in its order of appearance."""
    sums: dict[K, IncomeSum] = {}
    with exact():
        for payment in payments:
            sums[key(payment)] = sums.get(key(payment), IncomeSum()).plus(payment)
    return sums


def month_of(payment: IncomePayment) -> str:
    """`2024-11`."""
    return f"{payment.day:%Y-%m}"


def year_before(day: date) -> date:
    """The same day a year before; 28 February for the 29th."""
    return _in_year(day, day.year - 1)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def expected(payments: Sequence[IncomePayment], book: Book, *, end: date) -> list[ExpectedPayment]:
    """The next twelve months: each dividend of the last twelve a year later, per share times the shares held at `end`.

    Shares are counted in today's (after later splits), account by account, since brokers pay on their own days; an
    account that received nothing takes the payments of the one that received most often. Interest is not expected:
    nothing says what the cash will be.

    Args:
        payments: In order, those before `end - 1 year` are passed over.
        book: Kept to `end`.
        end: The day.

    Returns:
        In order of their days, all after `end`.
    """
    with exact():
        history: dict[Position, list[tuple[date, Decimal]]] = defaultdict(list)
        for payment in payments:
            if payment.symbol and payment.shares > 0 and year_before(end) < payment.day <= end:
                position = (payment.account_id, payment.symbol)
                shares = _times(payment.shares, _splits_after(book, position, payment.day, end))
                history[position].append((payment.day, payment.gross / shares))
        found = [
            ExpectedPayment(_next_year(day, end), position[1], per_share * shares)
            for position, shares in _held(book).items()
            for day, per_share in _history_for(position, history)
        ]
        return sorted(found, key=lambda payment: (payment.day, payment.symbol))


def _next_year(day: date, end: date) -> date:
    """A year later; 29 February comes again on the 28th, and never at or before the day it is looked at."""
    return max(_in_year(day, day.year + 1), end + timedelta(days=1))


def _held(book: Book) -> dict[Position, Decimal]:
    sums = {position: sum((lot.quantity for lot in lots), Decimal(0)) for position, lots in book.lots.items()}
    return {position: shares for position, shares in sorted(sums.items()) if shares > 0}


def _history_for(
    position: Position, history: Mapping[Position, list[tuple[date, Decimal]]]
) -> list[tuple[date, Decimal]]:
    if position in history:
        return history[position]
    others = sorted(other for other in history if other[1] == position[1])
    return history[max(others, key=lambda other: len(history[other]))] if others else []


def _splits_after(book: Book, position: Position, day: date, end: date) -> Fraction:
    factor = Fraction(1)
    for split in book.splits_of(position):
        if day < split.day <= end:
            factor *= split.ratio
    return factor


def _times(shares: Decimal, factor: Fraction) -> Decimal:
    return shares * factor.numerator / factor.denominator


def yields(holdings: Sequence[Holding], payments: Sequence[ExpectedPayment]) -> IncomeYields:
    """Expected income of holdings over their cost and their value; of one holding, or of all that are held.

    Without any history nothing is known; a holding without some, among others with, counts with none.
    """
    with exact():
        symbols = {holding.symbol for holding in holdings}
        amounts = [payment.gross for payment in payments if payment.symbol in symbols]
        if not amounts:
            return IncomeYields(NO_HISTORY, NO_HISTORY, NO_HISTORY)
        total = sum(amounts, Decimal(0))
        cost = sum((holding.cost_basis.amount for holding in holdings), Decimal(0))
        values = [holding.market_value.amount for holding in holdings if holding.market_value is not None]
        value = sum(values, Decimal(0))
        priced = len(values) == len(holdings) and value > 0
        return IncomeYields(
            total,
            float(total / cost) if cost > 0 else NO_COST,
            float(total / value) if priced else Undefined(NO_PRICE),
        )
