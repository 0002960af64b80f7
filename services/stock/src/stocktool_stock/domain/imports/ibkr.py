"""Activity statement of Interactive Brokers: a CSV of many tables, each line begins with its section and its role."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from stocktool_stock.domain.imports.dates import DateOrder, DateStyle
from stocktool_stock.domain.imports.kinds import cash_by_sign, charge, income, trade
from stocktool_stock.domain.imports.numbers import DecimalSign, NumberStyle
from stocktool_stock.domain.imports.options import ReadOptions, unreadable
from stocktool_stock.domain.imports.reading import Preset, Reading
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor, Line, heading

_HELD = frozenset({"stocks", "funds", "etfs", "mutual funds", "warrants", "bonds", "structured products", "equities"})
_PAYMENT = re.compile(r"^\s*(?P<symbol>[^()]+?)\s*\((?P<id>[A-Z0-9.]+)\)\s*(?P<rest>.*)$", re.ASCII)
_SPLIT = re.compile(
    r"^\s*(?P<symbol>[^()]+?)\s*\((?P<id>[A-Z0-9.]+)\)\s+(?:\w+\s+)?Split\s+(?P<new>[\d.]+)\s+for\s+(?P<old>[\d.]+)",
    re.IGNORECASE | re.ASCII,
)
# As in "MMM(US88579Y1010) Spinoff  1 for 4 (SOLV, SOLVENTUM CORP-W/I, US83444M1018)".
_SPIN_OFF = re.compile(
    r"^\s*(?P<symbol>[^()]+?)\s*\([A-Z0-9.]+\)\s+Spin-?off\s+(?P<new>[\d.]+)\s+for\s+(?P<old>[\d.]+)"
    r"\s+\((?P<new_symbol>[^,()]+),",
    re.IGNORECASE | re.ASCII,
)
_ISIN = re.compile(r"^[A-Z]{2}[A-Z0-9]{9}[0-9]$")
_SILENT = frozenset(
    """statement|account information|net asset value|change in nav|mark-to-market performance summary|codes
realized & unrealized performance summary|cash report|open positions|forex balances|net stock position summary
financial instrument information|notes/legal notes|interest accruals|change in dividend accruals|soft dollars
open dividend accruals|trades by symbol|month & year to date performance summary|base currency exchange rate
location of customer assets, positions and money|securities lent activity|commission details""".replace(
        "\n", "|"
    ).split("|")
)
"""Sections that sum up what others list."""


@dataclass(slots=True)
class _Statement:
    """What is gathered on the way through the sections."""

    options: ReadOptions
    rows: list[ImportRow] = field(default_factory=list)
    isins: dict[str, tuple[str, str]] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    orders: bool = False


def finds_ibkr(lines: Sequence[Line]) -> bool:
    """Whether lines begin like an activity statement's."""
    for line in lines[:60]:
        cells = [heading(cell) for cell in line.cells[:4]]
        if cells[:2] == ["statement", "header"] or cells[:3] == ["trades", "header", "datadiscriminator"]:
            return True
    return False


def read_ibkr(lines: Sequence[Line], options: ReadOptions) -> Reading:
    """Read an activity statement.

    Dividends and the tax kept back of them become one booking where day, symbol and currency agree; exchanges of
    currencies are left out, since trades convert on their own day here.
    """
    statement = _Statement(options)
    _note_instruments(lines, statement)
    headings: dict[str, dict[str, int]] = {}
    known = 0
    for line in lines:
        section, role = heading(line.cells[0]), heading(line.cells[1]) if len(line.cells) > 1 else ""
        if role == "header":
            headings[section] = _columns(line)
        if section not in _SECTIONS:
            if section not in _SILENT and role == "data":
                statement.unread[line.cells[0].strip()] = statement.unread.get(line.cells[0].strip(), 0) + 1
            continue
        known += 1
        if role == "data" and section in headings:
            _SECTIONS[section](_cursor(line, headings[section], options), statement)
    if not known:
        raise unreadable("has none of the sections that are read (Trades, Dividends, ...); export it in English")
    reading = Reading(_with_taxes(statement.rows), newest_first=False)
    if statement.unread:
        named = ", ".join(f"{name} ({count})" for name, count in sorted(statement.unread.items()))
        reading.warnings.append(f"sections that book nothing here: {named}")
    return reading


