"""Watchlists: make, read with quotes, change, delete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.core.once import once
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.application.market_ports import QuoteSource
from stocktool_stock.domain.quotes import QuoteBatch
from stocktool_stock.domain.watchlists import StaleWatchlist, Watchlist, read_list_name, read_symbols


class WatchlistStore(Protocol):
    """Watchlists by owner. A write with a key that came before changes nothing and gives the earlier answer."""

    async def create(self, watchlist: Watchlist, key: IdempotencyKey | None, actor: str) -> Watchlist:
        """Keep a new list.

        Raises:
            TooManyWatchlists: The owner has as many as there may be.
            IdempotencyKeyReused: The key came with another request before.
        """
        ...

    async def get(self, owner: OwnerId, watchlist_id: str) -> Watchlist:
        """Read one.

        Raises:
            WatchlistNotFound: None by this id is the owner's.
        """
        ...

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Watchlist]:
        """List the owner's, oldest first."""
        ...

    async def replace(self, before: Watchlist, after: Watchlist, key: IdempotencyKey | None, actor: str) -> Watchlist:
        """Keep the next version.

        Raises:
            StaleWatchlist: The list is no longer at the version of `before`.
        """
        ...

    async def delete(self, watchlist: Watchlist, key: IdempotencyKey | None, actor: str) -> None:
        """Delete a list as it was read.

        Raises:
            StaleWatchlist: It was changed or deleted meanwhile.
        """
        ...

    async def earlier(self, key: IdempotencyKey | None) -> Watchlist | None:
        """The answer given to the same request within 24 hours, None for a new one."""
        ...

    async def was_done(self, key: IdempotencyKey | None) -> bool:
        """Whether the same request, one without an answer, was carried out within 24 hours."""
        ...


@dataclass(frozen=True, slots=True)
class QuotedWatchlist:
    """A list with the current quotes of its symbols, in its order; failures stand in the batch."""

    watchlist: Watchlist
    batch: QuoteBatch


class KeepWatchlists:
    """What a user does with their lists."""

    def __init__(self, store: WatchlistStore, quotes: QuoteSource, clock: Clock) -> None:
        self._store = store
        self._quotes = quotes
        self._clock = clock

    async def create(
        self, caller: Caller, *, name: str, symbols: Sequence[str], key: IdempotencyKey | None = None
    ) -> Watchlist:
        """Make a list, once per request.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its place.
            TooManyWatchlists: The caller has as many as there may be.
        """

        async def attempt() -> Watchlist:
            now = self._clock.now()
            watchlist = Watchlist(new_id("wl"), caller.owner, read_list_name(name), read_symbols(symbols), now, now)
            return await self._store.create(watchlist, key, caller.subject)

        return await once(lambda: self._store.earlier(key), attempt)

    async def list(self, caller: Caller, page: PageRequest) -> Page[Watchlist]:
        """The caller's lists, oldest first."""
        return await self._store.list(caller.owner, page)

    async def get(self, caller: Caller, watchlist_id: str) -> QuotedWatchlist:
        """One list with quotes.

        Raises:
            WatchlistNotFound: None by this id is the caller's.
        """
        watchlist = await self._store.get(caller.owner, watchlist_id)
        return QuotedWatchlist(watchlist, await self._quotes.quotes(watchlist.symbols))

    async def change(
        self,
        caller: Caller,
        watchlist_id: str,
        *,
        name: str | None = None,
        symbols: Sequence[str] | None = None,
        version: int | None = None,
        key: IdempotencyKey | None = None,
    ) -> Watchlist:
        """Change name or symbols; `version` is the one the caller read, None to change whatever is newest.

        Raises:
            StaleWatchlist: The version is not the newest.
            WatchlistNotFound: None by this id is the caller's.
            InvalidArgument: Something cannot be taken.
        """
        name = None if name is None else read_list_name(name)
        symbols = None if symbols is None else read_symbols(symbols)

        async def attempt() -> Watchlist:
            before = await self._store.get(caller.owner, watchlist_id)
            if version is not None and version != before.version:
                raise StaleWatchlist(
                    "the list was changed since it was read; read it again", expected=version, found=before.version
                )
            after = before.changed(self._clock.now(), name=name, symbols=symbols)
            return await self._store.replace(before, after, key, caller.subject)

        return await once(lambda: self._store.earlier(key), attempt, stale=StaleWatchlist, version=version)

    async def delete(self, caller: Caller, watchlist_id: str, *, key: IdempotencyKey | None = None) -> None:
        """Delete one, once per request.

        Raises:
            WatchlistNotFound: None by this id is the caller's.
        """

        async def done() -> bool | None:
            return await self._store.was_done(key) or None

        async def attempt() -> bool:
            watchlist = await self._store.get(caller.owner, watchlist_id)
            await self._store.delete(watchlist, key, caller.subject)
            return True

        await once(done, attempt, stale=StaleWatchlist)
