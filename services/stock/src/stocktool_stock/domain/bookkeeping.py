"""From ledger to book, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from stocktool_stock.domain import lots as lot_rules
from stocktool_stock.domain.book import Book, Flow, Position, Reorganisation
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.keeping import quantity_of, ratio_of
from stocktool_stock.domain.ledger import Entry, EntryType, NothingHeld
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.reorganising import Reorganising
from stocktool_stock.domain.splits import BookedSplit

_FUNDING = frozenset({EntryType.DEPOSIT, EntryType.WITHDRAWAL, EntryType.OPENING})


def keep_book(
    entries: Sequence[Entry],
    portfolio: Portfolio,
    rates: RateTable,
    *,
    cost_method: CostMethod | None = None,
    until: date | None = None,
    settle_daily: bool = False,
    skip_empty_dividends: bool = False,
) -> Book:
    """Book entries one after another.

    Cash is kept per account and currency. A trade in another currency than its account's is paid by converting at the
    day's rate. A ledger without any deposit, withdrawal or opening balance is funded by implied deposits: what an
    account lacks at the end of a day counts as paid in on it.

    Args:
        entries: Standing entries by day, then order of entry.
        portfolio: Gives accounts, base currency and cost method.
        rates: Rates of all days and currencies of the entries.
        cost_method: Instead of the portfolio's.
        until: Last day that counts, None for all.
        settle_daily: Trades in another currency than their account's carry no rate of their own. What they leave at the
            end of a day is converted then: proceeds, and what purchases lack after the cash there is in that currency.
        skip_empty_dividends: A dividend per share on a day without shares is nothing, and no error.

    Raises:
        ShortSale: More leaves a position than it holds.
        LotNotOpen: A chosen lot is not there, or too small.
        NothingHeld: A dividend per share, a spin-off or a merger on a day without shares.
        NoFraction: Cash in lieu where no fraction of a share is left over.
    """
    with exact():
        funded = any(funds(entry) for entry in entries)
        keeper = _Keeper(
            Book(portfolio),
            cost_method or portfolio.cost_method,
            rates,
            implied=not funded,
            settle_daily=settle_daily,
            skip_empty_dividends=skip_empty_dividends,
        )
        keeper.book_entries(entries, until)
        return keeper.finished()


def open_book(
    entries: Sequence[Entry], portfolio: Portfolio, rates: RateTable, *, implied: bool, start: Book | None = None
) -> Book:
    """Book all entries of some first days, and leave the book so that `continue_book` goes on from the next day.

    Args:
        entries: Standing entries by day, then order of entry.
        portfolio: Gives accounts, base currency and cost method.
        rates: Rates of all days and currencies of the entries.
        implied: Whether deposits are implied: there is no entry that `funds`, before or after the cut.
        start: An open book of earlier days, which stays as it is.
    """
    with exact():
        keeper = _Keeper(
            start.copied(portfolio) if start else Book(portfolio),
            portfolio.cost_method,
            rates,
            implied=implied,
            settle_daily=False,
            skip_empty_dividends=False,
        )
        keeper.book_entries(entries, None)
        keeper.close_day()
        return keeper.book


def continue_book(
    start: Book,
    entries: Sequence[Entry],
    portfolio: Portfolio,
    rates: RateTable,
    *,
    implied: bool,
    until: date | None = None,
) -> Book:
    """Go on from an open book, which stays as it is: gives what `keep_book` gives for all entries together.

    Args:
        start: What `open_book` left under the same cost method, base currency and `implied`.
        entries: Standing entries of later days, in order.
        portfolio: The head as it is now.
        rates: Rates of all days and currencies of these entries, and on a merger's day of the currencies of open lots.
        implied: Whether deposits are implied.
        until: Last day that counts; not before the last day of `start`.
    """
    with exact():
        keeper = _Keeper(
            start.copied(portfolio),
            portfolio.cost_method,
            rates,
            implied=implied,
            settle_daily=False,
            skip_empty_dividends=False,
        )
        keeper.book_entries(entries, until)
        return keeper.finished()


def funds(entry: Entry) -> bool:
    """Whether an entry says what the owner pays in or takes out; between own accounts nothing is."""
    transfer = entry.type in (EntryType.TRANSFER_IN, EntryType.TRANSFER_OUT)
    return entry.type in _FUNDING or (transfer and not entry.symbol and not entry.to_account_id)


class _Keeper(Reorganising):
    """Books entries; one use."""

    def __init__(
        self,
        book: Book,
        method: CostMethod,
        rates: RateTable,
        *,
        implied: bool,
        settle_daily: bool,
        skip_empty_dividends: bool,
    ) -> None:
        super().__init__(book, method, rates, implied=implied, settle_daily=settle_daily)
        self._skip_empty_dividends = skip_empty_dividends
        self._handlers: dict[EntryType, Callable[[Entry], None]] = {
            EntryType.BUY: self._buy,
            EntryType.SELL: self._sell,
            EntryType.DEPOSIT: self._cash_in,
            EntryType.WITHDRAWAL: self._cash_out,
            EntryType.DIVIDEND: self._dividend,
            EntryType.INTEREST: self._interest,
            EntryType.FEE: self._charge,
            EntryType.TAX: self._charge,
            EntryType.SPLIT: self._split,
            EntryType.TRANSFER_IN: self._in,
            EntryType.TRANSFER_OUT: self._out,
            EntryType.OPENING: self._in,
            EntryType.REINVEST: self._reinvest,
            EntryType.SPIN_OFF: self._spin_off,
            EntryType.MERGER: self._merger,
        }

    def book_entries(self, entries: Sequence[Entry], until: date | None) -> None:
        """Book them; of those after the last day that counts only splits are noted."""
        for entry in entries:
            if until is None or entry.day <= until:
                if entry.day != self._day:
                    self._begin(entry.day)
                self._handlers[entry.type](entry)
            elif entry.type is EntryType.SPLIT:
                self.note_later_split(entry)

    def finished(self) -> Book:
        """The book at its end."""
        self.close_day()
        self.average()
        return self.book

    def _begin(self, day: date) -> None:
        """Close the day before, and begin one."""
        self.close_day()
        if self.book.first_day is None:
            self.book.first_day = day
        self._day = day

    def note_later_split(self, entry: Entry) -> None:
        """Remember a split booked after the last day that counts: it says when the market's split takes effect here."""
        for position in self._positions(entry):
            self._note_split(position, entry)

    def _buy(self, entry: Entry) -> None:
        gross = entry.gross
        fee, tax = self._pay_net(entry, -gross)
        self._acquire(entry, gross + self._costs(entry), self._to_base(gross, entry) + (fee + tax))

    def _sell(self, entry: Entry) -> None:
        gross = entry.gross
        taken = self._release(entry)
        self._note_price(entry)
        fee, _ = self._pay_net(entry, gross)
        self._sold(entry, entry.symbol, quantity_of(entry), self._to_base(gross, entry) - fee, taken)

    def _cash_in(self, entry: Entry) -> None:
        self._pay_net(entry, entry.gross)
        self.book.flows.append(Flow(entry.day, entry.account_id, entry.gross, entry.currency))

    def _cash_out(self, entry: Entry) -> None:
        self._pay_net(entry, -entry.gross)
        out = Flow(entry.day, entry.account_id, -entry.gross, entry.currency)
        if not entry.to_account_id:
            self.book.flows.append(out)
            return
        self._move(replace(entry, account_id=entry.to_account_id), entry.gross, entry.currency)
        self.book.internal_flows += [out, replace(out, account_id=entry.to_account_id, amount=entry.gross)]

    def _dividend(self, entry: Entry) -> None:
        gross = entry.gross
        if entry.amount_per_share is not None:
            holding = self._holding((entry.account_id, entry.symbol))
            if not holding and self._skip_empty_dividends:
                return
            if not holding:
                raise NothingHeld(
                    f"no {entry.symbol} is held on {entry.day}, so a dividend per share is nothing",
                    symbol=entry.symbol,
                    date=entry.day,
                )
            gross = entry.amount_per_share * holding
        self._pay_net(entry, gross)
        self.book.income += self._to_base(gross, entry)

    def _interest(self, entry: Entry) -> None:
        self._pay_net(entry, entry.gross)
        self.book.income += self._to_base(entry.gross, entry)

    def _charge(self, entry: Entry) -> None:
        self._pay(entry, -entry.gross)
        amount = self._to_base(entry.gross, entry)
        if entry.type is EntryType.FEE:
            self._charge_of(entry, amount, Decimal(0))
        else:
            self._charge_of(entry, Decimal(0), amount)

    def _split(self, entry: Entry) -> None:
        self._split_prices(entry)
        for position in self._positions(entry):
            ratio = self._note_split(position, entry)
            self.book.lots[position] = lot_rules.split(self.book.lots[position], ratio)
            self._changed(position)
            for flows in (self.book.flows, self.book.internal_flows):
                _split_flows(flows, position, entry.day, ratio)
            _split_arrivals(self.book.reorganisations, position, entry.day, ratio)

    def _split_prices(self, entry: Entry) -> None:
        """Trades earlier on the day were made at prices of old shares; once, whichever accounts book the split."""
        ratio, trades = ratio_of(entry), self.book.trade_prices.get(entry.symbol)
        told = any((s.symbol, s.day, s.ratio) == (entry.symbol, entry.day, ratio) for s in self.book.splits)
        if told or not trades or not any(self._positions(entry)):
            return
        for index in range(len(trades) - 1, -1, -1):
            trade = trades[index]
            if trade.day != entry.day:
                break
            trades[index] = (trade.day, trade.price * ratio.denominator / ratio.numerator, trade.currency)

    def _note_split(self, position: Position, entry: Entry) -> Fraction:
        ratio = ratio_of(entry)
        self.book.splits.append(BookedSplit(position[0], entry.symbol, entry.day, ratio))
        return ratio

    def _in(self, entry: Entry) -> None:
        if not entry.symbol:
            self._cash_in(entry)
            return
        self._acquire(entry, entry.brought)
        self._pay_fee(entry)
        self.book.flows.append(
            Flow(entry.day, entry.account_id, entry.worth, entry.currency, entry.symbol, quantity_of(entry))
        )

    def _out(self, entry: Entry) -> None:
        if not entry.symbol:
            self._cash_out(entry)
            return
        taken = self._release(entry)
        self._pay_fee(entry)
        cost = sum((lot.cost for lot in taken), Decimal(0))
        out = Flow(entry.day, entry.account_id, -cost, taken[0].currency, entry.symbol, -quantity_of(entry))
        if not entry.to_account_id:
            self.book.flows.append(out)
            return
        self._receive(entry.to_account_id, entry.symbol, taken)
        arrived = replace(out, account_id=entry.to_account_id, amount=cost, quantity=quantity_of(entry))
        self.book.internal_flows += [out, arrived]

    def _pay_fee(self, entry: Entry) -> None:
        if entry.fee:
            self._pay_net(entry, Decimal(0))

    def _reinvest(self, entry: Entry) -> None:
        self._acquire(entry, entry.gross)
        self._pay(entry, Decimal(0))
        self.book.income += self._to_base(entry.gross, entry)
        if entry.tax:  # withheld from the dividend: what was reinvested is the rest, and the cash stays as it was
            _, tax = self._charged(entry)
            self.book.income += tax


def _split_flows(flows: list[Flow], position: Position, day: date, ratio: Fraction) -> None:
    """Shares brought in or taken out earlier on the day are counted as the day's price counts them: after it."""
    for index in range(len(flows) - 1, -1, -1):
        flow = flows[index]
        if flow.day != day:
            break
        if (flow.account_id, flow.symbol) == position:
            sign = -1 if flow.quantity < 0 else 1
            flows[index] = replace(flow, quantity=sign * lot_rules.split_quantity(abs(flow.quantity), ratio))


def _split_arrivals(seen: list[Reorganisation], position: Position, day: date, ratio: Fraction) -> None:
    """The same for shares that came by a spin-off or merger."""
    for index in range(len(seen) - 1, -1, -1):
        each = seen[index]
        if each.day != day:
            break
        if (each.account_id, each.new_symbol) == position and each.quantity:
            seen[index] = replace(each, quantity=lot_rules.split_quantity(each.quantity, ratio))