def _columns(headings: Line) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, cell in enumerate(headings.cells):
        columns.setdefault(heading(cell), index)
    return columns


def _cursor(line: Line, columns: dict[str, int], options: ReadOptions) -> Cursor:
    return Cursor(
        line.number,
        options,
        NumberStyle(options.decimal or DecimalSign.POINT),
        DateStyle(options.date_order or DateOrder.MONTH_FIRST),
        line.cells,
        columns,
    )


def _note_instruments(lines: Sequence[Line], statement: _Statement) -> None:
    columns: dict[str, int] | None = None
    for line in lines:
        if heading(line.cells[0]) != "financial instrument information" or len(line.cells) < 2:
            continue
        if heading(line.cells[1]) == "header":
            columns = _columns(line)
        elif columns is not None:
            at = _cursor(line, columns, statement.options)
            isin = at.text("Security ID")
            for symbol in at.text("Symbol").split(","):  # a renamed share stands under both symbols
                statement.isins[symbol.strip()] = (isin if _ISIN.match(isin) else "", at.text("Description"))


def _name(at: Cursor, statement: _Statement, symbol: str) -> None:
    at.symbol = symbol.strip()
    at.isin, at.name = statement.isins.get(at.symbol, ("", ""))
    at.account = at.text("Account")
    at.symbol_currency = at.text("Currency")


def _is_total(at: Cursor) -> bool:
    return at.text("Currency").lower().startswith("total") or not at.text("Currency")


def _trade(at: Cursor, statement: _Statement) -> None:
    role = at.text("DataDiscriminator").lower()
    category = at.text("Asset Category").lower()
    if role == "order":
        statement.orders = True
    elif role not in ("trade", "execution") or statement.orders:
        if role in ("trade", "execution", "closedlot"):
            statement.rows.append(at.skip("is a part of the order above it"))
        return
    at.day_of(at.text("Date/Time"))
    _name(at, statement, at.text("Symbol"))
    if category == "forex":
        statement.rows.append(at.skip("an exchange of currencies: trades convert on their own day here"))
        return
    if category not in _HELD:
        statement.rows.append(at.skip(f"{at.text('Asset Category')} are not kept"))
        return
    quantity, price = at.number("Quantity", field_name="quantity"), at.number("T. Price", field_name="price")
    proceeds, commission = at.number("Proceeds", field_name="amount"), at.number("Comm/Fee", "Comm in USD")
    if not quantity:
        statement.rows.append(at.error("quantity", "is missing") if at.problems else at.skip("moves no shares"))
        return
    kind = "buy" if quantity > 0 else "sell"
    fee = None if commission is None else -commission
    currency = at.text("Currency")
    statement.rows.append(trade(at, kind, quantity, price, gross=proceeds, fee=fee, currency=currency))


def _payment(at: Cursor, statement: _Statement, kind: str) -> None:
    if _is_total(at):
        return
    at.day_of(at.text("Date"))
    described = at.text("Description")
    match = _PAYMENT.match(described)
    if match is None:
        statement.rows.append(_charged(at, kind, described))
        return
    _name(at, statement, match["symbol"])
    if not at.isin and _ISIN.match(match["id"]):
        at.isin = match["id"]
    statement.rows.append(_charged(at, kind, described))


def _charged(at: Cursor, kind: str, described: str) -> ImportRow:
    amount, currency = at.number("Amount", field_name="amount"), at.text("Currency")
    if kind == "tax" and at.symbol and amount:  # one that came back is negative; joined with its dividend below
        return at.book("tax", amount=-amount, currency=currency, note=described)
    if kind != "dividend":
        return charge(at, kind, amount, currency=currency, note=described)
    if not at.symbol:
        return income(at, "interest", amount, currency=currency, note=described)
    if amount is not None and amount < 0:  # takes an earlier one back; joined with it below
        return at.book("dividend", amount=amount, currency=currency, note=described)
    return income(at, "dividend", amount, currency=currency, note=described)


def _dividends(at: Cursor, statement: _Statement) -> None:
    _payment(at, statement, "dividend")


