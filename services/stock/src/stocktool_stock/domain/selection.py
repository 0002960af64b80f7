"""Which entries of a ledger are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from stocktool_stock.domain.ledger import Entry, EntryType


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a ledger in the order of day, then of entry; what is left empty selects all.

    Attributes:
        symbol: Entries that move it.
        types: Entries of one of these types.
        account_id: Entries of this account, of transfers to it and of no account in particular.
        start: First day.
        end: Last day.
        include_reversed: Those that were taken back too.
        after: Day and sequence of the last entry that is not wanted any more.
    """

    symbol: str = ""
    types: frozenset[EntryType] = frozenset()
    account_id: str = ""
    start: date | None = None
    end: date | None = None
    include_reversed: bool = False
    after: tuple[date, int] | None = None

    @property
    def first_day(self) -> date:
        """No entry of an earlier day is wanted."""
        return max(self.start or date.min, self.after[0] if self.after else date.min)

    def days_meet(self, first: date, last: date) -> bool:
        """Whether entries of these days, both included, may be wanted."""
        return last >= self.first_day and (self.end is None or first <= self.end)

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is wanted, as far as itself tells."""
        return (
            self.days_meet(entry.day, entry.day)
            and (self.after is None or (entry.day, entry.sequence) > self.after)
            and (not self.symbol or self.symbol in entry.symbols)
            and (not self.types or entry.type in self.types)
            and (not self.account_id or self.account_id in (entry.account_id or self.account_id, entry.to_account_id))
            and (self.include_reversed or not entry.reversed_by)
        )

    def of(self, entries: Iterable[Entry], limit: int) -> list[Entry]:
        """The first ones of some entries that know whether they were taken back."""
        return sorted(filter(self.takes, entries), key=lambda entry: (entry.day, entry.sequence))[:limit]
