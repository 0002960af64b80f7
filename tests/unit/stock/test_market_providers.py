"""Providers one after the other, the breaker between, and processes that leave calls to each other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from stocktool_kit.core.breaker import Breaker
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.archive_provider import ArchiveProvider
from stocktool_stock.adapters.provider_chain import Link, ProviderChain
from stocktool_stock.adapters.yfinance_company import earnings_of, fundamentals_of
from stocktool_stock.application.cached_reads import CachedReads, CachePolicy
from stocktool_stock.application.fetch_queue import FetchQueue
from stocktool_stock.application.fulfil_wishes import FetchWork
from stocktool_stock.application.market_ports import ProviderState
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.domain.quotes import BudgetSpent, ProviderUnavailable, Quote, SymbolNotFound

from tests.factories.market import a_quote, some_bars
from tests.fakes.market_entries import FakeEntries
from tests.fakes.market_stores import FakeArchive, FakeWishes

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class Provider:
    """Answers with its name, or with its error."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.error: StockToolError | None = None
        self.calls = 0

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote | None]:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return {symbol: a_quote(symbol) for symbol in symbols}


class World:
    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.health = ProviderHealth(self.clock)
        self.first, self.second = Provider("first"), Provider("second")
        links: list[Any] = [self.first, self.second]
        self.chain = ProviderChain([Link(one.name, one, Breaker(self.clock)) for one in links], self.health)


async def test_second_provider_answers_while_the_first_fails_and_is_spared() -> None:
    world = World()
    world.first.error = ProviderUnavailable("down")
    for _ in range(5):
        assert set(await world.chain.quotes(["AAPL"])) == {"AAPL"}
    assert (world.first.calls, world.second.calls) == (3, 5)  # after three failures it is spared
    assert world.health.state is ProviderState.DOWN
    assert world.health.detail == "first failed several times and is not asked for a while"
    world.first.error = None
    world.clock.advance(2.1)
    await world.chain.quotes(["AAPL"])
    await world.chain.quotes(["AAPL"])
    assert (world.first.calls, world.second.calls) == (5, 5)


async def test_unknown_symbol_and_spent_budget_are_no_failures() -> None:
    world = World()
    world.first.error = SymbolNotFound("NOPE")
    with pytest.raises(SymbolNotFound):
        await world.chain.quotes(["NOPE"])
    assert world.second.calls == 0
    world.first.error = BudgetSpent("spent")
    for _ in range(5):
        await world.chain.quotes(["AAPL"])
    assert (world.first.calls, world.health.state) == (6, ProviderState.OK)


async def test_first_provider_s_error_is_told_when_nobody_answers() -> None:
    world = World()
    world.first.error, world.second.error = ProviderUnavailable("first is down"), ProviderUnavailable("second too")
    with pytest.raises(ProviderUnavailable, match="first is down"):
        await world.chain.quotes(["AAPL"])


async def test_archive_tells_last_closes_and_refuses_what_it_does_not_keep() -> None:
    archive = FakeArchive()
    provider = ArchiveProvider(archive)
    await archive.write(some_bars([10.0, 11.5], start="2023-12-29"))
    found = await provider.quotes(["AAPL", "JPM"])
    quote = found["AAPL"]
    assert quote is not None
    assert (quote.price.amount, quote.previous_close and quote.previous_close.amount) == (
        Decimal("11.5"),
        Decimal("10.0"),
    )
    assert (quote.source, "JPM" in found) == ("demo data (archive)", False)
    for ask in (
        provider.quotes(["JPM"]),
        provider.bars("AAPL"),
        provider.instrument("AAPL"),
        provider.search("a", 1),
        provider.news("AAPL", 1),
        provider.fundamentals("AAPL"),
        provider.earnings("AAPL"),
    ):
        with pytest.raises(ProviderUnavailable):
            await ask


class Pod:
    """A process whose turn are the keys of one letter."""

    is_member = True
    has_others = True

    def __init__(
        self,
        letter: str,
        store: FakeEntries[str],
        wishes: FakeWishes,
        clock: FakeClock,
        *,
        timeout: timedelta = timedelta(minutes=1),
    ) -> None:
        self.letter = letter
        self.fetches: list[str] = []
        self.error: StockToolError | None = None
        queue = FetchQueue()
        self.reads: CachedReads[str] = CachedReads(
            "test",
            store,
            self._fetch,
            queue=queue,
            health=ProviderHealth(clock),
            clock=clock,
            policy=CachePolicy(fresh=timedelta(minutes=5), held=timedelta(0), timeout=timeout),
            meter=lambda _: None,
            turns=self,
            wishes=wishes,
        )
        self.work = FetchWork(queue, self, wishes, {"test": self.reads})

    async def mine(self, keys: Sequence[str]) -> list[str]:
        return [key for key in keys if key.startswith(self.letter)]

    async def tend(self) -> None:
        return None

    async def leave(self) -> None:
        return None

    async def _fetch(self, keys: Sequence[str], known: Mapping[str, str]) -> Mapping[str, str | SymbolNotFound]:
        self.fetches += keys
        if self.error is not None:
            raise self.error
        return {key: SymbolNotFound(key) if key.endswith("?") else f"{self.letter} says {key}" for key in keys}


