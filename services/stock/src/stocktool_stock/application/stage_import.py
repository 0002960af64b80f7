"""Imports of any size: entries are staged unseen and become part of the ledger by one conditional write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count

from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Conflict, InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.once import once

from stocktool_stock.application.fixed_rates import rate_tables, with_rates
from stocktool_stock.application.ledger_books import LedgerBooks, books_of
from stocktool_stock.application.market_ports import FxRates, MarketStatus
from stocktool_stock.application.ports import Change, ImportStore, PortfolioStore
from stocktool_stock.application.records import Record
from stocktool_stock.domain.drafts import read_drafts
from stocktool_stock.domain.import_batch import (
    MAX_ROWS,
    ImportBatch,
    ImportState,
    entry_id,
    new_import_id,
    short_print,
)
from stocktool_stock.domain.imports.lot_names import with_lot_names
from stocktool_stock.domain.ledger import Draft, Entry
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, StaleVersion

THREADS = 2
_MOST_TOLD = 100

Rows = Sequence[tuple[Draft, str]]
"""What an import would book, each with its fingerprint: equal content, equal fingerprint."""


@dataclass(frozen=True, slots=True)
class StagedImport:
    """An import as committed; where every row was there already, `id` is empty and nothing was written.

    Attributes:
        counts: How many rows of the file were in which state when it was read; empty where no file was.
    """

    id: str
    version: int
    count: int
    skipped_duplicates: int
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """What an import brings: rows that no standing import brought before."""

    import_id: str
    entries: list[Entry]
    fingerprints: list[str]
    skipped: int


class StageImport:
    """Imports entries, all or none at any size, once per request.

    The whole ledger is checked with them first. A crash at any point leaves either everything or nothing to be seen;
    what it leaves unseen is swept by a later import.
    """

    def __init__(
        self,
        store: PortfolioStore,
        imports: ImportStore,
        rates: FxRates,
        market: MarketStatus,
        clock: Clock,
        *,
        books: LedgerBooks | None = None,
    ) -> None:
        self._store = store
        self._books = books or books_of(store, rates)
        self._imports = imports
        self._rates = rates
        self._market = market
        self._clock = clock
        self._threads = Limiter(THREADS)

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        rows: Rows,
        *,
        source_name: str,
        content_hash: str,
        key: IdempotencyKey | None = None,
        pointer: str = "/rows/{}",
        sources: Sequence[str] = (),
        beside: int = 0,
        counts: Mapping[str, int] | None = None,
    ) -> StagedImport:
        """Import them.

        Args:
            caller: Whose portfolio it is.
            portfolio_id: Where to.
            rows: At most 100,000, in the order they happened within a day.
            source_name: What they were read from, a file's name.
            content_hash: SHA-256 of it in hex.
            key: The request's identity.
            pointer: JSON pointer of a row, `{}` standing for its index.
            sources: Ids that the rows have where they come from, by which other rows may choose their lots.
            beside: Duplicates that were left out before.
            counts: Of the file's rows by state, for the answer.

        Raises:
            InvalidArgument: Rows cannot be taken; the first hundred violations name their places.
            ShortSale: More would be sold than held on some day, now or later in the ledger.
            PortfolioNotFound: None by this id is the caller's.
        """

        async def attempt() -> StagedImport:
            portfolio = await self._store.get(caller.owner, portfolio_id)
            fresh = await self._fresh(portfolio, rows, pointer, sources)
            told = StagedImport("", portfolio.version, 0, fresh.skipped + beside, counts or {})
            if not fresh.entries:  # or is it the request's own twin that brought them?
                return await self.earlier(key) or told
            await self._books.check(portfolio, fresh.entries)
            await self._imports.sweep(portfolio_id)
            batch = self._batch(fresh, portfolio, source_name, content_hash)
            await self._imports.stage(portfolio_id, batch, fresh.entries, fresh.fingerprints)
            try:
                staged = await self._commit(caller, portfolio, batch, told, key)
            except Conflict:
                await self._imports.discard(portfolio_id, batch.id)
                raise
            if staged.id != batch.id:  # the same request was quicker elsewhere
                await self._imports.discard(portfolio_id, batch.id)
            return staged

        return await once(lambda: self.earlier(key), attempt, stale=StaleVersion)

    async def earlier(self, key: IdempotencyKey | None) -> StagedImport | None:
        """What the same request was answered within 24 hours, None for a new one."""
        answer = await self._store.earlier(key)
        return None if answer is None else _staged(answer)

    async def preview(
        self, caller: Caller, portfolio_id: PortfolioId, rows: Rows, *, pointer: str = "/rows/{}"
    ) -> StagedImport:
        """Do everything an import does but write: the same errors, and what it would bring.

        Raises:
            InvalidArgument: Rows cannot be taken; the first hundred violations name their places.
            ShortSale: More would be sold than held on some day, now or later in the ledger.
            PortfolioNotFound: None by this id is the caller's.
        """
        portfolio = await self._store.get(caller.owner, portfolio_id)
        fresh = await self._fresh(portfolio, rows, pointer)
        if fresh.entries:
            await self._books.check(portfolio, fresh.entries)
        return StagedImport("", portfolio.version, len(fresh.entries), fresh.skipped)

    async def duplicates(self, caller: Caller, portfolio_id: PortfolioId, fingerprints: Sequence[str]) -> list[bool]:
        """For each fingerprint whether a standing import brought it.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """
        portfolio = await self._store.get(caller.owner, portfolio_id)
        return _known(await self._imports.fingerprints(portfolio), fingerprints)

    async def _fresh(self, portfolio: Portfolio, rows: Rows, pointer: str, sources: Sequence[str] = ()) -> _Fresh:
        if not 1 <= len(rows) <= MAX_ROWS:
            raise InvalidArgument.of("/rows", f"must be 1 to {MAX_ROWS}; cut a longer file into several")
        standing = await self._imports.fingerprints(portfolio)
        currencies, tables = await self._rates.currencies(), await rate_tables(self._rates, portfolio)
        today, now = self._market.today(), self._clock.now()

        def read() -> _Fresh:
            known = _known(standing, [fingerprint for _, fingerprint in rows])
            wanted = [index for index, is_known in enumerate(known) if not is_known]
            if not wanted:
                return _Fresh("", [], [], len(rows))
            # By day, so that a page of the list lies in few parts; within a day they stay in the order given.
            wanted.sort(key=lambda index: rows[index][0].day or date.min)
            import_id, numbers = new_import_id(), count()
            try:
                entries = read_drafts(
                    [rows[index][0] for index in wanted],
                    portfolio,
                    today=today,
                    currencies=currencies,
                    recorded_at=now,
                    pointer=pointer,
                    at_most=MAX_ROWS,
                    places=wanted,
                    make_id=lambda: entry_id(import_id, next(numbers)),
                )
            except InvalidArgument as error:
                raise InvalidArgument(error.message, error.violations[:_MOST_TOLD]) from error
            if sources:
                names = {sources[index]: entry.id for index, entry in zip(wanted, entries, strict=True)}
                entries = with_lot_names(entries, names)
            entries = with_rates(entries, portfolio, tables, lambda index: pointer.format(wanted[index]))
            return _Fresh(import_id, entries, [rows[index][1] for index in wanted], len(rows) - len(wanted))

        return await run_blocking(self._threads, read)

    def _batch(self, fresh: _Fresh, portfolio: Portfolio, source_name: str, content_hash: str) -> ImportBatch:
        return ImportBatch(
            id=fresh.import_id,
            state=ImportState.STAGED,
            count=len(fresh.entries),
            skipped_duplicates=fresh.skipped,
            source_name=source_name,
            content_hash=content_hash,
            staged_at=self._clock.now(),
            staged_after=portfolio.last_sequence,
        )

    async def _commit(
        self,
        caller: Caller,
        portfolio: Portfolio,
        batch: ImportBatch,
        told: StagedImport,
        key: IdempotencyKey | None,
    ) -> StagedImport:
        committed = batch.committed(portfolio.last_sequence)
        after = replace(portfolio, version=portfolio.version + 1, last_sequence=committed.last_sequence)
        answer: Record = {
            "id": batch.id,
            "version": after.version,
            "count": batch.count,
            "skipped_duplicates": told.skipped_duplicates,
            "counts": told.counts,
        }
        change = Change(
            after,
            portfolio.version,
            caller.subject,
            "import.committed",
            answer,
            key,
            commits=committed,
            detail={"import": batch.id, "count": batch.count, "skipped": batch.skipped_duplicates},
        )
        return _staged(await self._store.commit(change))


def _known(standing: Counter[bytes], fingerprints: Sequence[str]) -> list[bool]:
    """Which of them stand already: as many of equal ones as stand, the first ones first."""
    left = standing.copy()
    known: list[bool] = []
    for fingerprint in fingerprints:
        short = short_print(fingerprint)
        known.append(left[short] > 0)
        left[short] -= 1
    return known


def _staged(answer: Record) -> StagedImport:
    counts = answer.get("counts")
    return StagedImport(
        str(answer["id"]),
        int(str(answer["version"])),
        int(str(answer["count"])),
        int(str(answer["skipped_duplicates"])),
        {name: int(str(number)) for name, number in counts.items()} if isinstance(counts, Mapping) else {},
    )
