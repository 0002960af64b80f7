"""The Tiingo adapter against the stand-in over sockets: prices on our basis, errors of our kinds, and in a chain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.market_parts import MarketOptions
from stocktool_stock.adapters.tiingo_provider import SOURCE, TiingoOptions, TiingoProvider
from stocktool_stock.adapters.yfinance_client import YahooOptions, YFinanceClient
from stocktool_stock.adapters.yfinance_provider import YFinanceProvider
from stocktool_stock.domain.quotes import ProviderLimited, ProviderUnavailable, SymbolNotFound

from tests.fakes.bundled import closes
from tests.fakes.market_server import MarketServer, market_server
from tests.fakes.stock_process import stock_process, user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

NOW = datetime(2024, 11, 29, 21, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def market() -> Iterator[MarketServer]:
    with market_server() as server:
        yield server


def options(market: MarketServer, **other: object) -> TiingoOptions:
    values: dict[str, object] = {
        "key": "a key",
        "base_url": f"{market.url}/api.tiingo.com",
        "timeout_seconds": 30.0,
        "calls_per_second": 100,
        "burst": 100,
    }
    return TiingoOptions(**(values | other))  # type: ignore[arg-type]


@pytest.fixture
async def provider(market: MarketServer) -> AsyncIterator[TiingoProvider]:
    provider = TiingoProvider(options(market), FakeClock(NOW))
    yield provider
    await provider.close()
    market.fault("none")


async def test_raw_prices_come_to_the_basis_of_yahoo(provider: TiingoProvider, market: MarketServer) -> None:
    client = YFinanceClient(YahooOptions(base_url=market.url, timeout_seconds=30, calls_per_second=100, burst=100))
    for symbol in ("AAPL", "GE", "JPM"):
        ours, theirs = await provider.bars(symbol), await YFinanceProvider(client).bars(symbol)
        assert ours is not None
        assert theirs is not None
        assert ours.splits == theirs.splits
        np.testing.assert_array_equal(ours.days, theirs.days)
        for name in ("open", "high", "low", "close", "adjusted_close", "volume"):
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-4, atol=1e-6, err_msg=name)
        assert (ours.currency, ours.zone, ours.source) == ("USD", "America/New_York", SOURCE)
    client.close()


async def test_history_from_a_day_on(provider: TiingoProvider) -> None:
    recent = await provider.bars("JPM", date(2024, 11, 25))
    assert recent is not None
    assert [str(day) for day in recent.days] == ["2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29"]
    assert await provider.bars("MSFT", date(2024, 1, 1)) is None
    # Before its 4:1 split of 2020-08-31 Apple traded at four times what the basis says.
    before = await provider.bars("AAPL", date(2020, 8, 28))
    assert before is not None
    assert Decimal(repr(float(before.close[0]))) == pytest.approx(closes("AAPL")["2020-08-28"])


async def test_last_closes_are_quotes_and_what_is_not_covered_is_left_out(provider: TiingoProvider) -> None:
    quotes = await provider.quotes(["AAPL", "NOPE", "^GSPC", "VOD.L"])
    assert (set(quotes), quotes["NOPE"]) == ({"AAPL", "NOPE"}, None)
    apple = quotes["AAPL"]
    assert apple is not None
    assert apple.price.amount == closes("AAPL")["2024-11-29"]
    assert apple.previous_close is not None
    assert apple.previous_close.amount == closes("AAPL")["2024-11-27"]
    assert apple.as_of == datetime(2024, 11, 29, 18, 0, tzinfo=UTC)  # a half day
    with pytest.raises(ProviderUnavailable, match="US listings only"):
        await provider.bars("^GSPC")


async def test_unknown_symbol_is_told_apart_from_what_is_not_sold(provider: TiingoProvider) -> None:
    with pytest.raises(SymbolNotFound):
        await provider.bars("NOPE")
    assert await provider.instrument("NOPE") is None
    apple = await provider.instrument("AAPL")
    assert apple is not None
    assert (apple.name, apple.first_trade_date) == ("Apple Inc.", date(1990, 1, 2))
    for ask in (provider.search("apple", 3), provider.news("T", 3), provider.fundamentals("T"), provider.earnings("T")):
        with pytest.raises(ProviderUnavailable):
            await ask


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("429", ProviderLimited),
        ("500", ProviderUnavailable),
        ("garbage", ProviderUnavailable),
        ("timeout", ProviderUnavailable),
    ],
)
async def test_trouble_has_its_kind_and_passes(
    market: MarketServer, fault: str, expected: type[StockToolError]
) -> None:
    provider = TiingoProvider(options(market, timeout_seconds=1.5), FakeClock(NOW))
    market.fault(fault)
    for ask in (provider.quotes(["AAPL", "JPM"]), provider.bars("BBY")):
        with pytest.raises(expected):
            await ask
    market.fault("none")
    await provider.close()


async def test_nobody_there_and_a_spent_budget() -> None:
    nobody = TiingoProvider(TiingoOptions("k", "http://127.0.0.1:1", 1.0), FakeClock(NOW))
    with pytest.raises(ProviderUnavailable):
        await nobody.quotes(["AAPL"])
    await nobody.close()
    spent = TiingoProvider(TiingoOptions("k", "http://127.0.0.1:1", 1.0, 0.001, burst=1), FakeClock(NOW))
    with pytest.raises(ProviderUnavailable):
        await spent.bars("AAPL")
    with pytest.raises(ProviderLimited):
        await spent.bars("AAPL")
    await spent.close()


async def test_it_answers_for_yahoo_where_the_operator_says_so(market: MarketServer, emulator: EmulatedAws) -> None:
    overrides = {
        "providers": "yahoo,tiingo",
        "tiingo_api_key": "a key",
        "tiingo_base_url": f"{market.url}/api.tiingo.com",
        "tiingo_calls_per_second": 100,
    }
    async with stock_process(market, emulator, **overrides) as process, user_of(process, "usr_tiingo") as http:
        market.fault("500", match="yahoo")
        quotes = (await http.get("/quotes", params={"symbols": "BAC"})).json()
        series = (await http.get("/bars/BAC", params={"start": "2024-11-25"})).json()
        market.fault("none")
    assert [(item["price"]["amount"], item["source"]) for item in quotes["items"]] == [
        (str(closes("BAC")["2024-11-29"]), SOURCE)
    ]
    assert series["dates"] == ["2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29"]
    assert series["source"] == SOURCE


def test_without_a_key_it_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="TIINGO_API_KEY"):
        MarketOptions(providers=["yahoo", "tiingo"])
