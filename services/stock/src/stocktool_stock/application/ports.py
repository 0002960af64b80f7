"""What the portfolio use cases need from outside. The market's ports stand in `market_ports`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.application.records import Record
from stocktool_stock.domain.analysis import Analysis, Json
from stocktool_stock.domain.custom_instruments import CustomInstrument
from stocktool_stock.domain.import_batch import ImportBatch
from stocktool_stock.domain.ledger import Entry, Ledger, Reversal
from stocktool_stock.domain.ledger_part import LedgerPart, Row, chained
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.selection import Selection


@dataclass(frozen=True, slots=True)
class Change:
    """One write to a portfolio, all or nothing.

    Attributes:
        portfolio: The head as it is after the write.
        expected_version: Version the write was made on; 0 for a new portfolio.
        actor: Who did it, for the audit.
        action: What was done, for the audit: `portfolio.created`.
        answer: What a repetition of the request is answered from.
        key: The request's identity, None when the client gave none.
        entries: Entries to append.
        reversals: Entries that take others back.
        commits: A staged import that becomes part of the ledger; its `first_sequence` follows the last one there was.
        undoes: An import that is taken back, as it is then; the row that does so has the head's last sequence.
        instruments: Instruments of the user's own, as they are after the write.
        removed_instruments: Symbols of those that go.
        deletes: Whether the portfolio goes.
        detail: Further facts for the audit and the owner's history.
        was: Entries that are taken back or restored, for the audit: it shows them as they stood, the first fifty.
        about: What was changed beside the ledger, for the owner's history alone: a symbol.
    """

    portfolio: Portfolio
    expected_version: int
    actor: str
    action: str
    answer: Record
    key: IdempotencyKey | None = None
    entries: Sequence[Entry] = ()
    reversals: Sequence[Reversal] = ()
    commits: ImportBatch | None = None
    undoes: ImportBatch | None = None
    instruments: Sequence[CustomInstrument] = ()
    removed_instruments: Sequence[str] = ()
    deletes: bool = False
    detail: Mapping[str, str | int] = field(default_factory=dict)
    was: Sequence[Entry] = ()
    about: str = ""

    @property
    def rows(self) -> list[Row]:
        """Rows the write appends to the ledger's log."""
        rows = [(entry.sequence, entry.id) for entry in self.entries]
        rows += [(reversal.sequence, reversal.id) for reversal in self.reversals]
        if self.commits is not None:
            rows.append((self.commits.first_sequence, self.commits.id))
        if self.undoes is not None:
            rows.append((self.portfolio.last_sequence, self.undoes.undone_by))
        return rows

    @property
    def head(self) -> Portfolio:
        """The head to be written, its ledger's digest brought up to date."""
        return replace(self.portfolio, ledger_digest=chained(self.portfolio.ledger_digest, self.rows))


class PortfolioStore(Protocol):
    """Portfolios and their ledgers, by owner."""

    async def get(self, owner: OwnerId, portfolio_id: PortfolioId) -> Portfolio:
        """Read a head.

        Raises:
            PortfolioNotFound: None by this id belongs to the owner.
        """
        ...

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Portfolio]:
        """List an owner's portfolios, oldest first."""
        ...

    async def ledger(self, portfolio: Portfolio) -> Ledger:
        """Read all entries up to the head's last sequence, those taken back among them.

        The head, which the caller got by `get`, says how far the ledger goes: what others append meanwhile is not read.
        """
        ...

    async def since(self, portfolio: Portfolio, sequence: int) -> LedgerPart:
        """Read what was appended after a sequence, up to the head's last one."""
        ...

    async def select(self, portfolio: Portfolio, selection: Selection, limit: int) -> Sequence[Entry]:
        """Read the first entries of a selection, of a long ledger only the parts that have them."""
        ...

    async def pack(self, portfolio: Portfolio) -> int:
        """Make a long ledger quicker to read; what that takes may be lost. Says how many packs were made."""
        ...

    async def commit(self, change: Change) -> Record:
        """Write a change with its audit entry and idempotency record, and answer `change.answer`.

        A repetition of an earlier request changes nothing and gets the earlier answer.

        Raises:
            StaleVersion: The head is not at `expected_version`, or the import to commit or undo is not there any more.
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def earlier(self, key: IdempotencyKey | None) -> Record | None:
        """The answer given to the same request within 24 hours, None for a new one.

        Raises:
            IdempotencyKeyReused: The key came with another request before.
        """
        ...


class SnapshotStore(Protocol):
    """One packed snapshot of the book for each portfolio: a projection, which may be lost."""

    async def read(self, portfolio_id: PortfolioId) -> bytes | None:
        """The present one, None when there is none."""
        ...

    async def write(self, portfolio_id: PortfolioId, sequence: int, data: bytes) -> bool:
        """Replace it by one of the ledger as of a sequence.

        Returns:
            False where a later one is there, or the portfolio is gone: nothing was written.
        """
        ...


class ImportStore(Protocol):
    """Imports of portfolios; entries are staged here and become part of a ledger by `PortfolioStore.commit`."""

    async def stage(
        self, portfolio_id: PortfolioId, batch: ImportBatch, entries: Sequence[Entry], fingerprints: Sequence[str]
    ) -> None:
        """Write the entries of an import where no reader of the ledger sees them.

        Args:
            portfolio_id: Where they will belong.
            batch: The import, staged.
            entries: Numbered on from the batch's `staged_after`; their ids are those of `entry_id`.
            fingerprints: One for each.
        """
        ...

    async def discard(self, portfolio_id: PortfolioId, import_id: str) -> None:
        """Remove a staged import; one that was committed stays untouched."""
        ...

    async def sweep(self, portfolio_id: PortfolioId) -> int:
        """Remove imports that were staged long ago and never committed, and say how many."""
        ...

    async def get(self, portfolio_id: PortfolioId, import_id: str) -> ImportBatch:
        """Read an import that was committed, or undone since.

        Raises:
            ImportNotFound: None by this id is in the portfolio.
        """
        ...

    async def list(self, portfolio_id: PortfolioId, page: PageRequest) -> Page[ImportBatch]:
        """List imports that were committed, newest first; those undone since are among them."""
        ...

    async def fingerprints(self, portfolio: Portfolio) -> Counter[bytes]:
        """How many standing imported entries have a fingerprint, by its `short_print`."""
        ...


class AnalysisClaim(Protocol):
    """An analysis held by one worker; each write fails once another one holds it."""

    analysis: Analysis

    async def step(self, name: str) -> None:
        """Record a finished part."""
        ...

    async def finish(self, result: Mapping[str, Json]) -> None:
        """Store the result, and the notification to be sent."""
        ...

    async def fail(self, reason: str, message: str) -> None:
        """Store why there is no result, and tell the owner."""
        ...


class AnalysisStore(Protocol):
    """Analyses by owner."""

    async def start(self, analysis: Analysis, key: IdempotencyKey | None, actor: str) -> Analysis:
        """Store a queued analysis and the message that lets a worker take it, once per request."""
        ...

    async def get(self, owner: OwnerId, analysis_id: str) -> Analysis:
        """Read one.

        Raises:
            AnalysisNotFound: None by this id belongs to the owner.
        """
        ...

    def claim(self, analysis_id: str) -> AbstractAsyncContextManager[AnalysisClaim | None]:
        """Hold an analysis while working on it; None when it is finished or gone.

        Raises:
            LeaseHeld: Another worker has it.
        """
        ...
