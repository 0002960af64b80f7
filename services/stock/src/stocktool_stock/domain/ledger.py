"""Ledger entries: what may be written, and the form it is kept in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction

from stocktool_kit.core.errors import FailedPrecondition, FieldViolation, InvalidArgument, NotFound
from stocktool_kit.core.ids import new_id

from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.portfolio import Portfolio, currency_problem

MAX_BATCH = 90
MAX_NOTE = 500
MAX_PLACES = 12
MAX_DIGITS = 24  # before the point; with MAX_PLACES this stays within DynamoDB's 38
EARLIEST = date(1970, 1, 1)


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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking.

    Attributes:
        sequence: Order of entry within the ledger, which is the order within a day.
        account_id: Account, empty for a split of all accounts.
        amount: Total where it was given instead of a price.
        fx_rate: Account currency per unit of `currency` where the entry converts, as of its day.
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
    reversed_by: str = ""

    @property
    def gross(self) -> Decimal:
        """Value of the shares or cash moved, before fee and tax."""
        if self.amount is not None:
            return self.amount
        if self.quantity is not None and self.price is not None:
            return self.quantity * self.price
        return Decimal(0)


@dataclass(frozen=True, slots=True)
class Reversal:
    """An entry that takes another back."""

    id: str
    sequence: int
    of: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries of a portfolio; `standing` are those not taken back, by day and then order of entry."""

    entries: Sequence[Entry]
    standing: tuple[Entry, ...] = field(init=False)

    def __post_init__(self) -> None:
        rest = sorted((e for e in self.entries if not e.reversed_by), key=lambda entry: (entry.day, entry.sequence))
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


