"""Keeping a book: how cash, charges and lots move; what an entry books with them stands in the classes above."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from stocktool_kit.core.errors import Internal

from stocktool_stock.domain import lots as lot_rules
from stocktool_stock.domain.book import Book, Conversion, Flow, Position
from stocktool_stock.domain.ledger import Entry, EntryType, ShortSale
from stocktool_stock.domain.lots import CostMethod, Lot, LotNotOpen
from stocktool_stock.domain.rates import RateTable

_TRADES = frozenset({EntryType.BUY, EntryType.SELL})
_RATE_PLACES = Decimal("1e-12")
_NOTHING = Decimal(0)
_FIFO = CostMethod.FIFO


class Keeping:
    """Moves cash and lots of one book; one use."""

    def __init__(
        self,
        book: Book,
        method: CostMethod,
        rates: RateTable,
        *,
        implied: bool,
        settle_daily: bool,
    ) -> None:
        self.book = book
        self._method = method
        self._rates = rates
        self._base = rates.base_currency
        self._implied = implied
        self._settle_daily = settle_daily
        self._homes = {account.id: account.currency for account in book.portfolio.accounts}
        self._traded: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._day: date | None = None
        # What moved since the day began, in order: the order of a set changes from process to process, and with it the
        # last digits of every sum of floats over positions.
        self._moved: dict[Position, None] = {}
        self._paid: dict[str, Decimal] = defaultdict(Decimal)
        self._totals = dict.fromkeys(book.cash_steps, _NOTHING)
        for (_, currency), amount in book.cash.items():
            self._totals[currency] += amount
        # What every entry does, without a look for the book each time: half the time of a long ledger is calls.
        self._cash, self._lots, self._prices = book.cash, book.lots, book.trade_prices
        self._averages = method is CostMethod.AVERAGE
        self._note_payment = book.payments.append
        self._note_charge = book.charges.append
        self._held: dict[Position, Decimal] = {}  # summing lots at every entry would make long ledgers quadratic

    def close_day(self) -> None:
        """Note where quantities and cash stand; a fund-less ledger gets its implied deposits first."""
        book, day = self.book, self._day
        if day is None:
            return
        if self._paid and (not book.payment_days or book.payment_days[-1] != day):
            book.payment_days.append(day)
        if self._traded:
            self._settle(day)
        if self._implied:
            self._imply(day)
        for position in self._moved:
            book.quantities[position].append((day, self._holding(position)))
        self._moved.clear()
        for currency, paid in self._paid.items():
            if paid or currency not in self._totals:
                self._totals[currency] = total = self._totals.get(currency, _NOTHING) + paid
                book.cash_steps[currency].append((day, total))
        self._paid.clear()

    def _imply(self, day: date) -> None:
        """Count as paid in what accounts lack."""
        book = self.book
        for (account_id, currency), amount in book.cash.items():
            if amount < 0:
                book.cash[account_id, currency] = _NOTHING
                self._paid[currency] -= amount
                book.flows.append(Flow(day, account_id, -amount, currency, implied=True))

    def _settle(self, day: date) -> None:
        """Convert what the day's trades left in, or lack of, other currencies than their account's."""
        for (account_id, currency), traded in self._traded.items():
            balance, home = self.book.cash[account_id, currency], self._homes[account_id]
            amount = max(Decimal(0), min(traded, balance)) if traded > 0 else min(Decimal(0), max(traded, balance))
            if amount:
                rate = self._rates.rate(currency, day) / self._rates.rate(home, day)
                self.book.cash[account_id, currency] -= amount
                self.book.cash[account_id, home] += amount * rate
                self._paid[currency] -= amount
                self._paid[home] += amount * rate
                self.book.conversions.append(Conversion(day, amount, currency, home))
        self._traded.clear()

    def average(self) -> None:
        """Under average cost, give all shares of each position the same cost."""
        if self._method is CostMethod.AVERAGE:
            self.book.lots.update((position, lot_rules.averaged(lots)) for position, lots in self.book.lots.items())

    def _to_base(self, amount: Decimal, entry: Entry) -> Decimal:
        currency = entry.currency
        return amount if currency == self._base else self._rates.to_base(amount, currency, entry.day)

    def _pay(self, entry: Entry, amount: Decimal) -> None:
        """Move cash: in the account's currency where the entry converts, else in the entry's own."""
        currency, account_id = entry.currency, entry.account_id
        if entry.fx_rate is not None:
            currency, amount = self._homes[account_id], amount * entry.fx_rate
        self._move(entry, amount, currency)
        if self._settle_daily and entry.type in _TRADES and currency != self._homes[account_id]:
            self._traded[account_id, currency] += amount

    def _move(self, entry: Entry, amount: Decimal, currency: str) -> None:
        account_id = entry.account_id
        self._cash[account_id, currency] += amount
        self._paid[currency] += amount
        self._note_payment((entry.day, entry.type, entry.symbol, amount, currency, account_id, entry.id))

    def _charged(self, entry: Entry) -> tuple[Decimal, Decimal]:
        """Note an entry's fee and tax, and give them in the base currency."""
        fee, tax = entry.fee, entry.tax
        if fee:
            fee = self._rates.to_base(fee, entry.fee_currency or entry.currency, entry.day)
        if tax:
            tax = self._rates.to_base(tax, entry.tax_currency or entry.currency, entry.day)
        self._charge_of(entry, fee, tax)
        return fee, tax

    def _charge_of(self, entry: Entry, fee: Decimal, tax: Decimal) -> None:
        self.book.fees += fee
        self.book.taxes += tax
        self._note_charge((entry.day, entry.account_id, entry.symbol, fee, tax, entry.id))

    def _cross(self, source: str, target: str, day: date) -> Decimal:
        """Units of `target` for one of `source`, to twelve places as a recorded rate has them."""
        rate = self._rates.rate(source, day) / self._rates.rate(target, day)
        return rate.quantize(_RATE_PLACES, rounding=ROUND_HALF_EVEN)

    def _costs(self, entry: Entry) -> Decimal:
        """Fee and tax in the entry's currency, at its day's rate where they are in another."""
        if not entry.fee_currency and not entry.tax_currency:
            return entry.fee + entry.tax
        parts = ((entry.fee, entry.fee_currency), (entry.tax, entry.tax_currency))
        return sum(
            (part * self._cross(code, entry.currency, entry.day) if code else part for part, code in parts if part),
            _NOTHING,
        )

    def _pay_net(self, entry: Entry, amount: Decimal) -> tuple[Decimal, Decimal]:
        """Move an entry's cash less its fee and tax; those in another currency are paid in the account's own.

        Returns:
            The fee and the tax in the base currency.
        """
        fee, tax = entry.fee, entry.tax
        if not fee and not tax:
            self._pay(entry, amount)
            return _NOTHING, _NOTHING
        if not entry.fee_currency and not entry.tax_currency:
            amount -= fee
            if tax:
                amount -= tax
            self._pay(entry, amount)
            return self._charged(entry)
        home = self._homes[entry.account_id]
        for part, currency in ((fee, entry.fee_currency), (tax, entry.tax_currency)):
            if not currency:
                amount -= part
            elif part:
                self._move(entry, -part * self._cross(currency, home, entry.day), home)
        self._pay(entry, amount)
        return self._charged(entry)

    def _acquire(self, entry: Entry, cost: Decimal, base_cost: Decimal | None = None) -> None:
        acquired, quantity, currency = entry.acquired or entry.day, quantity_of(entry), entry.currency
        account_id, symbol = position = (entry.account_id, entry.symbol)
        if base_cost is None:
            base_cost = self._rates.to_base(cost, currency, acquired)
        if base_cost == cost:
            base_cost = cost  # the same number once, so that a sale divides it once
        lot = Lot(entry.id, account_id, symbol, acquired, quantity, cost, currency, base_cost)
        self._held[position] = self._holding(position) + quantity
        self._moved[position] = None
        lots = self._lots.setdefault(position, [])
        if self._averages and lots and lots[-1].currency != currency:
            lots[:] = lot_rules.averaged(lots)  # from here on they go at their own cost
        if lots and lots[-1].day > acquired:
            lots.insert(bisect_right(lots, acquired, key=lambda each: each.day), lot)
        else:
            lots.append(lot)
        self._note_price(entry)

    def _holding(self, position: Position) -> Decimal:
        """Shares in a position."""
        found = self._held.get(position)
        if found is None:
            found = self._held[position] = lot_rules.held(self.book.lots.get(position, []))
        return found

    def _changed(self, position: Position) -> None:
        """Note that a position's lots are others now."""
        self._moved[position] = None
        self._held.pop(position, None)

    def _receive(self, account_id: str, symbol: str, arriving: Sequence[Lot]) -> None:
        """Put lots that come from elsewhere where their days have them."""
        self._changed((account_id, symbol))
        lots = self.book.lots.setdefault((account_id, symbol), [])
        if self._method is CostMethod.AVERAGE and len({lot.currency for lot in (*lots, *arriving)}) > 1:
            lots, arriving = lot_rules.averaged(lots), lot_rules.averaged(arriving)
        here = [replace(lot, account_id=account_id) for lot in arriving]
        self.book.lots[account_id, symbol] = lot_rules.placed(lots, here)

    def _release(self, entry: Entry) -> list[Lot]:
        position = (entry.account_id, entry.symbol)
        lots = self._lots.get(position, [])
        quantity, holding = quantity_of(entry), self._holding(position)
        if quantity > holding:
            raise ShortSale(
                symbol=entry.symbol, day=entry.day, quantity=quantity, holding=holding, account_id=entry.account_id
            )
        if entry.lots:
            taken, self._lots[position] = self._take_chosen(entry, lots)
        elif self._method is _FIFO:
            taken = lot_rules.take_first(lots, quantity)
        else:
            taken, self._lots[position] = lot_rules.take(lots, quantity, self._method)
        self._moved[position] = None
        self._held[position] = holding - quantity
        return taken

    def _take_chosen(self, entry: Entry, lots: Sequence[Lot]) -> tuple[list[Lot], list[Lot]]:
        if self._method is CostMethod.AVERAGE:
            lots = lot_rules.averaged(lots)  # every share costs the same; the choice says which days go
        there = {lot.id: lot.quantity for lot in lots}
        for index, choice in enumerate(entry.lots):
            found = there.get(choice.lot_id, Decimal(0))
            if choice.quantity > found:
                raise LotNotOpen(
                    choice.lot_id,
                    index=index,
                    quantity=choice.quantity,
                    held=found,
                    day=entry.day,
                    entry_id=entry.id,
                )
        return lot_rules.take_chosen(lots, {choice.lot_id: choice.quantity for choice in entry.lots})

    def _note_price(self, entry: Entry) -> None:
        price = entry.price
        if price is None:
            price = entry.worth / quantity_of(entry)
        if price:
            self._prices[entry.symbol].append((entry.day, price, entry.currency))

    def _sold(self, entry: Entry, symbol: str, quantity: Decimal, proceeds: Decimal, taken: Sequence[Lot]) -> None:
        cost = sum([lot.base_cost for lot in taken], _NOTHING)
        self.book.realised += proceeds - cost
        account_id, lots = taken[0].account_id, tuple(taken)
        self.book.sales.append((entry.id, entry.day, symbol, account_id, quantity, proceeds, cost, lots, entry.type))

    def _positions(self, entry: Entry) -> Iterable[Position]:
        for position, lots in self.book.lots.items():
            if position[1] == entry.symbol and lots and entry.account_id in ("", position[0]):
                yield position


def ratio_of(entry: Entry) -> Fraction:
    """New shares per old one."""
    if entry.ratio is None:
        raise Internal(f"a {entry.type} without its ratio was stored", transaction_id=entry.id)
    return entry.ratio


def quantity_of(entry: Entry) -> Decimal:
    """Shares of an entry that has some."""
    if entry.quantity is None:
        raise Internal("an entry of shares without its quantity was stored", transaction_id=entry.id)
    return entry.quantity