def _withheld(at: Cursor, statement: _Statement) -> None:
    _payment(at, statement, "tax")


def _cash(at: Cursor, statement: _Statement) -> None:
    if _is_total(at):
        return
    at.day_of(at.text("Settle Date", "Date"))
    at.account = at.text("Account")
    amount = at.number("Amount", field_name="amount")
    statement.rows.append(cash_by_sign(at, amount, currency=at.text("Currency"), note=at.text("Description")))


def _fee(at: Cursor, statement: _Statement) -> None:
    if _is_total(at):
        return
    at.day_of(at.text("Date"))
    at.account = at.text("Account")
    amount, currency = at.number("Amount", field_name="amount"), at.text("Currency")
    statement.rows.append(charge(at, "fee", amount, currency=currency, note=at.text("Description")))


def _interest(at: Cursor, statement: _Statement) -> None:
    if _is_total(at):
        return
    at.day_of(at.text("Date"))
    at.account = at.text("Account")
    amount, currency = at.number("Amount", field_name="amount"), at.text("Currency")
    statement.rows.append(income(at, "interest", amount, currency=currency, note=at.text("Description")))


def _transaction_fee(at: Cursor, statement: _Statement) -> None:
    if _is_total(at):
        return
    at.day_of(at.text("Date/Time", "Date"))
    _name(at, statement, at.text("Symbol"))
    amount, currency = at.number("Amount", field_name="amount"), at.text("Currency")
    statement.rows.append(charge(at, "tax", amount, currency=currency, note=at.text("Description")))


def _corporate_action(at: Cursor, statement: _Statement) -> None:
    if _is_total(at):
        return
    described = at.text("Description")
    # Booked the evening before; the report date is the first day with the new count.
    at.day_of(at.text("Report Date", "Date/Time"))
    match = _SPLIT.match(described)
    if match is None:
        statement.rows.append(at.skip(f"{described[:120]}: {_by_hand(described)}"))
        return
    _name(at, statement, match["symbol"])
    if not at.isin and _ISIN.match(match["id"]):
        at.isin = match["id"]
    ratio = f"{match['new']}:{match['old']}"
    for row in statement.rows:
        draft = row.draft
        if draft is None or draft.type != "split" or row.symbol_text != at.symbol:
            continue
        if (draft.day, draft.ratio) == (at.moment.day if at.moment else None, ratio):
            statement.rows.append(at.skip(f"is the other half of the split in row {row.row}"))
            return
    statement.rows.append(at.book("split", ratio=ratio, note=described))


def _by_hand(described: str) -> str:
    """What is to be done with an action that is not booked, as far as the statement tells it."""
    spun = _SPIN_OFF.match(described)
    if spun is None:
        return "book this corporate action by hand"
    return (
        f"book this spin-off by hand, symbol {spun['symbol']}, new_symbol {spun['new_symbol'].strip()}, ratio "
        f"{spun['new']}:{spun['old']}; the statement does not tell the part of the cost that goes with the new shares "
        "(cost_fraction), the company does (in the US on Form 8937)"
    )


def _transfer(at: Cursor, statement: _Statement) -> None:
    if at.text("Asset Category").lower().startswith("total") or _is_total(at):
        return
    at.day_of(at.text("Date"))
    _name(at, statement, at.text("Symbol"))
    quantity = at.number("Qty", "Quantity", field_name="quantity")
    cash, worth = at.number("Cash Amount", field_name="amount"), at.number("Market Value", field_name="amount")
    currency, note = at.text("Currency"), f"{at.text('Type')} {at.text('Xfer Company')}"
    if cash:
        statement.rows.append(cash_by_sign(at, cash, currency=currency, note=note))
        return
    if at.text("Asset Category").lower() not in _HELD or not quantity:
        statement.rows.append(at.skip(f"{at.text('Asset Category')} are not kept"))
        return
    coming = at.text("Direction").lower() == "in" or (not at.text("Direction") and quantity > 0)
    amount = abs(worth) if worth and coming else None
    if coming:
        at.notes.append("its cost is taken to be the market value of the day; correct it if it was another")
    kind = "transfer_in" if coming else "transfer_out"
    statement.rows.append(at.book(kind, quantity=abs(quantity), amount=amount, currency=currency, note=note))


