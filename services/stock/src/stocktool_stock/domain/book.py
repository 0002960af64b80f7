"""From ledger to book: positions with their lots, cash, gains, income and external flows, entry by entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
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
from stocktool_stock.domain.splits import BookedSplit

Position = tuple[str, str]
"""Account id and symbol."""

_TRADES = frozenset({EntryType.BUY, EntryType.SELL})
_FUNDING = frozenset({EntryType.DEPOSIT, EntryType.WITHDRAWAL, EntryType.OPENING})
_RATE_PLACES = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
    """A spin-off or merger as an account saw it."""

    account_id: str
    symbol: str
    new_symbol: str
    day: date
    type: EntryType


@dataclass(frozen=True, slots=True)
class TradePrice:
    """Price of one share as an entry of a day says it; what values a name before its first market price."""

    day: date
    price: Decimal
    currency: str


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
        funded = any(_funds(entry) for entry in entries)
        keeper = _Keeper(
            Book(portfolio),
            cost_method or portfolio.cost_method,
            rates,
            implied=not funded,
            settle_daily=settle_daily,
            skip_empty_dividends=skip_empty_dividends,
        )
        for entry in entries:
            if until is None or entry.day <= until:
                keeper.book_entry(entry)
            elif entry.type is EntryType.SPLIT:
                keeper.note_later_split(entry)
        keeper.close_day()
        keeper.average()
        return keeper.book


def _funds(entry: Entry) -> bool:
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
            self.book.quantities[position].append((self._day, lot_rules.held(self.book.lots.get(position, []))))
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
        self.book.fees += self._rates.to_base(entry.fee, entry.fee_currency or entry.currency, entry.day)
        self.book.taxes += self._rates.to_base(entry.tax, entry.tax_currency or entry.currency, entry.day)

    def _cross(self, source: str, target: str, day: date) -> Decimal:
        """Units of `target` for one of `source`, to twelve places as a recorded rate has them."""
        rate = self._rates.rate(source, day) / self._rates.rate(target, day)
        return rate.quantize(_RATE_PLACES, rounding=ROUND_HALF_EVEN)

    def _costs(self, entry: Entry) -> Decimal:
        """Fee and tax in the entry's currency, at its day's rate where they are in another."""
        total = Decimal(0)
        for amount, currency in ((entry.fee, entry.fee_currency), (entry.tax, entry.tax_currency)):
            total += amount * self._cross(currency, entry.currency, entry.day) if amount and currency else amount
        return total

    def _fee(self, entry: Entry) -> Decimal:
        """The fee in the entry's currency."""
        return self._costs(replace(entry, tax=Decimal(0)))

    def _settle_entry(self, entry: Entry, amount: Decimal) -> None:
        """Move an entry's cash less its fee and tax; those in another currency come from the account's own cash."""
        home = self.book.portfolio.by_account[entry.account_id].currency
        for part, currency in ((entry.fee, entry.fee_currency), (entry.tax, entry.tax_currency)):
            if not currency:
                amount -= part
            elif part:
                self._move(entry, -part * self._cross(currency, home, entry.day), home)
        self._pay(entry, amount)
        self._charged(entry)

    def _acquire(self, entry: Entry, cost: Decimal) -> None:
        acquired = entry.acquired or entry.day
        lot = Lot(
            id=entry.id,
            account_id=entry.account_id,
            symbol=entry.symbol,
            day=acquired,
            quantity=_quantity(entry),
            cost=cost,
            currency=entry.currency,
            base_cost=self._rates.to_base(cost, entry.currency, acquired),
        )
        self._place(lot)
        self._note_price(entry)

    def _place(self, lot: Lot) -> None:
        """Put a lot where its account and day have it."""
        position = (lot.account_id, lot.symbol)
        lots = self.book.lots.setdefault(position, [])
        if self._method is CostMethod.AVERAGE and lots and lots[-1].currency != lot.currency:
            lots[:] = lot_rules.averaged(lots)  # from here on they go at their own cost
        if lots and (lots[-1].day > lot.day or not lot.id.startswith(lots[-1].id)):
            lots[:] = lot_rules.placed(lots, [lot])
        else:
            lots.append(lot)
        self._moved.add(position)

    def _release(self, entry: Entry) -> list[Lot]:
        position = (entry.account_id, entry.symbol)
        lots = self.book.lots.get(position, [])
        quantity, holding = _quantity(entry), lot_rules.held(lots)
        if quantity > holding:
            raise ShortSale(
                symbol=entry.symbol, day=entry.day, quantity=quantity, holding=holding, account_id=entry.account_id
            )
        if entry.lots:
            taken, self.book.lots[position] = self._take_chosen(entry, lots)
        else:
            taken, self.book.lots[position] = lot_rules.take(lots, quantity, self._method)
        self._moved.add(position)
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
        price = entry.price if entry.price is not None else entry.gross / _quantity(entry)
        if price > 0:
            self.book.trade_prices[entry.symbol].append(TradePrice(entry.day, price, entry.currency))

    def _buy(self, entry: Entry) -> None:
        cost = entry.gross + entry.fee + entry.tax
        self._acquire(entry, cost)
        self._pay(entry, -cost)
        self._charged(entry)

    def _sell(self, entry: Entry) -> None:
        taken = self._release(entry)
        self._note_price(entry)
        self._pay(entry, entry.gross - entry.fee - entry.tax)
        self._charged(entry)
        self.book.sales.append(
            Sale(
                entry_id=entry.id,
                day=entry.day,
                symbol=entry.symbol,
                account_id=entry.account_id,
                quantity=_quantity(entry),
                proceeds=self._to_base(entry.gross - entry.fee, entry),
                cost=sum((lot.base_cost for lot in taken), Decimal(0)),
                lots=tuple(taken),
            )
        )

    def _cash_in(self, entry: Entry) -> None:
        self._pay(entry, entry.gross - entry.fee)
        self._charged(entry)
        self.book.flows.append(Flow(entry.day, entry.account_id, entry.gross, entry.currency))

    def _cash_out(self, entry: Entry) -> None:
        self._pay(entry, -entry.gross - entry.fee)
        self._charged(entry)
        self.book.flows.append(Flow(entry.day, entry.account_id, -entry.gross, entry.currency))

    def _dividend(self, entry: Entry) -> None:
        gross = entry.gross
        if entry.amount_per_share is not None:
            holding = lot_rules.held(self.book.lots.get((entry.account_id, entry.symbol), []))
            if not holding and self._skip_empty_dividends:
                return
            if not holding:
                raise NothingHeld(
                    f"no {entry.symbol} is held on {entry.day}, so a dividend per share is nothing",
                    symbol=entry.symbol,
                    date=entry.day,
                )
            gross = entry.amount_per_share * holding
        self._pay(entry, gross - entry.tax - entry.fee)
        self._charged(entry)
        self.book.income += self._to_base(gross, entry)

    def _interest(self, entry: Entry) -> None:
        self._pay(entry, entry.gross - entry.tax - entry.fee)
        self._charged(entry)
        self.book.income += self._to_base(entry.gross, entry)

    def _charge(self, entry: Entry) -> None:
        self._pay(entry, -entry.gross)
        if entry.type is EntryType.FEE:
            self.book.fees += self._to_base(entry.gross, entry)
        else:
            self.book.taxes += self._to_base(entry.gross, entry)

    def _split(self, entry: Entry) -> None:
        for position in self._positions(entry):
            ratio = self._note_split(position, entry)
            self.book.lots[position] = lot_rules.split(self.book.lots[position], ratio)
            self._moved.add(position)
            self._split_flows(position, entry.day, ratio)

    def _split_flows(self, position: Position, day: date, ratio: Fraction) -> None:
        """Shares brought in or taken out earlier on the day are counted as the day's price counts them: after it."""
        for index in range(len(self.book.flows) - 1, -1, -1):
            flow = self.book.flows[index]
            if flow.day != day:
                break
            if (flow.account_id, flow.symbol) == position:
                sign = -1 if flow.quantity < 0 else 1
                quantity = sign * lot_rules.split_quantity(abs(flow.quantity), ratio)
                self.book.flows[index] = replace(flow, quantity=quantity)

    def _note_split(self, position: Position, entry: Entry) -> Fraction:
        if entry.ratio is None:
            raise Internal("a split without its ratio was stored", transaction_id=entry.id)
        self.book.splits.append(BookedSplit(position[0], entry.symbol, entry.day, entry.ratio))
        return entry.ratio

    def _positions(self, entry: Entry) -> Iterable[Position]:
        for position, lots in self.book.lots.items():
            if position[1] == entry.symbol and lots and entry.account_id in ("", position[0]):
                yield position

    def _in(self, entry: Entry) -> None:
        if not entry.symbol:
            self._cash_in(entry)
            return
        self._acquire(entry, entry.gross)
        self._pay_fee(entry)
        self.book.flows.append(
            Flow(entry.day, entry.account_id, entry.gross, entry.currency, entry.symbol, _quantity(entry))
        )

    def _out(self, entry: Entry) -> None:
        if not entry.symbol:
            self._cash_out(entry)
            return
        taken = self._release(entry)
        self._pay_fee(entry)
        cost = sum((lot.cost for lot in taken), Decimal(0))
        self.book.flows.append(
            Flow(entry.day, entry.account_id, -cost, taken[0].currency, entry.symbol, -_quantity(entry))
        )

    def _pay_fee(self, entry: Entry) -> None:
        if entry.fee:
            self._pay(entry, -entry.fee)
            self._charged(entry)

    def _reinvest(self, entry: Entry) -> None:
        self._acquire(entry, entry.gross)
        self._pay(entry, -entry.tax)
        self._charged(entry)
        self.book.income += self._to_base(entry.gross + entry.tax, entry)


def _quantity(entry: Entry) -> Decimal:
    if entry.quantity is None:
        raise Internal("an entry of shares without its quantity was stored", transaction_id=entry.id)
    return entry.quantity
