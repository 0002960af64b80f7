"""Symbols that exist, as one set in the cache table."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.aws.table import Table, Update

_KEY = {"symbol": "L#known", "data_type": "symbols"}


class DynamoDBSymbols:
    """The `SymbolStore` in the cache table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, symbols: Sequence[str]) -> None:
        """Put symbols in."""
        await self._table.update(Update(_KEY, add={"symbols": set(symbols)}))

    async def read(self) -> Sequence[str]:
        """Give them all."""
        item = await self._table.get(_KEY, consistent=False)
        return [] if item is None else sorted(item["symbols"])
