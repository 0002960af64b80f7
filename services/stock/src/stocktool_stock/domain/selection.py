"""Which entries of a ledger are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from stocktool_stock.domain.ledger import Entry, EntryType


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a ledger in the order of day, then of entry, or backwards; what is left empty selects all.

    Attributes:
        symbol: Entries that move it.
        types: Entries of one of these types.
        account_id: Entries of this account, of transfers to it and of no account in particular.
        start: First day.
        end: Last day.
        include_reversed: Those that were taken back too.
        newest_first: In the order from the latest to the first one.
        after: Day and sequence of the entry in that order behind which it begins.
    """

    symbol: str = ""
    types: frozenset[EntryType] = frozenset()
    account_id: str = ""
    start: date | None = None
    end: date | None = None
    include_reversed: bool = False
    newest_first: bool = False
    after: tuple[date, int] | None = None

    def days_meet(self, first: date, last: date) -> bool:
        """Whether entries of these days, both included, may be wanted."""
        if (self.start is not None and last < self.start) or (self.end is not None and first > self.end):
            return False
        return self.after is None or (first <= self.after[0] if self.newest_first else last >= self.after[0])

    def follows(self, entry: Entry) -> bool:
        """Whether an entry comes behind where the selection begins."""
        if self.after is None:
            return True
        place = (entry.day, entry.sequence)
        return place < self.after if self.newest_first else place > self.after

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is wanted, as far as itself tells."""
        return (
            self.days_meet(entry.day, entry.day)
            and self.follows(entry)
            and (not self.symbol or self.symbol in entry.symbols)
            and (not self.types or entry.type in self.types)
            and (not self.account_id or self.account_id in (entry.account_id or self.account_id, entry.to_account_id))
            and (self.include_reversed or not entry.reversed_by)
        )

    def of(self, entries: Iterable[Entry], limit: int) -> list[Entry]:
        """The first ones of some entries that know whether they were taken back."""
        wanted = filter(self.takes, entries)
        return sorted(wanted, key=lambda entry: (entry.day, entry.sequence), reverse=self.newest_first)[:limit]
