"""The history of a portfolio: who wrote what, and what was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.application.ledger_ports import Write, WriteHistory
from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId

SHOWN = 10
"""At most so many entries are shown of one write; the ledger has them all."""


@dataclass(frozen=True, slots=True)
class ToldWrite:
    """A write with the entries it recorded, took back or restored: the first ten, of `count`; none of an import's."""

    write: Write
    entries: Sequence[Entry]
    count: int


class ListWrites:
    """Lists the writes of portfolios, newest first."""

    def __init__(self, store: PortfolioStore, history: WriteHistory) -> None:
        self._store = store
        self._history = history

    async def __call__(self, caller: Caller, portfolio_id: PortfolioId, page: PageRequest) -> Page[ToldWrite]:
        """One page.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """
        portfolio = await self._store.get(caller.owner, portfolio_id)
        found = await self._history.writes(portfolio_id, page)
        entries = await self._entries(portfolio, found.items)
        by_sequence = {entry.sequence: entry for entry in entries}
        by_id = {entry.id: entry for entry in entries}

        def told(write: Write) -> ToldWrite:
            taken = by_id.get(str(write.detail.get("transaction", "")))
            if taken is not None:
                return ToldWrite(write, [taken], 1)
            if _is_import(write):
                return ToldWrite(write, [], int(write.detail.get("count", 0)))
            sequences = range(write.first_sequence, write.last_sequence + 1)
            shown = [by_sequence[number] for number in sequences[:SHOWN] if number in by_sequence]
            return ToldWrite(write, shown, len(sequences) if shown else 0)

        return Page([told(write) for write in found.items], found.next_page_token)

    async def _entries(self, portfolio: Portfolio, writes: Sequence[Write]) -> Sequence[Entry]:
        """The entries that writes tell of, and more; one that was taken back may be any, so all are read then."""
        if any("transaction" in write.detail for write in writes):
            return (await self._store.ledger(portfolio)).entries
        recorded = [w for w in writes if w.last_sequence >= w.first_sequence and not _is_import(w)]
        first = min((write.first_sequence for write in recorded), default=0)
        if not first:
            return ()
        part = await self._store.since(portfolio, first - 1)
        return part.marked(part.entries)


def _is_import(write: Write) -> bool:
    return "import" in write.detail
