"""Who watches a symbol: `W#<symbol>#<0-15>` in the portfolios' table, dealt by owner so that no partition runs hot.

A register `W#index#<0-15>` (sort key: the symbol) says which of a symbol's sixteen partitions were ever used, so that a
symbol with one watcher costs one query and no reader ever scans. It is written before the rows it tells of and never
shrinks: an entry too many costs one empty query.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stocktool_kit.aws.table import Delete, Item, Key, Put, Table, Update
from stocktool_kit.core.ids import OwnerId

SHARDS = 16
PORTFOLIOS = "@portfolio"
"""Stands for a symbol where a rule is about a portfolio as a whole, which any price can move; is no symbol."""

_AT_ONCE = 8


class Watch(StrEnum):
    """Why a symbol is watched; begins the sort keys."""

    LIST = "L"
    ALERT = "A"


@dataclass(frozen=True, slots=True)
class Watcher:
    """One row: the list or alert of an owner."""

    owner: OwnerId
    id: str


class WatchIndex:
    """The rows and their register.

    Args:
        table: The portfolios' table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, symbol: str, watch: Watch, watcher: Watcher) -> Put:
        """The operation that makes one row; `register` comes first."""
        return Put({**_row_key(symbol, watch, watcher), "symbol": symbol, "owner": watcher.owner, "id": watcher.id})

    def delete(self, symbol: str, watch: Watch, watcher: Watcher) -> Delete:
        """The operation that takes one row away."""
        return Delete(_row_key(symbol, watch, watcher))

    async def register(self, symbols: Iterable[str], watch: Watch, owner: OwnerId) -> None:
        """Say that an owner's partition of these symbols is in use."""
        wanted, shard = sorted(set(symbols)), str(_shard(owner))
        known = await self._registered(wanted)
        new = [symbol for symbol in wanted if shard not in known.get(symbol, {}).get(_attribute(watch), set())]
        limit = asyncio.Semaphore(_AT_ONCE)

        async def add(symbol: str) -> None:
            async with limit:
                await self._table.update(Update(_register_key(symbol), add={_attribute(watch): {shard}}))

        async with asyncio.TaskGroup() as group:
            for symbol in new:
                group.create_task(add(symbol))

    async def write(self, symbols: Sequence[str], watch: Watch, watcher: Watcher) -> None:
        """Make rows outside a transaction, where one too many does no harm."""
        await self.register(symbols, watch, watcher.owner)
        await self._table.batch_write(puts=[self.put(symbol, watch, watcher).item for symbol in symbols])

    async def remove(self, symbols: Sequence[str], watch: Watch, watcher: Watcher) -> None:
        """Take rows away outside a transaction."""
        await self._table.batch_write(deletes=[_row_key(symbol, watch, watcher) for symbol in symbols])

    async def watchers(self, symbols: Iterable[str], watch: Watch) -> AsyncIterator[Watcher]:
        """Everybody who watches one of these symbols, by queries of the partitions in use alone."""
        for symbol, row in (await self._registered(sorted(set(symbols)))).items():
            for shard in sorted(row.get(_attribute(watch), set())):
                key = Key("pk").eq(f"W#{symbol}#{shard}") & Key("sk").begins_with(f"{watch}#")
                async for item in self._table.query_all(key):
                    yield Watcher(OwnerId(item["owner"]), item["id"])

    async def symbols(self, *watches: Watch) -> list[str]:
        """The symbols somebody watches now."""
        limit = asyncio.Semaphore(_AT_ONCE)
        found: list[str] = []

        async def look(symbol: str, row: Item) -> None:
            async with limit:
                if await self._is_watched(symbol, row, watches):
                    found.append(symbol)

        async with asyncio.TaskGroup() as group:
            for shard in range(SHARDS):
                async for row in self._table.query_all(Key("pk").eq(f"W#index#{shard}")):
                    if row["sk"] != PORTFOLIOS:
                        group.create_task(look(row["sk"], row))
        return sorted(found)

    async def _is_watched(self, symbol: str, row: Item, watches: Sequence[Watch]) -> bool:
        for watch in watches:
            for shard in row.get(_attribute(watch), set()):
                key = Key("pk").eq(f"W#{symbol}#{shard}") & Key("sk").begins_with(f"{watch}#")
                items, _ = await self._table.query(key, limit=1)
                if items:
                    return True
        return False

    async def _registered(self, symbols: Sequence[str]) -> Mapping[str, Item]:
        rows = await self._table.batch_get([_register_key(symbol) for symbol in symbols]) if symbols else []
        return {row["sk"]: row for row in rows}


def _attribute(watch: Watch) -> str:
    return {Watch.LIST: "lists", Watch.ALERT: "alerts"}[watch]


def _shard(owner: str) -> int:
    return zlib.crc32(owner.encode()) % SHARDS


def _register_key(symbol: str) -> dict[str, str]:
    return {"pk": f"W#index#{zlib.crc32(symbol.encode()) % SHARDS}", "sk": symbol}


def _row_key(symbol: str, watch: Watch, watcher: Watcher) -> dict[str, str]:
    return {"pk": f"W#{symbol}#{_shard(watcher.owner)}", "sk": f"{watch}#{watcher.id}"}
