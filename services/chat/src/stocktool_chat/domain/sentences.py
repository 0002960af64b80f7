"""The build of an answer's text: sentences, clauses, and the rows, headers and cells of its tables."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stocktool_chat.domain.dates import Days
from stocktool_chat.domain.figures import Figure

_END = re.compile(r"[.!?](?=[\s*_]|$)|\u3002|\n")
# What ends in a dot and no sentence: "4.7 % vs. 4.6 %", "i.e.", "Nov. 29", the "1." of a list.
_NO_END = re.compile(
    r"(?:(?<![A-Za-z.])(?:vs|approx|i\.e|e\.g|incl|resp|ca|pp?|[Nn]o|fig|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
    r"|^[ \t]*(?:#+[ \t]*)?\d{1,2})\.$",
    re.MULTILINE,
)
_CLAUSE_BREAK = re.compile(r"[;]|,\s+(?:and|while|whereas|but)\b|\b(?:while|whereas)\b", re.IGNORECASE)
_JOINS_DATE = re.compile(
    r"[^|.;,]{0,32}\b(?:in|on|during|for|over|as of|as at|at the end of|by the end of)\s+(?:the\s+)?[*_]*",
    re.IGNORECASE,
)
_LOOSE_DATE = re.compile(
    r"\b(?:since|from|until|till|between|by|after|before|bought|purchased|acquired|and|to|through)"
    r"\s+(?:the\s+)?(?:end of\s+)?[*_]*$",
    re.IGNORECASE,
)
_ELSEWHEN = re.compile(
    r"[^;|]{0,40}?\b(?:(?:a|one|two|three|\d+|some)\s+(?:year|quarter|month|week|day)s?\s+(?:before|earlier|later|ago|after)"
    r"|the (?:year|quarter|month|day) before|in between|previous(?:ly)?|today|now)\b",
    re.IGNORECASE,
)

_ELSEWHEN_WORDS = ("between", "before", "earlier", "later", "ago", "after", "previous", "today", "now")


@dataclass(frozen=True, slots=True)
class Dating:
    """The days a text gives a figure.

    Attributes:
        days: What may be meant; empty when nothing is said.
        firm: Whether the figure is said to be of these days ("in 2023"), rather than to have to do with them ("since
            2023", or another clause's date).
    """

    days: tuple[Days, ...] = ()
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure's place in a table: the texts of its column's header and of its row."""

    header: str
    header_start: int
    row: str


@dataclass(slots=True)
class Sentences:
    """Where the sentences of a text begin and end, and what its tables say around a figure."""

    text: str
    _ends: list[int] = field(init=False)
    _headers: list[tuple[int, int, list[tuple[int, int]]]] = field(init=False)

    def __post_init__(self) -> None:
        self._ends = list(sentence_ends(self.text))
        self._headers = _tables(self.text)

    def around(self, start: int, end: int) -> tuple[int, int]:
        """The sentence a stretch stands in."""
        first = bisect.bisect_right(self._ends, start)
        last = bisect.bisect_left(self._ends, end)
        return (self._ends[first - 1] if first else 0), (self._ends[last] if last < len(self._ends) else len(self.text))

    def cell(self, figure: Figure) -> Cell | None:
        """The table cell a figure stands in; None outside of tables and in a header."""
        if not self._headers:
            return None
        at = bisect.bisect_right(self._headers, figure.start, key=lambda table: table[0]) - 1
        if at < 0 or figure.start >= self._headers[at][1]:
            return None
        columns = self._headers[at][2]
        row_start = self.text.rfind("\n", 0, figure.start) + 1
        row_end = self.text.find("\n", figure.start)
        row = self.text[row_start : row_end if row_end >= 0 else len(self.text)]
        column = row[: figure.start - row_start].count("|") - row.lstrip().startswith("|")
        if not 0 <= column < len(columns):
            return Cell("", 0, row)
        low, high = columns[column]
        return Cell(self.text[low:high], low, row)


def sentence_ends(text: str, start: int = 0) -> Iterator[int]:
    """Where sentences end, from a place on."""
    for match in _END.finditer(text, start):
        at = match.start()
        if text[at] != "." or not _NO_END.search(text[max(0, at - 9) : at + 1]):
            yield at + 1


def _tables(text: str) -> list[tuple[int, int, list[tuple[int, int]]]]:
    """Tables of a text: where their rows begin and end, and the spans of the cells of their headers."""
    tables = []
    for rule in re.finditer(r"(?m)^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+(?:[ \t]*:?-{2,}:?)?[ \t]*$", text):
        head_start = text.rfind("\n", 0, max(0, rule.start() - 1)) + 1
        head = text[head_start : rule.start()].rstrip("\n")
        columns, at = [], head_start
        for part in head.split("|"):
            columns.append((at, at + len(part)))
            at += len(part) + 1
        if head.lstrip().startswith("|"):
            columns = columns[1:]
        end = rule.end()
        while end < len(text):
            line_end = text.find("\n", end + 1)
            line = text[end + 1 : line_end if line_end >= 0 else len(text)]
            if "|" not in line:
                break
            end = line_end if line_end >= 0 else len(text)
        tables.append((rule.end(), end, columns))
    return tables


_TO = re.compile(r"[\s*_]*(?:and|to|until|till|through|[-\u2013])[\s*_]*(?:the (?:close|end) of )?", re.IGNORECASE)


def _through(first: Days, last: Days) -> Days:
    """From the first day of one phrase to the last of the other."""
    return Days(first.first, last.last) if 0 < first.first <= last.last else last


def dating(sentences: Sentences, figure: Figure, figures: Sequence[Figure], place: int) -> Dating:
    """The days a figure is said to be of.

    Args:
        sentences: The text.
        figure: The figure.
        figures: All figures of the text, in order.
        place: Its place among them.
    """
    start, end = sentences.around(figure.start, figure.end)
    before, after = _dates_beside(figures, place, start, end)
    if not before and not after:
        return _headed(sentences, figure, figures)
    text = sentences.text
    ahead = text[figure.end : min(end, figure.end + 64)]
    if any(word in ahead for word in _ELSEWHEN_WORDS) and _ELSEWHEN.match(text, figure.end, end):
        return _NEVER
    if after and (
        (after[0] is figures[place + 1] and _is_joined(text, figure, after[0])) or _has_own(text, figure, before, after)
    ):
        return _of(after[:1], firm=True)
    if before and not _CLAUSE_BREAK.search(text, before[-1].end, figure.start):
        return _of_last(text, start, before)
    return _of([*reversed(before), *after], firm=False)


def _of_last(text: str, start: int, before: Sequence[Figure]) -> Dating:
    """The days that the date before a figure gives it, or the two it ends a range of."""
    last, earlier = before[-1], before[-2] if len(before) > 1 else None
    if earlier is not None and earlier.days and last.days and _TO.fullmatch(text, earlier.end, last.start):
        return Dating((_through(earlier.days, last.days),), firm=True)
    return _of([last], firm=not _LOOSE_DATE.search(text, max(start, last.start - 32), last.start))


def _has_own(text: str, figure: Figure, before: Sequence[Figure], after: Sequence[Figure]) -> bool:
    """Whether a figure goes with the date after it rather than the one before: "20 in 2021 and 30 at $96 in 2022"."""
    if not before or not _AND.search(text, before[-1].end, figure.start):
        return False
    return not _AND.search(text, figure.end, after[0].start)


def _dates_beside(figures: Sequence[Figure], place: int, start: int, end: int) -> tuple[list[Figure], list[Figure]]:
    """The dates of a sentence before a figure and after it, in order."""
    low, high = place, place + 1
    while low and figures[low - 1].start >= start:
        low -= 1
    while high < len(figures) and figures[high].start < end:
        high += 1
    before = [each for each in figures[low:place] if each.days is not None]
    return before, [each for each in figures[place + 1 : high] if each.days is not None]


def _is_joined(text: str, figure: Figure, following: Figure) -> bool:
    """Whether a date right after a figure is that figure's: "27 % in 2023", "11 % this year"."""
    if not following.text[0].isdigit() and not text[figure.end : following.start].strip(" *_"):
        return True
    join = _JOINS_DATE.fullmatch(text, figure.end, following.start)
    return bool(join) and not _GOES_ON.search(join[0] if join else "")


def _headed(sentences: Sentences, figure: Figure, figures: Sequence[Figure]) -> Dating:
    """The days that the header of a figure's column names."""
    cell = sentences.cell(figure)
    if cell is None:
        return _NEVER
    low, high = cell.header_start, cell.header_start + len(cell.header)
    inside = [each for each in figures if each.days is not None and low <= each.start < high]
    return _of(inside, firm=bool(inside))


def _of(dates: Sequence[Figure], *, firm: bool) -> Dating:
    return Dating(tuple(date.days for date in dates if date.days), firm=firm)


_AND = re.compile(r"\band\b|[;,]")
_NEVER = Dating()
_GOES_ON = re.compile(r"\b(?:and|to|from)\b", re.IGNORECASE)
