"""Symbols of interest: the settings' own, those held, and those on watchlists and in alerts."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from stocktool_kit.aio import run_blocking
from stocktool_kit.aws.table import Attr, Item, Table

from stocktool_stock.adapters.ledger_chunks import ChunkDamaged, unpack_entries
from stocktool_stock.adapters.watch_index import Watch, WatchIndex

log = structlog.get_logger()

_SEGMENT = "S#"  # see `ledger_log.segment_key`


class DynamoDBWatchedSymbols:
    """The `WatchedSymbols` of the mesh.

    Args:
        table: The portfolios' table.
        always: Symbols that are refreshed whether watched or not.
    """

    def __init__(self, table: Table, always: Sequence[str]) -> None:
        self._table = table
        self._always = always
        self._index = WatchIndex(table)

    async def symbols(self) -> Sequence[str]:
        """Give them. What is held is found by a scan: run by the schedule alone, a few times a day."""
        found = {*self._always, *await self._index.symbols(*Watch)}
        entries = Attr("symbol").exists() | Attr("sk").begins_with(_SEGMENT)
        start: Item | None = None
        while True:
            items, start = await self._table.scan(where=Attr("pk").begins_with("P#") & entries, start=start)
            for item in items:
                found |= await self._imported(item) if item["sk"].startswith(_SEGMENT) else {str(item["symbol"])}
            if start is None:
                return sorted(found - {""})

    async def _imported(self, item: Item) -> set[str]:
        """Symbols of a part of an import, whose entries lie packed."""
        try:
            entries = await run_blocking(self._table.aws.limiter, unpack_entries, bytes(item["chunk"]))
        except ChunkDamaged:  # whoever reads that ledger hears of it; the other symbols are refreshed
            log.exception("import_unreadable", sort_key=item["sk"])
            return set()
        return {entry.symbol for entry in entries}
