"""Reads through three places: a copy in the process, the shared store, the provider.

A value past its fresh time is served while it is refreshed behind the request's back. The request waits a moment for
that refresh, because a healthy provider answers in that moment and the reader then sees no old value at all.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.fetch_queue import FetchQueue
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import Entry, EntryStore
from stocktool_stock.domain.quotes import ProviderUnavailable, SymbolNotFound

T = TypeVar("T")

log = structlog.get_logger()

Fetch = Callable[[Sequence[str], Mapping[str, T]], Awaitable[Mapping[str, "T | SymbolNotFound"]]]
"""Asks the provider for keys, given the values known so far; a key may be left out when it cannot be told now."""


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How long a kind of value lives.

    Attributes:
        fresh: Age up to which the provider is not asked again.
        held: Time the process trusts its own copy before it looks into the store again.
        negative: The same as `fresh` for "no such symbol".
        size: Copies kept in the process.
        patience: How long a request waits for the refresh of an old value before it takes that value.
        timeout: How long a request waits for a value that is nowhere.
        together: Whether one call of the provider answers many keys; else each key is fetched by itself.
    """

    fresh: timedelta
    held: timedelta
    negative: timedelta = timedelta(minutes=10)
    size: int = 2000
    patience: timedelta = timedelta(milliseconds=150)
    timeout: timedelta = timedelta(seconds=10)
    together: bool = True


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A value, and whether it is past its fresh time with no newer one to be had."""

    value: T
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Reads(Generic[T]):
    """What was found, and why the rest was not."""

    found: Mapping[str, Read[T]]
    failed: Mapping[str, StockToolError]


class CachedReads(Generic[T]):
    """Cached values of one kind, by key.

    Args:
        kind: Name in logs.
        store: The shared store.
        fetch: Asks the provider.
        queue: Runs the fetches.
        health: Told of the provider's answers.
        clock: Real time.
        policy: How long values live.
        meter: Told of each key whether the cache had it.
    """

    def __init__(
        self,
        kind: str,
        store: EntryStore[T],
        fetch: Fetch[T],
        *,
        queue: FetchQueue,
        health: ProviderHealth,
        clock: Clock,
        policy: CachePolicy,
        meter: Callable[[bool], None],
    ) -> None:
        self._kind = kind
        self._store = store
        self._fetch = fetch
        self._queue = queue
        self._health = health
        self._clock = clock
        self._policy = policy
        self._meter = meter
        self._copies: OrderedDict[str, tuple[Entry[T], datetime]] = OrderedDict()
        self._pending: dict[str, asyncio.Future[Entry[T] | StockToolError]] = {}

    async def get(self, keys: Sequence[str]) -> Reads[T]:
        """Read keys, each once; never raises for a key."""
        now = self._clock.now()
        entries: dict[str, Entry[T]] = {}
        for key in keys:
            held = self._copies.get(key)
            if held is not None and held[1] > now:
                entries[key] = held[0]
        if len(entries) < len(keys):
            await self._look_up([key for key in keys if key not in entries], entries, now)
        found: dict[str, Read[T]] = {}
        failed: dict[str, StockToolError] = {}
        absent: dict[str, StockToolError] = {}
        await self._ask_for(keys, entries, absent, now)
        for key in keys:
            entry = entries.get(key)
            if entry is None:
                failed[key] = absent.get(key) or ProviderUnavailable(f"nothing is known of {key} now", symbol=key)
            elif entry.value is None:
                failed[key] = SymbolNotFound(key, entry.suggestions)
            else:
                found[key] = Read(entry.value, overdue=entry.fresh_until <= now)
        return Reads(found, failed)

    async def refresh(self, keys: Sequence[str]) -> Reads[T]:
        """Ask the provider whatever the age, and tell what it said; for those who keep the cache warm."""
        entries: dict[str, Entry[T]] = {}
        await self._look_up(keys, entries, self._clock.now())  # what is known makes some fetches smaller
        failed: dict[str, StockToolError] = {}
        found: dict[str, Read[T]] = {}
        for key, outcome in (await self._await(self._start(keys, entries), self._policy.timeout)).items():
            if isinstance(outcome, StockToolError):
                failed[key] = outcome
            elif outcome.value is None:
                failed[key] = SymbolNotFound(key, outcome.suggestions)
            else:
                found[key] = Read(outcome.value)
        return Reads(found, failed)

    async def _look_up(self, keys: Sequence[str], entries: dict[str, Entry[T]], now: datetime) -> None:
        try:
            stored = await self._store.read(keys)
        except StockToolError as error:
            # Prices without the store are slower, not impossible: go on with old copies or the provider.
            log.warning("market_cache_unreadable", kind=self._kind, reason=error.reason, detail=error.message)
            stored = {key: self._copies[key][0] for key in keys if key in self._copies}
        for key, entry in stored.items():
            entries[key] = entry
            self._hold(key, entry, now)

    async def _ask_for(
        self, keys: Sequence[str], entries: dict[str, Entry[T]], absent: dict[str, StockToolError], now: datetime
    ) -> None:
        missing: list[str] = []
        old: list[str] = []
        for key in keys:
            entry = entries.get(key)
            known = entry is not None and (entry.value is not None or entry.fresh_until > now)
            self._meter(known)
            if not known:
                missing.append(key)
                entries.pop(key, None)
            elif entry is not None and entry.fresh_until <= now:
                old.append(key)
        if old and not self._health.is_paused:
            self._take(await self._await(self._start(old, entries), self._policy.patience), entries, {})
        if missing:
            self._take(await self._await(self._start(missing, entries), self._policy.timeout), entries, absent)

    @staticmethod
    def _take(
        outcomes: Mapping[str, Entry[T] | StockToolError],
        entries: dict[str, Entry[T]],
        absent: dict[str, StockToolError],
    ) -> None:
        for key, outcome in outcomes.items():
            if isinstance(outcome, StockToolError):
                absent[key] = outcome
            else:
                entries[key] = outcome

    def _start(
        self, keys: Sequence[str], entries: Mapping[str, Entry[T]]
    ) -> dict[str, asyncio.Future[Entry[T] | StockToolError]]:
        """Join the fetches under way, and queue the rest."""
        new = [key for key in keys if key not in self._pending]
        futures = {key: self._pending[key] for key in keys if key in self._pending}
        for batch in [new] if self._policy.together and new else [[key] for key in new]:
            futures |= self._queued(batch, entries)
        return futures

    def _queued(
        self, keys: Sequence[str], entries: Mapping[str, Entry[T]]
    ) -> dict[str, asyncio.Future[Entry[T] | StockToolError]]:
        loop = asyncio.get_running_loop()
        known = {key: entry.value for key in keys if (entry := entries.get(key)) and entry.value is not None}
        futures: dict[str, asyncio.Future[Entry[T] | StockToolError]] = {key: loop.create_future() for key in keys}
        try:
            self._queue.submit(lambda: self._run(keys, known))
        except StockToolError as error:
            for future in futures.values():
                future.set_result(error)
        else:
            self._pending |= futures
        return futures

    async def _await(
        self, futures: Mapping[str, asyncio.Future[Entry[T] | StockToolError]], limit: timedelta
    ) -> dict[str, Entry[T] | StockToolError]:
        """Wait for fetches without ending them when the wait ends."""
        if futures:
            await asyncio.wait(set(futures.values()), timeout=limit.total_seconds())
        late = ProviderUnavailable("the provider of market data did not answer in time")
        return {key: future.result() if future.done() else late for key, future in futures.items()}

    async def _run(self, keys: Sequence[str], known: Mapping[str, T]) -> None:
        """Fetch and keep; the job of the queue."""
        outcomes: dict[str, Entry[T] | StockToolError] = {}
        try:
            fetched = await self._fetch(keys, known)
        except StockToolError as error:
            self._health.failed(error)
            log.warning(
                "market_fetch_failed",
                kind=self._kind,
                reason=error.reason,
                detail=error.message,
                cause=repr(error.__cause__),
            )
            outcomes = dict.fromkeys(keys, error)
        except Exception as error:
            log.exception("market_fetch_broke", kind=self._kind)
            broken = ProviderUnavailable("the provider's answer could not be read")
            broken.__cause__ = error
            self._health.failed(broken)
            outcomes = dict.fromkeys(keys, broken)
        else:
            self._health.answered()
            entries = self._entries(fetched)
            outcomes = dict(entries)
            await self._keep(entries)
        finally:
            for key in keys:
                future = self._pending.pop(key)
                if not future.done():
                    future.set_result(outcomes.get(key) or ProviderUnavailable(f"no answer about {key}", symbol=key))

    def _entries(self, fetched: Mapping[str, T | SymbolNotFound]) -> dict[str, Entry[T]]:
        now = self._clock.now()
        return {
            key: Entry(None, now + self._policy.negative, answer.suggestions)
            if isinstance(answer, SymbolNotFound)
            else Entry(answer, now + self._policy.fresh)
            for key, answer in fetched.items()
        }

    async def _keep(self, entries: Mapping[str, Entry[T]]) -> None:
        now = self._clock.now()
        for key, entry in entries.items():
            self._hold(key, entry, now)
        try:
            await self._store.write(entries)
        except StockToolError as error:
            log.warning("market_cache_unwritable", kind=self._kind, reason=error.reason, detail=error.message)

    def _hold(self, key: str, entry: Entry[T], now: datetime) -> None:
        self._copies[key] = (entry, now + self._policy.held)
        self._copies.move_to_end(key)
        while len(self._copies) > self._policy.size:
            self._copies.popitem(last=False)
