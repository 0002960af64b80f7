"""Ledger entries: the form they are kept in, and the ledger they make. What may be written, `drafts` says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from operator import attrgetter

from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument, NotFound

from stocktool_stock.domain.values import value

MAX_PLACES = 12
MAX_DIGITS = 24  # before the point; with MAX_PLACES this stays within DynamoDB's 38
EARLIEST = date(1970, 1, 1)
_ORDER = attrgetter("day", "sequence")


class EntryType(StrEnum):
    """What an entry books."""

    BUY = "buy"
    SELL = "sell"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    FEE = "fee"
    TAX = "tax"
    SPLIT = "split"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    OPENING = "opening"
    REINVEST = "reinvest"
    SPIN_OFF = "spin_off"
    MERGER = "merger"


EVERYWHERE = frozenset({EntryType.SPLIT, EntryType.SPIN_OFF, EntryType.MERGER})
"""What happens to a company: without an account it is booked in all that hold the symbol."""


class TransactionNotFound(NotFound):
    """No entry by this id stands in the ledger, or it was taken back."""

    reason = "TRANSACTION_NOT_FOUND"


class ShortSale(FailedPrecondition):
    """More shares leave an account than it holds on that day."""

    reason = "SHORT_SALE"

    def __init__(self, *, symbol: str, day: date, quantity: Decimal, holding: Decimal, account_id: str) -> None:
        shortfall = plain(quantity - holding)
        super().__init__(
            f"{plain(quantity)} {symbol} cannot leave on {day}: only {plain(holding)} are held, {shortfall} short",
            symbol=symbol,
            date=day.isoformat(),
            quantity=plain(quantity),
            held=plain(holding),
            shortfall=shortfall,
            account_id=account_id,
        )


class NothingHeld(FailedPrecondition):
    """A dividend per share was booked on a day without shares."""

    reason = "NOTHING_HELD"


class NoFraction(FailedPrecondition):
    """Cash in lieu was booked where no fraction of a share is left over."""

    reason = "NO_FRACTION"


@dataclass(frozen=True, slots=True)
class LotDraft:
    """A choice of a lot as someone wants it."""

    lot_id: str
    quantity: str


@dataclass(frozen=True, slots=True)
class LotChoice:
    """How many shares are to come out of one lot."""

    lot_id: str
    quantity: Decimal


@value(frozen=True, slots=True)
class Draft:
    """An entry as someone wants it: texts as they came, None where nothing was said."""

    type: str
    day: date | None
    symbol: str | None = None
    quantity: str | None = None
    price: str | None = None
    amount: str | None = None
    amount_per_share: str | None = None
    fee: str | None = None
    tax: str | None = None
    currency: str | None = None
    ratio: str | None = None
    account_id: str | None = None
    note: str | None = None
    fee_currency: str | None = None
    tax_currency: str | None = None
    lots: Sequence[LotDraft] = ()
    acquired: date | None = None
    cost_basis: str | None = None
    to_account_id: str | None = None
    new_symbol: str | None = None
    cost_fraction: str | None = None


@value(frozen=True, slots=True)
class Entry:
    """One booking.

    Attributes:
        sequence: Order of entry within the ledger, which is the order within a day.
        account_id: Account, empty for a split, spin-off or merger in all accounts.
        price: Price of one share; of one new share in a spin-off or merger.
        amount: Total where it was given instead of a price; cash in lieu of a fraction in a spin-off or merger.
        amount_per_share: Dividend of one share; cash for one old share in a merger.
        ratio: New shares per old.
        fx_rate: Account currency per unit of `currency` where the entry converts, as of its day.
        fee_currency: Of the fee, empty where it is `currency`; `tax_currency` of the tax.
        lots: Chosen lots, whose quantities sum to `quantity`; empty for the portfolio's method.
        acquired: Day from which shares brought in have been held, None for the entry's own.
        cost_basis: Their cost, where it is not quantity x price or the amount.
        to_account_id: Account of the same portfolio that what is transferred goes to, empty for the world outside.
        new_symbol: What old shares become in a merger, or come with in a spin-off.
        cost_fraction: Part of the cost that goes to the new shares of a spin-off.
        reversed_by: Id of the entry that took it back, empty while it stands.
    """

    id: str
    sequence: int
    day: date
    type: EntryType
    account_id: str
    currency: str
    recorded_at: datetime
    symbol: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    amount_per_share: Decimal | None = None
    fee: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    ratio: Fraction | None = None
    fx_rate: Decimal | None = None
    note: str = ""
    fee_currency: str = ""
    tax_currency: str = ""
    lots: tuple[LotChoice, ...] = ()
    acquired: date | None = None
    cost_basis: Decimal | None = None
    to_account_id: str = ""
    new_symbol: str = ""
    cost_fraction: Decimal | None = None
    reversed_by: str = ""

    @property
    def gross(self) -> Decimal:
        """Value of the shares or cash moved, before fee and tax."""
        if self.amount is not None:
            return self.amount
        if self.quantity is not None and self.price is not None:
            return self.quantity * self.price
        return Decimal(0)

    @property
    def brought(self) -> Decimal:
        """Cost of the shares brought in, before fee and tax."""
        return self.gross if self.cost_basis is None else self.cost_basis

    @property
    def worth(self) -> Decimal:
        """Value of the shares moved on the entry's day; their cost where neither price nor amount is told."""
        told = self.price is not None or self.amount is not None
        return self.gross if told else self.brought

    @property
    def other_currencies(self) -> dict[str, str]:
        """Currencies of fee and tax where they are not the entry's, by the field that says them."""
        given = {"fee_currency": self.fee_currency, "tax_currency": self.tax_currency}
        return {name: code for name, code in given.items() if code}

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols it moves."""
        return tuple(symbol for symbol in (self.symbol, self.new_symbol) if symbol)


@dataclass(frozen=True, slots=True)
class Reversal:
    """Takes the entry `of` back, or lets it stand again where it `restores`; the last one counts."""

    id: str
    sequence: int
    of: str
    recorded_at: datetime
    restores: bool = False


def taken_back(reversals: Iterable[Reversal]) -> dict[str, str]:
    """Ids of the entries that do not stand, with the id of the reversal that took each back.

    Args:
        reversals: All of a ledger, in any order.
    """
    last = {each.of: each for each in sorted(reversals, key=lambda each: each.sequence)}
    return {of: each.id for of, each in last.items() if not each.restores}


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries of a portfolio; `standing` are those not taken back, by day and then order of entry."""

    entries: Sequence[Entry]
    standing: tuple[Entry, ...] = field(init=False)

    def __post_init__(self) -> None:
        rest = sorted((e for e in self.entries if not e.reversed_by), key=_ORDER)
        object.__setattr__(self, "standing", tuple(rest))

    def with_entries(self, more: Sequence[Entry]) -> Ledger:
        """The ledger after these were appended."""
        return Ledger([*self.entries, *more])

    def without(self, entry_id: str, reversal_id: str) -> Ledger:
        """The ledger after an entry was taken back.

        Raises:
            TransactionNotFound: It does not stand in the ledger.
        """
        if not any(entry.id == entry_id for entry in self.standing):
            raise TransactionNotFound("no such transaction stands in this ledger", transaction_id=entry_id)
        return Ledger([replace(e, reversed_by=reversal_id) if e.id == entry_id else e for e in self.entries])

    def entry(self, entry_id: str) -> Entry:
        """An entry, also one that was taken back.

        Raises:
            TransactionNotFound: None by this id is in the ledger.
        """
        for entry in self.entries:
            if entry.id == entry_id:
                return entry
        raise TransactionNotFound("no such transaction is in this ledger", transaction_id=entry_id)

    def restored(self, entry_id: str) -> Ledger:
        """The ledger with an entry standing again that was taken back."""
        return Ledger([replace(e, reversed_by="") if e.id == entry_id else e for e in self.entries])


