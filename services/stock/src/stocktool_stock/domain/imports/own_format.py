"""Our own export, as CSV and as JSON: every field of every entry, read back without loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from stocktool_stock.domain.imports.dates import BadDate, DateStyle, Moment, read_moment
from stocktool_stock.domain.imports.options import ReadOptions, unreadable
from stocktool_stock.domain.imports.own_instruments import read_instruments
from stocktool_stock.domain.imports.reading import Preset, Reading, TableShape
from stocktool_stock.domain.imports.rows import ImportRow, RowProblem
from stocktool_stock.domain.imports.sheet import Cursor, Line, heading
from stocktool_stock.domain.ledger import Draft, LotDraft

FORMAT = "stocktool-portfolio/1"
COLUMNS = (
    *("id", "date", "type", "symbol", "quantity", "price", "amount", "amount_per_share", "fee", "tax", "currency"),
    *("ratio", "account", "account_id", "to_account", "fee_currency", "tax_currency", "lots", "acquired", "cost_basis"),
    *("new_symbol", "cost_fraction", "fx_rate", "note", "recorded_at"),
)
"""Columns of the CSV, which are the fields of an entry in the JSON."""

_PLAIN = (
    *("symbol", "quantity", "price", "amount", "amount_per_share", "fee", "tax", "currency", "ratio", "note"),
    *("fee_currency", "tax_currency", "cost_basis", "new_symbol", "cost_fraction"),
)
_SHAPE = TableShape(
    required=("id", "date", "type", "symbol", "quantity", "account", "recorded_at"), numbers=(), days=()
)
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")


def guarded(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula (OWASP on CSV injection): led by an apostrophe."""
    return f"'{text}" if text.startswith(_GUARDED) else text


def unguarded(text: str) -> str:
    """The text of a guarded cell."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_GUARDED) else text


def read_own_csv(lines: Sequence[Line], options: ReadOptions) -> Reading:
    """Read an export as CSV."""
    reading = _SHAPE.read(lines, options, _from_csv)
    reading.keeps_order = True
    return reading


def finds_own_json(data: object) -> bool:
    """Whether a JSON document is an export of ours."""
    return isinstance(data, Mapping) and str(data.get("format", "")).startswith("stocktool-portfolio/")


def read_own_json(data: Mapping[str, Any], options: ReadOptions) -> Reading:
    """Read an export as JSON.

    Raises:
        UnreadableFile: It is of another version, or not of this shape.
    """
    if data.get("format") != FORMAT:
        raise unreadable(f"is an export of another version: {str(data.get('format'))[:40]}, not {FORMAT}")
    accounts, entries = data.get("accounts"), data.get("entries")
    if not isinstance(accounts, list) or not isinstance(entries, list):
        raise unreadable("lacks its list of accounts or of entries")
    names = {str(one.get("id")): str(one.get("name")) for one in accounts if isinstance(one, Mapping)}
    reading = Reading(keeps_order=True, instruments=read_instruments(data.get("instruments"), options.today))
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, Mapping):
            raise unreadable(f"entry {number} is no object")
        texts = {str(key): value for key, value in entry.items()}
        texts["account"] = names.get(str(texts.get("account_id") or ""), "")
        texts["to_account"] = names.get(str(texts.get("to_account_id") or ""), "")
        reading.rows.append(_entry(number, texts))
    return reading


def _from_csv(at: Cursor) -> Iterable[ImportRow]:
    if not any(cell.strip() for cell in at.cells):
        return
    # As they are, since a note may begin or end with a space.
    cells = {name: at.cells[index] for name, index in at.columns.items() if index < len(at.cells)}
    texts: dict[str, Any] = {name: unguarded(cells.get(heading(name), "")) for name in COLUMNS}
    chosen = [part.partition("=") for part in texts["lots"].split(";") if part.strip()]
    texts["lots"] = [{"lot_id": lot.strip(), "quantity": quantity.strip()} for lot, _, quantity in chosen]
    yield _entry(at.row, texts)


def _entry(number: int, texts: Mapping[str, Any]) -> ImportRow:
    problems: list[RowProblem] = []

    def text(name: str) -> str:
        value = texts.get(name)
        return "" if value is None else str(value)

    def day(name: str) -> date | None:
        try:
            moment = read_moment(text(name), DateStyle(None))
        except BadDate as error:
            problems.append(RowProblem(name, str(error)))
            return None
        return moment.day if isinstance(moment, Moment) else None

    lots = texts.get("lots")
    draft = Draft(
        type=text("type"),
        day=day("date"),
        **{name: text(name) or None for name in _PLAIN},
        lots=tuple(
            LotDraft(str(one.get("lot_id")), str(one.get("quantity")))
            for one in (lots if isinstance(lots, list) else [])
            if isinstance(one, Mapping)
        ),
        acquired=day("acquired") if text("acquired") else None,
        to_account_id=text("to_account") or None,
    )
    return ImportRow(
        number,
        draft,
        problems=tuple(problems),
        symbol_text=text("symbol"),
        account_text=text("account"),
        entry_id=text("id"),
    )


OWN_FORMAT = Preset(
    name="stocktool",
    title="StockTool: export of a portfolio (CSV or JSON)",
    format="csv",
    columns=COLUMNS,
    template=f"{','.join(COLUMNS)}\n,2024-03-14,buy,AAPL,10,172.5,,,1,,USD{',' * (len(COLUMNS) - 11)}\n",
    finds=_SHAPE.finds,
    read=read_own_csv,
)
