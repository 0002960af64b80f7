"""What was worked out of a book and prices, kept as long as these are what they were.

Books, bars and published rates never change in place: what comes from the same ones is the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeVar

from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.rates import RateTable

_MOST_CELLS = 6_000_000
"""Numbers that may be kept in all, at eight bytes each: some 50 MB."""
_CELLS_AN_ENTRY = 20
"""What an entry of a book that is kept alive counts as."""
_SAID = attrgetter("currency", "source", "as_of", "stale", "zone", "splits", "dividends", "aside")
_COLUMNS = attrgetter("days", "close", "adjusted_close", "open", "high", "low", "volume")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What figures of a portfolio come from."""

    book: Book
    bars: Mapping[str, Bars]
    rates: RateTable

    def same_as(self, other: Sources) -> bool:
        """Whether what comes from the one comes from the other too."""
        return (
            self.book is other.book
            and self.rates.rates is other.rates.rates
            and self.bars.keys() == other.bars.keys()
            and all(_same(bars, other.bars[symbol]) for symbol, bars in self.bars.items())
        )


class Derived:
    """Remembers the last answer to each question while there is room."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[Sources, Any, int]] = OrderedDict()
        self._cells = 0

    def find(self, kind: type[T], question: Hashable, sources: Sources) -> T | None:
        """The answer from the same sources, None where there is none.

        Args:
            kind: What it is.
            question: Everything but the sources that the answer depends on, by portfolio.
            sources: As they are now.
        """
        key = (kind, question)
        kept = self._kept.get(key)
        if kept is None or not isinstance(kept[1], kind) or not kept[0].same_as(sources):
            return None
        self._kept.move_to_end(key)
        return kept[1]

    def keep(self, question: Hashable, sources: Sources, answer: object, cells: int = 0) -> None:
        """Remember an answer that nobody changes, of so many numbers, in place of the one before."""
        key = (type(answer), question)
        gone = self._kept.pop(key, None)
        cells += 50 + _CELLS_AN_ENTRY * len(sources.book.payments)
        self._cells += cells - (gone[2] if gone else 0)
        self._kept[key] = (sources, answer, cells)
        while self._cells > _MOST_CELLS and len(self._kept) > 1:
            self._cells -= self._kept.popitem(last=False)[1][2]

    def recall(self, kind: type[T], question: Hashable, sources: Sources, work: Callable[[], T]) -> T:
        """The answer that is kept, or the one that is worked out now."""
        found = self.find(kind, question, sources)
        if found is None:
            found = work()
            self.keep(question, sources, found)
        return found


def _same(bars: Bars, other: Bars) -> bool:
    """Whether bars say the same; those of one reading share their columns."""
    if bars is other:
        return True
    pairs = zip(_COLUMNS(bars), _COLUMNS(other), strict=True)
    return bool(_SAID(bars) == _SAID(other)) and all(a is b or a.tobytes() == b.tobytes() for a, b in pairs)