def plain(number: Decimal) -> str:
    """Write a number without exponent or trailing zeros: `10`, `0.5`."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class _Rule:
    """Fields of a type: `needs` must be there, `one_of` exactly one, `may` is allowed."""

    needs: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        return self.needs | self.one_of | self.may


def _rule(needs: str, one_of: str = "", may: str = "") -> _Rule:
    return _Rule(frozenset(needs.split()), frozenset(one_of.split()), frozenset(may.split()))


_TRADE = _rule("symbol quantity", "price amount", "fee tax")
_CASH = _rule("amount")
_RULES: dict[EntryType, _Rule] = {
    EntryType.BUY: _TRADE,
    EntryType.SELL: _TRADE,
    EntryType.DEPOSIT: _CASH,
    EntryType.WITHDRAWAL: _CASH,
    EntryType.DIVIDEND: _rule("symbol", "amount amount_per_share", "tax fee"),
    EntryType.INTEREST: _rule("amount", may="tax"),
    EntryType.FEE: _rule("amount", may="symbol"),
    EntryType.TAX: _rule("amount", may="symbol"),
    EntryType.SPLIT: _rule("symbol ratio"),
    EntryType.REINVEST: _rule("symbol quantity", "price amount", "tax"),
}
_SHARES_IN = _rule("symbol quantity", "price amount")
_SHARES_OUT = _rule("symbol quantity")
_FIELDS = ("symbol", "quantity", "price", "amount", "amount_per_share", "fee", "tax", "ratio")
_MAY_BE_ZERO = frozenset({"price", "fee", "tax"})


def _rule_of(kind: EntryType, draft: Draft) -> _Rule:
    rule = _RULES.get(kind)
    if rule is not None:
        return rule
    if not draft.symbol:
        return _CASH
    return _SHARES_OUT if kind is EntryType.TRANSFER_OUT else _SHARES_IN


def read_drafts(
    drafts: Sequence[Draft],
    portfolio: Portfolio,
    *,
    today: date,
    currencies: Collection[str],
    recorded_at: datetime,
    pointer: str = "/items/{}",
) -> list[Entry]:
    """Check drafts and turn them into entries that follow the portfolio's last one.

    Args:
        drafts: 1 to 90, in order.
        portfolio: Gives accounts and the next sequence.
        today: The market's day; no entry lies after it.
        currencies: Known ISO 4217 codes.
        recorded_at: When they are recorded.
        pointer: JSON pointer of a draft, `{}` standing for its index.

    Returns:
        Entries; those that convert still lack their `fx_rate`.

    Raises:
        InvalidArgument: Something cannot be taken; every violation names its field.
    """
    if not 1 <= len(drafts) <= MAX_BATCH:
        raise InvalidArgument.of("/items", f"must hold 1 to {MAX_BATCH} transactions")
    violations: list[FieldViolation] = []
    entries: list[Entry] = []
    for index, draft in enumerate(drafts):
        reader = _Reader(draft, pointer.format(index), violations)
        entry = reader.entry(
            portfolio,
            sequence=portfolio.last_sequence + 1 + index,
            today=today,
            currencies=currencies,
            recorded_at=recorded_at,
        )
        if entry is not None:
            entries.append(entry)
    if violations:
        first = violations[0]
        raise InvalidArgument(f"{first.pointer} {first.detail}", violations)
    return entries


class _Reader:
    """Reads one draft and notes what is wrong with it."""

    def __init__(self, draft: Draft, pointer: str, violations: list[FieldViolation]) -> None:
        self._draft = draft
        self._pointer = pointer
        self._violations = violations

    def _refuse(self, name: str, detail: str) -> None:
        self._violations.append(FieldViolation(f"{self._pointer}/{name}", detail))

    def entry(
        self,
        portfolio: Portfolio,
        *,
        sequence: int,
        today: date,
        currencies: Collection[str],
        recorded_at: datetime,
    ) -> Entry | None:
        before = len(self._violations)
        draft = self._draft
        try:
            kind = EntryType(draft.type)
        except ValueError:
            self._refuse("type", f"must be one of {', '.join(EntryType)}")
            return None
        self._check_fields(kind, _rule_of(kind, draft))
        day = self._day(today)
        account_id = self._account(portfolio, kind)
        default = portfolio.by_account[account_id].currency if account_id else portfolio.base_currency
        currency = draft.currency or default
        problem = currency_problem(currency, currencies)
        if problem:
            self._refuse("currency", problem)
        numbers = {name: self._number(name) for name in _FIELDS if name not in {"symbol", "ratio"}}
        entry = Entry(
            id=new_id("txn"),
            sequence=sequence,
            day=day,
            type=kind,
            account_id=account_id,
            currency=currency,
            recorded_at=recorded_at,
            symbol=self._symbol(),
            quantity=numbers["quantity"],
            price=numbers["price"],
            amount=numbers["amount"],
            amount_per_share=numbers["amount_per_share"],
            fee=numbers["fee"] or Decimal(0),
            tax=numbers["tax"] or Decimal(0),
            ratio=self._ratio(),
            note=self._note(),
        )
        return entry if len(self._violations) == before else None

    def _given(self, name: str) -> str | None:
        value: str | None = getattr(self._draft, name)
        return value if value is not None and value.strip() else None

    def _check_fields(self, kind: EntryType, rule: _Rule) -> None:
        given = {name for name in _FIELDS if self._given(name) is not None}
        for name in sorted(rule.needs - given):
            self._refuse(name, f"is needed for a {kind}")
        for name in sorted(given - rule.known):
            self._refuse(name, f"does not belong to a {kind}")
        if rule.one_of and len(rule.one_of & given) != 1:
            names = sorted(rule.one_of, reverse=True)
            self._refuse(names[0], f"give exactly one of {' and '.join(names)}")

    def _day(self, today: date) -> date:
        day = self._draft.day
        if day is None:
            self._refuse("date", "is needed, as YYYY-MM-DD")
            return today
        if day > today:
            self._refuse("date", f"lies after the market's today, {today}")
        elif day < EARLIEST:
            self._refuse("date", f"lies before {EARLIEST}")
        return day

    def _account(self, portfolio: Portfolio, kind: EntryType) -> str:
        account_id = self._draft.account_id or ""
        if account_id and account_id not in portfolio.by_account:
            self._refuse("account_id", "is no account of this portfolio")
            return portfolio.default_account.id
        if not account_id and kind is not EntryType.SPLIT:
            return portfolio.default_account.id
        return account_id

    def _symbol(self) -> str:
        text = self._given("symbol")
        if text is None:
            return ""
        try:
            return parse_symbol(text, f"{self._pointer}/symbol")
        except InvalidArgument as error:
            self._violations.extend(error.violations)
            return ""

    def _number(self, name: str) -> Decimal | None:
        text = self._given(name)
        if text is None:
            return None
        try:
            number = read_decimal(text)
        except InvalidArgument as error:
            self._refuse(name, error.message)
            return None
        if number < 0 or (number == 0 and name not in _MAY_BE_ZERO):
            self._refuse(name, "must not be negative" if name in _MAY_BE_ZERO else "must be more than 0")
        return number

    def _ratio(self) -> Fraction | None:
        text = self._given("ratio")
        if text is None:
            return None
        try:
            ratio = read_ratio(text)
        except InvalidArgument as error:
            self._refuse("ratio", error.message)
            return None
        return ratio

    def _note(self) -> str:
        note = self._draft.note or ""
        if len(note) > MAX_NOTE:
            self._refuse("note", f"has more than {MAX_NOTE} characters")
        return note


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


def read_ratio(text: str) -> Fraction:
    """Read new shares per old: `4`, `0.125`, `3:2` or `1/8`.

    Raises:
        InvalidArgument: Not a ratio, out of range, or 1.
    """
    parts = text.replace(":", "/").split("/")
    if len(parts) > 2:
        raise InvalidArgument("must be new shares per old, such as 4 or 1:8")
    new, old = read_decimal(parts[0]), read_decimal(parts[1]) if len(parts) == 2 else Decimal(1)
    if new <= 0 or old <= 0:
        raise InvalidArgument("must be more than 0")
    ratio = Fraction(new) / Fraction(old)
    if ratio == 1 or not Fraction(1, 10_000) <= ratio <= 10_000:
        raise InvalidArgument("must be between 1/10000 and 10000, and not 1")
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
