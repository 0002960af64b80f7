"""Watchlists in the table `stocktool-portfolios`: `U#<owner>`, `WL#<id>`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import Clock, instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.adapters.owned_rows import OwnedRows, QuotaFull, RowChanged
from stocktool_stock.adapters.watch_index import Watch, Watcher, WatchIndex
from stocktool_stock.domain.watchlists import (
    MOST_LISTS,
    StaleWatchlist,
    TooManyWatchlists,
    Watchlist,
    WatchlistNotFound,
)


class DynamoDBWatchlists:
    """The `WatchlistStore` of the mesh.

    A list's rows in the watch index stand outside its transaction (a hundred symbols do not fit in): made before it,
    taken away after it, so that a crash in between has a symbol refreshed in vain and never one forgotten.

    Args:
        table: The portfolios' table.
        audit_table: Name of the audit table.
        clock: Real time.
    """

    def __init__(self, table: Table, audit_table: str, clock: Clock) -> None:
        self._rows = OwnedRows(table, audit_table, clock, prefix="WL#", kind="watchlist", most=MOST_LISTS)
        self._index = WatchIndex(table)

    async def create(self, watchlist: Watchlist, key: IdempotencyKey | None, actor: str) -> Watchlist:
        """Keep a new list."""
        record = _record(watchlist)
        await self._index.write(watchlist.symbols, Watch.LIST, _watcher(watchlist))
        try:
            answer = await self._rows.create(watchlist.owner, watchlist.id, record, actor=actor, key=key, answer=record)
        except QuotaFull as error:
            await self._index.remove(watchlist.symbols, Watch.LIST, _watcher(watchlist))
            raise TooManyWatchlists(f"at most {MOST_LISTS} watchlists", most=MOST_LISTS) from error
        kept = _watchlist_of(answer)
        if kept.id != watchlist.id:  # a twin of this request was first
            await self._index.remove(watchlist.symbols, Watch.LIST, _watcher(watchlist))
        return kept

    async def get(self, owner: OwnerId, watchlist_id: str) -> Watchlist:
        """Read one; another owner's is not found."""
        row = await self._rows.get(owner, watchlist_id)
        if row is None:
            raise WatchlistNotFound("no such watchlist", watchlist_id=watchlist_id)
        return _watchlist_of(row)

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Watchlist]:
        """List the owner's, oldest first."""
        rows, token = await self._rows.page(owner, page)
        return Page([_watchlist_of(row) for row in rows], token)

    async def replace(self, before: Watchlist, after: Watchlist, key: IdempotencyKey | None, actor: str) -> Watchlist:
        """Keep the next version."""
        record = _record(after)
        added = [symbol for symbol in after.symbols if symbol not in before.symbols]
        await self._index.write(added, Watch.LIST, _watcher(after))
        try:
            answer = await self._rows.replace(
                after.owner, after.id, record, expected_version=before.version, actor=actor, key=key, answer=record
            )
        except RowChanged as error:
            raise StaleWatchlist("the list was changed meanwhile; read it again", watchlist_id=after.id) from error
        gone = [symbol for symbol in before.symbols if symbol not in after.symbols]
        await self._index.remove(gone, Watch.LIST, _watcher(after))
        return _watchlist_of(answer)

    async def delete(self, watchlist: Watchlist, key: IdempotencyKey | None, actor: str) -> None:
        """Delete a list."""
        try:
            await self._rows.delete(
                watchlist.owner, watchlist.id, expected_version=watchlist.version, actor=actor, key=key
            )
        except RowChanged as error:
            raise StaleWatchlist("the list was changed meanwhile", watchlist_id=watchlist.id) from error
        await self._index.remove(watchlist.symbols, Watch.LIST, _watcher(watchlist))

    async def earlier(self, key: IdempotencyKey | None) -> Watchlist | None:
        """The answer given to the same request."""
        answer = await self._rows.earlier(key)
        return _watchlist_of(answer) if answer else None

    async def was_done(self, key: IdempotencyKey | None) -> bool:
        """Whether the same request was carried out."""
        return await self._rows.earlier(key) is not None


def _watcher(watchlist: Watchlist) -> Watcher:
    return Watcher(watchlist.owner, watchlist.id)


def _record(watchlist: Watchlist) -> dict[str, Any]:
    return {
        "id": watchlist.id,
        "owner": watchlist.owner,
        "name": watchlist.name,
        "symbols": list(watchlist.symbols),
        "created_at": instant(watchlist.created_at),
        "updated_at": instant(watchlist.updated_at),
        "version": watchlist.version,
    }


def _watchlist_of(record: Mapping[str, Any]) -> Watchlist:
    return Watchlist(
        id=record["id"],
        owner=OwnerId(record["owner"]),
        name=record["name"],
        symbols=tuple(record["symbols"]),
        created_at=parse_instant(record["created_at"]),
        updated_at=parse_instant(record["updated_at"]),
        version=int(record["version"]),
    )
