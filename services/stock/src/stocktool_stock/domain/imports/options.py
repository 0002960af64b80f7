"""What the client says about a file, and what bounds one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo

from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.domain.imports.dates import DateOrder
from stocktool_stock.domain.imports.numbers import DecimalSign

MAX_BYTES = 20_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL = 10_000


class UnreadableFile(InvalidArgument):
    """The file as a whole cannot be read."""

    reason = "UNREADABLE_FILE"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How a CSV of any shape is read.

    Attributes:
        columns: Field by heading: `{"Trade date": "date"}`.
        types: Type of entry by the text in the type's column: `{"Kauf": "buy"}`; an empty type leaves such rows out.
        default_type: Type of rows without a column of it.
        currency: Currency of rows without a column of it.
        delimiter: Between cells; by default as it looks.
    """

    columns: Mapping[str, str]
    types: Mapping[str, str] = field(default_factory=dict)
    default_type: str = ""
    currency: str = ""
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the client says; what it does not say is found out or asked for.

    Attributes:
        preset: Name of a preset, empty to go by the headings.
        mapping: For CSV of another shape.
        date_order: What comes first in 03/04/2024.
        decimal: Decimal sign.
        zone: Zone that instants are turned into to find their day.
        today: The market's day.
    """

    preset: str = ""
    mapping: ColumnMapping | None = None
    date_order: DateOrder | None = None
    decimal: DecimalSign | None = None
    zone: tzinfo | None = None
    today: date = date.max


def check_rows(rows: Sequence[object]) -> None:
    """Refuse a file of too many rows.

    Raises:
        UnreadableFile: More than `MAX_ROWS`.
    """
    if len(rows) > MAX_ROWS:
        raise too_long()


def too_long() -> UnreadableFile:
    """The error of a file with too many rows."""
    return unreadable(f"has more than {MAX_ROWS:,} rows; split it")


def unreadable(detail: str, pointer: str = "/file") -> UnreadableFile:
    """The error of a file that cannot be read."""
    error = UnreadableFile.of(pointer, detail)
    return UnreadableFile(error.message, error.violations)
