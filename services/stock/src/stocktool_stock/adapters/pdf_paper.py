"""Plain documents on paper: headings, paragraphs, tables, and on each page what it belongs to.

The fonts are DejaVu Sans Condensed (Latin, Greek, Cyrillic); a character they lack, such as a Chinese one in a
portfolio's name, is printed as a question mark.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.resources import files

from fpdf import FPDF
from fpdf.fonts import TTFFont
from stocktool_kit.core.money import Money

from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.ledger import plain

# Says at length which tables of a font it leaves out.
logging.getLogger("fontTools").setLevel(logging.WARNING)

_FONT = "DejaVu"
_INK, _FAINT, _LINE, _SHADE = (20, 20, 20), (110, 110, 110), (190, 190, 190), (238, 240, 243)
_ROW, _SIZE = 4.6, 8
MAX_ROWS = 1500
"""Rows of one table; more would make a document nobody reads, and are left to a CSV."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: width in millimetres, numbers to the right."""

    title: str
    width: float
    right: bool = False


class Paper(FPDF):
    """A document in A4.

    Args:
        title: Of the document.
        subject: What it is about, on each page.
        label: A warning on each page, empty for none.
        reference: Where it comes from, at the foot of each page.
        on: Day it is dated.
    """

    def __init__(self, title: str, *, subject: str, label: str, reference: str, on: date) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        folder = files("stocktool_stock.adapters") / "fonts"
        self.add_font(_FONT, "", str(folder / "DejaVuSansCondensed.ttf"))
        self.add_font(_FONT, "B", str(folder / "DejaVuSansCondensed-Bold.ttf"))
        regular = self.fonts[_FONT.lower()]
        self._known = set(regular.cmap) if isinstance(regular, TTFFont) else set()
        self._title, self._subject, self._label, self._reference = title, subject, label, reference
        self.set_title(title)
        self.set_creator("StockTool")
        self.set_creation_date(datetime.combine(on, time(), UTC))
        self.set_margins(15, 15)
        self.set_auto_page_break(auto=True, margin=16)
        self.alias_nb_pages()
        self.add_page()
        self._write(title, 15, bold=True, height=8)

    def header(self) -> None:
        """What the page belongs to."""
        self._pen(_SIZE, color=_FAINT)
        self.cell(0, 5, self._clean(self._subject), new_x="LMARGIN", new_y="TOP")
        if self._label:
            self.set_font(_FONT, "B", _SIZE)
            self.set_text_color(170, 40, 20)
        self.cell(0, 5, self._clean(self._label), align="R", new_x="LMARGIN", new_y="NEXT")
        self.ln(2)

    def footer(self) -> None:
        """Number of the page, and where the document comes from."""
        self.set_y(-12)
        self._pen(7, color=_FAINT)
        self.cell(0, 5, self._clean(self._reference), new_x="LMARGIN", new_y="TOP")
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="R")

    def heading(self, text: str) -> None:
        """Begin a section; it never stands alone at the foot of a page."""
        if self.will_page_break(20):
            self.add_page()
        self.ln(3)
        self._write(text, 11, bold=True, height=7)

    def paragraph(self, text: str, *, faint: bool = False) -> None:
        """Some sentences."""
        self._pen(_SIZE, color=_FAINT if faint else _INK)
        self.multi_cell(0, 4.2, self._clean(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def rows(
        self, columns: Sequence[Column], lines: Sequence[Sequence[str]], *, total: Sequence[str] | None = None
    ) -> None:
        """A table with its head on each page; rows beyond the bound are counted instead."""
        self._head(columns)
        for row in lines[:MAX_ROWS]:
            if self.will_page_break(_ROW):
                self.add_page()
                self._head(columns)
            self._line(columns, row)
        if len(lines) > MAX_ROWS:
            self.paragraph(f"and {len(lines) - MAX_ROWS} more rows", faint=True)
        if total is not None:
            self._line(columns, total, bold=True)
        self.ln(1)

    def _head(self, columns: Sequence[Column]) -> None:
        self.set_fill_color(*_SHADE)
        self._line(columns, [column.title for column in columns], bold=True, fill=True)

    def _line(self, columns: Sequence[Column], cells: Sequence[str], *, bold: bool = False, fill: bool = False) -> None:
        self._pen(_SIZE, bold=bold)
        self.set_draw_color(*_LINE)
        for column, text in zip(columns, cells, strict=True):
            fitting = self._fitting(self._clean(text), column.width - 2)
            align = "R" if column.right else "L"
            self.cell(column.width, _ROW, fitting, border="B", align=align, fill=fill)
        self.ln(_ROW)

    def _fitting(self, text: str, width: float) -> str:
        """Text cut to a width; numbers are short enough to stay whole."""
        if self.get_string_width(text) <= width:
            return text
        while text and self.get_string_width(text + "…") > width:
            text = text[:-1]
        return text + "…"

    def _write(self, text: str, size: float, *, bold: bool = False, height: float) -> None:
        self._pen(size, bold=bold)
        self.multi_cell(0, height, self._clean(text), new_x="LMARGIN", new_y="NEXT")

    def _pen(self, size: float, *, bold: bool = False, color: tuple[int, int, int] = _INK) -> None:
        self.set_font(_FONT, "B" if bold else "", size)
        self.set_text_color(*color)

    def _clean(self, text: str) -> str:
        return "".join(letter if ord(letter) in self._known else "?" for letter in text)

    def finished(self) -> bytes:
        """The document's bytes."""
        return bytes(self.output())


def amount(money: Money | None) -> str:
    """`1,234.50`, rounded once; a dash where there is none."""
    if money is None:
        return "-"
    with exact():
        return f"{money.rounded().amount:,f}"


def number(value: Decimal) -> str:
    """A quantity as it is."""
    return plain(value)


def percent(figure: float | Undefined | None) -> str:
    """A fraction as percent; a dash where it does not exist."""
    return "-" if figure is None or isinstance(figure, Undefined) else f"{figure * 100:,.2f} %"


def day(value: date | None) -> str:
    """A day; a dash where there is none."""
    return "-" if value is None else value.isoformat()
