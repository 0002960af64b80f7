"""From the text of a file to its rows: which format and preset it is, in which order it is booked, and fingerprints."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from typing import NoReturn

from stocktool_stock.domain.imports.fidelity import FIDELITY
from stocktool_stock.domain.imports.generic import GENERIC
from stocktool_stock.domain.imports.ghostfolio import GHOSTFOLIO, finds_ghostfolio_json, read_ghostfolio_json
from stocktool_stock.domain.imports.ibkr import IBKR
from stocktool_stock.domain.imports.ofx import OFX, read_ofx
from stocktool_stock.domain.imports.ofx_text import is_ofx
from stocktool_stock.domain.imports.options import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    ReadOptions,
    check_rows,
    too_long,
    unreadable,
)
from stocktool_stock.domain.imports.own_format import OWN_FORMAT, finds_own_json, read_own_json
from stocktool_stock.domain.imports.portfolio_performance import PORTFOLIO_PERFORMANCE
from stocktool_stock.domain.imports.qif import QIF, is_qif, read_qif
from stocktool_stock.domain.imports.reading import Preset, Reading
from stocktool_stock.domain.imports.rows import ImportFile, ImportRow
from stocktool_stock.domain.imports.schwab import SCHWAB
from stocktool_stock.domain.imports.sheet import Line
from stocktool_stock.domain.imports.trading212 import TRADING212

PRESETS: tuple[Preset, ...] = (
    OWN_FORMAT,
    IBKR,
    SCHWAB,
    FIDELITY,
    TRADING212,
    GHOSTFOLIO,
    PORTFOLIO_PERFORMANCE,
    OFX,
    QIF,
    GENERIC,
)
"""In the order in which they are tried."""

_DELIMITERS = ",;\t|"
_MORE_LINES = 10_000
"""Lines beyond the rows that a file may have: headings, totals, small print."""


def read_text(text: str, options: ReadOptions) -> ImportFile:
    """Read the text of a file.

    Args:
        text: Without its encoding's mark.
        options: What the client says.

    Returns:
        Rows in the order they are to be booked, without fingerprints, since these need accounts.

    Raises:
        UnreadableFile: The file as a whole cannot be read.
    """
    if options.preset and options.preset not in {preset.name for preset in PRESETS}:
        names = ", ".join(preset.name for preset in PRESETS)
        raise unreadable(f"{options.preset[:40]!r} is no preset; there are {names}", "/preset")
    start = text.lstrip("\ufeff \r\n\t")
    if not start:
        raise unreadable("is empty")
    if options.mapping is None and is_ofx(text):
        return _file("ofx", "ofx", read_ofx(text, options))
    if options.mapping is None and is_qif(text):
        return _file("qif", "qif", read_qif(text, options))
    if options.mapping is None and start[0] in "{[":
        return _from_json(text, options)
    return _from_csv(text, options)


def _from_json(text: str, options: ReadOptions) -> ImportFile:
    try:
        data = json.loads(text, parse_float=_finite, parse_int=_whole, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise unreadable(f"is no valid JSON: {str(error)[:200]}") from error
    if finds_own_json(data):
        check_rows(data.get("entries") if isinstance(data.get("entries"), list) else [])
        return _file("json", OWN_FORMAT.name, read_own_json(data, options))
    if finds_ghostfolio_json(data):
        check_rows(data["activities"])
        return _file("json", GHOSTFOLIO.name, read_ghostfolio_json(data, options))
    raise unreadable("is JSON of an unknown shape; exports of StockTool and of Ghostfolio can be read")


def _finite(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > 40:
        raise ValueError(f"{text[:40]} is out of range")
    return number


def _whole(text: str) -> Decimal:
    if len(text) > 40:
        raise ValueError(f"{text[:40]}... is out of range")
    return Decimal(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _from_csv(text: str, options: ReadOptions) -> ImportFile:
    delimiter = options.mapping.delimiter if options.mapping is not None else ""
    lines = _lines(text, delimiter or _delimiter(text))
    if not lines:
        raise unreadable("is empty")
    preset = _preset(lines, options)
    if preset.read is None:
        raise unreadable(f"is no {preset.format.upper()} file", "/preset")
    return _file("csv", preset.name, preset.read(lines, options))


def _preset(lines: Sequence[Line], options: ReadOptions) -> Preset:
    if options.mapping is not None:
        return GENERIC
    by_name = {preset.name: preset for preset in PRESETS}
    if options.preset:
        return by_name[options.preset]
    for preset in PRESETS:
        if preset.finds is not None and preset.finds(lines):
            return preset
    raise unreadable("its headings are those of no preset; name one (preset), or map columns to fields (mapping)")


def _delimiter(text: str) -> str:
    """The delimiter whose count agrees best between the first lines: the most cells on the most lines."""
    best, best_score = ",", 0
    sample = text[:20_000].splitlines()[:40]
    for delimiter in _DELIMITERS:
        try:
            counts = [len(cells) for cells in csv.reader(sample, delimiter=delimiter) if len(cells) > 1]
        except csv.Error:
            continue
        score = max((counts.count(count) * count for count in set(counts)), default=0)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _lines(text: str, delimiter: str) -> list[Line]:
    """Split a CSV into lines; empty ones fall out, numbers are those of the text's lines.

    Raises:
        UnreadableFile: A line cannot be split, or a limit is passed; the error names it.
    """
    lines: list[Line] = []
    reader = csv.reader(StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        lines.extend(
            Line(reader.line_num - sum(cell.count("\n") for cell in cells), tuple(cells))
            for cells in _limited(reader)
            if any(cell.strip() for cell in cells)
        )
    except csv.Error as error:
        raise unreadable(f"line {reader.line_num} cannot be split into cells: {error}") from error
    return lines


def _limited(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    for count, cells in enumerate(reader, 1):
        if count > MAX_ROWS + _MORE_LINES:
            raise too_long()
        if len(cells) > MAX_COLUMNS:
            raise unreadable(f"line {count} has more than {MAX_COLUMNS} columns")
        if any(len(cell) > MAX_CELL for cell in cells):
            raise unreadable(f"line {count} has a cell of more than {MAX_CELL:,} characters")
        yield cells


def _file(format_name: str, preset: str, reading: Reading) -> ImportFile:
    check_rows(reading.rows)
    if not reading.rows:
        raise unreadable("has headings and no rows")
    rows = reading.rows if reading.keeps_order else in_order(reading)
    return ImportFile(
        tuple(rows),
        format_name,
        preset,
        currency=reading.currency,
        warnings=tuple(reading.warnings),
        instruments=reading.instruments,
    )


def in_order(reading: Reading) -> list[ImportRow]:
    """Rows in the order they are to be booked: by day, splits first since they count from its start, then by time.

    A file that lists the newest first is turned round, so that what was bought and sold on one day comes in that order.
    """
    rows = reading.rows
    days = [row.draft.day for row in rows if row.draft is not None and row.draft.day is not None]
    newest_first = reading.newest_first if reading.newest_first is not None else _descends(days)
    if newest_first:
        rows = rows[::-1]
    ordered: list[tuple[date, int, str, ImportRow]] = []
    last = date.min
    for row in rows:
        last = row.draft.day if row.draft is not None and row.draft.day is not None else last
        is_split = row.draft is not None and row.draft.type == "split"
        ordered.append((last, 0 if is_split else 1, row.time, row))
    ordered.sort(key=lambda item: item[:3])
    return [item[3] for item in ordered]


def _descends(days: Sequence[date]) -> bool:
    steps = [later - earlier for earlier, later in pairwise(days) if later != earlier]
    return sum(step.days < 0 for step in steps) > len(steps) / 2
