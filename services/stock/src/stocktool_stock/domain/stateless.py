"""A ledger somebody hands in: what its transactions may say, and the entries they become."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from stocktool_kit.core.errors import FieldViolation, InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.domain.closes import Exchange, Observations, Table, price_on
from stocktool_stock.domain.currencies import ISO_4217
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.ledger import EARLIEST, Entry, EntryType
from stocktool_stock.domain.lots import QUANTUM, CostMethod
from stocktool_stock.domain.portfolio import Account, Portfolio, PortfolioId
from stocktool_stock.domain.rates import RateTable

ACCOUNT = "main"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_RATIO = (Fraction(1, 10_000), Fraction(10_000))


@dataclass(frozen=True, slots=True)
class GivenTransaction:
    """A transaction as it was handed in; `amount` of a dividend is per share, `cost_basis` a total."""

    day: date
    type: EntryType
    symbol: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    fee: Decimal | None = None
    tax: Decimal | None = None
    currency: str = ""
    ratio: Decimal | None = None
    cost_basis: Decimal | None = None


@dataclass(frozen=True, slots=True)
class GivenLedger:
    """A ledger, with the prices and rates to value it by; `currencies` are those the closes are in."""

    base_currency: str
    cost_method: CostMethod
    transactions: Sequence[GivenTransaction]
    prices: Table = field(default_factory=Table)
    currencies: Mapping[str, str] = field(default_factory=dict)
    fx: Table = field(default_factory=Table)
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class ReadLedger:
    """A ledger that can be booked.

    Attributes:
        entries: By day, then as given; their ids are JSON pointers to the transactions.
        price_currency: Of every symbol.
        splits: Of every symbol, oldest first.
        traded: Prices the trades of a symbol were made at, in its price currency, as the close of their day has them.
    """

    portfolio: Portfolio
    entries: tuple[Entry, ...]
    price_currency: Mapping[str, str]
    splits: Mapping[str, list[tuple[date, Fraction]]]
    traded: Mapping[str, Observations]
    rates: RateTable


_CASH = frozenset({"amount", "fee"})
_TRADE = frozenset({"symbol", "quantity", "price", "amount", "fee", "tax"})
_MAY: Mapping[EntryType, frozenset[str]] = {
    EntryType.BUY: _TRADE,
    EntryType.SELL: _TRADE,
    EntryType.DEPOSIT: _CASH,
    EntryType.WITHDRAWAL: _CASH,
    EntryType.DIVIDEND: frozenset({"symbol", "amount", "fee", "tax"}),
    EntryType.INTEREST: frozenset({"symbol", "amount", "fee", "tax"}),
    EntryType.FEE: frozenset({"symbol", "amount"}),
    EntryType.TAX: frozenset({"symbol", "amount"}),
    EntryType.SPLIT: frozenset({"symbol", "ratio"}),
}
_SHARES_IN = frozenset({"symbol", "quantity", "price", "cost_basis", "fee"})
_SHARES_OUT = frozenset({"symbol", "quantity", "price", "fee"})
_NEEDS: Mapping[EntryType, tuple[str, ...]] = {
    EntryType.BUY: ("symbol", "quantity"),
    EntryType.SELL: ("symbol", "quantity"),
    EntryType.DIVIDEND: ("symbol", "amount"),
    EntryType.SPLIT: ("symbol", "ratio"),
}
_POSITIVE = frozenset({"quantity", "amount", "ratio"})
_FIELDS = ("symbol", "quantity", "price", "amount", "fee", "tax", "ratio", "cost_basis")
TYPES = (*_MAY, EntryType.TRANSFER_IN, EntryType.TRANSFER_OUT)


class _Violations(list[FieldViolation]):
    def note(self, pointer: str, detail: str) -> None:
        self.append(FieldViolation(pointer, detail))

    def refuse(self) -> None:
        if self:
            raise InvalidArgument(f"{self[0].pointer} {self[0].detail}", self)


def read_ledger(given: GivenLedger, today: date) -> ReadLedger:
    """Check a ledger and turn its transactions into entries.

    Args:
        given: The ledger.
        today: No transaction lies after it.

    Raises:
        InvalidArgument: Something cannot be taken; every violation names its field.
    """
    violations = _Violations()
    _check_currencies(given, violations)
    for index, transaction in enumerate(given.transactions):
        _check(transaction, f"/transactions/{index}", today, violations)
    if given.start and given.end and given.start > given.end:
        violations.note("/start", f"must not lie after the end, {given.end}")
    violations.refuse()
    with exact():
        return _Reader(given).read()


def _check_currencies(given: GivenLedger, violations: _Violations) -> None:
    named = [("/base_currency", given.base_currency)]
    named += [(f"/currencies/{symbol}", code) for symbol, code in given.currencies.items()]
    named += [(f"/transactions/{i}/currency", t.currency) for i, t in enumerate(given.transactions) if t.currency]
    for pointer, code in named:
        if code not in ISO_4217:
            violations.note(pointer, "is no currency of ISO 4217")
    for name in given.fx.columns:
        if len(name) != 6 or not {name[:3], name[3:]} <= ISO_4217 or name[:3] == name[3:]:
            violations.note(f"/fx/series/{name}", "must be two currency codes such as EURUSD, dollars for one euro")


def _check(transaction: GivenTransaction, pointer: str, today: date, violations: _Violations) -> None:
    kind = transaction.type
    given = {name for name in _FIELDS if _said(transaction, name)}
    may, needs = _rule(transaction)
    for name in needs:
        if name not in given:
            violations.note(f"{pointer}/{name}", f"is needed for a {kind}")
    for name in sorted(given - may):
        violations.note(f"{pointer}/{name}", f"does not belong to a {kind}")
    if kind in (EntryType.BUY, EntryType.SELL) and len(given & {"price", "amount"}) != 1:
        violations.note(f"{pointer}/price", "give exactly one of price and amount")
    for name in given - {"symbol"}:
        number: Decimal = getattr(transaction, name)
        if number < 0 or (number == 0 and name in _POSITIVE and not (name == "amount" and kind in _MAY_BE_NOTHING)):
            violations.note(f"{pointer}/{name}", "must be more than 0" if name in _POSITIVE else "must not be negative")
        elif name == "quantity" and _shares(number) == 0:
            violations.note(f"{pointer}/{name}", f"is less than the smallest part of a share, {QUANTUM}")
    ratio = transaction.ratio
    if ratio is not None and ratio > 0 and not (_RATIO[0] <= ratio <= _RATIO[1] and ratio != 1):
        violations.note(f"{pointer}/ratio", "must be between 1/10000 and 10000, and not 1")
    if transaction.day > today:
        violations.note(f"{pointer}/date", f"lies in the future; today is {today}")
    elif transaction.day < EARLIEST:
        violations.note(f"{pointer}/date", f"lies before {EARLIEST}")


_MAY_BE_NOTHING = frozenset({EntryType.DIVIDEND, EntryType.INTEREST, EntryType.FEE, EntryType.TAX})


def _said(transaction: GivenTransaction, name: str) -> bool:
    """Whether a field says something; a fee or tax of nothing does not."""
    value = getattr(transaction, name)
    return bool(value) if name in {"symbol", "fee", "tax"} else value is not None


def _rule(transaction: GivenTransaction) -> tuple[frozenset[str], tuple[str, ...]]:
    kind = transaction.type
    if kind in _MAY:
        return _MAY[kind], _NEEDS.get(kind, ("amount",))
    if not transaction.symbol:
        return _CASH, ("amount",)
    return (_SHARES_IN if kind is EntryType.TRANSFER_IN else _SHARES_OUT), ("symbol", "quantity")


def _shares(number: Decimal) -> Decimal:
    """Floats such as 0.1 + 0.2 say more digits than they mean; a share has twelve places."""
    with exact():
        return number.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)


class _Reader:
    """Makes entries of checked transactions; one use."""

    def __init__(self, given: GivenLedger) -> None:
        self._given = given
        self._exchange = Exchange(given.base_currency, given.fx)
        self._violations = _Violations()
        self._rates: dict[tuple[str, date], Decimal] = {}
        self._splits: dict[str, list[tuple[date, Fraction]]] = defaultdict(list)
        self._traded: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        self._currency: dict[str, str] = dict(given.currencies)
        for transaction in given.transactions:
            if transaction.symbol and transaction.currency:
                self._currency.setdefault(transaction.symbol, transaction.currency)

    def read(self) -> ReadLedger:
        order = sorted(range(len(self._given.transactions)), key=lambda i: self._given.transactions[i].day)
        for i in order:
            self._note_split(self._given.transactions[i])
        entries = [self._entry(i, sequence) for sequence, i in enumerate(order, start=1)]
        self._violations.refuse()
        traded = {
            symbol: Observations(tuple(day for day, _ in seen), tuple(price for _, price in seen))
            for symbol, seen in self._traded.items()
        }
        symbols = {entry.symbol for entry in entries if entry.symbol}
        return ReadLedger(
            portfolio=_portfolio(self._given),
            entries=tuple(entries),
            price_currency={symbol: self._currency_of(symbol) for symbol in symbols},
            splits=self._splits,
            traded=traded,
            rates=RateTable(self._given.base_currency, self._rates),
        )

    def _currency_of(self, symbol: str) -> str:
        return self._currency.get(symbol, self._given.base_currency)

    def _note_split(self, transaction: GivenTransaction) -> None:
        if transaction.ratio is not None:
            ratio = Fraction(transaction.ratio).limit_denominator(10**15)
            self._splits[transaction.symbol].append((transaction.day, ratio))

    def _entry(self, index: int, sequence: int) -> Entry:
        given = self._given.transactions[index]
        pointer = f"/transactions/{index}"
        currency = given.currency or (self._currency_of(given.symbol) if given.symbol else self._given.base_currency)
        self._collect(currency, given.day, pointer)
        if given.symbol and self._currency_of(given.symbol) != currency:
            self._collect(self._currency_of(given.symbol), given.day, pointer)
        dividend = given.type is EntryType.DIVIDEND
        quantity = None if given.quantity is None else _shares(given.quantity)
        entry = Entry(
            id=pointer,
            sequence=sequence,
            day=given.day,
            type=given.type,
            account_id="" if given.type is EntryType.SPLIT else ACCOUNT,
            currency=currency,
            recorded_at=_NEVER,
            symbol=given.symbol,
            quantity=quantity,
            price=given.price,
            amount=None if dividend else self._amount(given, currency, quantity, pointer),
            amount_per_share=given.amount if dividend else None,
            fee=given.fee or Decimal(0),
            tax=given.tax or Decimal(0),
            ratio=None if given.ratio is None else Fraction(given.ratio).limit_denominator(10**15),
        )
        self._note_price(entry)
        return entry

    def _amount(self, given: GivenTransaction, currency: str, quantity: Decimal | None, pointer: str) -> Decimal | None:
        """The total; shares that come without their cost are taken at the day's price."""
        if given.type is not EntryType.TRANSFER_IN or not given.symbol or quantity is None:
            return given.amount
        if given.cost_basis is not None or given.price is not None:
            return given.cost_basis
        seen = self._given.prices.columns.get(given.symbol, Observations())
        price = price_on(seen, self._splits[given.symbol], given.day)
        if price is None or currency != self._currency_of(given.symbol):
            self._violations.note(f"{pointer}/cost_basis", "is needed, since no price of the day can stand in for it")
            return None
        return quantity * price

    def _collect(self, currency: str, day: date, pointer: str) -> None:
        rate = self._exchange.rate(currency, day)
        if rate is None:
            pair = f"{currency}{self._given.base_currency}"
            self._violations.note(f"{pointer}/currency", f"fx has no rate {pair} at or before {day}")
        self._rates[currency, day] = rate or Decimal(1)

    def _note_price(self, entry: Entry) -> None:
        """Remember at what price shares changed hands, in the price currency, as the day's close counts shares."""
        seen = self._traded[entry.symbol]
        if entry.type is EntryType.SPLIT and entry.ratio is not None:
            self._traded[entry.symbol] = [
                (day, price * entry.ratio.denominator / entry.ratio.numerator) if day == entry.day else (day, price)
                for day, price in seen
            ]
        elif entry.quantity and entry.type is not EntryType.TRANSFER_OUT:
            price = entry.price if entry.price is not None else entry.gross / entry.quantity
            own = self._rates[self._currency_of(entry.symbol), entry.day]
            seen.append((entry.day, price * self._rates[entry.currency, entry.day] / own))


def _portfolio(given: GivenLedger) -> Portfolio:
    return Portfolio(
        id=PortfolioId("stateless"),
        owner=OwnerId("usr_stateless"),
        name="Given",
        base_currency=given.base_currency,
        accounts=(Account(ACCOUNT, "Main", given.base_currency),),
        cost_method=given.cost_method,
        created_at=_NEVER,
    )
