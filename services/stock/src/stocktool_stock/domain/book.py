"""From ledger to book: positions with their lots, cash, gains, income and external flows, entry by entry."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from stocktool_kit.core.errors import Internal

from stocktool_stock.domain import lots as lot_rules
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.ledger import Entry, EntryType, NoFraction, NothingHeld, ShortSale
from stocktool_stock.domain.lots import CostMethod, Lot, LotNotOpen
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.splits import MATCH_DAYS, BookedSplit
from stocktool_stock.domain.values import value

Position = tuple[str, str]
"""Account id and symbol."""

_TRADES = frozenset({EntryType.BUY, EntryType.SELL})
_FUNDING = frozenset({EntryType.DEPOSIT, EntryType.WITHDRAWAL, EntryType.OPENING})
_RATE_PLACES = Decimal("1e-12")


@value(frozen=True, slots=True)
class Flow:
    """Something the owner brought in (positive) or took out (negative).

    Cash has `amount` in `currency`. Shares have `symbol` and `quantity` too; they count at the day's price, and
    `amount` (their cost) stands in where no price is known.
    """

    day: date
    account_id: str
    amount: Decimal
    currency: str
    symbol: str = ""
    quantity: Decimal = Decimal(0)
    implied: bool = False


@value(frozen=True, slots=True)
class Payment:
    """Cash that an entry moved, received positive, in the currency it was moved in."""

    day: date
    type: EntryType
    symbol: str
    amount: Decimal
    currency: str
    account_id: str = ""
    entry_id: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Cash turned into an account's own currency at the end of a day: `amount` of `currency` (negative: bought)."""

    day: date
    amount: Decimal
    currency: str
    account_currency: str


@value(frozen=True, slots=True)
class Sale:
    """A sale with the lots it took; money in the base currency, each part at the rate of its own day.

    `type` says what realised the gain. The cash part of a merger counts as one too: `quantity` and the lots are those
    exchanged, with the cost that the cash took.
    """

    entry_id: str
    day: date
    symbol: str
    account_id: str
    quantity: Decimal
    proceeds: Decimal
    cost: Decimal
    lots: tuple[Lot, ...]
    type: EntryType = EntryType.SELL

    @property
    def gain(self) -> Decimal:
        """Proceeds after fee, less cost."""
        return self.proceeds - self.cost


@dataclass(frozen=True, slots=True)
class Reorganisation:
    """A spin-off or merger as an account saw it; `quantity` new shares came, as the end of the day counts them."""

    account_id: str
    symbol: str
    new_symbol: str
    day: date
    type: EntryType
    quantity: Decimal


@value(frozen=True, slots=True)
class TradePrice:
    """Price of one share as an entry of a day says it; what values a name before its first market price."""

    day: date
    price: Decimal
    currency: str


@value(frozen=True, slots=True)
class Charge:
    """A fee and a tax of one entry, in the base currency."""

    day: date
    account_id: str
    symbol: str
    fee: Decimal
    tax: Decimal
    entry_id: str


