"""An `EntryStore` in memory; trusted because it passes the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from stocktool_kit.core.errors import StockToolError
from stocktool_stock.application.provider_ports import Entry

T = TypeVar("T")


class FakeEntries(Generic[T]):
    """Keeps entries; `broken` makes every call fail."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry[T]] = {}
        self.broken: StockToolError | None = None

    async def read(self, keys: Sequence[str]) -> Mapping[str, Entry[T]]:
        """Give the entries there are."""
        if self.broken is not None:
            raise self.broken
        return {key: self.entries[key] for key in keys if key in self.entries}

    async def write(self, entries: Mapping[str, Entry[T]]) -> None:
        """Keep entries."""
        if self.broken is not None:
            raise self.broken
        self.entries.update(entries)
