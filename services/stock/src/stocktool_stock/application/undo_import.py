"""Takes a whole import back, and lists imports."""

from __future__ import annotations

from dataclasses import replace

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_id
from stocktool_kit.core.once import once
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.application.ledger_books import LedgerBooks, books_of
from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.ports import Change, ImportStore, PortfolioStore
from stocktool_stock.application.records import Record
from stocktool_stock.domain.import_batch import ImportBatch, ImportNotFound, ImportState, place_of
from stocktool_stock.domain.ledger import Entry, Ledger
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, StaleVersion


class ReadImports:
    """Reads the imports of the caller's portfolios."""

    def __init__(self, store: PortfolioStore, imports: ImportStore) -> None:
        self._store = store
        self._imports = imports

    async def list(self, caller: Caller, portfolio_id: PortfolioId, page: PageRequest) -> Page[ImportBatch]:
        """Imports that became part of the ledger, newest first; those undone since are among them.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """
        await self._store.get(caller.owner, portfolio_id)
        return await self._imports.list(portfolio_id, page)

    async def get(self, caller: Caller, portfolio_id: PortfolioId, import_id: str) -> ImportBatch:
        """One of them.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
            ImportNotFound: None by this id is in the portfolio.
        """
        await self._store.get(caller.owner, portfolio_id)
        return await self._imports.get(portfolio_id, import_id)


class UndoImport:
    """Takes all entries of an import back by one row of the ledger, once per request."""

    def __init__(
        self,
        store: PortfolioStore,
        imports: ImportStore,
        rates: FxRates,
        clock: Clock,
        *,
        books: LedgerBooks | None = None,
    ) -> None:
        self._store = store
        self._imports = imports
        self._books = books or books_of(store, rates)
        self._clock = clock

    async def __call__(
        self, caller: Caller, portfolio_id: PortfolioId, import_id: str, *, key: IdempotencyKey | None = None
    ) -> None:
        """Take it back.

        Raises:
            ImportNotFound: None by this id stands in the ledger.
            ShortSale: A later sale needs its shares; says how many lack.
            PortfolioNotFound: None by this id is the caller's.
        """

        async def attempt() -> Record:
            portfolio = await self._store.get(caller.owner, portfolio_id)
            batch = await self._imports.get(portfolio_id, import_id)
            if batch.state is not ImportState.COMMITTED:
                raise ImportNotFound("this import was taken back already", import_id=import_id)
            taken = await self._checked(portfolio, import_id)
            undone = batch.undone(new_id("txn"), self._clock.now())
            after = replace(portfolio, version=portfolio.version + 1, last_sequence=portfolio.last_sequence + 1)
            detail: dict[str, str | int] = {"import": import_id, "count": batch.count}
            change = Change(
                after,
                portfolio.version,
                caller.subject,
                "import.undone",
                {},
                key,
                undoes=undone,
                detail=detail,
                was=taken,
            )
            return await self._store.commit(change)

        await once(lambda: self._store.earlier(key), attempt, stale=StaleVersion)

    async def _checked(self, portfolio: Portfolio, import_id: str) -> list[Entry]:
        """Keep the book of what would be left, and give the entries that would go."""
        ledger = await self._store.ledger(portfolio)
        taken: list[Entry] = []
        left: list[Entry] = []
        for entry in ledger.standing:
            (taken if (place_of(entry.id) or ("", 0))[0] == import_id else left).append(entry)
        await self._books.check_ledger(portfolio, Ledger(left))
        return taken
