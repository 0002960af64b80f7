"""The yfinance adapter against the stand-in over sockets: what it reads, and how its errors become ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from stocktool_kit.core.errors import StockToolError
from stocktool_stock.adapters.yfinance_client import YahooOptions, YFinanceClient
from stocktool_stock.adapters.yfinance_provider import YFinanceProvider
from stocktool_stock.domain.quotes import ProviderLimited, ProviderUnavailable, SymbolNotFound

from tests.fakes.market_server import MarketServer, market_server


@pytest.fixture(scope="module")
def market() -> Iterator[MarketServer]:
    with market_server() as server:
        yield server


@contextmanager
def asking(market: MarketServer, timeout_seconds: float) -> Iterator[YFinanceProvider]:
    client = YFinanceClient(
        YahooOptions(base_url=market.url, timeout_seconds=timeout_seconds, calls_per_second=100, burst=100, threads=4)
    )
    yield YFinanceProvider(client)
    client.close()
    market.fault("none")


@pytest.fixture
def provider(market: MarketServer) -> Iterator[YFinanceProvider]:
    with asking(market, timeout_seconds=30) as provider:
        yield provider


@pytest.fixture
def impatient(market: MarketServer) -> Iterator[YFinanceProvider]:
    with asking(market, timeout_seconds=1) as provider:
        yield provider


async def test_quotes_come_in_one_call_and_unknown_symbols_are_left_out(
    provider: YFinanceProvider, market: MarketServer
) -> None:
    await provider.quotes(["AAPL"])  # the library shares one cookie in a process: the first call may have to renew it
    asked = market.calls("/v7/finance/quote")
    quotes = await provider.quotes(["AAPL", "NOPE", "MSFT"])
    assert market.calls("/v7/finance/quote") == asked + 1
    assert (set(quotes), quotes["NOPE"]) == ({"AAPL", "NOPE", "MSFT"}, None)
    assert quotes["AAPL"] is not None
    assert quotes["MSFT"] is not None
    # The last row of the bundled file: AAPL 237.33 on 2024-11-29, a half day that closed at 13:00 in New York.
    assert quotes["AAPL"].price.amount == Decimal("237.33")
    assert quotes["AAPL"].as_of == datetime(2024, 11, 29, 18, 0, tzinfo=UTC)
    assert quotes["MSFT"].as_of.date() == date(2013, 3, 1)


async def test_history_carries_splits_and_unknown_values_as_unknown(provider: YFinanceProvider) -> None:
    bars = await provider.bars("AAPL")
    assert bars is not None
    assert (len(bars), bars.first_day, bars.last_day) == (8796, date(1990, 1, 2), date(2024, 11, 29))
    # Apple's splits since 2005 by its investor relations.
    assert [(split.ex_date.isoformat(), str(split.ratio)) for split in bars.splits] == [
        ("2005-02-28", "2"),
        ("2014-06-09", "7"),
        ("2020-08-31", "4"),
    ]
    last = len(bars) - 1
    assert np.isnan([bars.open[last], bars.high[last], bars.low[last], bars.volume[last]]).all()
    assert not np.isnan(bars.open[np.searchsorted(bars.days, np.datetime64("2010-06-01"))])
    reverse = await provider.bars("GE")
    assert reverse is not None
    assert [str(split.ratio) for split in reverse.splits] == ["0.125"]


async def test_history_from_a_day_on(provider: YFinanceProvider) -> None:
    recent = await provider.bars("JPM", date(2024, 11, 25))
    assert recent is not None
    assert [str(day) for day in recent.days] == ["2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29"]
    assert await provider.bars("MSFT", date(2024, 1, 1)) is None


async def test_unknown_symbol_is_told_apart_from_trouble(provider: YFinanceProvider) -> None:
    with pytest.raises(SymbolNotFound):
        await provider.bars("NOPE")
    assert await provider.instrument("NOPE") is None
    assert await provider.news("NOPE", 5) == []
    assert [found.symbol for found in await provider.search("APPL", 3, fuzzy=True)] == ["AAPL"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("429", ProviderLimited),
        ("500", ProviderUnavailable),
        ("garbage", ProviderUnavailable),
    ],
)
async def test_trouble_has_its_kind_and_passes(
    provider: YFinanceProvider, market: MarketServer, fault: str, expected: type[StockToolError]
) -> None:
    market.fault(fault)
    for ask in (provider.quotes(["AAPL"]), provider.bars("BBY"), provider.search("apple", 3), provider.news("T", 3)):
        with pytest.raises(expected):
            await ask
    market.fault("none")
    assert set(await provider.quotes(["AAPL"])) == {"AAPL"}
    bars = await provider.bars("BBY")  # nothing of the fault was kept by the library's cache
    assert bars is not None
    assert len(bars) == 8796


async def test_an_answer_that_does_not_come_is_unavailable(impatient: YFinanceProvider, market: MarketServer) -> None:
    market.fault("timeout")
    for ask in (
        impatient.quotes(["AAPL"]),
        impatient.bars("BBY"),
        impatient.search("apple", 3),
        impatient.news("T", 3),
    ):
        with pytest.raises(ProviderUnavailable):
            await ask


async def test_nobody_there_is_unavailable() -> None:
    client = YFinanceClient(YahooOptions(base_url="http://127.0.0.1:1", timeout_seconds=1.0))
    with pytest.raises(ProviderUnavailable):
        await YFinanceProvider(client).quotes(["AAPL"])
    client.close()


async def test_budget_holds_calls_back(market: MarketServer) -> None:
    client = YFinanceClient(YahooOptions(base_url=market.url, calls_per_second=0.01, burst=2))
    provider = YFinanceProvider(client)
    answers = await asyncio.gather(*(provider.quotes(["AAPL"]) for _ in range(4)), return_exceptions=True)
    client.close()
    assert [isinstance(answer, ProviderLimited) for answer in answers].count(True) == 2
