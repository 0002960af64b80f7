"""Account history of Fidelity: the action is a sentence, and what follows the table is small print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.kinds import cash_by_sign, charge, income, trade
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.reading import Preset, Reading, TableShape
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor, Line

_SHAPE = TableShape(
    required=("Run Date", "Action", "Symbol", "Quantity", "Settlement Date"),
    numbers=(
        "Quantity",
        "Price ($)",
        "Price",
        "Commission ($)",
        "Commission",
        "Fees ($)",
        "Fees",
        "Amount ($)",
        "Amount",
    ),
    days=("Run Date",),
    decimal=DecimalSign.POINT,
    date_order=DateOrder.MONTH_FIRST,
    currency="USD",
)
_DAY = re.compile(r"^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}$|^[A-Z][a-z]{2}-\d{1,2}-\d{4}$", re.ASCII)
CORE_FUNDS = frozenset({"SPAXX", "FDRXX", "FZFXX", "SPRXX", "FDIC", "CORE", "FCASH", "QPIFQ", "QIMHQ", "QUSBQ"})
"""Funds that hold the cash; most of their purchases and sales are not in the history, so they count as cash."""

_KINDS: tuple[tuple[str, str], ...] = (
    ("foreign tax", "tax"),
    ("you bought", "buy"),
    ("you sold", "sell"),
    ("dividend received", "dividend"),
    ("reinvestment", "reinvested"),
    ("long-term cap gain", "dividend"),
    ("short-term cap gain", "dividend"),
    ("return of capital", "dividend"),
    ("in lieu of", "dividend"),
    ("margin interest", "fee"),
    ("interest", "interest"),
    ("redemption from core", "core"),
    ("purchase into core", "core"),
    ("exchanged to", "core"),
    ("fee charged", "fee"),
    ("advisory fee", "fee"),
    ("foreign tax", "tax"),
    ("tax withheld", "tax"),
    ("fed tax", "tax"),
    ("state tax", "tax"),
    ("fee", "fee"),
)
_CASH = (
    "electronic funds transfer",
    "direct deposit",
    "direct debit",
    "transferred from",
    "transferred to",
    "transfer of assets",
    "contribution",
    "contrib",
    "rollover cash",
    "partic contr",
    "co contr",
    "check received",
    "check paid",
    "wire transfer",
    "debit card purchase",
    "atm withdrawal",
    "bill payment",
    "cash advance",
    "normal distr",
    "money line",
    "deposit",
)


def read_fidelity(lines: Sequence[Line], options: ReadOptions) -> Reading:
    """Read the history of a Fidelity account."""
    return _SHAPE.read(lines, options, _row)


def _row(at: Cursor) -> Iterable[ImportRow]:
    day = at.text("Run Date")
    filled = [cell for cell in at.cells if cell.strip()]
    if not filled or (not _DAY.match(day) and len(filled) < 3):
        return  # small print below the table
    at.day_of(day)
    at.symbol = at.text("Symbol").lstrip("-")
    at.name = at.text("Security Description", "Description")
    at.account = at.text("Account Number", "Account")
    at.symbol_currency = "USD"
    yield _booked(at, at.text("Action"))


def _booked(at: Cursor, action: str) -> ImportRow:  # noqa: PLR0911 - one kind after the other
    words = action.lower()
    quantity, price = at.number("Quantity", field_name="quantity"), at.number("Price ($)", "Price", field_name="price")
    amount = at.number("Amount ($)", "Amount", field_name="amount")
    fee = sum(
        (
            abs(part)
            for part in (
                at.number("Commission ($)", "Commission", field_name="fee"),
                at.number("Fees ($)", "Fees", field_name="fee"),
            )
            if part
        ),
        Decimal(0),
    )
    kind = next((kind for start, kind in _KINDS if start in words), "")
    core = at.symbol.upper() in CORE_FUNDS or (at.symbol == "" and kind == "core")
    if (" call " in f" {words} " and "option" in words) or at.symbol[:1].isdigit():
        return at.skip("options and instruments without a symbol are not kept")
    if kind == "core" or (core and kind in ("reinvested", "buy", "sell")):
        return at.skip("the fund that holds the cash counts as cash")
    if kind in ("buy", "sell", "reinvested"):
        if not quantity:
            return at.error("quantity", "is missing")
        note = "Reinvested dividend" if kind == "reinvested" else ""
        side = "sell" if kind == "sell" else "buy"
        return trade(at, side, quantity, price, net=amount, fee=fee, currency="USD", note=note)
    if kind == "dividend" and at.symbol and not core:
        return income(at, "dividend", amount, fee=fee, currency="USD")
    if kind in ("dividend", "interest"):
        return income(at, "interest", amount, currency="USD", note=action)
    if kind in ("fee", "tax"):
        return charge(at, kind, amount, currency="USD", note=action)
    if any(start in words for start in _CASH) and not quantity:
        return cash_by_sign(at, amount, currency="USD", note=action)
    if "transfer" in words and at.symbol and quantity:
        side = "transfer_in" if quantity > 0 else "transfer_out"
        worth = abs(amount) if amount and side == "transfer_in" else None
        return at.book(side, quantity=abs(quantity), amount=worth, currency="USD", note=action)
    return at.skip(f"{action[:80] or 'a row without an action'} is not a kind that can be booked; do so by hand")


FIDELITY = Preset(
    name="fidelity",
    title="Fidelity: account history (CSV)",
    format="csv",
    columns=_SHAPE.required,
    template="Run Date,Action,Symbol,Description,Type,Quantity,Price ($),Commission ($),Fees ($),Accrued Interest ($),"
    "Amount ($),Cash Balance ($),Settlement Date\n"
    "03/14/2024,YOU BOUGHT APPLE INC (AAPL) (Cash),AAPL,APPLE INC,Cash,10,172.5,,,,-1725,5000,03/18/2024\n",
    finds=_SHAPE.finds,
    read=read_fidelity,
)
