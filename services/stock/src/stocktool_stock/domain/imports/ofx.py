"""Statements in OFX or QFX: investment accounts, and the cash of bank accounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from stocktool_stock.domain.imports.dates import DateStyle
from stocktool_stock.domain.imports.kinds import cash_by_sign, charge, income, trade
from stocktool_stock.domain.imports.numbers import DecimalSign, NumberStyle
from stocktool_stock.domain.imports.ofx_text import Node, parse_ofx
from stocktool_stock.domain.imports.options import MAX_ROWS, ReadOptions, too_long, unreadable
from stocktool_stock.domain.imports.reading import Preset, Reading
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor

_WHEN = re.compile(r"^(\d{8})(\d{6})?(?:\.\d+)?(?:\[([+-]?\d{1,2}(?:\.\d+)?)(?::\w+)?\])?")
_ISIN = re.compile(r"^[A-Z]{2}[A-Z0-9]{9}[0-9]$")
_OPTIONS = frozenset({"BUYOPT", "SELLOPT", "CLOSUREOPT"})
_INTEREST = frozenset({"INT"})
_FEES = frozenset({"FEE", "SRVCHG"})
_DIVIDEND = frozenset({"DIV"})

Security = tuple[str, str, str]
"""Ticker, ISIN and name."""


def read_ofx(text: str, options: ReadOptions) -> Reading:
    """Read a statement.

    Raises:
        UnreadableFile: There is no statement in it.
    """
    root = parse_ofx(text)
    securities = _securities(root)
    reading = Reading()
    number = 0
    statements = 0
    for statement in _statements(root):
        statements += 1
        currency = statement.said("CURDEF").upper()
        reading.currency = reading.currency or currency
        account = _account(statement)
        for node in _records(statement):
            number += 1
            if number > MAX_ROWS:
                raise too_long()
            at = Cursor(number, options, NumberStyle(DecimalSign.POINT), DateStyle(None), account=account)
            reading.rows.append(_row(at, node, securities, currency))
    if not statements:
        raise unreadable("has no statement of an account in it")
    return reading


def _statements(root: Node) -> Iterator[Node]:
    for tag in ("INVSTMTRS", "STMTRS", "CCSTMTRS"):
        yield from root.all(tag)


def _account(statement: Node) -> str:
    for tag in ("INVACCTFROM", "BANKACCTFROM", "CCACCTFROM"):
        account = statement.said(tag, "ACCTID")
        if account:
            return account
    return ""


def _securities(root: Node) -> dict[str, Security]:
    found: dict[str, Security] = {}
    for info in root.all("SECINFO"):
        unique, kind = info.said("SECID", "UNIQUEID"), info.said("SECID", "UNIQUEIDTYPE").upper()
        isin = unique if kind == "ISIN" or _ISIN.match(unique) else ""
        ticker = info.said("TICKER").split()[0] if info.said("TICKER") else ""
        found[unique] = (ticker or isin or unique, isin, info.said("SECNAME"))
    return found


def _records(statement: Node) -> Iterator[Node]:
    investments = statement.find("INVTRANLIST")
    if investments is not None:
        for node in investments.children:
            if node.tag == "INVBANKTRAN":
                yield from node.all("STMTTRN")
            elif node.children:
                yield node
    bank = statement.find("BANKTRANLIST")
    if bank is not None:
        yield from (node for node in bank.children if node.tag == "STMTTRN")


def _row(at: Cursor, node: Node, securities: Mapping[str, Security], currency: str) -> ImportRow:
    if node.tag == "STMTTRN":
        return _bank(at, node, currency)
    details = next((child for child in node.children if child.tag in ("INVBUY", "INVSELL")), node)
    transaction = details.find("INVTRAN") or node.find("INVTRAN")
    if transaction is None:
        return at.skip(f"{node.tag} is not a kind that can be booked")
    _day(at, transaction.said("DTTRADE"))
    unique = details.said("SECID", "UNIQUEID")
    at.symbol, at.isin, at.name = securities.get(unique, (unique, unique if _ISIN.match(unique) else "", ""))
    stated = details.said("CURRENCY", "CURSYM").upper() or currency
    if node.tag in _OPTIONS:
        return at.skip("options are not kept")
    handler = _HANDLERS.get(node.tag)
    if handler is None:
        return at.skip(f"{node.tag} is not a kind that can be booked; do so by hand")
    return handler(at, details, stated, transaction.said("MEMO"))


def _day(at: Cursor, text: str) -> None:
    match = _WHEN.match(text)
    if match is None:
        at.refuse("date", f"{text[:40]!r} is no date" if text else "is missing")
        return
    time = match[2] or ""
    zone = ""
    if time and match[3]:
        hours = int(float(match[3]) * 60)
        zone = f"{'-' if hours < 0 else '+'}{abs(hours) // 60:02d}:{abs(hours) % 60:02d}"
    written = f" {time[:2]}:{time[2:4]}:{time[4:]}{zone}" if time else ""
    at.day_of(f"{match[1][:4]}-{match[1][4:6]}-{match[1][6:]}{written}")


def _numbers(at: Cursor, node: Node, *tags: str) -> Decimal:
    return sum((abs(at.number_of(node.said(tag), "fee") or Decimal(0)) for tag in tags), Decimal(0))


def _trade(at: Cursor, node: Node, currency: str, note: str, kind: str) -> ImportRow:
    units, price = at.number_of(node.said("UNITS"), "quantity"), at.number_of(node.said("UNITPRICE"), "price")
    total = at.number_of(node.said("TOTAL"), "amount")
    fee, tax = _numbers(at, node, "COMMISSION", "FEES", "LOAD"), _numbers(at, node, "TAXES", "WITHHOLDING")
    at.symbol_currency = currency
    return trade(at, kind, units, price, net=total, fee=fee, tax=tax, currency=currency, note=note)


def _buy(at: Cursor, node: Node, currency: str, note: str) -> ImportRow:
    return _trade(at, node, currency, note, "buy")


def _sell(at: Cursor, node: Node, currency: str, note: str) -> ImportRow:
    return _trade(at, node, currency, note, "sell")


def _income(at: Cursor, node: Node, currency: str, note: str) -> ImportRow:
    total = at.number_of(node.said("TOTAL"), "amount")
    tax = _numbers(at, node, "WITHHOLDING", "TAXES")
    kind = "interest" if node.said("INCOMETYPE").upper() == "INTEREST" else "dividend"
    # Whether TOTAL is before or after the tax is not said by the standard; brokers write it after.
    return income(at, kind, total, tax=tax, currency=currency, note=note)


def _reinvest(at: Cursor, node: Node, currency: str, note: str) -> ImportRow:
    units, price = at.number_of(node.said("UNITS"), "quantity"), at.number_of(node.said("UNITPRICE"), "price")
    total = at.number_of(node.said("TOTAL"), "amount")
    fee = _numbers(at, node, "COMMISSION", "FEES", "LOAD", "TAXES")
    amount = abs(total) if total else None
    if amount is not None and fee:
        at.notes.append("its fees are part of the amount")
    price = None if amount is not None else price
    quantity = None if units is None else abs(units)
    return at.book("reinvest", quantity=quantity, price=price, amount=amount, currency=currency, note=note)


def _split(at: Cursor, node: Node, currency: str, note: str) -> ImportRow:  # noqa: ARG001 - the shape of a handler
    return at.book("split", ratio=f"{node.said('NUMERATOR')}:{node.said('DENOMINATOR')}", note=note)


def _transfer(at: Cursor, node: Node, currency: str, note: str) -> ImportRow:
    units, price = at.number_of(node.said("UNITS"), "quantity"), at.number_of(node.said("UNITPRICE"), "price")
    basis = at.number_of(node.said("AVGCOSTBASIS"), "price")
    quantity = None if units is None else abs(units)
    out = node.said("TFERACTION").upper() == "OUT" or (units is not None and units < 0)
    if out:
        return at.book("transfer_out", quantity=quantity, currency=currency, note=note)
    return at.book("transfer_in", quantity=quantity, price=basis or price, currency=currency, note=note)


def _expense(at: Cursor, node: Node, currency: str, note: str) -> ImportRow:
    total = at.number_of(node.said("TOTAL"), "amount")
    return charge(at, "fee", None if total is None else -abs(total), currency=currency, note=note)


def _returned(at: Cursor, node: Node, currency: str, note: str) -> ImportRow:
    at.notes.append("a return of capital is booked as a dividend")
    return income(at, "dividend", at.number_of(node.said("TOTAL"), "amount"), currency=currency, note=note)


_HANDLERS: dict[str, Callable[[Cursor, Node, str, str], ImportRow]] = {
    **dict.fromkeys(("BUYSTOCK", "BUYMF", "BUYOTHER", "BUYDEBT"), _buy),
    **dict.fromkeys(("SELLSTOCK", "SELLMF", "SELLOTHER", "SELLDEBT"), _sell),
    "INCOME": _income,
    "REINVEST": _reinvest,
    "SPLIT": _split,
    "TRANSFER": _transfer,
    "INVEXPENSE": _expense,
    "MARGININTEREST": _expense,
    "RETOFCAP": _returned,
}


def _bank(at: Cursor, node: Node, currency: str) -> ImportRow:
    _day(at, node.said("DTPOSTED"))
    amount = at.number_of(node.said("TRNAMT"), "amount")
    stated = node.said("CURRENCY", "CURSYM").upper() or currency
    note = " ".join(part for part in (node.said("NAME"), node.said("MEMO")) if part)
    kind = node.said("TRNTYPE").upper()
    if kind in _INTEREST or kind in _DIVIDEND:  # a dividend without its security
        return income(at, "interest", amount, currency=stated, note=note)
    if kind in _FEES:
        return charge(at, "fee", amount, currency=stated, note=note)
    return cash_by_sign(at, amount, currency=stated, note=note)


OFX = Preset(name="ofx", title="OFX or QFX statement", format="ofx")
