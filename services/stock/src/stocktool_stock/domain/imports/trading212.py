"""History of Trading 212: one line per action, amounts in the account's currency, prices in the instrument's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from stocktool_stock.domain.imports.kinds import cash_by_sign, charge, income, trade
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.reading import Preset, Reading, TableShape
from stocktool_stock.domain.imports.rows import ImportRow, RowProblem
from stocktool_stock.domain.imports.sheet import Cursor, Line, heading

_FEES = ("Currency conversion fee", "Transaction fee", "Finra fee", "Charge amount", "Deposit fee")
_TAXES = ("Stamp duty reserve tax", "Stamp duty", "French transaction tax", "PTM levy", "Italian transaction tax")
_SHAPE = TableShape(
    required=("Action", "ISIN", "Ticker", "No. of shares", "Price / share"),
    numbers=("No. of shares", "Price / share", "Exchange rate", "Total", "Withholding tax", *_FEES, *_TAXES),
    days=("Time", "Time (UTC)"),
    decimal=DecimalSign.POINT,
)
_PENCE = {"GBX": "GBP", "GBP.": "GBP", "GBp": "GBP", "ILA": "ILS", "ZAC": "ZAR"}
_CENT = Decimal("0.01")
_OLDER_TOTAL = re.compile(r"^Total \([A-Z]{3}\)$")


def read_trading212(lines: Sequence[Line], options: ReadOptions) -> Reading:
    """Read a history of Trading 212."""
    for index, line in enumerate(lines[:40]):
        older = next((cell.strip() for cell in line.cells if _OLDER_TOTAL.match(cell.strip())), "")
        if older:
            cells = tuple("Total" if cell.strip() == older else cell for cell in line.cells)
            return _read([*lines[:index], replace(line, cells=cells), *lines[index + 1 :]], options, older[-4:-1])
    return _read(lines, options, "")


def _read(lines: Sequence[Line], options: ReadOptions, currency: str) -> Reading:
    return _with_splits(_SHAPE.read(lines, options, lambda at: _row(at, currency)))


def _row(at: Cursor, currency: str) -> Iterable[ImportRow]:
    if not any(cell.strip() for cell in at.cells):
        return
    at.day_of(at.text("Time", "Time (UTC)"))
    at.symbol, at.isin, at.name = at.text("Ticker"), at.text("ISIN"), at.text("Name")
    at.symbol_currency = _PENCE.get(at.text("Currency (Price / share)"), at.text("Currency (Price / share)"))
    yield _booked(at, " ".join(at.text("Action").lower().split()), at.text("Currency (Total)") or currency)


def _booked(at: Cursor, action: str, currency: str) -> ImportRow:  # noqa: PLR0911 - one kind after the other
    quantity, total = at.number("No. of shares", field_name="quantity"), at.number("Total", field_name="amount")
    if action.endswith((" buy", " sell")) or action in ("buy", "sell"):
        return _trade(at, action.rsplit(" ", 1)[-1], quantity, total, currency)
    if action.startswith("dividend") or action == "return of capital":
        return _dividend(at, quantity, total, currency)
    note = at.text("Notes")
    if "interest" in action or "cashback" in action:
        return income(at, "interest", total, currency=currency, note=at.text("Action"))
    if action in ("deposit", "withdrawal", "card credit", "card debit", "transfer in", "transfer out"):
        out = action in ("withdrawal", "card debit", "transfer out")
        signed = None if total is None else (-abs(total) if out else abs(total))
        return cash_by_sign(at, signed, currency=currency, note=note or at.text("Merchant name"))
    if "fee" in action or "cost" in action:
        return charge(at, "fee", None if total is None else -abs(total), currency=currency, note=at.text("Action"))
    if action in ("stock split open", "stock split close"):
        return at.book("split", quantity=quantity, note=at.text("Action"))
    if action == "currency conversion":
        return at.skip("an exchange of currencies: trades convert on their own day here")
    return at.skip(f"{at.text('Action') or 'a row without an action'} is not a kind that can be booked; do so by hand")


def _sum(at: Cursor, names: Sequence[str], currency: str) -> Decimal:
    """What these columns say in a currency; what they say in another stays within the amount."""
    found = Decimal(0)
    for name in names:
        if not at.columns.get(heading(name), -1) + 1:
            continue
        part = at.number(name, field_name="fee")
        stated = at.text(f"Currency ({name})") or currency
        if part and stated != currency:
            at.notes.append(f"{name} of {abs(part)} {stated} is part of the amount")
        elif part:
            found += abs(part)
    return found


def _trade(at: Cursor, kind: str, quantity: Decimal | None, total: Decimal | None, currency: str) -> ImportRow:
    price = at.number("Price / share", field_name="price")
    stated = at.text("Currency (Price / share)")
    if stated in _PENCE and price is not None:
        price = price / 100
    fee, tax = _sum(at, _FEES, currency), _sum(at, _TAXES, currency)
    if total is None or not currency:
        return trade(at, kind, quantity, price, fee=fee, tax=tax, currency=at.symbol_currency)
    if currency != at.symbol_currency:
        # The broker's own conversion: what was paid in the account's currency is booked, its price is a note.
        note = f"{at.text('Price / share')} {stated} a share, rate {at.text('Exchange rate')}"
        return trade(at, kind, quantity, None, net=total, fee=fee, tax=tax, currency=currency, note=note)
    return trade(at, kind, quantity, price, net=total, fee=fee, tax=tax, currency=currency)


def _dividend(at: Cursor, quantity: Decimal | None, total: Decimal | None, currency: str) -> ImportRow:
    tax = abs(at.number("Withholding tax", field_name="tax") or Decimal(0))
    stated = at.text("Currency (Withholding tax)") or currency
    if tax and stated != currency:
        per_share = at.number("Price / share", field_name="price") or Decimal(0)
        gross = per_share * (quantity or Decimal(0))
        if stated == at.text("Currency (Price / share)") and gross > tax and total:
            tax = (total * tax / (gross - tax)).quantize(_CENT, ROUND_HALF_EVEN)
        else:
            at.notes.append(f"{tax} {stated} of tax were kept back before and are not booked")
            tax = Decimal(0)
    return income(at, "dividend", total, tax=tax, currency=currency)


def _with_splits(reading: Reading) -> Reading:
    """Join the two halves of a split: the old shares close, the new ones open."""
    halves: dict[tuple[object, str, str], ImportRow] = {
        (row.draft.day, row.isin or row.symbol_text, row.draft.note or ""): row
        for row in reading.rows
        if row.draft is not None and row.draft.type == "split"
    }
    reading.rows = [_joined(row, halves) for row in reading.rows]
    return reading


def _joined(row: ImportRow, halves: dict[tuple[object, str, str], ImportRow]) -> ImportRow:
    draft = row.draft
    if draft is None or draft.type != "split":
        return row
    opens = draft.note == "Stock split open"
    other = halves.get((draft.day, row.isin or row.symbol_text, "Stock split close" if opens else "Stock split open"))
    if other is None or other.draft is None:
        problem = RowProblem(
            "ratio", "cannot be told: the other half of the split is not in the file", "Book it by hand"
        )
        return replace(row, problems=(*row.problems, problem))
    if not opens:
        return replace(row, draft=None, skipped=f"is the old shares' half of the split in row {other.row}")
    return replace(row, draft=replace(draft, quantity=None, ratio=f"{draft.quantity}:{other.draft.quantity}"))


TRADING212 = Preset(
    name="trading212",
    title="Trading 212: history (CSV)",
    format="csv",
    columns=_SHAPE.required,
    template="Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,"
    "Currency (Total),Withholding tax,Currency (Withholding tax),Notes,ID\n"
    'Market buy,2024-03-14 14:30:03.613,US0378331005,AAPL,"Apple",10,172.50,USD,1,1725.00,USD,,,,EOF1\n',
    finds=_SHAPE.finds,
    read=read_trading212,
)
