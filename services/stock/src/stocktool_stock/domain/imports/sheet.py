"""A table of texts with headings, and a cursor that turns one of its lines into bookings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from stocktool_stock.domain.imports.dates import BadDate, DateStyle, Moment, decide_order, read_moment
from stocktool_stock.domain.imports.numbers import BadNumber, NumberStyle, decide_style, read_number
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.rows import ImportRow, RowProblem
from stocktool_stock.domain.ledger import Draft, plain
from stocktool_stock.domain.values import value

_PLACES = Decimal("1e-12")
_MAX_NOTE = 500
_HEADING = re.compile(r"[\s_\u00a0]+")


@value(frozen=True, slots=True)
class Line:
    """A line of a file: its number, from 1, and its cells."""

    number: int
    cells: tuple[str, ...]


@lru_cache(maxsize=4_096)
def heading(text: str) -> str:
    """A heading as it is compared: lower case, single spaces, no mark of the encoding."""
    return _HEADING.sub(" ", text.strip().strip("\ufeff").strip('"')).strip().lower()


def find_headings(lines: Sequence[Line], required: Iterable[str], within: int = 40) -> int | None:
    """Index of the first line that has all these headings, None when none of the first lines does."""
    wanted = {heading(one) for one in required}
    for index, line in enumerate(lines[:within]):
        if wanted <= {heading(cell) for cell in line.cells}:
            return index
    return None


class Sheet:
    """Lines under headings, with the style of their numbers and days decided over all of them.

    Args:
        headings: Line of the headings.
        lines: Lines below.
        options: What the client says about numbers and days.
        numbers: Headings of columns with numbers.
        days: Headings of columns with days.
    """

    def __init__(
        self,
        headings: Line,
        lines: Sequence[Line],
        options: ReadOptions,
        *,
        numbers: Iterable[str] = (),
        days: Iterable[str] = (),
    ) -> None:
        self._columns: dict[str, int] = {}
        for index, cell in enumerate(headings.cells):
            self._columns.setdefault(heading(cell), index)
        self._lines = lines
        self._options = options
        self.number_style = decide_style(self._texts(numbers), options.decimal)
        self.date_style = decide_order(self._texts(days), options.date_order)

    def _texts(self, names: Iterable[str]) -> Iterator[str]:
        indices = [self._columns[key] for key in map(heading, names) if key in self._columns]
        for line in self._lines:
            for index in indices:
                if index < len(line.cells):
                    yield line.cells[index]

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return heading(name) in self._columns

    def cursors(self) -> Iterator[Cursor]:
        """One cursor for each line."""
        for line in self._lines:
            yield Cursor(line.number, self._options, self.number_style, self.date_style, line.cells, self._columns)


@dataclass(slots=True)
class Cursor:
    """Reads one line, notes what is wrong with it, and makes its bookings."""

    row: int
    options: ReadOptions
    number_style: NumberStyle = field(default_factory=lambda: NumberStyle(None))
    date_style: DateStyle = field(default_factory=lambda: DateStyle(None))
    cells: Sequence[str] = ()
    columns: dict[str, int] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    symbol: str = ""
    isin: str = ""
    name: str = ""
    account: str = ""
    symbol_currency: str = ""
    moment: Moment | None = None

    def text(self, *names: str) -> str:
        """The cell under the first of these headings that is there, empty when there is none."""
        columns, cells = self.columns, self.cells
        for name in names:
            index = columns.get(heading(name))
            if index is not None:
                return cells[index].strip() if index < len(cells) else ""
        return ""

    def number(self, *names: str, field_name: str = "") -> Decimal | None:
        """The number under the first of these headings that is there; what is wrong with it is noted."""
        return self.number_of(self.text(*names), field_name or names[0])

    def number_of(self, text: str, field_name: str) -> Decimal | None:
        """The number a text says; what is wrong with it is noted."""
        try:
            return read_number(text, self.number_style)
        except BadNumber as error:
            self.refuse(field_name, str(error))
            return None

    def day_of(self, text: str) -> date | None:
        """The day a text says, kept as the row's; what is wrong with it is noted."""
        try:
            self.moment = read_moment(text, self.date_style, self.options.zone)
        except BadDate as error:
            self.refuse("date", str(error))
            return None
        if self.moment is None:
            self.refuse("date", "is missing")
            return None
        return self.moment.day

    def refuse(self, field_name: str, detail: str, cure: str = "") -> None:
        """Note what is wrong."""
        self.problems.append(RowProblem(field_name, detail, cure))

    def skip(self, reason: str) -> ImportRow:
        """The row as one that books nothing."""
        return replace(self._row(), skipped=reason)

    def error(self, field_name: str, detail: str, cure: str = "") -> ImportRow:
        """The row as one that cannot be read."""
        self.refuse(field_name, detail, cure)
        return replace(self._row(), problems=tuple(self.problems))

    def book(
        self,
        kind: str,
        *,
        with_symbol: bool = True,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
        amount: Decimal | None = None,
        amount_per_share: Decimal | None = None,
        fee: Decimal | None = None,
        tax: Decimal | None = None,
        currency: str = "",
        ratio: str | None = None,
        note: str = "",
    ) -> ImportRow:
        """The row as a booking; numbers of nought are left out where they say nothing."""
        draft = Draft(
            type=kind,
            day=None if self.moment is None else self.moment.day,
            symbol=None,
            quantity=_text(quantity),
            price=_text(price),
            amount=_text(amount),
            amount_per_share=_text(amount_per_share),
            fee=_text(fee or None),
            tax=_text(tax or None),
            currency=currency.upper() or None,
            ratio=ratio,
            note=clean_note(note) or None,
        )
        return ImportRow(
            self.row,
            draft,
            problems=tuple(self.problems),
            notes=tuple(self.notes),
            symbol_text=self.symbol if with_symbol else "",
            isin=self.isin if with_symbol else "",
            name=self.name if with_symbol else "",
            account_text=self.account,
            time="" if self.moment is None else self.moment.time,
            symbol_currency=self.symbol_currency if with_symbol else "",
        )

    def _row(self) -> ImportRow:
        return ImportRow(
            self.row,
            notes=tuple(self.notes),
            symbol_text=self.symbol,
            isin=self.isin,
            name=self.name,
            account_text=self.account,
            time="" if self.moment is None else self.moment.time,
            symbol_currency=self.symbol_currency,
        )


def clean_note(text: str) -> str:
    """A note without control characters, cut to what the ledger keeps."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return text.strip()[:_MAX_NOTE]


def price_or_amount(
    quantity: Decimal | None, price: Decimal | None, gross: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """Price and amount of a trade, one of them: the price where it gives the very amount, else what was paid in all."""
    if gross is None:
        return price, None
    if price is not None and quantity is not None and price * quantity == gross:
        return price, None
    return None, gross


@lru_cache(maxsize=65_536)
def _text(number: Decimal | None) -> str | None:
    if number is None:
        return None
    if number.as_tuple().exponent < -12:  # type: ignore[operator]  # always a finite number
        number = number.quantize(_PLACES)
    return plain(number)
