"""A stretch of a ledger's log, and the digest that says which log it belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from stocktool_stock.domain.import_batch import place_of
from stocktool_stock.domain.ledger import Entry, Ledger, Reversal

Row = tuple[int, str]
"""Sequence and id of a row of the log: an entry, a reversal, an import's beginning or its undoing."""


@dataclass(slots=True)
class LedgerPart:
    """What was appended between two states of a portfolio.

    Attributes:
        entries: In order of their sequence, those of imports among them; as recorded, not marked by what came later.
        reversals: Rows that took single entries back, or let them stand again.
        undone: Rows that took whole imports back; `of` is the import's id.
        rows: All rows, an import's entries as one.
    """

    entries: list[Entry] = field(default_factory=list)
    reversals: list[Reversal] = field(default_factory=list)
    undone: list[Reversal] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def marked(self, entries: Iterable[Entry]) -> list[Entry]:
        """Entries, of this part or before it, with the id of the row that took them back; the last row counts."""
        if not self.reversals and not self.undone:
            return list(entries)
        single = {each.of: each for each in sorted(self.reversals, key=lambda each: each.sequence)}
        whole = {each.of: each for each in self.undone}
        return [_marked(entry, single.get(entry.id), whole) for entry in entries]

    def ledger(self) -> Ledger:
        """The ledger, of a part that begins with the first row."""
        return Ledger(self.marked(self.entries))

    def reaches(self, known: set[str]) -> bool:
        """Whether it takes back, or lets stand again, something else than its own entries and the known ones."""
        own = known | {entry.id for entry in self.entries}
        imports = {place[0] for entry in self.entries if (place := place_of(entry.id))}
        return any(each.of not in own for each in self.reversals) or any(each.of not in imports for each in self.undone)


def _marked(entry: Entry, single: Reversal | None, whole: dict[str, Reversal]) -> Entry:
    place = place_of(entry.id) if whole else None
    last = whole.get(place[0]) if place else None
    if single is not None and (last is None or single.sequence > last.sequence):
        last = single
    if last is None:
        return entry
    return replace(entry, reversed_by="" if last.restores else last.id)


def chained(digest: str, rows: Iterable[Row]) -> str:
    """The digest of a log after some more rows; rows never change, so their ids say it all."""
    for sequence, row_id in sorted(rows):
        digest = hashlib.blake2b(f"{digest}\n{sequence}\n{row_id}".encode(), digest_size=16).hexdigest()
    return digest
