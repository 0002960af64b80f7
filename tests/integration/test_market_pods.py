"""Several processes and one provider: who calls it, how often, and what an archive spares it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.process import Process
from stocktool_stock.adapters.market_parts import MarketOptions, market_parts
from stocktool_stock.adapters.shard_leases import KEY
from stocktool_stock.adapters.yfinance_client import YahooOptions
from stocktool_stock.domain.shards import shard_of
from stocktool_stock.settings import Settings

from tests.eventually import eventually
from tests.fakes.market_process import KEYS, empty_the_cache, stock_process
from tests.fakes.market_server import DEMO_NOW, MarketServer, market_server

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

CHART, QUOTE = "/v8/finance/chart/", "/v7/finance/quote"


@pytest.fixture(scope="module")
def market() -> Iterator[MarketServer]:
    with market_server() as server:
        yield server


@pytest.fixture(autouse=True)
async def _fresh(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[None]:
    await empty_the_cache()
    aws = AwsClients()
    await Bucket(aws, "stocktool-knowledge").delete_all_versions("bars/")
    aws.close()
    yield
    market.fault("none")


def client(process: Process[Settings], scopes: str = "market.read") -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{process.http_port}/api/stock/v1",
        headers={"authorization": f"Bearer {KEYS.token('usr_pods', scopes)}"},
        timeout=30,
    )


async def got(http: httpx.AsyncClient, path: str, **parameters: str) -> Any:
    answer = await http.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def shares() -> dict[str, int]:
    """How many shards each process holds."""
    aws = AwsClients()
    item = await Table(aws, "stocktool-stock-cache").get(KEY)
    aws.close()
    return {} if item is None else {name: int(held["mask"], 16).bit_count() for name, held in item["holders"].items()}


async def test_hundred_asks_for_a_cold_symbol_are_one_call_in_a_process(market: MarketServer) -> None:
    async with stock_process(market) as process, client(process) as http:
        await got(http, "/quotes", symbols="SPY")  # the library's cookie
        quotes, charts = market.calls(QUOTE), market.calls(f"{CHART}GOOG")
        answers = await asyncio.gather(*(got(http, "/quotes", symbols="GOOG") for _ in range(100)))
        assert market.calls(QUOTE) == quotes + 1
        series = await asyncio.gather(*(got(http, "/bars/GOOG", start="2024-11-01") for _ in range(100)))
    assert market.calls(f"{CHART}GOOG") - charts <= 2  # the library asks for the time zone beforehand, once
    assert len({answer["items"][0]["price"]["amount"] for answer in answers}) == 1
    assert all(one == series[0] for one in series)


async def test_hundred_asks_over_two_processes_are_one_call(market: MarketServer) -> None:
    async with (
        stock_process(market) as one,
        client(one) as first,
        stock_process(market) as two,
        client(two) as second,
    ):
        await eventually(_is_halved)
        await got(first, "/quotes", symbols="SPY")
        low = next(symbol for symbol in ("JPM", "BBY", "WMT", "XOM", "BAC") if shard_of(symbol) < 32)
        high = next(symbol for symbol in ("JPM", "BBY", "WMT", "XOM", "BAC") if shard_of(symbol) >= 32)
        for symbol in (low, high):  # the first process kept the lower half
            quotes, charts = market.calls(QUOTE), market.calls(CHART + symbol)
            await asyncio.gather(
                *(got(http, "/quotes", symbols=symbol) for http in (first, second) for _ in range(50)),
            )
            assert market.calls(QUOTE) == quotes + 1, symbol
            await asyncio.gather(
                *(got(http, f"/bars/{symbol}", start="2024-11-01") for http in (first, second) for _ in range(10)),
            )
            assert market.calls(CHART + symbol) - charts <= 2, symbol


async def _is_halved() -> bool:
    return sorted((await shares()).values()) == [32, 32]


async def test_holder_s_refusal_reaches_the_process_that_wished(market: MarketServer) -> None:
    async with (
        stock_process(market) as one,
        stock_process(market) as two,
        client(one) as first,
        client(two) as second,
    ):
        await eventually(_is_halved)
        market.fault("429")
        answers = [await http.get("/quotes", params={"symbols": "PFE"}) for http in (first, second)]
    # Of the two one has the symbol's shard; the other says what it was told.
    assert [answer.status_code for answer in answers] == [503, 503]
    assert {answer.json()["detail"] for answer in answers} == {"Yahoo refuses calls for their number"}


async def test_process_that_ends_leaves_its_shards_to_the_other(market: MarketServer) -> None:
    async with stock_process(market) as one, client(one) as http:
        async with stock_process(market):
            await eventually(_is_halved)

        async def is_whole() -> bool:
            return sorted((await shares()).values()) == [64]

        await eventually(is_whole)
        await got(http, "/quotes", symbols="AAPL,JPM,SPY,T")


async def test_worker_beside_a_server_leaves_the_calls_to_it(market: MarketServer) -> None:
    options = MarketOptions(market_now=DEMO_NOW, yahoo=YahooOptions(base_url=market.url, calls_per_second=100))
    aws = AwsClients()
    async with stock_process(market):
        table = Table(aws, "stocktool-stock-cache")
        async with market_parts(options, table, SystemClock(), lambda _: None) as parts:
            stop = asyncio.Event()
            running = asyncio.create_task(parts.fetches.run(stop))
            try:
                bars = await parts.bars.bars("RRC")
                assert sorted((await shares()).values()) == [64]
            finally:
                stop.set()
                await running
    aws.close()
    assert len(bars) == 8796


async def archived(symbol: str) -> bool:
    aws = AwsClients()
    info = await Bucket(aws, "stocktool-knowledge").head(f"bars/{symbol}/head")
    aws.close()
    return info is not None


async def test_cold_start_reads_the_archive_and_calls_nobody(market: MarketServer) -> None:
    async with stock_process(market, archive=True) as process, client(process) as http:
        before = await got(http, "/bars/BAC")
        await eventually(lambda: archived("BAC"))
    await empty_the_cache()
    calls = market.calls(CHART)
    market.fault("500")
    async with stock_process(market, archive=True) as process, client(process) as http:
        after = await got(http, "/bars/BAC")
        last = (await got(http, "/quotes", symbols="BAC"))["items"][0]
        status = await got(http, "/market")
    assert market.calls(CHART) == calls
    assert after == before
    # The provider of last resort: the archive's last close, labelled so.
    assert (last["source"], last["as_of"]) == ("demo data (archive)", "2024-11-29T18:00:00.000000Z")
    assert float(last["price"]["amount"]) == before["close"][-1]
    assert float(last["previous_close"]["amount"]) == before["close"][-2]
    assert status["provider"]["state"] == "down"


async def test_archive_that_ends_early_costs_one_call_for_the_rest(market: MarketServer) -> None:
    market.set_clock("2024-11-26T22:00:00Z")
    async with (
        stock_process(market, now="2024-11-26T22:00:00Z", archive=True) as process,
        client(process) as http,
    ):
        early = await got(http, "/bars/MA")
        await eventually(lambda: archived("MA"))
    await empty_the_cache()
    market.set_clock(DEMO_NOW)
    calls = market.calls(f"{CHART}MA")
    async with stock_process(market, archive=True) as process, client(process) as http:
        whole = await got(http, "/bars/MA")
    assert market.calls(f"{CHART}MA") - calls <= 2
    assert (early["dates"][-1], whole["dates"][-2:]) == ("2024-11-26", ["2024-11-27", "2024-11-29"])
    assert whole["close"][: len(early["close"])] == early["close"]


async def test_broken_archive_is_fetched_anew(market: MarketServer) -> None:
    async with stock_process(market, archive=True) as process, client(process) as http:
        before = await got(http, "/bars/UAA")
        await eventually(lambda: archived("UAA"))
    await empty_the_cache()
    aws = AwsClients()
    bucket = Bucket(aws, "stocktool-knowledge")
    await bucket.put("bars/UAA/2015", b"rubbish")

    async def is_mended() -> bool:
        return (await bucket.get("bars/UAA/2015")).body != b"rubbish"

    async with stock_process(market, archive=True) as process, client(process) as http:
        assert await got(http, "/bars/UAA") == before
        await eventually(is_mended)
    aws.close()
