"""Activities of Ghostfolio: its JSON export, and its CSV."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from stocktool_stock.domain.imports.dates import DateStyle
from stocktool_stock.domain.imports.numbers import DecimalSign, NumberStyle
from stocktool_stock.domain.imports.options import ReadOptions, unreadable
from stocktool_stock.domain.imports.reading import Preset, Reading, TableShape
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor, Line

_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.IGNORECASE)
_SHAPES = (
    TableShape(
        required=("Date", "Code", "DataSource", "Currency", "Price", "Quantity", "Action", "Fee"),
        numbers=("Price", "Quantity", "Fee"),
        days=("Date",),
    ),
    TableShape(
        required=("date", "symbol", "dataSource", "currency", "unitPrice", "quantity", "type", "fee"),
        numbers=("unitPrice", "quantity", "fee"),
        days=("date",),
    ),
)


def finds_ghostfolio(lines: Sequence[Line]) -> bool:
    """Whether lines have the headings of a Ghostfolio CSV."""
    return any(shape.finds(lines) for shape in _SHAPES)


def read_ghostfolio_csv(lines: Sequence[Line], options: ReadOptions) -> Reading:
    """Read activities from CSV."""
    shape = next((shape for shape in _SHAPES if shape.finds(lines)), _SHAPES[0])
    return shape.read(lines, options, _row)


def finds_ghostfolio_json(data: object) -> bool:
    """Whether a JSON document is an export of Ghostfolio."""
    return isinstance(data, Mapping) and isinstance(data.get("activities"), list)


def read_ghostfolio_json(data: Mapping[str, Any], options: ReadOptions) -> Reading:
    """Read activities from a JSON export; numbers come as `Decimal` or int.

    Raises:
        UnreadableFile: An activity is no object.
    """
    profiles = {
        (str(one.get("dataSource")), str(one.get("symbol"))): one
        for one in _objects(data.get("assetProfiles"), "assetProfiles")
    }
    accounts = {str(one.get("id")): str(one.get("name") or "") for one in _objects(data.get("accounts"), "accounts")}
    reading = Reading()
    for number, activity in enumerate(_objects(data["activities"], "activities"), 1):
        texts = {key: _text(value) for key, value in activity.items() if not isinstance(value, list | dict)}
        names = list(texts)
        at = Cursor(
            number,
            options,
            NumberStyle(DecimalSign.POINT),
            DateStyle(options.date_order),
            [texts[name] for name in names],
            {name.lower(): index for index, name in enumerate(names)},
        )
        profile = profiles.get((texts.get("dataSource", ""), texts.get("symbol", "")), {})
        at.name, at.isin = _text(profile.get("name")), _text(profile.get("isin"))
        at.account = accounts.get(texts.get("accountId", ""), "")
        reading.rows.extend(_row(at))
    return reading


def _objects(value: object, name: str) -> Iterable[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise unreadable(f"{name} is no list of objects")
    return value


def _text(value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    return (
        f"{value:f}" if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 40 else str(value)
    )


def _row(at: Cursor) -> Iterable[ImportRow]:
    if not any(cell.strip() for cell in at.cells):
        return
    day = at.day_of(at.text("date"))
    symbol, source = at.text("symbol", "Code"), at.text("dataSource")
    at.account = at.account or at.text("account", "accountName")
    at.symbol = at.name if _UUID.match(symbol) and at.name else symbol
    if source.upper() == "MANUAL" and not at.name:
        at.name = symbol
    kind, currency = at.text("type", "Action").upper(), at.text("currency")
    if day is not None and day > at.options.today:
        yield at.skip("lies in the future: a draft in Ghostfolio")
        return
    yield _booked(at, kind, currency)


def _booked(at: Cursor, kind: str, currency: str) -> ImportRow:
    quantity, price = at.number("quantity"), at.number("unitPrice", "Price", field_name="price")
    fee, note = at.number("fee"), at.text("comment", "Note")
    total = (quantity or Decimal(0)) * (price or Decimal(0))
    if kind in ("BUY", "SELL"):
        at.symbol_currency = currency
        return at.book(kind.lower(), quantity=quantity, price=price, fee=fee, currency=currency, note=note)
    if kind == "DIVIDEND":
        at.symbol_currency = currency
        return at.book("dividend", amount=total, fee=fee, currency=currency, note=note)
    if kind == "INTEREST":
        return at.book("interest", with_symbol=False, amount=total, currency=currency, note=note or at.name)
    if kind == "FEE":
        return at.book("fee", with_symbol=False, amount=fee or total, currency=currency, note=note or at.name)
    if kind in ("LIABILITY", "ITEM"):
        return at.skip(f"{kind} is not kept: it is no booking")
    return at.skip(f"{kind or 'an activity without a type'} is not a kind that can be booked; do so by hand")


GHOSTFOLIO = Preset(
    name="ghostfolio",
    title="Ghostfolio: activities (JSON or CSV)",
    format="csv",
    columns=_SHAPES[0].required,
    template="Date,Code,DataSource,Currency,Price,Quantity,Action,Fee,Note\n"
    "2024-03-14,AAPL,YAHOO,USD,172.5,10,buy,1.00,first\n",
    finds=finds_ghostfolio,
    read=read_ghostfolio_csv,
)
