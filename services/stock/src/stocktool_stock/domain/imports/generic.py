"""CSV of any shape: columns mapped by the client, or found by headings that speak for themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from stocktool_stock.domain.imports.options import ColumnMapping, ReadOptions, unreadable
from stocktool_stock.domain.imports.reading import Preset, Reading
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor, Line, Sheet, heading
from stocktool_stock.domain.ledger import EntryType

FIELDS = (
    *("date", "type", "symbol", "isin", "name", "quantity", "price", "amount", "amount_per_share", "fee", "tax"),
    *("currency", "ratio", "account", "note"),
)
_NUMBERS = ("quantity", "price", "amount", "amount_per_share", "fee", "tax")
_HEADINGS: dict[str, str] = {
    "date": "date|trade date|transaction date|run date|datum|buchungstag|time|date/time|booking date|settlement date",
    "type": "type|action|transaction type|typ|transaction|kind|activity|side|buy/sell|buchungsart",
    "symbol": "symbol|ticker|code|instrument|ticker symbol|stock|security|symbol/isin",
    "isin": "isin",
    "name": "name|description|security name|wertpapiername|company|bezeichnung",
    "quantity": "quantity|shares|qty|units|no. of shares|stück|anzahl|menge",
    "price": "price|unit price|price per share|price / share|kurs|share price|unitprice",
    "amount": "amount|total|value|net amount|total amount|betrag|wert|gross amount",
    "amount_per_share": "amount per share|dividend per share",
    "fee": "fee|fees|commission|commissions|fees & comm|gebühren|gebühr|provision",
    "tax": "tax|taxes|withholding tax|steuer|steuern",
    "currency": "currency|ccy|währung|currency code",
    "ratio": "ratio|split ratio",
    "account": "account|account name|konto|depot",
    "note": "note|notes|comment|notiz|memo",
}
_BY_HEADING = {text: name for name, texts in _HEADINGS.items() for text in texts.split("|")}
_WORDS: dict[str, str] = {
    "buy": "buy|bought|purchase|kauf|b|market buy|limit buy|kaufen|achat|compra",
    "sell": "sell|sold|sale|verkauf|s|market sell|limit sell|vente|venta",
    "deposit": "deposit|einlage|einzahlung|cash in|contribution",
    "withdrawal": "withdrawal|withdraw|entnahme|auszahlung|removal|cash out",
    "dividend": "dividend|dividends|dividende|div|cash dividend",
    "interest": "interest|zinsen|credit interest",
    "fee": "fee|fees|gebühr|gebühren|commission",
    "tax": "tax|taxes|steuer|steuern|withholding tax",
    "split": "split|stock split|aktiensplit",
    "reinvest": "reinvest|reinvestment|drip|dividend reinvestment|reinvested dividend",
    "transfer_in": "transfer in|delivery (inbound)|einlieferung",
    "transfer_out": "transfer out|delivery (outbound)|auslieferung",
    "opening": "opening|opening balance",
}
_BY_WORD = {word: kind for kind, words in _WORDS.items() for word in words.split("|")}
_TYPES = frozenset(kind.value for kind in EntryType)
_SHARES = frozenset({"buy", "sell", "reinvest", "transfer_in", "transfer_out", "opening"})


def finds_generic(lines: Sequence[Line]) -> bool:
    """Whether headings speak for themselves: a day, and a kind or a number of shares."""
    return _found(lines) is not None


def _found(lines: Sequence[Line]) -> tuple[int, dict[str, str]] | None:
    for index, line in enumerate(lines[:40]):
        columns: dict[str, str] = {}
        for cell in line.cells:
            name = _BY_HEADING.get(heading(cell))
            if name is not None and name not in columns.values():
                columns[cell] = name
        named = set(columns.values())
        if "date" in named and ("type" in named or "quantity" in named) and named & {"quantity", "amount"}:
            return index, columns
    return None


def check_mapping(mapping: ColumnMapping) -> None:
    """Refuse a mapping to fields or types that do not exist.

    Raises:
        InvalidArgument: It names the place.
    """
    for column, name in mapping.columns.items():
        if name not in FIELDS:
            raise unreadable(
                f"{column[:60]!r} maps to {name[:40]!r}, which is no field: {', '.join(FIELDS)}", "/mapping"
            )
    if "date" not in mapping.columns.values():
        raise unreadable("no column maps to date", "/mapping")
    for text, kind in {**mapping.types, "default_type": mapping.default_type}.items():
        if kind and kind not in _TYPES:
            raise unreadable(f"{text[:60]!r} maps to {kind[:40]!r}, which is no type of entry", "/mapping")


def read_generic(lines: Sequence[Line], options: ReadOptions) -> Reading:
    """Read a CSV by the client's mapping, else by its headings.

    Raises:
        UnreadableFile: Headings of the mapping are not there, or none speaks for itself.
    """
    mapping = options.mapping
    if mapping is None:
        found = _found(lines)
        if found is None:
            raise unreadable("its headings say too little: map columns to fields (mapping), or name a preset")
        index, columns = found
        mapping = ColumnMapping(columns)
    else:
        check_mapping(mapping)
        wanted = {heading(column) for column in mapping.columns}
        place = next(
            (at for at, line in enumerate(lines[:40]) if wanted <= {heading(cell) for cell in line.cells}), None
        )
        if place is None:
            seen = {heading(cell) for line in lines[:40] for cell in line.cells}
            missing = [column for column in mapping.columns if heading(column) not in seen]
            raise unreadable(f"has no line with the mapped headings; missing: {', '.join(missing)[:300]}", "/mapping")
        index = place
    by_field = {name: column for column, name in mapping.columns.items()}
    sheet = Sheet(
        lines[index],
        lines[index + 1 :],
        options,
        numbers=[by_field[name] for name in _NUMBERS if name in by_field],
        days=[by_field["date"]] if "date" in by_field else [],
    )
    words = {" ".join(text.lower().split()): kind for text, kind in mapping.types.items()}
    reading = Reading(currency=mapping.currency)
    for cursor in sheet.cursors():
        reading.rows.extend(_row(cursor, by_field, mapping, words))
    return reading


def _row(
    at: Cursor, by_field: Mapping[str, str], mapping: ColumnMapping, words: Mapping[str, str]
) -> Iterable[ImportRow]:
    if not any(cell.strip() for cell in at.cells):
        return
    texts = {name: at.text(column) for name, column in by_field.items()}
    at.day_of(texts.get("date", ""))
    at.isin, at.name, at.account = texts.get("isin", ""), texts.get("name", ""), texts.get("account", "")
    at.symbol = texts.get("symbol", "") or at.isin or ("" if "symbol" in by_field else at.name)
    numbers = {name: at.number_of(texts[name], name) for name in _NUMBERS if name in texts}
    currency = texts.get("currency", "") or mapping.currency
    at.symbol_currency = currency.upper()
    word = " ".join(texts.get("type", "").lower().split())
    kind = words.get(word, None if word in words else _BY_WORD.get(word, word if word in _TYPES else None))
    if word in words and not words[word]:
        yield at.skip(f"{texts.get('type', '')!r} is left out, as the mapping says")
        return
    if kind is None and not word:
        kind = mapping.default_type or _by_sign(at, numbers)
    if kind is None:
        said = texts.get("type") or "a row without a type"
        yield at.skip(f"{said[:80]} is no known type; map it to one (mapping.types)")
        return
    yield _booked(at, kind, numbers, texts, currency)


def _by_sign(at: Cursor, numbers: Mapping[str, Decimal | None]) -> str | None:
    quantity, amount = numbers.get("quantity"), numbers.get("amount")
    if at.symbol and quantity:
        return "sell" if quantity < 0 else "buy"
    if not at.symbol and amount:
        return "withdrawal" if amount < 0 else "deposit"
    return None


def _booked(
    at: Cursor, kind: str, numbers: Mapping[str, Decimal | None], texts: Mapping[str, str], currency: str
) -> ImportRow:
    positive = {name: None if number is None else abs(number) for name, number in numbers.items()}
    if kind not in _SHARES and kind != "split":
        positive.pop("quantity", None)
        if kind != "dividend" or positive.get("amount"):
            positive.pop("amount_per_share", None)
        positive.pop("price", None)
    elif positive.get("price") is not None:
        positive.pop("amount", None)
    if kind == "transfer_out" and at.symbol:
        positive = {"quantity": positive.get("quantity")}
    row = at.book(
        kind,
        with_symbol=bool(at.symbol) and kind not in ("deposit", "withdrawal", "interest"),
        currency=currency,
        ratio=texts.get("ratio") or None,
        note=texts.get("note", ""),
        **{name: number for name, number in positive.items() if number or name == "price"},
    )
    if kind == "split" and row.draft is not None:
        return replace(row, draft=replace(row.draft, price=None, amount=None, currency=None))
    return row


GENERIC = Preset(
    name="generic",
    title="CSV of any shape, with columns mapped to fields",
    format="csv",
    columns=("date", "type"),
    template="date,type,symbol,quantity,price,amount,fee,tax,currency,ratio,account,note\n"
    "2024-03-14,buy,AAPL,10,172.5,,1,,USD,,,first\n2024-05-16,dividend,AAPL,,,2.50,,0.38,USD,,,\n",
    finds=finds_generic,
    read=read_generic,
)
