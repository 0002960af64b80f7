"""A what-if that is kept: a portfolio of its own, with the ledger it was forked from and the trades that were tried."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_id
from stocktool_kit.core.once import once

from stocktool_stock.application.ledger_ports import InstrumentShelf
from stocktool_stock.application.ports import Change, ImportStore, PortfolioStore
from stocktool_stock.application.records import Record, portfolio_of, portfolio_record
from stocktool_stock.application.what_if import WhatIf
from stocktool_stock.domain.fork import copied, forked
from stocktool_stock.domain.import_batch import MAX_ROWS, ImportBatch, ImportState, new_import_id
from stocktool_stock.domain.ledger import Draft
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, read_name


class StoreWhatIf:
    """Makes a portfolio of a what-if, once per request; the one it was forked from does not change.

    The copied entries are staged unseen, as those of an import are, and appear with the new head in one conditional
    write at any size. What a process that dies in between leaves belongs to no portfolio: nobody ever reads it.
    """

    def __init__(
        self, store: PortfolioStore, imports: ImportStore, shelf: InstrumentShelf, what_if: WhatIf, clock: Clock
    ) -> None:
        self._store = store
        self._imports = imports
        self._shelf = shelf
        self._what_if = what_if
        self._clock = clock

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        name: str,
        trades: Sequence[Draft],
        *,
        key: IdempotencyKey | None = None,
    ) -> Portfolio:
        """Make it.

        Args:
            caller: Whose portfolio it is.
            portfolio_id: The one to fork.
            name: Name of the new one.
            trades: As a what-if takes them.
            key: The request's identity.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its place.
            ShortSale: More would be sold than is held.
            PortfolioNotFound: None by this id is the caller's.
        """

        async def attempt() -> Record:
            return await self._attempt(caller, portfolio_id, name, trades, key)

        return portfolio_of(await once(lambda: self._store.earlier(key), attempt))

    async def _attempt(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        name: str,
        trades: Sequence[Draft],
        key: IdempotencyKey | None,
    ) -> Record:
        title = read_name(name, "/name")
        report = await self._what_if(caller.owner, portfolio_id, trades)
        origin = report.portfolio
        ledger = await self._store.ledger(origin)
        entries = forked(ledger.standing, report.before.book, report.entries)
        if len(entries) > MAX_ROWS:
            raise InvalidArgument.of("/trades", f"the ledger would have more than {MAX_ROWS} entries, too many to copy")
        batch = ImportBatch(
            id=new_import_id(),
            state=ImportState.STAGED,
            count=len(entries),
            skipped_duplicates=0,
            source_name=f"what-if of {origin.name}",
            content_hash=hashlib.sha256(f"{origin.id}@{origin.version}".encode()).hexdigest(),
            staged_at=self._clock.now(),
        )
        fork = Portfolio(
            id=PortfolioId(new_id("prt")),
            owner=caller.owner,
            name=title,
            base_currency=origin.base_currency,
            accounts=origin.accounts,
            cost_method=origin.cost_method,
            created_at=self._clock.now(),
            version=1,
            last_sequence=len(entries),
        )
        prints = [f"{origin.id}|{entry.id}" for entry in entries]
        await self._imports.stage(fork.id, batch, copied(entries, batch.id), prints)
        change = Change(
            fork,
            0,
            caller.subject,
            "portfolio.forked",
            {},
            key,
            commits=batch.committed(0),
            instruments=await self._shelf.instruments(portfolio_id),
            detail={"from": origin.id, "from_version": origin.version, "import": batch.id, "count": batch.count},
        )
        stored = await self._store.commit(replace(change, answer=portfolio_record(change.head)))
        if portfolio_of(stored).id != fork.id:  # the same request was quicker elsewhere
            await self._imports.discard(fork.id, batch.id)
        return stored
