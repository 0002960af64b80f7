"""What may be written into a ledger: drafts are checked field by field and become entries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter

from stocktool_kit.core.errors import FieldViolation, InvalidArgument
from stocktool_kit.core.ids import new_id

from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.ledger import (
    EARLIEST,
    EVERYWHERE,
    Draft,
    Entry,
    EntryType,
    LotChoice,
    plain,
    read_decimal,
    read_ratio,
)
from stocktool_stock.domain.portfolio import Portfolio, currency_problem

MAX_BATCH = 90
MAX_LOTS = 100
MAX_NOTE = 500
_MAX_ID = 64


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


_COSTS = "fee tax fee_currency tax_currency"
_CASH = _rule("amount")
_RULES: dict[EntryType, _Rule] = {
    EntryType.BUY: _rule("symbol quantity", "price amount", _COSTS),
    EntryType.SELL: _rule("symbol quantity", "price amount", f"{_COSTS} lots"),
    EntryType.DEPOSIT: _CASH,
    EntryType.WITHDRAWAL: _CASH,
    EntryType.DIVIDEND: _rule("symbol", "amount amount_per_share", _COSTS),
    EntryType.INTEREST: _rule("amount", may="tax tax_currency"),
    EntryType.FEE: _rule("amount", may="symbol"),
    EntryType.TAX: _rule("amount", may="symbol"),
    EntryType.SPLIT: _rule("symbol ratio"),
    EntryType.REINVEST: _rule("symbol quantity", "price amount", "tax tax_currency"),
    EntryType.SPIN_OFF: _rule("symbol new_symbol ratio cost_fraction", may="price amount"),
    EntryType.MERGER: _rule("symbol new_symbol ratio", may="price amount amount_per_share"),
}
_CASH_OUT = _rule("amount", may="to_account_id")
_SHARES_IN = _rule("symbol quantity", "price amount", "fee fee_currency acquired cost_basis")
_SHARES_AT_COST = _rule("symbol quantity cost_basis", may="price fee fee_currency acquired")
_SHARES_OUT = _rule("symbol quantity", may="fee fee_currency lots to_account_id")
_NUMBERS = ("quantity", "price", "amount", "amount_per_share", "fee", "tax", "cost_basis", "cost_fraction")
_FIELDS = (
    *("symbol", *_NUMBERS, "ratio", "fee_currency", "tax_currency", "lots"),
    *("acquired", "to_account_id", "new_symbol"),
)
_VALUES = attrgetter(*_FIELDS)
_MAY_BE_ZERO = frozenset({"price", "fee", "tax", "cost_basis"})


def _rule_of(kind: EntryType, draft: Draft) -> _Rule:
    rule = _RULES.get(kind)
    if rule is not None:
        return rule
    out = kind is EntryType.TRANSFER_OUT
    if not draft.symbol:
        return _CASH_OUT if out else _CASH
    if out:
        return _SHARES_OUT
    return _SHARES_AT_COST if draft.cost_basis and not draft.amount else _SHARES_IN


def read_drafts(
    drafts: Sequence[Draft],
    portfolio: Portfolio,
    *,
    today: date,
    currencies: Collection[str],
    recorded_at: datetime,
    pointer: str = "/items/{}",
    at_most: int = MAX_BATCH,
    places: Sequence[int] | None = None,
    make_id: Callable[[], str] = lambda: new_id("txn"),
) -> list[Entry]:
    """Check drafts and turn them into entries that follow the portfolio's last one.

    Args:
        drafts: 1 to `at_most`, in order.
        portfolio: Gives accounts and the next sequence.
        today: The market's day; no entry lies after it.
        currencies: Known ISO 4217 codes.
        recorded_at: When they are recorded.
        pointer: JSON pointer of a draft, `{}` standing for its index.
        at_most: Bound on the drafts.
        places: Index by which the pointer names each draft, where that is not its own.
        make_id: Gives each entry its id, in order.

    Returns:
        Entries; those that convert still lack their `fx_rate`.

    Raises:
        InvalidArgument: Something cannot be taken; every violation names its field.
    """
    if not 1 <= len(drafts) <= at_most:
        raise InvalidArgument.of("/items", f"must hold 1 to {at_most} transactions")
    violations: list[FieldViolation] = []
    entries: list[Entry] = []
    for index, draft in enumerate(drafts):
        reader = _Reader(draft, pointer.format(places[index] if places else index), violations)
        entry = reader.entry(
            portfolio,
            sequence=portfolio.last_sequence + 1 + index,
            today=today,
            currencies=currencies,
            recorded_at=recorded_at,
            entry_id=make_id(),
        )
        if entry is not None:
            entries.append(entry)
    if violations:
        first = violations[0]
        raise InvalidArgument(f"{first.pointer} {first.detail}", violations)
    return entries


def _said(value: object) -> str:
    """What a field says, empty for nothing."""
    if isinstance(value, str):
        return value if value and not value.isspace() else ""
    return str(value) if value else ""


class _Reader:
    """Reads one draft and notes what is wrong with it."""

    def __init__(self, draft: Draft, pointer: str, violations: list[FieldViolation]) -> None:
        self._draft = draft
        self._pointer = pointer
        self._violations = violations
        values: Sequence[object] = _VALUES(draft)
        self._texts = {name: text for name, value in zip(_FIELDS, values, strict=True) if (text := _said(value))}

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
        entry_id: str,
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
        numbers = {name: self._number(name) for name in _NUMBERS}
        entry = Entry(
            id=entry_id,
            sequence=sequence,
            day=day,
            type=kind,
            account_id=account_id,
            currency=currency,
            recorded_at=recorded_at,
            symbol=self._symbol("symbol"),
            quantity=numbers["quantity"],
            price=numbers["price"],
            amount=numbers["amount"],
            amount_per_share=numbers["amount_per_share"],
            fee=numbers["fee"] or Decimal(0),
            tax=numbers["tax"] or Decimal(0),
            ratio=self._ratio(kind),
            note=self._note(),
            fee_currency=self._other_currency("fee", currency, currencies),
            tax_currency=self._other_currency("tax", currency, currencies),
            lots=self._lots(numbers["quantity"]),
            acquired=self._acquired(day),
            cost_basis=numbers["cost_basis"],
            to_account_id=self._to_account(portfolio, account_id),
            new_symbol=self._symbol("new_symbol"),
            cost_fraction=numbers["cost_fraction"],
        )
        self._check_reorganisation(entry)
        return entry if len(self._violations) == before else None

    def _given(self, name: str) -> str | None:
        """The text of a field; for lots and days only whether something was said."""
        return self._texts.get(name)

    def _check_fields(self, kind: EntryType, rule: _Rule) -> None:
        given = self._texts.keys()
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
        if not account_id and kind not in EVERYWHERE:
            return portfolio.default_account.id
        return account_id

    def _symbol(self, name: str) -> str:
        text = self._given(name)
        if text is None:
            return ""
        try:
            return parse_symbol(text, f"{self._pointer}/{name}")
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

    def _ratio(self, kind: EntryType) -> Fraction | None:
        text = self._given("ratio")
        if text is None:
            return None
        try:
            ratio = read_ratio(text, may_be_one=kind is not EntryType.SPLIT)
        except InvalidArgument as error:
            self._refuse("ratio", error.message)
            return None
        return ratio

    def _note(self) -> str:
        note = self._draft.note or ""
        if len(note) > MAX_NOTE:
            self._refuse("note", f"has more than {MAX_NOTE} characters")
        return note

    def _other_currency(self, name: str, currency: str, currencies: Collection[str]) -> str:
        """Currency of a fee or tax, empty where it is the entry's own."""
        code = self._given(f"{name}_currency") or currency
        if code == currency:
            return ""
        problem = currency_problem(code, currencies)
        if not problem and self._given(name) is None:
            problem = f"needs a {name}"
        if problem:
            self._refuse(f"{name}_currency", problem)
        return code

    def _lots(self, quantity: Decimal | None) -> tuple[LotChoice, ...]:
        drafts = self._draft.lots
        if len(drafts) > MAX_LOTS:
            self._refuse("lots", f"at most {MAX_LOTS} lots")
            return ()
        choices: list[LotChoice] = []
        for index, draft in enumerate(drafts):
            place = f"lots/{index}"
            if not 1 <= len(draft.lot_id) <= _MAX_ID:
                self._refuse(f"{place}/lot_id", "is needed: the id of an open lot, as the holdings list it")
            elif any(choice.lot_id == draft.lot_id for choice in choices):
                self._refuse(f"{place}/lot_id", "is chosen twice")
            try:
                number = read_decimal(draft.quantity)
            except InvalidArgument as error:
                self._refuse(f"{place}/quantity", error.message)
                continue
            if number <= 0:
                self._refuse(f"{place}/quantity", "must be more than 0")
            choices.append(LotChoice(draft.lot_id, number))
        total = sum((choice.quantity for choice in choices), Decimal(0))
        if quantity is not None and len(choices) == len(drafts) > 0 and total != quantity:
            self._refuse("lots", f"sum to {plain(total)}, and the quantity is {plain(quantity)}")
        return tuple(choices)

    def _acquired(self, day: date) -> date | None:
        acquired = self._draft.acquired
        if acquired is None or acquired == day:
            return None
        if acquired > day:
            self._refuse("acquired", f"lies after the date, {day}")
        elif acquired < EARLIEST:
            self._refuse("acquired", f"lies before {EARLIEST}")
        return acquired

    def _to_account(self, portfolio: Portfolio, account_id: str) -> str:
        other = self._given("to_account_id") or ""
        if other and other not in portfolio.by_account:
            self._refuse("to_account_id", "is no account of this portfolio")
        elif other and other == account_id:
            self._refuse("to_account_id", "is the account it comes from")
        return other

    def _check_reorganisation(self, entry: Entry) -> None:
        """What a spin-off or merger says must fit together."""
        if entry.new_symbol and entry.new_symbol == entry.symbol:
            self._refuse("new_symbol", "is the symbol itself")
        if entry.cost_fraction is not None and entry.cost_fraction >= 1:
            self._refuse("cost_fraction", "must be less than 1: part of the cost stays with the old shares")
        if entry.new_symbol and entry.amount is not None and not entry.account_id:
            self._refuse("account_id", "is needed with an amount: cash in lieu comes to one account")
