"""What a preset gives, and what describes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from stocktool_stock.domain.custom_instruments import CustomInstrument
from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.numbers import DecimalSign
from stocktool_stock.domain.imports.options import ReadOptions, UnreadableFile, unreadable
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.imports.sheet import Cursor, Line, Sheet, find_headings, heading


@dataclass(slots=True)
class Reading:
    """Rows as a preset read them, in the order of the file.

    Attributes:
        instruments: Instruments of the user's own that come with the file.
        newest_first: Whether the file lists the newest first, None to go by its days.
        keeps_order: Whether the order within a day is the file's and must stay.
    """

    rows: list[ImportRow] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    currency: str = ""
    instruments: tuple[CustomInstrument, ...] = ()
    newest_first: bool | None = None
    keeps_order: bool = False


class ReadLines(Protocol):
    """Reads the lines of a CSV."""

    def __call__(self, lines: Sequence[Line], options: ReadOptions) -> Reading:
        """Read them.

        Raises:
            UnreadableFile: They are not of this shape.
        """
        ...


@dataclass(frozen=True, slots=True)
class Preset:
    """A shape of file.

    Attributes:
        name: As clients name it.
        title: For people.
        format: `csv`, `json`, `ofx` or `qif`.
        columns: Headings a CSV of it must have.
        template: Headings and a row as an example.
        finds: Whether a CSV is of this shape.
        read: Reads a CSV of it; None for other formats.
    """

    name: str
    title: str
    format: str
    columns: tuple[str, ...] = ()
    template: str = ""
    finds: Callable[[Sequence[Line]], bool] | None = None
    read: ReadLines | None = None


@dataclass(frozen=True, slots=True)
class TableShape:
    """A CSV of one table.

    Attributes:
        required: Headings by which it is known.
        numbers: Headings of columns with numbers.
        days: Headings of columns with days.
        decimal: Decimal sign where the vendor always writes the same.
        date_order: Order of days where the vendor always writes the same.
        currency: Of amounts that name none.
    """

    required: tuple[str, ...]
    numbers: tuple[str, ...]
    days: tuple[str, ...]
    decimal: DecimalSign | None = None
    date_order: DateOrder | None = None
    currency: str = ""

    def finds(self, lines: Sequence[Line]) -> bool:
        """Whether lines have these headings."""
        return find_headings(lines, self.required) is not None

    def sheet(self, lines: Sequence[Line], options: ReadOptions) -> Sheet:
        """The table of these lines.

        Raises:
            UnreadableFile: It lacks a heading.
        """
        index = find_headings(lines, self.required)
        if index is None:
            raise missing_headings(self.required, lines)
        fixed = ReadOptions(
            preset=options.preset,
            mapping=options.mapping,
            date_order=options.date_order or self.date_order,
            decimal=options.decimal or self.decimal,
            zone=options.zone,
            today=options.today,
        )
        return Sheet(lines[index], lines[index + 1 :], fixed, numbers=self.numbers, days=self.days)

    def read(
        self, lines: Sequence[Line], options: ReadOptions, read: Callable[[Cursor], Iterable[ImportRow]]
    ) -> Reading:
        """Read line by line."""
        reading = Reading(currency=self.currency)
        for cursor in self.sheet(lines, options).cursors():
            reading.rows.extend(read(cursor))
        return reading


def missing_headings(required: Sequence[str], lines: Sequence[Line]) -> UnreadableFile:
    """The error of a CSV without the headings it needs."""
    seen = {heading(cell) for line in lines[:40] for cell in line.cells}
    missing = [name for name in required if heading(name) not in seen]
    named = ", ".join(missing or required)
    return unreadable(
        f"has no line with the headings it needs; missing: {named}. Choose another preset, or map columns"
    )
