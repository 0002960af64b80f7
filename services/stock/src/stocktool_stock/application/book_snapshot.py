"""A book as of some state of its ledger, so that reading a portfolio does not begin with its first day.

A projection: whatever is wrong with one, it is thrown away and made again from the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from stocktool_stock.domain.book import Book
from stocktool_stock.domain.bookkeeping import continue_book, funds, open_book
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.ledger_part import LedgerPart, chained
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.tape import Tape, Unread

RULES = 4
"""To be raised with every change of what a ledger comes to; changed classes are noticed without it."""
KEPT_OPEN = 100
"""So many of the last entries stay out of the open book: entries back-dated among them do not cost the snapshot."""


@dataclass(frozen=True, slots=True)
class Later:
    """Standing entries after a snapshot's cut, in order, and whether deposits are implied with them.

    `anew` says whether they are others than the snapshot's own, so that its whole book is no longer what they come to.
    """

    entries: Sequence[Entry]
    implied: bool
    anew: bool


@dataclass(frozen=True, slots=True)
class BookSnapshot:
    """What a ledger comes to, and a book of its first days to go on from when it changes.

    Attributes:
        portfolio: The head it was made at; its last sequence and digest say which ledger that was.
        cut: Last day whose entries are in the open book.
        last_day: Day of the last standing entry.
        funded: Whether an entry to the cut `funds`.
        implied: Whether the books were kept with implied deposits.
        rates_until: Last day the exchange rates were published for: later ones were carried forward, and are not final.
        whole: What all standing entries come to.
        opened: The book to the cut, read when something is to be booked on top of it.
        rest: Entries after the cut.
    """

    portfolio: Portfolio
    cut: date
    last_day: date
    funded: bool
    implied: bool
    rates_until: date
    whole: Book
    opened: Unread[Book]
    rest: Tape[Entry, Entry]

    @property
    def sequence(self) -> int:
        """Last sequence of the ledger it was made of."""
        return self.portfolio.last_sequence

    @property
    def book(self) -> Book:
        """The book to the cut, open, so that it can be continued."""
        [book] = self.opened.things()
        return book

    def later(self, portfolio: Portfolio, part: LedgerPart, more: Sequence[Entry] = ()) -> Later | None:
        """What is to be booked on top for a later state of the portfolio, None where the book does not hold for it.

        Args:
            portfolio: The head as it is now.
            part: What was appended since the snapshot.
            more: Entries to be appended.
        """
        before = self.portfolio
        same = (before.id, before.cost_method, before.base_currency)
        if same != (portfolio.id, portfolio.cost_method, portfolio.base_currency):
            return None
        if chained(before.ledger_digest, part.rows) != portfolio.ledger_digest:
            return None
        if not part.rows and not more:
            return Later(self.rest, self.implied, anew=False)
        if part.reaches({entry.id for entry in self.rest}):
            return None
        entries = [each for each in part.marked([*self.rest, *part.entries]) if not each.reversed_by]
        entries = sorted([*entries, *more], key=lambda entry: (entry.day, entry.sequence))
        if entries and entries[0].day <= self.cut:
            return None
        implied = not self.funded and not any(map(funds, entries))
        return Later(entries, implied, anew=True) if implied == self.implied else None

    def moved_on(self, portfolio: Portfolio, later: Later, rates: RateTable) -> BookSnapshot:
        """The snapshot of a later state of the portfolio; entries after the cut stand in it."""
        return _cut(self, portfolio, later.entries, rates, KEPT_OPEN)


def take_snapshot(
    portfolio: Portfolio,
    standing: Sequence[Entry],
    rates: RateTable,
    rates_until: date,
    *,
    kept_open: int = KEPT_OPEN,
) -> BookSnapshot:
    """Keep the book of a whole ledger, and an open one of all but its last entries.

    Args:
        portfolio: The head.
        standing: Its standing entries by day, then order of entry; at least one.
        rates: Rates of all days and currencies of the entries.
        rates_until: Last day they were published for.
        kept_open: How many of the last entries stay out of the open book, at least; all of a day do or none.
    """
    empty = BookSnapshot(
        portfolio=portfolio,
        cut=date.min,
        last_day=standing[-1].day,
        funded=False,
        implied=not any(map(funds, standing)),
        rates_until=rates_until,
        whole=Book(portfolio),
        opened=Unread.of([Book(portfolio)]),
        rest=Tape(),
    )
    return _cut(empty, portfolio, standing, rates, kept_open)


def _cut(
    start: BookSnapshot, portfolio: Portfolio, entries: Sequence[Entry], rates: RateTable, kept_open: int
) -> BookSnapshot:
    first_open = entries[-kept_open].day if len(entries) >= kept_open else entries[0].day
    at = next(index for index, entry in enumerate(entries) if entry.day == first_open)
    shut, rest = entries[:at], entries[at:]
    book = open_book(shut, portfolio, rates, implied=start.implied, start=start.book)
    return BookSnapshot(
        portfolio=portfolio,
        cut=shut[-1].day if shut else start.cut,
        last_day=entries[-1].day,
        funded=start.funded or any(map(funds, shut)),
        implied=start.implied,
        rates_until=start.rates_until,
        whole=continue_book(book, rest, portfolio, rates, implied=start.implied),
        opened=Unread.of([book]),
        rest=Tape(rest),
    )
