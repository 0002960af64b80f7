"""Reads through the process's copy, the store and the provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from stocktool_kit.core.errors import StockToolError, Unavailable
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.application.cached_reads import CachedReads, CachePolicy
from stocktool_stock.application.fetch_queue import FetchQueue
from stocktool_stock.application.market_ports import ProviderState
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import Entry
from stocktool_stock.domain.quotes import ProviderLimited, ProviderUnavailable, SymbolNotFound

from tests.fakes.market_entries import FakeEntries


class Provider:
    """Counts upwards for every fetch of a key; unknown keys start with U."""

    def __init__(self) -> None:
        self.fetches: list[list[str]] = []
        self.error: StockToolError | None = None
        self.bug: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, keys: Sequence[str], known: Mapping[str, str]) -> Mapping[str, str | SymbolNotFound]:
        self.fetches.append(list(keys))
        await self.open.wait()
        if self.error is not None:
            raise self.error
        if self.bug is not None:
            raise self.bug
        number = len(self.fetches)
        return {key: SymbolNotFound(key, ("NEAR",)) if key[0] == "U" else f"{key}{number}" for key in keys}


class World:
    """Everything around one `CachedReads`."""

    def __init__(self, **policy: object) -> None:
        self.clock = FakeClock()
        self.store: FakeEntries[str] = FakeEntries()
        self.provider = Provider()
        self.health = ProviderHealth(self.clock)
        self.queue = FetchQueue()
        self.hits: list[bool] = []
        defaults: dict[str, object] = {
            "fresh": timedelta(minutes=5),
            "held": timedelta(seconds=2),
            "patience": timedelta(milliseconds=20),
            "timeout": timedelta(seconds=5),
        }
        self.policy = CachePolicy(**{**defaults, **policy})  # type: ignore[arg-type]
        self.reads = self.another()

    def another(self) -> CachedReads[str]:
        """The reads of a process that shares the store."""
        return CachedReads(
            "test",
            self.store,
            self.provider,
            queue=self.queue,
            health=self.health,
            clock=self.clock,
            policy=self.policy,
            meter=self.hits.append,
        )

    async def value(self, key: str = "A") -> tuple[str, bool]:
        """The value and whether it is overdue."""
        read = (await self.reads.get([key])).found[key]
        return read.value, read.overdue

    async def error(self, key: str) -> StockToolError:
        """Why there is no value."""
        return (await self.reads.get([key])).failed[key]


@asynccontextmanager
async def world(**policy: object) -> AsyncIterator[World]:
    """A world whose fetches run."""
    made = World(**policy)
    stop = asyncio.Event()
    running = asyncio.create_task(made.queue.run(stop))
    try:
        yield made
    finally:
        made.provider.open.set()
        stop.set()
        await running


async def eventually(holds: Callable[[], object]) -> None:
    """Let other tasks run until something holds."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what it waits for signals nothing
            await asyncio.sleep(0)


async def test_value_is_fetched_once_while_it_is_fresh() -> None:
    async with world() as here:
        assert await here.value() == ("A1", False)
        here.clock.advance(299)  # the process's copy is long over: the store answers
        assert await here.value() == ("A1", False)
        assert here.provider.fetches == [["A"]]
        assert here.hits == [False, True]


async def test_another_process_finds_it_in_the_store() -> None:
    async with world() as here:
        await here.value()
        here.reads = here.another()
        assert await here.value() == ("A1", False)
        assert len(here.provider.fetches) == 1


async def test_copy_in_the_process_spares_the_store_for_two_seconds() -> None:
    async with world() as here:
        await here.value()
        here.store.entries["A"] = Entry("another pod's", here.clock.now() + timedelta(hours=1))
        here.clock.advance(1.9)
        assert await here.value() == ("A1", False)
        here.clock.advance(0.2)
        assert await here.value() == ("another pod's", False)


async def test_a_users_own_instrument_is_never_asked_for() -> None:
    async with world() as w:
        assert isinstance(await w.error("CUSTOM:HOUSE"), SymbolNotFound)
        reads = await w.reads.refresh(["A", "CUSTOM:HOUSE"])
        await w.reads.fulfil(["CUSTOM:HOUSE"], None)
        assert (list(reads.found), w.provider.fetches) == (["A"], [["A"]])


async def test_readers_at_the_same_time_share_a_fetch() -> None:
    async with world() as here:
        here.provider.open.clear()
        readers = [asyncio.create_task(here.value()) for _ in range(5)]
        await eventually(lambda: here.provider.fetches)
        here.provider.open.set()
        assert await asyncio.gather(*readers) == [("A1", False)] * 5
        assert here.provider.fetches == [["A"]]