async def test_each_process_calls_for_its_own_keys_and_does_what_others_wish() -> None:
    clock = FakeClock(NOW)
    store: FakeEntries[str] = FakeEntries()
    wishes = FakeWishes()
    one, two = Pod("a", store, wishes, clock), Pod("b", store, wishes, clock)
    stop = asyncio.Event()
    running = [asyncio.create_task(pod.work.run(stop)) for pod in (one, two)]
    try:
        async with asyncio.timeout(60):
            reads = await asyncio.gather(*(pod.reads.get(["a1", "b1", "b?"]) for pod in (one, two) for _ in range(50)))
            assert all(
                {key: read.value for key, read in answer.found.items()}
                == {
                    "a1": "a says a1",
                    "b1": "b says b1",
                }
                for answer in reads
            )
            assert all(isinstance(answer.failed["b?"], SymbolNotFound) for answer in reads)
            assert (one.fetches, sorted(two.fetches)) == (["a1"], ["b1", "b?"])
            clock.advance(10)
            await one.reads.refresh(["b1"])
            assert two.fetches.count("b1") == 2
            await one.reads.refresh(["b1"], within=timedelta(minutes=1))
            assert two.fetches.count("b1") == 2  # what was said just now will do
            two.error = ProviderUnavailable("down")
            failed = (await one.reads.get(["b2"])).failed["b2"]
    finally:
        stop.set()
        await asyncio.gather(*running)
    assert (type(failed), failed.message) == (ProviderUnavailable, "down")
    assert not wishes.wishes


async def test_wish_nobody_takes_up_ends_with_its_time() -> None:
    clock = FakeClock(NOW)
    pod = Pod("a", FakeEntries(), FakeWishes(), clock, timeout=timedelta(seconds=0.2))
    stop = asyncio.Event()
    running = asyncio.create_task(pod.work.run(stop))
    async with asyncio.timeout(60):
        failed = (await pod.reads.get(["b1"])).failed["b1"]
    stop.set()
    await running
    assert isinstance(failed, ProviderUnavailable)


# In the shape of Yahoo's modules with `formatted=false`; the numbers are made up.
MODULES: Mapping[str, Any] = {
    "price": {"quoteSourceName": "Delayed Quote"},
    "summaryDetail": {
        "currency": "GBp",
        "marketCap": 1_000_000,
        "trailingPE": 12.5,
        "forwardPE": float("inf"),
        "dividendYield": {"raw": 0.031, "fmt": "3.10%"},
        "beta": None,
        "fiftyTwoWeekLow": 1234.5,
    },
    "defaultKeyStatistics": {"sharesOutstanding": True},
    "financialData": {"debtToEquity": 152.4},
}


def test_company_figures_are_read_as_fractions_and_in_whole_currency() -> None:
    found = fundamentals_of("VOD.L", MODULES, now=NOW, minor={"GBp": "GBP"})
    assert (found.currency, found.source) == ("GBP", "Delayed Quote")
    assert (found.market_cap, found.trailing_pe, found.dividend_yield) == (
        Decimal(1_000_000),
        Decimal("12.5"),
        Decimal("0.031"),
    )
    assert (found.debt_to_equity, found.year_low) == (Decimal("1.524"), Decimal("12.345"))
    assert {"forward_pe", "beta", "shares_outstanding", "revenue"} <= found.undefined().keys()


def test_report_days_are_those_to_come() -> None:
    stamps = [int(datetime(2026, 1, 29, 21, tzinfo=UTC).timestamp()), int(datetime(2026, 2, 2, tzinfo=UTC).timestamp())]
    calendar = {"earnings": {"earningsDate": stamps, "isEarningsDateEstimate": True}, "exDividendDate": None}
    found = earnings_of("AAPL", {"calendarEvents": calendar}, now=NOW)
    assert (found.days, found.estimated) == ((date(2026, 1, 29), date(2026, 2, 2)), True)
    assert found.next_after(date(2026, 1, 30)) == date(2026, 2, 2)
    assert set(found.undefined(date(2026, 1, 1))) == {"ex_dividend_day"}
    assert found.undefined(date(2026, 3, 1))["next"] == "the days the provider gives are past"
    assert earnings_of("SPY", {}, now=NOW).undefined(NOW.date())["next"] == "the provider gives none"
