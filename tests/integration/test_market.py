"""Market data over real sockets: HTTP and gRPC, DynamoDB on the emulator, yfinance against the stand-in."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from google.type import date_pb2
from stocktool.stock.v1 import stock_service_pb2 as pb
from stocktool.stock.v1 import stock_service_pb2_grpc as pb_grpc
from stocktool_kit.core.errors import NotFound
from stocktool_kit.process import Process
from stocktool_stock.settings import Settings

from tests.fakes import bundled
from tests.fakes.market_process import KEYS, empty_the_cache, stock_process
from tests.fakes.market_server import DEMO_NOW, MarketServer, market_server
from tests.fakes.stock_process import user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

USER = "usr_market"


@pytest.fixture(scope="module")
def market() -> Iterator[MarketServer]:
    with market_server() as server:
        yield server


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    await empty_the_cache()
    async with stock_process(market) as process:
        yield process
    market.fault("none")


def client(process: Process[Settings]) -> httpx.AsyncClient:
    return user_of(process, USER, scope="market.read")


def closes(symbol: str) -> dict[str, float]:
    """The closes of the bundled file."""
    return {day: float(close) for day, close in bundled.closes(symbol).items()}


async def test_quotes_carry_price_change_and_age(stock: Process[Settings]) -> None:
    async with client(stock) as http:
        answer = await http.get("/quotes", params={"symbols": "AAPL,jpm,MSFT"})
    assert answer.status_code == 200, answer.text
    apple, jpm, msft = answer.json()["items"]
    file = closes("AAPL")
    assert apple["price"] == {"amount": str(file["2024-11-29"]), "currency": "USD"}
    assert float(apple["previous_close"]["amount"]) == file["2024-11-27"]
    assert apple["change_fraction"] == pytest.approx(file["2024-11-29"] / file["2024-11-27"] - 1, abs=1e-6)
    assert (apple["as_of"], apple["age_seconds"]) == ("2024-11-29T18:00:00.000000Z", 3.5 * 3600)
    assert (apple["stale"], apple["source"], apple["name"]) == (False, "demo data", "Apple Inc.")
    assert jpm["symbol"] == "JPM"
    assert (msft["stale"], msft["as_of"][:10]) == (True, "2013-03-01")


async def test_unknown_symbol_is_404_with_a_suggestion_unless_others_are_known(
    stock: Process[Settings], market: MarketServer
) -> None:
    async with client(stock) as http:
        alone = await http.get("/quotes", params={"symbols": "AAPPL"})
        among = await http.get("/quotes", params={"symbols": "AAPPL,AAPL"})
        asked = market.calls("/v7/")
        again = await http.get("/quotes", params={"symbols": "AAPPL"})
        bars = await http.get("/bars/AAPPL")
        profile = await http.get("/instruments/AAPPL")
        news = await http.get("/news/AAPPL")
    assert alone.status_code == again.status_code == 404
    assert alone.json()["reason"] == "SYMBOL_NOT_FOUND"
    assert alone.json()["metadata"]["suggestions"].split(",")[0] == "AAPL"
    assert market.calls("/v7/") == asked  # remembered as unknown
    assert among.status_code == 200
    assert [item["symbol"] for item in among.json()["items"]] == ["AAPL"]
    assert among.json()["errors"][0]["suggestions"][0] == "AAPL"
    for answer in (bars, profile, news):
        assert answer.status_code == 404, answer.text
        assert answer.json()["reason"] == "SYMBOL_NOT_FOUND"


@pytest.mark.parametrize("symbols", ["", ",", "A APL", "x" * 40, "AAPL;JPM"])
async def test_malformed_symbols_name_the_field(stock: Process[Settings], symbols: str) -> None:
    async with client(stock) as http:
        answer = await http.get("/quotes", params={"symbols": symbols})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "symbols"


async def test_routes_want_a_token_with_the_scope(stock: Process[Settings]) -> None:
    base = f"http://127.0.0.1:{stock.http_port}/api/stock/v1"
    async with httpx.AsyncClient(base_url=base) as http:
        for path in ("/quotes?symbols=AAPL", "/market", "/bars/AAPL", "/instruments?query=a", "/news/AAPL"):
            assert (await http.get(path)).status_code == 401
            other = {"authorization": f"Bearer {KEYS.token(USER, 'chat.read')}"}
            assert (await http.get(path, headers=other)).status_code == 403


async def test_bars_are_the_file_s_closes_and_null_where_unknown(stock: Process[Settings]) -> None:
    async with client(stock) as http:
        answer = await http.get("/bars/AAPL", params={"start": "2024-11-01", "end": "2030-01-01"})
        whole = (await http.get("/bars/AAPL")).json()
        weekly = (await http.get("/bars/AAPL", params={"start": "2024-11-18", "interval": "1wk"})).json()
        old = (await http.get("/bars/MSFT")).json()
    body = answer.json()
    expected = {day: close for day, close in closes("AAPL").items() if day >= "2024-11-01"}
    assert dict(zip(body["dates"], body["close"], strict=True)) == expected
    assert body["adjusted_close"] == body["close"]
    assert set(body["open"]) == {None}
    assert (body["currency"], body["source"], body["stale"]) == ("USD", "demo data", False)
    assert body["splits"][-1] == {"ex_date": "2020-08-31", "ratio": "4"}
    assert len(whole["dates"]) == 8796
    assert weekly["dates"] == ["2024-11-22", "2024-11-29"]
    assert weekly["close"] == [closes("AAPL")[day] for day in weekly["dates"]]
    assert (old["stale"], old["dates"][-1], old["as_of"]) == (True, "2013-03-01", "2013-03-01T21:00:00.000000Z")
    assert math.isclose(old["open"][-1], 27.72)


async def test_range_the_wrong_way_round_is_refused(stock: Process[Settings]) -> None:
    async with client(stock) as http:
        answer = await http.get("/bars/AAPL", params={"start": "2024-11-02", "end": "2024-11-01"})
        interval = await http.get("/bars/AAPL", params={"interval": "7d"})
    assert (answer.status_code, interval.status_code) == (422, 422)
    assert answer.json()["errors"][0]["pointer"] == "start"


async def test_instruments_news_and_market(stock: Process[Settings]) -> None:
    async with client(stock) as http:
        found = (await http.get("/instruments", params={"query": "apple"})).json()
        profile = (await http.get("/instruments/JPM")).json()
        first = (await http.get("/news/AAPL", params={"page_size": 2})).json()
        second = (await http.get("/news/AAPL", params={"page_size": 2, "page_token": first["next_page_token"]})).json()
        status = (await http.get("/market")).json()
    assert found["items"][0]["symbol"] == "AAPL"
    assert (profile["name"], profile["sector"]) == ("JPMorgan Chase", "Financials")
    titles = [item["title"] for item in first["items"] + second["items"]]
    assert len(set(titles)) == 4
    assert "AAPL" in titles[0]
    assert first["items"][0]["sentiment"] == -1.0
    assert status["now"] == DEMO_NOW
    assert (status["today"], status["mode"], status["open"]) == ("2024-11-29", "fixed", False)
    assert (status["session"], status["next_open"]) == ("2024-11-29", "2024-12-02T14:30:00Z")
    assert status["provider"] == {"state": "ok", "detail": ""}


async def test_provider_is_asked_once_for_what_is_cached(stock: Process[Settings], market: MarketServer) -> None:
    async with client(stock) as http:
        await http.get("/quotes", params={"symbols": "AAPL"})
        await http.get("/bars/AAPL")
        asked = market.calls("/v7/") + market.calls("/v8/")
        for _ in range(3):
            await http.get("/quotes", params={"symbols": "AAPL"})
            await http.get("/bars/AAPL", params={"start": "2020-01-01"})
    assert market.calls("/v7/") + market.calls("/v8/") == asked


async def test_another_process_reads_what_the_first_stored(stock: Process[Settings], market: MarketServer) -> None:
    async with client(stock) as http:
        await http.get("/quotes", params={"symbols": "SPY"})
        first = (await http.get("/bars/SPY")).json()
    asked = market.calls("/v7/") + market.calls("/v8/")
    async with stock_process(market) as other, client(other) as http:
        quote = (await http.get("/quotes", params={"symbols": "SPY"})).json()["items"][0]
        bars = (await http.get("/bars/SPY")).json()
    assert quote["price"]["amount"] == "602.55"
    assert bars == first
    assert market.calls("/v7/") + market.calls("/v8/") == asked


@pytest.mark.parametrize("fault", ["429", "500", "garbage", "timeout"])
async def test_provider_down_gives_the_last_value_as_stale(
    emulator: EmulatedAws, market: MarketServer, fault: str
) -> None:
    await empty_the_cache()
    async with (
        stock_process(market, fresh=timedelta(microseconds=1), call_seconds=1.0) as process,
        client(process) as http,
    ):
        good = (await http.get("/quotes", params={"symbols": "AAPL"})).json()["items"][0]
        market.fault(fault)
        old = await http.get("/quotes", params={"symbols": "AAPL"})
        # A value nobody stored cannot be given.
        none = await http.get("/quotes", params={"symbols": "BBY"})
        status = (await http.get("/market")).json()["provider"]
        market.fault("none")
    assert old.status_code == 200
    item = old.json()["items"][0]
    assert (item["price"], item["as_of"], item["stale"]) == (good["price"], good["as_of"], True)
    assert none.status_code == 503
    assert none.json()["reason"] in {"PROVIDER_UNAVAILABLE", "PROVIDER_LIMITED"}
    assert status["state"] == ("limited" if fault == "429" else "down")
    assert status["detail"]


async def test_grpc_answers_as_http_does(stock: Process[Settings]) -> None:
    metadata = (("authorization", f"Bearer {KEYS.token(USER, 'market.read')}"),)
    channel = stock.runtime.channel(f"127.0.0.1:{stock.grpc_port}")
    stub = pb_grpc.StockServiceStub(channel)
    quotes = await stub.GetQuotes(pb.GetQuotesRequest(symbols=["AAPL", "NOPE"]), metadata=metadata, timeout=30)
    assert [quote.price.amount for quote in quotes.quotes] == ["237.33"]
    assert [error.reason for error in quotes.errors] == ["SYMBOL_NOT_FOUND"]
    start = date_pb2.Date(year=2024, month=11, day=25)
    bars = await stub.GetBars(pb.GetBarsRequest(symbol="AAPL", start=start), metadata=metadata, timeout=30)
    assert list(bars.dates) == ["2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29"]
    assert list(bars.close) == [closes("AAPL")[day] for day in bars.dates]
    assert math.isnan(bars.open[0])
    status = await stub.GetMarketStatus(pb.GetMarketStatusRequest(), metadata=metadata, timeout=30)
    assert (status.mode, status.session.day) == (pb.MARKET_MODE_FIXED, 29)
    found = await stub.SearchInstruments(pb.SearchInstrumentsRequest(query="morgan"), metadata=metadata, timeout=30)
    assert found.instruments[0].symbol == "JPM"
    news = await stub.ListNews(pb.ListNewsRequest(symbol="AAPL", page_size=3), metadata=metadata, timeout=30)
    assert len(news.items) == 3
    actions = await stub.GetActions(pb.GetActionsRequest(symbol="AAPL"), metadata=metadata, timeout=30)
    assert [(split.ex_date.year, split.ratio) for split in actions.splits] == [(2005, "2"), (2014, "7"), (2020, "4")]
    assert (actions.provenance.source, list(actions.undefined)) == ("demo data", ["dividends"])
    figures = await stub.GetFundamentals(pb.GetFundamentalsRequest(symbol="AAPL"), metadata=metadata, timeout=30)
    assert {name: money.amount for name, money in figures.amounts.items()} == {
        "year_low": "164.405",
        "year_high": "237.33",
    }
    assert (dict(figures.numbers), "market_cap" in figures.undefined) == ({}, True)
    earnings = await stub.GetEarnings(pb.GetEarningsRequest(symbol="AAPL"), metadata=metadata, timeout=30)
    assert (earnings.HasField("next"), "next" in earnings.undefined) == (False, True)
    movers = await stub.GetMovers(pb.GetMoversRequest(), metadata=metadata, timeout=30)
    assert [quote.symbol for quote in movers.gainers] == ["AAPL"]
    assert (movers.considered, movers.stale_prices) == (1, 0)
    with pytest.raises(NotFound):
        await stub.GetInstrument(pb.GetInstrumentRequest(symbol="NOPE"), metadata=metadata, timeout=30)
    with pytest.raises(NotFound):
        await stub.GetBars(pb.GetBarsRequest(symbol="NOPE"), metadata=metadata, timeout=30)