_SECTIONS: dict[str, Callable[[Cursor, _Statement], None]] = {
    "trades": _trade,
    "dividends": _dividends,
    "payment in lieu of dividends": _dividends,
    "withholding tax": _withheld,
    "871(m) withholding": _withheld,
    "deposits & withdrawals": _cash,
    "fees": _fee,
    "other fees": _fee,
    "interest": _interest,
    "broker interest paid": _interest,
    "broker interest received": _interest,
    "transaction fees": _transaction_fee,
    "corporate actions": _corporate_action,
    "transfers": _transfer,
}

_Key = tuple[date | None, str, str, str]


def _with_taxes(rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Join dividends of one day, symbol and currency, corrections among them, with the tax kept back of them."""
    dividends: dict[_Key, list[ImportRow]] = {}
    taxes: dict[_Key, list[ImportRow]] = {}
    for row in rows:
        if row.draft is None or row.problems:
            continue
        if row.draft.type == "dividend":
            dividends.setdefault(_key(row), []).append(row)
        elif row.draft.type == "tax" and row.symbol_text:
            taxes.setdefault(_key(row), []).append(row)
    joined: dict[int, list[ImportRow]] = {}
    for key, parts in dividends.items():
        _join(parts, taxes.get(key, []), joined)
    result: list[ImportRow] = []
    for row in rows:
        result.extend(joined.get(id(row), [_refunded(row)]))
    return result


def _refunded(row: ImportRow) -> ImportRow:
    """A tax that came back without its dividend: the ledger has no kind of its own for it."""
    draft = row.draft
    if draft is None or draft.type != "tax" or _amount(row) >= 0:
        return row
    note = "a tax that came back is booked as interest: the ledger has no kind of its own for it"
    draft = replace(draft, type="interest", amount=f"{-_amount(row):f}")
    return replace(row, draft=draft, notes=(*row.notes, note), symbol_text="", isin="", name="", symbol_currency="")


def _key(row: ImportRow) -> _Key:
    assert row.draft is not None
    return (row.draft.day, row.symbol_text, row.draft.currency or "", row.account_text)


def _join(parts: Sequence[ImportRow], taxes: Sequence[ImportRow], joined: dict[int, list[ImportRow]]) -> None:
    gross = sum((_amount(row) for row in parts), Decimal(0))
    held_back = sum((_amount(row) for row in taxes), Decimal(0))
    first = next((row for row in parts if _amount(row) > 0), parts[0])
    corrected = any(_amount(row) < 0 for row in parts)
    with_tax = 0 <= held_back <= gross
    if not corrected and len(parts) > 1 and not taxes:
        return
    if corrected and gross <= 0:
        reason = "is taken back in this statement" if gross == 0 else ""
        for row in parts:
            problem = replace(row, draft=None, skipped=reason) if reason else _negative(row)
            joined[id(row)] = [problem]
        return
    assert first.draft is not None
    tax = f"{held_back:f}" if with_tax and held_back else None
    draft = replace(first.draft, amount=f"{gross:f}", tax=tax)
    for row in (*parts, *(taxes if with_tax else ())):
        joined[id(row)] = [replace(row, draft=None, notes=(), skipped=f"is part of the dividend in row {first.row}")]
    joined[id(first)] = [replace(first, draft=draft)]


def _negative(row: ImportRow) -> ImportRow:
    if _amount(row) > 0:
        return row
    return replace(row, draft=None, skipped="takes back a dividend that is not in this statement; correct it by hand")


def _amount(row: ImportRow) -> Decimal:
    return Decimal(0) if row.draft is None else Decimal(row.draft.amount or 0)


IBKR = Preset(
    name="ibkr",
    title="Interactive Brokers: activity statement (CSV)",
    format="csv",
    columns=("Trades", "Header", "DataDiscriminator"),
    template="Statement,Header,Field Name,Field Value\n"
    "Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,C. Price,Proceeds,"
    "Comm/Fee,Basis,Realized P/L,MTM P/L,Code\n"
    'Trades,Data,Order,Stocks,USD,AAPL,"2024-03-14, 10:30:00",10,172.5,173,-1725,-1,1726,0,5,O\n',
    finds=finds_ibkr,
    read=read_ibkr,
)
