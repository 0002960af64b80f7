"""QIF, Quicken's interchange format: investment and bank accounts. No library of it is maintained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from stocktool_stock.domain.imports.dates import decide_order
from stocktool_stock.domain.imports.kinds import cash_by_sign, charge, income, trade
from stocktool_stock.domain.imports.numbers import decide_style
from stocktool_stock.domain.imports.options import MAX_CELL, MAX_ROWS, ReadOptions, too_long, unreadable
from stocktool_stock.domain.imports.reading import Preset, Reading
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor

_HEADER = re.compile(r"^!(type|account|option|clear|product)\b", re.IGNORECASE)
_BANK = frozenset({"bank", "cash", "ccard", "oth a", "oth l"})
_DIVIDENDS = frozenset({"div", "cglong", "cgshort", "cgmid", "rtrncap", "miscinc"})
_REINVESTS = frozenset({"reinvdiv", "reinvint", "reinvlg", "reinvsh", "reinvmd"})


@dataclass(slots=True)
class _Record:
    """One entry: its first line and its fields by letter."""

    line: int
    kind: str
    account: str
    fields: dict[str, str] = field(default_factory=dict)


def is_qif(text: str) -> bool:
    """Whether a text looks like QIF."""
    return bool(_HEADER.match(text.lstrip("\ufeff \r\n\t")[:40]))


def read_qif(text: str, options: ReadOptions) -> Reading:
    """Read a file of one or more accounts.

    Raises:
        UnreadableFile: There is no entry in it.
    """
    symbols: dict[str, str] = {}
    records: list[_Record] = []
    for record in _records(text):
        if record.kind == "security":
            symbols[record.fields.get("N", "")] = record.fields.get("S", "")
        elif record.kind == "invst" or record.kind in _BANK:
            records.append(record)
            if len(records) > MAX_ROWS:
                raise too_long()
    if not records:
        raise unreadable("has no entry of an investment or bank account in it")
    dates = decide_order((record.fields.get("D", "") for record in records), options.date_order)
    numbers = decide_style(_numbers(records), options.decimal)
    reading = Reading()
    for record in records:
        at = Cursor(record.line, options, numbers, dates, account=record.account)
        reading.rows.extend(_bank(at, record) if record.kind in _BANK else _investment(at, record, symbols))
    return reading


def _numbers(records: Sequence[_Record]) -> Iterator[str]:
    for record in records:
        for letter in "ITUQO$":
            if letter in record.fields:
                yield record.fields[letter]


def _records(text: str) -> Iterator[_Record]:
    kind, account, switching = "", "", False
    current: _Record | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip("\ufeff").rstrip()
        if not line:
            continue
        if line.startswith("!"):
            words = line[1:].lower()
            switching = words.startswith("account")
            kind = "account" if switching else words.removeprefix("type:").strip() if "type" in words else kind
            current = None
        elif line.startswith("^"):
            if current is not None and kind == "account":
                account = current.fields.get("N", "")
            elif current is not None:
                yield current
            current = None
        else:
            current = current or _Record(number, kind, account)
            current.fields.setdefault(line[0].upper(), line[1:].strip()[:MAX_CELL])
    if current is not None and kind != "account":
        yield current


def _bank(at: Cursor, record: _Record) -> Iterator[ImportRow]:
    said = record.fields
    at.day_of(_day(said.get("D", "")))
    note = " ".join(said[letter] for letter in "PM" if said.get(letter))
    yield cash_by_sign(at, at.number_of(said.get("T", said.get("U", "")), "amount"), note=note)


def _day(text: str) -> str:
    """A day without Quicken's padding: `1/ 5'24` is 1/5'24."""
    return text.replace("' ", "'").replace("/ ", "/").replace(" ", "") if "/" in text else text


def _investment(at: Cursor, record: _Record, symbols: dict[str, str]) -> Iterator[ImportRow]:
    said = record.fields
    at.day_of(_day(said.get("D", "")))
    at.name = said.get("Y", "")
    at.symbol = symbols.get(at.name, "") or at.name
    action = said.get("N", "").lower().replace(" ", "")
    moves = action.endswith("x") and action not in ("xin", "xout")
    base = action.removesuffix("x") if moves else action
    total = at.number_of(said.get("T", said.get("U", "")), "amount")
    row = _booked(at, base, record, total)
    yield row
    if moves and row.draft is not None and total:
        # The X of BuyX or DivX: the cash comes from, or goes to, another account.
        into = base in ("buy", "reinvdiv", "miscexp", "margint", "contrib")
        if base not in ("contrib", "withdrw", "shrsin", "shrsout"):
            yield at.book(
                "deposit" if into else "withdrawal", with_symbol=False, amount=abs(total), note=said.get("L", "")
            )


def _booked(at: Cursor, action: str, record: _Record, total: Decimal | None) -> ImportRow:  # noqa: PLR0911 - one by one
    said = record.fields
    quantity, price = at.number_of(said.get("Q", ""), "quantity"), at.number_of(said.get("I", ""), "price")
    fee, note = at.number_of(said.get("O", ""), "fee"), said.get("M", "")
    if action in ("buy", "sell", "cvrshrt", "shtsell"):
        if action in ("cvrshrt", "shtsell"):
            return at.skip("short positions are not kept")
        return trade(at, action, quantity, price, net=total, fee=fee, note=note)
    if action in _REINVESTS:
        amount = None if total is None else abs(total)
        if fee and amount:
            at.notes.append("its fee is part of the amount")
        return at.book("reinvest", quantity=quantity, price=None if amount else price, amount=amount, note=note)
    if action in _DIVIDENDS:
        return income(at, "dividend" if at.symbol else "interest", total, note=note)
    if action == "intinc":
        return income(at, "interest", total, note=note or at.name)
    if action in ("miscexp", "margint"):
        return charge(at, "fee", None if total is None else -abs(total), note=note)
    if action == "stksplit":
        # Quicken writes new shares per ten old ones.
        ratio = None if not quantity else f"{quantity:f}:10"
        return at.book("split", ratio=ratio, note=note)
    if action in ("shrsin", "shrsout") and at.symbol:
        kind = "transfer_in" if action == "shrsin" else "transfer_out"
        return at.book(kind, quantity=quantity, price=price if action == "shrsin" else None, note=note)
    if action in ("xin", "contrib", "xout", "withdrw", "cash"):
        out = action in ("xout", "withdrw")
        signed = None if total is None else (total if action == "cash" else -abs(total) if out else abs(total))
        return cash_by_sign(at, signed, note=note or said.get("P", ""))
    return at.skip(f"{said.get('N') or 'an entry without an action'} is not a kind that can be booked; do so by hand")


QIF = Preset(name="qif", title="QIF file of Quicken", format="qif")
