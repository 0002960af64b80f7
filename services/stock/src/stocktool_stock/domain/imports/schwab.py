"""Transactions of Charles Schwab, as its History page exports them (newest first, month first, dollars)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.kinds import cash_by_sign, charge, income, trade
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.reading import Preset, Reading, TableShape
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor, Line

_SHAPE = TableShape(
    required=("Date", "Action", "Symbol", "Description", "Quantity", "Price", "Fees & Comm", "Amount"),
    numbers=("Quantity", "Price", "Fees & Comm", "Amount"),
    days=("Date",),
    decimal=DecimalSign.POINT,
    date_order=DateOrder.MONTH_FIRST,
    currency="USD",
)
_DIVIDENDS = frozenset(
    """cash dividend|qualified dividend|non-qualified div|special dividend|special qual div|special non qual div
    |pr yr cash div|pr yr non-qual div|pr yr div reinvest|long term cap gain|short term cap gain|reinvest dividend
    |qual div reinvest|long term cap gain reinvest|short term cap gain reinvest|return of capital|cash in lieu
    |stock dividend cash|substitute payment|div adjustment""".replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_INTEREST = frozenset({"credit interest", "bank interest", "bond interest", "promotional award"})
_FEES = frozenset({"service fee", "adr mgmt fee", "advisor fee", "margin interest", "misc fee", "foreign fee", "fee"})
_TAXES = frozenset(
    {"foreign tax paid", "nra tax adj", "nra withholding", "foreign tax reclaim", "backup withholding", "adr tax"}
)
_CASH = frozenset(
    """moneylink transfer|moneylink deposit|moneylink adj|wire funds|wire funds received|wire received|wire sent
    |wire funds adj|funds received|funds paid|journal|journaled funds|internal transfer|atm withdrawal|visa purchase
    |bill pay|direct deposit|check paid|check received|misc cash entry|electronic funds transfer|ach transfer
    |cash receipt|cash disbursement|schwab atm rebate|misc credits""".replace("\n", "")
    .replace("    ", "")
    .split("|")
)
_MOVES = frozenset(
    {"security transfer", "journaled shares", "internal transfer", "shares received", "shares delivered"}
)
_OPTIONS = ("to open", "to close", "expired", "assigned", "exchange or exercise")


def read_schwab(lines: Sequence[Line], options: ReadOptions) -> Reading:
    """Read transactions of a Schwab account."""
    reading = _SHAPE.read(lines, options, _row)
    reading.rows = list(_with_reverse_splits(reading.rows))
    return reading


def _row(at: Cursor) -> Iterable[ImportRow]:
    if at.text("Date").lower().startswith("transactions total") or not any(cell.strip() for cell in at.cells):
        return
    action = " ".join(at.text("Action").lower().split())
    first, _, as_of = at.text("Date").partition(" as of ")
    # A split takes effect on the day it was booked; anything else on the day it belongs to.
    at.day_of(first if "split" in action else as_of or first)
    at.symbol, at.name = at.text("Symbol"), at.text("Description")
    at.symbol_currency = "USD"
    yield _booked(at, action)


def _booked(at: Cursor, action: str) -> ImportRow:  # noqa: PLR0911 - one kind after the other
    quantity, price = at.number("Quantity", field_name="quantity"), at.number("Price", field_name="price")
    fee, amount = at.number("Fees & Comm", field_name="fee"), at.number("Amount", field_name="amount")
    if any(word in action for word in _OPTIONS):
        return at.skip("options are not kept")
    if action in ("buy", "sell", "reinvest shares"):
        kind = "sell" if action == "sell" else "buy"
        note = "Reinvested dividend" if action == "reinvest shares" else ""
        return trade(at, kind, quantity, price, net=amount, fee=fee, currency="USD", note=note)
    if action in _DIVIDENDS:
        return income(at, "dividend" if at.symbol else "interest", amount, currency="USD", note=at.text("Action"))
    if action in _INTEREST:
        return income(at, "interest", amount, currency="USD", note=at.name)
    if action in _FEES or action in _TAXES:
        kind = "fee" if action in _FEES else "tax"
        return charge(at, kind, amount, currency="USD", note=f"{at.text('Action')}: {at.name}")
    if action in _MOVES and at.symbol and quantity:
        kind = "transfer_in" if quantity > 0 else "transfer_out"
        price = None if kind == "transfer_out" else price
        return at.book(kind, quantity=abs(quantity), price=price, currency="USD", note=at.text("Action"))
    if action in _CASH:
        return cash_by_sign(at, amount, currency="USD", note=at.name)
    if action in ("stock split", "reverse split"):
        # The export gives the shares that came (or went), not the ratio; what was held before decides it later.
        return at.book("split", quantity=quantity, note=at.text("Action"))
    return at.skip(f"{at.text('Action') or 'a row without an action'} is not a kind that can be booked; do so by hand")


def _with_reverse_splits(rows: Sequence[ImportRow]) -> Iterator[ImportRow]:
    """Reverse splits come as two rows: the old shares go under their CUSIP, the new ones come under the symbol."""
    going: dict[tuple[object, str], list[ImportRow]] = {}
    for row in rows:
        if _is_reverse(row) and row.draft is not None and (row.draft.quantity or "").startswith("-"):
            going.setdefault((row.draft.day, _company(row.name)), []).append(row)
    for row in rows:
        if not _is_reverse(row) or row.draft is None:
            yield row
            continue
        pairs = going.get((row.draft.day, _company(row.name)), [])
        if row in pairs:
            yield replace(row, draft=None, skipped="is the old shares' half of the reverse split on that day")
        elif len(pairs) == 1 and pairs[0].draft is not None:
            new, old = Decimal(row.draft.quantity or 0), -Decimal(pairs[0].draft.quantity or 0)
            yield replace(row, draft=replace(row.draft, quantity=None, ratio=f"{new:f}:{old:f}"))
        else:
            yield row


def _is_reverse(row: ImportRow) -> bool:
    return row.draft is not None and row.draft.type == "split" and (row.draft.note or "").lower() == "reverse split"


def _company(name: str) -> str:
    return " ".join(name.split("XXX", maxsplit=1)[0].split()[:2]).lower()


SCHWAB = Preset(
    name="schwab",
    title="Charles Schwab: transactions (CSV)",
    format="csv",
    columns=_SHAPE.required,
    template='"Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"\n'
    '"03/14/2024","Buy","AAPL","APPLE INC","10","$172.50","","-$1725.00"\n',
    finds=_SHAPE.finds,
    read=read_schwab,
)
