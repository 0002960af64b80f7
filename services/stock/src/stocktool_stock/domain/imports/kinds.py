"""Bookings that all brokers have, from numbers with the broker's signs."""

from __future__ import annotations

from decimal import Decimal

from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor, price_or_amount

_ZERO = Decimal(0)


def trade(
    at: Cursor,
    kind: str,
    quantity: Decimal | None,
    price: Decimal | None,
    *,
    net: Decimal | None = None,
    gross: Decimal | None = None,
    fee: Decimal | None = None,
    tax: Decimal | None = None,
    currency: str = "",
    note: str = "",
) -> ImportRow:
    """A purchase or sale.

    Args:
        at: The row.
        kind: `buy` or `sell`.
        quantity: Of any sign.
        price: Of one share.
        net: What the cash changed by, of any sign: with fee and tax.
        gross: Instead, what the shares were worth.
        fee: Positive for a cost, negative for a rebate, which then stands in the amount.
        tax: As `fee`.
        currency: Of all of these.
        note: To keep.
    """
    fee, tax = fee or _ZERO, tax or _ZERO
    quantity = None if quantity is None else abs(quantity)
    if gross is None and net is not None:
        gross = abs(net) - fee - tax if kind == "buy" else abs(net) + fee + tax
    elif gross is not None:
        gross = abs(gross)
    if (fee < 0 or tax < 0) and gross is None and quantity is not None and price is not None:
        gross = quantity * price
    for rebate in (min(fee, _ZERO), min(tax, _ZERO)):
        if rebate and gross is not None:
            gross = gross + rebate if kind == "buy" else gross - rebate
            at.notes.append("a rebate is part of the amount")
    price, amount = price_or_amount(quantity, price, gross)
    return at.book(
        kind,
        quantity=quantity,
        price=price,
        amount=amount,
        fee=max(fee, _ZERO),
        tax=max(tax, _ZERO),
        currency=currency,
        note=note,
    )


def income(
    at: Cursor,
    kind: str,
    net: Decimal | None,
    *,
    tax: Decimal | None = None,
    fee: Decimal | None = None,
    currency: str = "",
    note: str = "",
) -> ImportRow:
    """A dividend or interest: what came in, before the tax and fee that were kept back; interest paid is a fee."""
    tax, fee = abs(tax or _ZERO), abs(fee or _ZERO)
    with_symbol = kind == "dividend"
    if net is None:
        return at.book(kind, with_symbol=with_symbol, currency=currency, note=note)
    gross = net + tax + (fee if with_symbol else _ZERO)
    if gross == 0:
        return at.skip("comes to nothing")
    if gross < 0:
        if with_symbol:
            return at.error("amount", "takes a dividend back", "Skip it together with the dividend it takes back")
        at.notes.append("interest paid is booked as a fee")
        return at.book("fee", with_symbol=False, amount=-gross, currency=currency, note=note or "Interest paid")
    if not with_symbol:
        return at.book(kind, with_symbol=False, amount=gross, tax=tax, currency=currency, note=note)
    return at.book(kind, amount=gross, tax=tax, fee=fee, currency=currency, note=note)


def charge(at: Cursor, kind: str, amount: Decimal | None, *, currency: str = "", note: str = "") -> ImportRow:
    """A fee or tax by its effect on cash: negative is paid; what comes back is booked as interest, and said."""
    if amount is None or amount == 0:
        return at.skip("comes to nothing") if amount is not None else at.error("amount", "is missing")
    if amount < 0:
        return at.book(kind, with_symbol=bool(at.symbol), amount=-amount, currency=currency, note=note)
    at.notes.append(f"a {kind} that came back is booked as interest: the ledger has no kind of its own for it")
    return at.book(
        "interest", with_symbol=False, amount=amount, currency=currency, note=f"{kind.capitalize()} refund. {note}"
    )


def cash_by_sign(at: Cursor, amount: Decimal | None, *, currency: str = "", note: str = "") -> ImportRow:
    """Money paid in (positive) or out."""
    if amount is None:
        return at.error("amount", "is missing")
    if amount == 0:
        return at.skip("comes to nothing")
    kind = "deposit" if amount > 0 else "withdrawal"
    return at.book(kind, with_symbol=False, amount=abs(amount), currency=currency, note=note)