@dataclass(slots=True)
class Book:
    """What a ledger comes to.

    Attributes:
        lots: Open lots of each position in order of acquisition.
        cash: By account and currency; currencies that came to nothing stay with 0.
        quantities: Quantity of each position at the end of each day it changed.
        cash_steps: Cash of each currency over all accounts at the end of each day it changed.
        flows: External flows in order.
        internal_flows: What left one account of the portfolio (negative) and reached another, in pairs.
        payments: Cash that entries moved, in order.
        charges: Fees and taxes of entries, in order.
        conversions: Cash that was converted at the end of a day, where the book settles so.
        splits: Splits booked, those after the last day that counts among them.
        reorganisations: Spin-offs and mergers booked.
        income: Dividends and interest before tax, in the base currency; `fees` and `taxes` all that was paid.
    """

    portfolio: Portfolio
    lots: dict[Position, list[Lot]] = field(default_factory=dict)
    cash: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    quantities: dict[Position, list[tuple[date, Decimal]]] = field(default_factory=lambda: defaultdict(list))
    cash_steps: dict[str, list[tuple[date, Decimal]]] = field(default_factory=lambda: defaultdict(list))
    flows: list[Flow] = field(default_factory=list)
    internal_flows: list[Flow] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    splits: list[BookedSplit] = field(default_factory=list)
    reorganisations: list[Reorganisation] = field(default_factory=list)
    trade_prices: dict[str, list[TradePrice]] = field(default_factory=lambda: defaultdict(list))
    income: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    taxes: Decimal = Decimal(0)
    first_day: date | None = None

    @property
    def realised(self) -> Decimal:
        """Gain of all sales, in the base currency."""
        return sum((sale.gain for sale in self.sales), Decimal(0))

    @property
    def symbols(self) -> list[str]:
        """Every symbol ever held, in order of the alphabet."""
        return sorted({symbol for _, symbol in self.quantities})

    def held_symbols(self) -> list[str]:
        """Symbols held at the end."""
        return sorted({symbol for (_, symbol), lots in self.lots.items() if lots})

    def splits_of(self, position: Position) -> list[BookedSplit]:
        """Splits booked for a position."""
        account_id, symbol = position
        return [split for split in self.splits if split.symbol == symbol and split.account_id == account_id]

    def copied(self, portfolio: Portfolio) -> Book:
        """The same book under the portfolio's head as it is now; what is booked into one is not seen in the other."""
        book = replace(self, portfolio=portfolio)
        for each in fields(Book):
            value = getattr(book, each.name)
            if isinstance(value, list):
                setattr(book, each.name, list(value))
            elif isinstance(value, dict):
                copy = value.copy()
                copy.update((key, list(some)) for key, some in value.items() if isinstance(some, list))
                setattr(book, each.name, copy)
        return book

    def spun_off_near(self, symbol: str, day: date) -> bool:
        """Whether some account booked a spin-off of a symbol within ten days of a day."""
        return any(
            each.symbol == symbol and each.type is EntryType.SPIN_OFF and abs((each.day - day).days) <= MATCH_DAYS
            for each in self.reorganisations
        )


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


