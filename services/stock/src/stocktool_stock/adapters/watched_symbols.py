"""Symbols of interest: the settings' own, those held, and those on watchlists and in alerts."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.aws.table import Attr, Item, Table

from stocktool_stock.adapters.watch_index import Watch, WatchIndex


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
        entries = Attr("symbol").exists() & Attr("pk").begins_with("P#")
        start: Item | None = None
        while True:
            items, start = await self._table.scan(where=entries, start=start)
            found.update(str(item["symbol"]) for item in items if item["symbol"])
            if start is None:
                return sorted(found)
