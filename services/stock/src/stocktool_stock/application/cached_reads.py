"""Reads through three places: a copy in the process, the shared store, the provider.

A value past its fresh time is served while it is refreshed behind the request's back. The request waits a moment for
that refresh, because a healthy provider answers in that moment and the reader then sees no old value at all.

In a process, those who ask for the same key share one fetch. Between processes, a key's fetch is the turn of one of
them; the others tell it their wish and wait for what it stores.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.fetch_queue import FetchQueue
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import Entry, EntryStore, Turns, Wish, Wishes
from stocktool_stock.domain.custom_instruments import is_custom
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
        makeshift: The same as `fresh` for what is no more than a stopgap; see `CachedReads`.
    """

    fresh: timedelta
    held: timedelta
    negative: timedelta = timedelta(minutes=10)
    size: int = 2000
    patience: timedelta = timedelta(milliseconds=150)
    timeout: timedelta = timedelta(seconds=10)
    together: bool = True
    makeshift: timedelta = timedelta(seconds=30)


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
        turns: Whose turn a key's fetch is; None: always ours.
        wishes: Where the others are told what to fetch; needed with `turns`.
        is_makeshift: Whether a value stands in for one the provider could not give.
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
        turns: Turns | None = None,
        wishes: Wishes | None = None,
        is_makeshift: Callable[[T], bool] = lambda _: False,
    ) -> None:
        self._kind = kind
        self._store = store
        self._fetch = fetch
        self._queue = queue
        self._health = health
        self._clock = clock
        self._policy = policy
        self._meter = meter
        self._turns = turns
        self._wishes = wishes
        self._is_makeshift = is_makeshift
        self._copies: OrderedDict[str, tuple[Entry[T], datetime]] = OrderedDict()
        self._pending: dict[str, asyncio.Future[Entry[T] | StockToolError]] = {}

    @property
    def together(self) -> bool:
        """Whether one call of the provider answers many keys."""
        return self._policy.together

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
        await self._ask_for([key for key in keys if not is_custom(key)], entries, absent, now)
        for key in keys:
            entry = entries.get(key)
            if is_custom(key):
                failed[key] = SymbolNotFound(key)  # a user's own; no provider hears of it
            elif entry is None:
                failed[key] = absent.get(key) or ProviderUnavailable(f"nothing is known of {key} now", symbol=key)
            elif entry.value is None:
                failed[key] = SymbolNotFound(key, entry.suggestions)
            else:
                found[key] = Read(entry.value, overdue=entry.fresh_until <= now)
        return Reads(found, failed)

    async def refresh(self, keys: Sequence[str], *, within: timedelta = timedelta(0)) -> Reads[T]:
        """Ask the provider, and tell what it said; for those who keep the cache warm.

        Args:
            keys: What to ask about.
            within: An answer that is no older than this is not asked for again.
        """
        now = self._clock.now()
        outcomes = await self._renew(keys, now - within, ask_all=not within)
        failed: dict[str, StockToolError] = {}
        found: dict[str, Read[T]] = {}
        for key, outcome in outcomes.items():
            if isinstance(outcome, StockToolError):
                failed[key] = outcome
            elif outcome.value is None:
                failed[key] = SymbolNotFound(key, outcome.suggestions)
            else:
                found[key] = Read(outcome.value)
        return Reads(found, failed)

    async def fulfil(self, keys: Sequence[str], newer_than: datetime | None) -> Mapping[str, StockToolError]:
        """Do what another process wished for, and give the errors there were."""
        return {
            key: outcome
            for key, outcome in (await self._renew(keys, newer_than, ask_all=False)).items()
            if isinstance(outcome, StockToolError)
        }

    async def _renew(
        self, keys: Sequence[str], newer_than: datetime | None, *, ask_all: bool
    ) -> dict[str, Entry[T] | StockToolError]:
        keys = [key for key in keys if not is_custom(key)]
        entries: dict[str, Entry[T]] = {}
        await self._look_up(keys, entries, self._clock.now())  # what is known makes some fetches smaller
        done: dict[str, Entry[T] | StockToolError] = {
            key: entry for key, entry in entries.items() if not ask_all and self._will_do(entry, newer_than)
        }
        rest = [key for key in keys if key not in done]
        return done | await self._await(self._start(rest, entries, newer_than), self._policy.timeout)

    def _will_do(self, entry: Entry[T], newer_than: datetime | None) -> bool:
        if newer_than is None:
            return entry.fresh_until > self._clock.now()
        return entry.fetched_at is not None and entry.fetched_at >= newer_than

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
        self, keys: Sequence[str], entries: Mapping[str, Entry[T]], newer_than: datetime | None = None
    ) -> dict[str, asyncio.Future[Entry[T] | StockToolError]]:
        """Join the fetches under way, and queue the rest."""
        new = [key for key in keys if key not in self._pending]
        futures = {key: self._pending[key] for key in keys if key in self._pending}
        for batch in [new] if self._policy.together and new else [[key] for key in new]:
            futures |= self._queued(batch, entries, newer_than)
        return futures

    def _queued(
        self, keys: Sequence[str], entries: Mapping[str, Entry[T]], newer_than: datetime | None
    ) -> dict[str, asyncio.Future[Entry[T] | StockToolError]]:
        loop = asyncio.get_running_loop()
        known = {key: entry.value for key in keys if (entry := entries.get(key)) and entry.value is not None}
        futures: dict[str, asyncio.Future[Entry[T] | StockToolError]] = {key: loop.create_future() for key in keys}
        try:
            self._queue.submit(lambda: self._run(keys, known, newer_than))
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

    async def _run(self, keys: Sequence[str], known: Mapping[str, T], newer_than: datetime | None) -> None:
        """Fetch what is ours to fetch, and leave the rest to those whose it is; the job of the queue."""
        mine: Sequence[str] = keys
        if self._turns is not None and self._wishes is not None:
            mine = await self._turns.mine(keys)
            theirs, wishes = [key for key in keys if key not in mine], self._wishes
            if theirs:
                try:
                    self._queue.submit(lambda: self._wish(theirs, newer_than, wishes), waits=True)
                except StockToolError as error:
                    self._settle(theirs, dict.fromkeys(theirs, error))
            mine = await self._still_missing(mine, newer_than)
        if mine:
            await self._call(mine, known)

    async def _still_missing(self, keys: Sequence[str], newer_than: datetime | None) -> list[str]:
        """Look once more before calling: the process whose turn it was until now may just have stored the answer."""
        entries: dict[str, Entry[T]] = {}
        if keys:
            await self._look_up(keys, entries, self._clock.now())
        done = {key: entry for key, entry in entries.items() if self._will_do(entry, newer_than)}
        self._settle(list(done), done)
        return [key for key in keys if key not in done]

    async def _call(self, keys: Sequence[str], known: Mapping[str, T]) -> None:
        """Fetch and keep."""
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
            entries = self._entries(fetched)
            if not any(entry.value is not None and self._is_makeshift(entry.value) for entry in entries.values()):
                self._health.answered()
            outcomes = dict(entries)
            await self._keep(entries)
        finally:
            self._settle(keys, outcomes)

    async def _wish(self, keys: Sequence[str], newer_than: datetime | None, wishes: Wishes) -> None:
        """Tell the wish, and wait until its holder has stored an answer, has failed, or is no more."""
        outcomes: dict[str, Entry[T] | StockToolError] = {}
        waiting, handed_on = list(keys), list[str]()
        try:
            async with asyncio.timeout(self._policy.timeout.total_seconds()):
                await wishes.put([Wish(self._kind, key, newer_than) for key in keys])
                for pause in _pauses():
                    await asyncio.sleep(pause)
                    entries: dict[str, Entry[T]] = {}
                    await self._look_up(waiting, entries, self._clock.now())
                    outcomes |= {key: entry for key, entry in entries.items() if self._will_do(entry, newer_than)}
                    outcomes |= {
                        key: error
                        for key, error in (await wishes.refusals(self._kind, waiting)).items()
                        if key not in outcomes
                    }
                    waiting = [key for key in waiting if key not in outcomes]
                    if not waiting or (self._turns is not None and await self._turns.mine(waiting)):
                        break  # done, or the turn has become ours
            if waiting:
                self._queue.submit(lambda: self._run(waiting, {}, newer_than))
                handed_on = waiting
        except TimeoutError:
            late = ProviderUnavailable("the process that may ask the provider did not answer in time")
            outcomes |= dict.fromkeys(waiting, late)
        except StockToolError as error:
            outcomes |= dict.fromkeys(waiting, error)
        finally:
            self._settle([key for key in keys if key not in handed_on], outcomes)

    def _settle(self, keys: Sequence[str], outcomes: Mapping[str, Entry[T] | StockToolError]) -> None:
        for key in keys:
            future = self._pending.pop(key)
            if not future.done():
                future.set_result(outcomes.get(key) or ProviderUnavailable(f"no answer about {key}", symbol=key))

    def _entries(self, fetched: Mapping[str, T | SymbolNotFound]) -> dict[str, Entry[T]]:
        now = self._clock.now()
        entries: dict[str, Entry[T]] = {}
        for key, answer in fetched.items():
            if isinstance(answer, SymbolNotFound):
                entries[key] = Entry(None, now + self._policy.negative, answer.suggestions, now)
            else:
                fresh = self._policy.makeshift if self._is_makeshift(answer) else self._policy.fresh
                entries[key] = Entry(answer, now + fresh, fetched_at=now)
        return entries

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


def _pauses() -> Iterator[float]:
    """Seconds between looks at the store: often at first, since a holder answers in the time of one call."""
    pause = 0.05
    while True:
        yield pause
        pause = min(pause * 1.5, 0.5)
