"""What a ledger comes to: positions with their lots, cash, gains, income and external flows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from stocktool_stock.domain.ledger import EntryType
from stocktool_stock.domain.lots import Lot
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.splits import MATCH_DAYS, BookedSplit
from stocktool_stock.domain.steps import Steps
from stocktool_stock.domain.tape import Tape, Unread
from stocktool_stock.domain.values import value

T = TypeVar("T")
Position = tuple[str, str]
"""Account id and symbol."""


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


PaymentRow = tuple[date, EntryType, str, Decimal, str, str, str]
ChargeRow = tuple[date, str, str, Decimal, Decimal, str]
SaleRow = tuple[str, date, str, str, Decimal, Decimal, Decimal, tuple[Lot, ...], EntryType]
TradePriceRow = tuple[date, Decimal, str]
Prices = Tape[TradePrice, TradePriceRow]
"""Of one symbol, in the order of the trades."""


def tape_of(kind: Callable[..., T], first: Unread[T] | None = None) -> Tape[T, Any]:
    """A tape of one of the dataclasses here, whose rows are its fields."""
    return Tape(build=kind, width=len(fields(kind)), first=first)  # type: ignore[arg-type]  # they are dataclasses


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
        payments: Cash that entries moved, in order; `payment_days` are their days, each once.
        charges: Fees and taxes of entries, in order.
        conversions: Cash that was converted at the end of a day, where the book settles so.
        splits: Splits booked, those after the last day that counts among them.
        reorganisations: Spin-offs and mergers booked.
        realised: Gain of all sales, in the base currency.
        income: Dividends and interest before tax, in the base currency; `fees` and `taxes` all that was paid.
    """

    portfolio: Portfolio
    lots: dict[Position, list[Lot]] = field(default_factory=dict)
    cash: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    quantities: dict[Position, Steps] = field(default_factory=lambda: defaultdict(Steps))
    cash_steps: dict[str, Steps] = field(default_factory=lambda: defaultdict(Steps))
    flows: list[Flow] = field(default_factory=list)
    internal_flows: list[Flow] = field(default_factory=list)
    payments: Tape[Payment, PaymentRow] = field(default_factory=partial(tape_of, Payment))
    payment_days: Tape[date, date] = field(default_factory=Tape)
    charges: Tape[Charge, ChargeRow] = field(default_factory=partial(tape_of, Charge))
    conversions: list[Conversion] = field(default_factory=list)
    sales: Tape[Sale, SaleRow] = field(default_factory=partial(tape_of, Sale))
    splits: list[BookedSplit] = field(default_factory=list)
    reorganisations: list[Reorganisation] = field(default_factory=list)
    trade_prices: dict[str, Prices] = field(default_factory=lambda: defaultdict(partial(tape_of, TradePrice)))
    realised: Decimal = Decimal(0)
    income: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    taxes: Decimal = Decimal(0)
    first_day: date | None = None

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
            if isinstance(value, list | Tape):
                setattr(book, each.name, value.copy())
            elif isinstance(value, dict):
                copy = value.copy()
                copy.update((key, some.copy()) for key, some in value.items() if isinstance(some, list | Tape))
                setattr(book, each.name, copy)
        return book

    def spun_off_near(self, symbol: str, day: date) -> bool:
        """Whether some account booked a spin-off of a symbol within ten days of a day."""
        return any(
            each.symbol == symbol and each.type is EntryType.SPIN_OFF and abs((each.day - day).days) <= MATCH_DAYS
            for each in self.reorganisations
        )