async def test_keys_of_one_request_are_fetched_together_or_by_themselves() -> None:
    async with world() as together, world(together=False) as alone:
        await together.reads.get(["A", "B"])
        await alone.reads.get(["A", "B"])
        assert together.provider.fetches == [["A", "B"]]
        assert sorted(alone.provider.fetches) == [["A"], ["B"]]


async def test_old_value_is_renewed_at_once_by_a_quick_provider() -> None:
    async with world(patience=timedelta(seconds=5)) as here:
        await here.value()
        here.clock.advance(301)
        assert await here.value() == ("A2", False)


async def test_old_value_is_served_while_a_slow_provider_is_asked() -> None:
    async with world() as here:
        await here.value()
        here.clock.advance(301)
        here.provider.open.clear()
        assert await here.value() == ("A1", True)
        here.provider.open.set()
        await eventually(lambda: here.store.entries["A"].value == "A2")
        assert await here.value() == ("A2", False)


async def test_failing_provider_leaves_the_old_value_and_is_given_a_pause() -> None:
    async with world() as here:
        await here.value()
        here.clock.advance(301)
        here.provider.error = ProviderUnavailable("down")
        assert await here.value() == ("A1", True)
        assert (here.health.state, here.health.detail) == (ProviderState.DOWN, "down")
        await here.value()
        assert len(here.provider.fetches) == 2  # not asked again within the pause
        here.clock.advance(5)
        here.provider.error = None
        assert await here.value() == ("A3", False)
        assert here.health.state is ProviderState.OK


async def test_value_that_is_nowhere_gives_the_provider_s_error() -> None:
    async with world() as here:
        here.provider.error = ProviderLimited("too many")
        assert (await here.error("A")).reason == "PROVIDER_LIMITED"
        assert here.health.state is ProviderState.LIMITED


async def test_unknown_key_is_remembered_for_ten_minutes_with_its_suggestions() -> None:
    async with world() as here:
        first = await here.error("UNKNOWN")
        here.clock.advance(599)
        second = await here.error("UNKNOWN")
        assert isinstance(first, SymbolNotFound)
        assert isinstance(second, SymbolNotFound)
        assert first.suggestions == second.suggestions == ("NEAR",)
        assert len(here.provider.fetches) == 1
        here.clock.advance(2)
        await here.error("UNKNOWN")
        assert len(here.provider.fetches) == 2


async def test_store_that_fails_costs_time_but_no_answer() -> None:
    async with world() as here:
        here.store.broken = Unavailable("no table")
        assert await here.value() == ("A1", False)
        here.clock.advance(10)
        assert await here.value() == ("A1", False)  # the old copy is better than another call
        assert len(here.provider.fetches) == 1


async def test_reader_that_leaves_does_not_end_the_fetch_of_others() -> None:
    async with world() as here:
        here.provider.open.clear()
        leaving, staying = asyncio.create_task(here.value()), asyncio.create_task(here.value())
        await eventually(lambda: here.provider.fetches)
        leaving.cancel()
        here.provider.open.set()
        assert await staying == ("A1", False)


async def test_provider_that_hangs_is_waited_for_only_so_long() -> None:
    async with world(timeout=timedelta(milliseconds=20)) as here:
        here.provider.open.clear()
        assert (await here.error("A")).reason == "PROVIDER_UNAVAILABLE"


async def test_bug_in_a_fetch_is_an_unreadable_answer_and_no_endless_wait() -> None:
    async with world() as here:
        here.provider.bug = KeyError("chart")
        assert (await here.error("A")).reason == "PROVIDER_UNAVAILABLE"


async def test_full_queue_refuses_instead_of_waiting() -> None:
    made = World()
    made.queue = FetchQueue(capacity=1)
    made.queue.submit(made.provider.open.wait)  # type: ignore[arg-type]
    made.reads = made.another()
    assert isinstance(await made.error("A"), ProviderLimited)


async def test_refresh_asks_whatever_the_age() -> None:
    async with world() as here:
        await here.value()
        found = (await here.reads.refresh(["A", "UNKNOWN"])).found
        assert {key: read.value for key, read in found.items()} == {"A": "A2"}
        assert (await here.reads.refresh([])).found == (await here.reads.get([])).found == {}


async def test_process_keeps_only_so_many_copies() -> None:
    async with world(size=2) as here:
        await here.reads.get(["K0", "K1", "K2"])
        here.store.entries.clear()
        await here.reads.get(["K0"])
        assert here.provider.fetches[-1] == ["K0"]
