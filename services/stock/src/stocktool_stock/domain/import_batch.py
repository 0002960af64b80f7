"""Imports: entries that came together, become part of the ledger together and can be taken back together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from stocktool_kit.core.errors import NotFound
from stocktool_kit.core.ids import new_id

from stocktool_stock.domain.ledger import Entry

MAX_ROWS = 100_000
PRINT_BYTES = 8
_DIGITS = 5
_ULID = 26


class ImportNotFound(NotFound):
    """No import by this id stands in the ledger."""

    reason = "IMPORT_NOT_FOUND"


class ImportState(StrEnum):
    """Where an import stands; `staged` is written but no part of the ledger."""

    STAGED = "staged"
    COMMITTED = "committed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """One import.

    Attributes:
        count: Entries it brought.
        skipped_duplicates: Rows left out because an earlier import brought them.
        source_name: What it was read from, a file's name.
        content_hash: SHA-256 of what it was read from, in hex.
        first_sequence: Sequence of its first entry, 0 while it is staged.
        staged_at: When it was made.
        staged_after: Last sequence before its entries as they were numbered when it was staged.
        undone_by: Id of the ledger row that took it back, empty while it stands.
    """

    id: str
    state: ImportState
    count: int
    skipped_duplicates: int
    source_name: str
    content_hash: str
    staged_at: datetime
    staged_after: int = 0
    first_sequence: int = 0
    undone_by: str = ""
    undone_at: datetime | None = None

    @property
    def last_sequence(self) -> int:
        """Sequence of its last entry."""
        return self.first_sequence + self.count - 1

    def committed(self, after: int) -> ImportBatch:
        """The import as part of a ledger whose last sequence was `after`."""
        return replace(self, state=ImportState.COMMITTED, first_sequence=after + 1)

    def undone(self, by: str, at: datetime) -> ImportBatch:
        """The import once it was taken back."""
        return replace(self, state=ImportState.UNDONE, undone_by=by, undone_at=at)

    def placed(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        """Its entries with the sequences they have in the ledger."""
        for entry in entries:
            yield replace(entry, sequence=self.shift + entry.sequence)

    @property
    def shift(self) -> int:
        """What its entries' sequences moved on by since it was staged."""
        return self.first_sequence - 1 - self.staged_after


def short_print(fingerprint: str) -> bytes:
    """A fingerprint as it is kept: 8 bytes, which two of a million rows share once in 37 million ledgers."""
    return hashlib.blake2b(fingerprint.encode(), digest_size=PRINT_BYTES).digest()


def new_import_id() -> str:
    """An id that sorts by time."""
    return new_id("imp")


def entry_id(import_id: str, index: int) -> str:
    """Id of an import's entry by its place, from 0: it tells both, so that nobody searches a ledger for it."""
    return f"txn_{import_id.removeprefix('imp_')}{index:0{_DIGITS}d}"


def place_of(transaction_id: str) -> tuple[str, int] | None:
    """Import and place of an imported entry's id; None for an entry that came otherwise."""
    text = transaction_id.removeprefix("txn_")
    ulid, digits = text[:_ULID], text[_ULID:]
    if len(digits) != _DIGITS or not digits.isdecimal():
        return None
    return f"imp_{ulid}", int(digits)