def plain(number: Decimal) -> str:
    """Write a number without exponent or trailing zeros: `10`, `0.5`."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_decimal(text: str) -> Decimal:
    """Read an exact number.

    Raises:
        InvalidArgument: Not a finite decimal number, or one with more digits than are kept.
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise InvalidArgument("must be a decimal number such as 12.50") from error
    if not number.is_finite():
        raise InvalidArgument("must be a finite number")
    if number == 0:
        return Decimal(0)  # "0e-999999999" is one too, and must never be written out in full
    if number.adjusted() >= MAX_DIGITS:
        raise InvalidArgument(f"has more than {MAX_DIGITS} digits before the point")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MAX_PLACES:
        raise InvalidArgument(f"has more than {MAX_PLACES} decimal places")
    return Decimal(plain(number))


def read_ratio(text: str, *, may_be_one: bool = False) -> Fraction:
    """Read new shares per old: `4`, `0.125`, `3:2` or `1/8`.

    Raises:
        InvalidArgument: Not a ratio, out of range, or 1 where that says nothing.
    """
    parts = text.replace(":", "/").split("/")
    if len(parts) > 2:
        raise InvalidArgument("must be new shares per old, such as 4 or 1:8")
    new, old = read_decimal(parts[0]), read_decimal(parts[1]) if len(parts) == 2 else Decimal(1)
    if new <= 0 or old <= 0:
        raise InvalidArgument("must be more than 0")
    ratio = Fraction(new) / Fraction(old)
    if not Fraction(1, 10_000) <= ratio <= 10_000 or (ratio == 1 and not may_be_one):
        raise InvalidArgument("must be between 1/10000 and 10000" + ("" if may_be_one else ", and not 1"))
    return ratio


def ratio_text(ratio: Fraction) -> str:
    """Write a ratio as a decimal where that is exact, else as a fraction."""
    rest = ratio.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{ratio.numerator}/{ratio.denominator}"
    return plain(Decimal(ratio.numerator) / Decimal(ratio.denominator))
