"""Plain records of portfolios and entries: what is stored, and what a repeated write is answered from.

Numbers are text, so that no store's arithmetic touches them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.domain.ledger import Entry, EntryType, LotChoice, plain, ratio_text, read_ratio
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import Account, Portfolio, PortfolioId

Value: TypeAlias = "str | int | bool | Sequence[Value] | Mapping[str, Value] | None"
Record: TypeAlias = Mapping[str, Value]


def portfolio_record(portfolio: Portfolio) -> dict[str, Value]:
    """A head as a record."""
    return {
        "portfolio_id": portfolio.id,
        "owner": portfolio.owner,
        "name": portfolio.name,
        "base_currency": portfolio.base_currency,
        "accounts": [{"id": a.id, "name": a.name, "currency": a.currency} for a in portfolio.accounts],
        "cost_method": portfolio.cost_method.value,
        "created_at": instant(portfolio.created_at),
        "version": portfolio.version,
        "last_sequence": portfolio.last_sequence,
        "ledger_digest": portfolio.ledger_digest,
    }


def portfolio_of(record: Record) -> Portfolio:
    """A head from its record."""
    accounts = record["accounts"]
    if not isinstance(accounts, Sequence) or isinstance(accounts, str):
        raise TypeError("accounts of a stored portfolio are no list")
    return Portfolio(
        id=PortfolioId(_text(record, "portfolio_id")),
        owner=OwnerId(_text(record, "owner")),
        name=_text(record, "name"),
        base_currency=_text(record, "base_currency"),
        accounts=tuple(_account(account) for account in accounts),
        cost_method=CostMethod(_text(record, "cost_method")),
        created_at=parse_instant(_text(record, "created_at")),
        version=int(_text(record, "version")),
        last_sequence=int(_text(record, "last_sequence")),
        ledger_digest=_text(record, "ledger_digest"),
    )


def _account(value: Value) -> Account:
    if not isinstance(value, Mapping):
        raise TypeError("an account of a stored portfolio is no map")
    return Account(_text(value, "id"), _text(value, "name"), _text(value, "currency"))


def entry_record(entry: Entry) -> dict[str, Value]:
    """An entry as a record; what is empty is left out."""
    record: dict[str, Value] = {
        "id": entry.id,
        "sequence": entry.sequence,
        "day": entry.day.isoformat(),
        "type": entry.type.value,
        "account_id": entry.account_id,
        "currency": entry.currency,
        "recorded_at": instant(entry.recorded_at),
        "symbol": entry.symbol,
        "quantity": _number(entry.quantity),
        "price": _number(entry.price),
        "amount": _number(entry.amount),
        "amount_per_share": _number(entry.amount_per_share),
        "fee": plain(entry.fee),
        "tax": plain(entry.tax),
        "ratio": None if entry.ratio is None else ratio_text(entry.ratio),
        "fx_rate": _number(entry.fx_rate),
        "note": entry.note,
        "fee_currency": entry.fee_currency,
        "tax_currency": entry.tax_currency,
        "lots": [{"lot_id": choice.lot_id, "quantity": plain(choice.quantity)} for choice in entry.lots],
        "acquired": "" if entry.acquired is None else entry.acquired.isoformat(),
        "cost_basis": _number(entry.cost_basis),
        "to_account_id": entry.to_account_id,
        "new_symbol": entry.new_symbol,
        "cost_fraction": _number(entry.cost_fraction),
        "reversed_by": entry.reversed_by,
    }
    return {name: value for name, value in record.items() if value not in (None, "", [])}


def entry_of(record: Record) -> Entry:
    """An entry from its record."""
    ratio, acquired = record.get("ratio"), _text(record, "acquired")
    return Entry(
        id=_text(record, "id"),
        sequence=int(_text(record, "sequence")),
        day=date.fromisoformat(_text(record, "day")),
        type=EntryType(_text(record, "type")),
        account_id=_text(record, "account_id"),
        currency=_text(record, "currency"),
        recorded_at=parse_instant(_text(record, "recorded_at")),
        symbol=_text(record, "symbol"),
        quantity=_decimal(record, "quantity"),
        price=_decimal(record, "price"),
        amount=_decimal(record, "amount"),
        amount_per_share=_decimal(record, "amount_per_share"),
        fee=_decimal(record, "fee") or Decimal(0),
        tax=_decimal(record, "tax") or Decimal(0),
        ratio=None if ratio is None else read_ratio(str(ratio), may_be_one=True),
        fx_rate=_decimal(record, "fx_rate"),
        note=_text(record, "note"),
        fee_currency=_text(record, "fee_currency"),
        tax_currency=_text(record, "tax_currency"),
        lots=_lots(record.get("lots")),
        acquired=date.fromisoformat(acquired) if acquired else None,
        cost_basis=_decimal(record, "cost_basis"),
        to_account_id=_text(record, "to_account_id"),
        new_symbol=_text(record, "new_symbol"),
        cost_fraction=_decimal(record, "cost_fraction"),
        reversed_by=_text(record, "reversed_by"),
    )


def _lots(value: Value) -> tuple[LotChoice, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    rows = [row for row in value if isinstance(row, Mapping)]
    return tuple(LotChoice(_text(row, "lot_id"), Decimal(_text(row, "quantity"))) for row in rows)


def _number(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    return "" if value is None else str(value)


def _decimal(record: Record, name: str) -> Decimal | None:
    value = record.get(name)
    return None if value is None else Decimal(str(value))