class _Keeper:
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
        self.book = book
        self._method = method
        self._rates = rates
        self._implied = implied
        self._settle_daily = settle_daily
        self._skip_empty_dividends = skip_empty_dividends
        self._traded: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self._day: date | None = None
        self._moved: set[Position] = set()
        self._held: dict[Position, Decimal] = {}  # summing lots at every entry would make long ledgers quadratic
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
                self.book_entry(entry)
            elif entry.type is EntryType.SPLIT:
                self.note_later_split(entry)

    def finished(self) -> Book:
        """The book at its end."""
        self.close_day()
        self.average()
        return self.book

    def book_entry(self, entry: Entry) -> None:
        if self._day is not None and entry.day != self._day:
            self.close_day()
        if self.book.first_day is None:
            self.book.first_day = entry.day
        self._day = entry.day
        self._handlers[entry.type](entry)

    def note_later_split(self, entry: Entry) -> None:
        """Remember a split booked after the last day that counts: it says when the market's split takes effect here."""
        for position in self._positions(entry):
            self._note_split(position, entry)

    def close_day(self) -> None:
        """Note where quantities and cash stand; a fund-less ledger gets its implied deposits first."""
        if self._day is None:
            return
        self._settle(self._day)
        if self._implied:
            for (account_id, currency), amount in self.book.cash.items():
                if amount < 0:
                    self.book.cash[account_id, currency] = Decimal(0)
                    self.book.flows.append(Flow(self._day, account_id, -amount, currency, implied=True))
        for position in self._moved:
            self.book.quantities[position].append((self._day, self._holding(position)))
        self._moved.clear()
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for (_, currency), amount in self.book.cash.items():
            totals[currency] += amount
        for currency, total in totals.items():
            steps = self.book.cash_steps[currency]
            if not steps or steps[-1][1] != total:
                steps.append((self._day, total))

    def _settle(self, day: date) -> None:
        """Convert what the day's trades left in, or lack of, other currencies than their account's."""
        for (account_id, currency), traded in self._traded.items():
            balance, home = self.book.cash[account_id, currency], self.book.portfolio.by_account[account_id].currency
            amount = max(Decimal(0), min(traded, balance)) if traded > 0 else min(Decimal(0), max(traded, balance))
            if amount:
                rate = self._rates.rate(currency, day) / self._rates.rate(home, day)
                self.book.cash[account_id, currency] -= amount
                self.book.cash[account_id, home] += amount * rate
                self.book.conversions.append(Conversion(day, amount, currency, home))
        self._traded.clear()

    def average(self) -> None:
        """Under average cost, give all shares of each position the same cost."""
        if self._method is CostMethod.AVERAGE:
            self.book.lots = {position: lot_rules.averaged(lots) for position, lots in self.book.lots.items()}

    def _to_base(self, amount: Decimal, entry: Entry) -> Decimal:
        return self._rates.to_base(amount, entry.currency, entry.day)

    def _pay(self, entry: Entry, amount: Decimal) -> None:
        """Move cash: in the account's currency where the entry converts, else in the entry's own."""
        home = self.book.portfolio.by_account[entry.account_id].currency
        currency = entry.currency
        if entry.fx_rate is not None:
            currency, amount = home, amount * entry.fx_rate
        self._move(entry, amount, currency)
        if self._settle_daily and entry.type in _TRADES and currency != home:
            self._traded[entry.account_id, currency] += amount

    def _move(self, entry: Entry, amount: Decimal, currency: str) -> None:
        self.book.cash[entry.account_id, currency] += amount
        payment = Payment(entry.day, entry.type, entry.symbol, amount, currency, entry.account_id, entry.id)
        self.book.payments.append(payment)

    def _charged(self, entry: Entry) -> None:
        fee = self._rates.to_base(entry.fee, entry.fee_currency or entry.currency, entry.day)
        tax = self._rates.to_base(entry.tax, entry.tax_currency or entry.currency, entry.day)
        self._charge_of(entry, fee, tax)

    def _charge_of(self, entry: Entry, fee: Decimal, tax: Decimal) -> None:
        self.book.fees += fee
        self.book.taxes += tax
        self.book.charges.append(Charge(entry.day, entry.account_id, entry.symbol, fee, tax, entry.id))

    def _cross(self, source: str, target: str, day: date) -> Decimal:
        """Units of `target` for one of `source`, to twelve places as a recorded rate has them."""
        rate = self._rates.rate(source, day) / self._rates.rate(target, day)
        return rate.quantize(_RATE_PLACES, rounding=ROUND_HALF_EVEN)

    def _costs(self, entry: Entry) -> tuple[Decimal, Decimal]:
        """Fee and tax in the entry's currency, at its day's rate where they are in another, and in the base one."""
        own = base = Decimal(0)
        for amount, currency in ((entry.fee, entry.fee_currency), (entry.tax, entry.tax_currency)):
            if amount:
                own += amount * self._cross(currency, entry.currency, entry.day) if currency else amount
                base += self._rates.to_base(amount, currency or entry.currency, entry.day)
        return own, base

    def _pay_net(self, entry: Entry, amount: Decimal) -> None:
        """Move an entry's cash less its fee and tax; those in another currency are paid in the account's own."""
        home = self.book.portfolio.by_account[entry.account_id].currency
        if entry.fee or entry.tax:
            for part, currency in ((entry.fee, entry.fee_currency), (entry.tax, entry.tax_currency)):
                if not currency:
                    amount -= part
                elif part:
                    self._move(entry, -part * self._cross(currency, home, entry.day), home)
            self._charged(entry)
        self._pay(entry, amount)

    def _acquire(self, entry: Entry, cost: Decimal, base_cost: Decimal | None = None) -> None:
        acquired = entry.acquired or entry.day
        lot = Lot(
            id=entry.id,
            account_id=entry.account_id,
            symbol=entry.symbol,
            day=acquired,
            quantity=_quantity(entry),
            cost=cost,
            currency=entry.currency,
            base_cost=self._rates.to_base(cost, entry.currency, acquired) if base_cost is None else base_cost,
        )
        position = (entry.account_id, entry.symbol)
        self._held[position] = self._holding(position) + lot.quantity
        lots = self._ready(entry.account_id, entry.symbol, entry.currency)
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
        self._moved.add(position)
        self._held.pop(position, None)

    def _receive(self, account_id: str, symbol: str, arriving: Sequence[Lot]) -> None:
        """Put lots that come from elsewhere where their days have them."""
        self._changed((account_id, symbol))
        lots = self.book.lots.setdefault((account_id, symbol), [])
        if self._method is CostMethod.AVERAGE and len({lot.currency for lot in (*lots, *arriving)}) > 1:
            lots, arriving = lot_rules.averaged(lots), lot_rules.averaged(arriving)
        here = [replace(lot, account_id=account_id) for lot in arriving]
        self.book.lots[account_id, symbol] = lot_rules.placed(lots, here)

    def _ready(self, account_id: str, symbol: str, currency: str) -> list[Lot]:
        """The lots of a position that one in this currency can join."""
        self._moved.add((account_id, symbol))
        lots = self.book.lots.setdefault((account_id, symbol), [])
        if self._method is CostMethod.AVERAGE and lots and lots[-1].currency != currency:
            lots[:] = lot_rules.averaged(lots)  # from here on they go at their own cost
        return lots

    def _release(self, entry: Entry) -> list[Lot]:
        position = (entry.account_id, entry.symbol)
        lots = self.book.lots.get(position, [])
        quantity, holding = _quantity(entry), self._holding(position)
        if quantity > holding:
            raise ShortSale(
                symbol=entry.symbol, day=entry.day, quantity=quantity, holding=holding, account_id=entry.account_id
            )
        if entry.lots:
            taken, self.book.lots[position] = self._take_chosen(entry, lots)
        else:
            taken, self.book.lots[position] = lot_rules.take(lots, quantity, self._method)
        self._moved.add(position)
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
        price = entry.price if entry.price is not None else entry.worth / _quantity(entry)
        if price > 0:
            self.book.trade_prices[entry.symbol].append(TradePrice(entry.day, price, entry.currency))

    def _buy(self, entry: Entry) -> None:
        costs, base_costs = self._costs(entry)
        self._acquire(entry, entry.gross + costs, self._to_base(entry.gross, entry) + base_costs)
        self._pay_net(entry, -entry.gross)

    def _sell(self, entry: Entry) -> None:
        taken = self._release(entry)
        self._note_price(entry)
        self._pay_net(entry, entry.gross)
        fee = self._rates.to_base(entry.fee, entry.fee_currency or entry.currency, entry.day)
        self._sold(entry, entry.symbol, _quantity(entry), self._to_base(entry.gross, entry) - fee, taken)

    def _sold(self, entry: Entry, symbol: str, quantity: Decimal, proceeds: Decimal, taken: Sequence[Lot]) -> None:
        self.book.sales.append(
            Sale(
                entry_id=entry.id,
                day=entry.day,
                symbol=symbol,
                account_id=taken[0].account_id,
                quantity=quantity,
                proceeds=proceeds,
                cost=sum((lot.base_cost for lot in taken), Decimal(0)),
                lots=tuple(taken),
                type=entry.type,
            )
        )

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
        ratio, trades = _ratio(entry), self.book.trade_prices.get(entry.symbol, [])
        told = any((s.symbol, s.day, s.ratio) == (entry.symbol, entry.day, ratio) for s in self.book.splits)
        if told or not any(self._positions(entry)):
            return
        for index in range(len(trades) - 1, -1, -1):
            if trades[index].day != entry.day:
                break
            price = trades[index].price * ratio.denominator / ratio.numerator
            trades[index] = replace(trades[index], price=price)

    def _note_split(self, position: Position, entry: Entry) -> Fraction:
        ratio = _ratio(entry)
        self.book.splits.append(BookedSplit(position[0], entry.symbol, entry.day, ratio))
        return ratio

    def _positions(self, entry: Entry) -> Iterable[Position]:
        for position, lots in self.book.lots.items():
            if position[1] == entry.symbol and lots and entry.account_id in ("", position[0]):
                yield position

    def _in(self, entry: Entry) -> None:
        if not entry.symbol:
            self._cash_in(entry)
            return
        self._acquire(entry, entry.brought)
        self._pay_fee(entry)
        self.book.flows.append(
            Flow(entry.day, entry.account_id, entry.worth, entry.currency, entry.symbol, _quantity(entry))
        )

    def _out(self, entry: Entry) -> None:
        if not entry.symbol:
            self._cash_out(entry)
            return
        taken = self._release(entry)
        self._pay_fee(entry)
        cost = sum((lot.cost for lot in taken), Decimal(0))
        out = Flow(entry.day, entry.account_id, -cost, taken[0].currency, entry.symbol, -_quantity(entry))
        if not entry.to_account_id:
            self.book.flows.append(out)
            return
        self._receive(entry.to_account_id, entry.symbol, taken)
        arrived = replace(out, account_id=entry.to_account_id, amount=cost, quantity=_quantity(entry))
        self.book.internal_flows += [out, arrived]

    def _pay_fee(self, entry: Entry) -> None:
        if entry.fee:
            self._pay_net(entry, Decimal(0))

    def _reinvest(self, entry: Entry) -> None:
        self._acquire(entry, entry.gross)
        self._pay(entry, Decimal(0))
        if entry.tax:  # withheld from the dividend: what was reinvested is the rest, and the cash stays as it was
            self._charged(entry)
        tax = self._rates.to_base(entry.tax, entry.tax_currency or entry.currency, entry.day)
        self.book.income += self._to_base(entry.gross, entry) + tax

    def _spin_off(self, entry: Entry) -> None:
        """New shares come beside the old ones and take a part of their cost."""
        ratio, fraction = _ratio(entry), entry.cost_fraction or Decimal(0)
        self._note_new_price(entry, fraction)
        for position in self._reorganised(entry):
            pairs = [lot_rules.spun_off(lot, entry.new_symbol, ratio, fraction) for lot in self.book.lots[position]]
            self.book.lots[position] = [kept for kept, _ in pairs]
            self._finish_reorganisation(entry, position, [new for _, new in pairs])

    def _merger(self, entry: Entry) -> None:
        """Old shares become new ones at their cost, less what cash took of it."""
        ratio = _ratio(entry)
        self._note_new_price(entry, Decimal(1))
        for position in self._reorganised(entry):
            old = self.book.lots[position]
            self.book.lots[position] = []
            if entry.amount_per_share:
                old = lot_rules.averaged(old) if self._method is CostMethod.AVERAGE else old
                old = self._take_boot(entry, position, old, ratio)
            self._finish_reorganisation(
                entry, position, [lot_rules.exchanged(lot, entry.new_symbol, ratio) for lot in old]
            )

    def _reorganised(self, entry: Entry) -> list[Position]:
        positions = [(account, symbol) for account, symbol in self._positions(entry)]
        if not positions:
            raise NothingHeld(
                f"no {entry.symbol} is held on {entry.day}, so a {entry.type} has nothing to change",
                symbol=entry.symbol,
                date=entry.day,
            )
        return positions

    def _take_boot(self, entry: Entry, position: Position, old: Sequence[Lot], ratio: Fraction) -> list[Lot]:
        """Cash for each old share, lot by lot: a gain up to the cash counts, a loss does not, the rest lowers the cost.

        Source: Internal Revenue Code §§ 354, 356 and 358. Without the price of a new share they count as worth nothing
        here, so that cash lowers the cost first.
        """
        cash_each, worth = entry.amount_per_share or Decimal(0), entry.price or Decimal(0)
        kept: list[Lot] = []
        took: list[Lot] = []
        for lot in old:
            cash, value = cash_each * lot.quantity, worth * lot_rules.split_quantity(lot.quantity, ratio)
            to_lot = (
                self._cross(entry.currency, lot.currency, entry.day) if lot.currency != entry.currency else Decimal(1)
            )
            part = replace(
                lot,
                cost=_cost_of_boot(cash * to_lot, value * to_lot, lot.cost),
                base_cost=_cost_of_boot(self._to_base(cash, entry), self._to_base(value, entry), lot.base_cost),
            )
            took.append(part)
            kept.append(replace(lot, cost=lot.cost - part.cost, base_cost=lot.base_cost - part.base_cost))
        quantity = lot_rules.held(old)
        here = replace(entry, account_id=position[0])
        self._pay(here, cash_each * quantity)
        self._sold(entry, entry.symbol, quantity, self._to_base(cash_each * quantity, entry), took)
        return kept

    def _finish_reorganisation(self, entry: Entry, position: Position, new: Sequence[Lot]) -> None:
        """The new shares arrive, and a fraction of one goes for its cash."""
        account_id, symbol = position
        if entry.amount is not None:
            new = self._sell_fraction(entry, account_id, new)
        self._changed(position)
        self._receive(account_id, entry.new_symbol, new)
        self.book.reorganisations.append(
            Reorganisation(account_id, symbol, entry.new_symbol, entry.day, entry.type, lot_rules.held(new))
        )

    def _sell_fraction(self, entry: Entry, account_id: str, new: Sequence[Lot]) -> list[Lot]:
        total, cash = lot_rules.held(new), entry.gross
        fraction = total - total.to_integral_value(rounding=ROUND_FLOOR)
        if not fraction:
            raise NoFraction(
                f"{entry.new_symbol} comes to whole shares, so there is no cash in lieu of a fraction",
                symbol=entry.new_symbol,
                date=entry.day,
            )
        taken, left = lot_rules.take(new, fraction, self._method)
        self._pay(replace(entry, account_id=account_id), cash)
        self._sold(entry, entry.new_symbol, fraction, self._to_base(cash, entry), taken)
        return left

    def _note_new_price(self, entry: Entry, part: Decimal) -> None:
        """What a new share is worth where no market says: as the entry says, else by the last trade of the old one."""
        if entry.price:
            self.book.trade_prices[entry.new_symbol].append(TradePrice(entry.day, entry.price, entry.currency))
        trades = self.book.trade_prices.get(entry.symbol)
        if not trades:
            return
        last = trades[-1]
        old = last.price
        for split_day, ratio in {(s.day, s.ratio) for s in self.book.splits if s.symbol == entry.symbol}:
            if last.day < split_day:
                old = old * ratio.denominator / ratio.numerator
        ratio = _ratio(entry)
        if not entry.price:
            cash = entry.amount_per_share or Decimal(0)
            cash = cash * self._cross(entry.currency, last.currency, entry.day) if cash else cash
            price = max(old * part - cash, Decimal(0)) * ratio.denominator / ratio.numerator
            if price:
                self.book.trade_prices[entry.new_symbol].append(TradePrice(entry.day, price, last.currency))
        if part < 1:
            worth = TradePrice(entry.day, old * (1 - part), last.currency)
            self.book.trade_prices[entry.symbol].append(worth)


def _cost_of_boot(cash: Decimal, worth: Decimal, cost: Decimal) -> Decimal:
    """How much of a lot's cost the cash of a merger takes; the cash beyond it is the gain that counts."""
    gain = min(max(cash + worth - cost, Decimal(0)), cash)
    return cash - gain


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


def _ratio(entry: Entry) -> Fraction:
    if entry.ratio is None:
        raise Internal(f"a {entry.type} without its ratio was stored", transaction_id=entry.id)
    return entry.ratio


def _quantity(entry: Entry) -> Decimal:
    if entry.quantity is None:
        raise Internal("an entry of shares without its quantity was stored", transaction_id=entry.id)
    return entry.quantity
