"""Impossible prints injected by the stand-in, over sockets; and what the other market routes tell."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import exchange_calendars
import httpx
import pytest
from stocktool_kit.process import Process
from stocktool_stock.settings import Settings

from tests.eventually import eventually
from tests.fakes.market_process import KEYS, empty_the_cache, stock_process
from tests.fakes.market_server import MarketServer, market_server

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

ADMIN = "market.read admin.write"


@pytest.fixture(scope="module")
def market() -> Iterator[MarketServer]:
    with market_server() as server:
        yield server


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    await empty_the_cache()
    async with stock_process(market, fresh=timedelta(microseconds=1)) as process:
        yield process
    for symbol in ("JPM", "BBY", "WMT"):
        market.bad_print(symbol, "none")


@pytest.fixture
async def http(stock: Process[Settings]) -> AsyncIterator[httpx.AsyncClient]:
    async with client(stock, "market.read") as opened:
        yield opened


def client(process: Process[Settings], scopes: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{process.http_port}/api/stock/v1",
        headers={"authorization": f"Bearer {KEYS.token('usr_quarantine', scopes)}"},
        timeout=30,
    )


async def got(http: httpx.AsyncClient, path: str, **parameters: str) -> Any:
    answer = await http.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def quarantined(http: httpx.AsyncClient, symbol: str, count: int) -> list[dict[str, Any]]:
    """So many prints, waited for: a reader may be served the old value while the new one is still judged."""

    async def listed() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await got(http, "/market/quarantine", symbol=symbol))["items"]
        return items if len(items) >= count else []

    return await eventually(listed)


async def test_pence_for_pounds_is_kept_aside_until_somebody_vouches_for_it(
    stock: Process[Settings], http: httpx.AsyncClient, market: MarketServer
) -> None:
    good = (await got(http, "/quotes", symbols="JPM"))["items"][0]
    market.bad_print("JPM", "factor", 100.0)
    quote = (await got(http, "/quotes", symbols="JPM"))["items"][0]
    bars = await got(http, "/bars/JPM", start="2024-11-25")
    listed = await quarantined(http, "JPM", 2)
    assert quote["price"] == good["price"]  # the last good value stays
    assert bars["dates"] == ["2024-11-25", "2024-11-26", "2024-11-27"]
    assert (bars["kept_aside"], bars["stale"]) == (1, True)
    assert [(one["day"], one["fault"]) for one in bars["aside"]] == [("2024-11-29", "hundredfold")]
    assert [(one["kind"], one["day"], one["fault"]) for one in listed] == [
        ("bar", "2024-11-29", "hundredfold"),
        ("quote", "2024-11-29", "hundredfold"),
    ]
    assert float(listed[0]["price"]) == pytest.approx(100 * float(good["price"]["amount"]))
    assert listed[0]["source"] == "demo data, injected fault"

    refused = await http.post(f"/market/quarantine/{listed[0]['id']}:release")
    async with client(stock, ADMIN) as operator:
        released = [await operator.post(f"/market/quarantine/{one['id']}:release") for one in listed for _ in "12"]
        unknown = await operator.post("/market/quarantine/JPM|bar|1999-01-04:release")
    assert (refused.status_code, unknown.status_code) == (403, 404)
    assert [(answer.status_code, answer.json()["released"]) for answer in released] == [(200, True)] * 4
    after = await got(http, "/bars/JPM", start="2024-11-25")
    market.bad_print("JPM", "none")
    assert (after["kept_aside"], after["dates"][-1]) == (0, "2024-11-29")
    assert after["close"][-1] == pytest.approx(100 * float(good["price"]["amount"]))


@pytest.mark.parametrize(
    ("kind", "value", "fault"),
    [
        ("price", -5.0, "not_positive"),
        ("price", 0.0, "not_positive"),
        ("factor", 7.0, "jump"),
        ("future", 5.0, "future"),
    ],
)
async def test_impossible_quote_never_replaces_a_good_one(
    http: httpx.AsyncClient, market: MarketServer, kind: str, value: float, fault: str
) -> None:
    good = (await got(http, "/quotes", symbols="BBY"))["items"][0]
    market.bad_print("BBY", kind, value)
    bad = (await got(http, "/quotes", symbols="BBY"))["items"][0]
    bars = await got(http, "/bars/BBY", start="2024-11-25")
    listed = await quarantined(http, "BBY", 1)
    market.bad_print("BBY", "none")
    mended = (await got(http, "/quotes", symbols="BBY"))["items"][0]
    assert bad["price"] == good["price"] == mended["price"]
    assert {one["fault"] for one in listed} == {fault}
    assert all(price > 0 for price in bars["close"])
    assert bars["dates"][-1] <= "2024-11-29"


async def test_known_bar_stays_when_the_provider_spoils_its_day_later(
    emulator: EmulatedAws, market: MarketServer
) -> None:
    await empty_the_cache()
    async with (
        stock_process(market, bars_fresh=timedelta(microseconds=1)) as process,
        client(process, "market.read") as http,
    ):
        good = await got(http, "/bars/WMT", start="2024-11-20")
        market.bad_print("WMT", "factor", 0.01, back=2)

        async def doubted() -> Any:
            answer = await got(http, "/bars/WMT", start="2024-11-20")
            return answer if answer["kept_aside"] else None

        bad = await eventually(doubted)
        market.bad_print("WMT", "none")
    assert (bad["dates"], bad["close"]) == (good["dates"], good["close"])
    assert [(one["day"], one["fault"]) for one in bad["aside"]] == [("2024-11-26", "hundredfold")]


async def test_splits_are_told_and_dividends_are_not_made_up(http: httpx.AsyncClient) -> None:
    apple = await got(http, "/instruments/AAPL/actions", start="2010-01-01")
    assert apple["splits"] == [
        {"ex_date": "2014-06-09", "ratio": "7"},
        {"ex_date": "2020-08-31", "ratio": "4"},
    ]
    assert (apple["dividends"], list(apple["undefined"])) == ([], ["dividends"])
    assert (apple["source"], apple["as_of"], apple["stale"]) == ("demo data", "2024-11-29T18:00:00Z", False)
    assert apple["age_seconds"] == 3.5 * 3600
    assert (await http.get("/instruments/NOPE/actions")).status_code == 404


async def test_figures_the_provider_lacks_are_null_with_the_reason(http: httpx.AsyncClient) -> None:
    figures = await got(http, "/instruments/AAPL/fundamentals")
    # The largest and smallest close of the bundled file from 2023-12-01 to 2024-11-29.
    assert (figures["year_low"]["amount"], figures["year_high"]["amount"]) == ("164.405", "237.33")
    absent = {name for name, value in figures.items() if value is None}
    assert absent == set(figures["undefined"])
    assert {"market_cap", "trailing_pe", "dividend_yield", "beta"} <= absent
    assert (figures["source"], figures["age_seconds"], figures["stale"]) == ("demo data", 0, False)
    earnings = await got(http, "/instruments/AAPL/earnings")
    assert (earnings["next"], earnings["days"]) == (None, [])
    assert set(earnings["undefined"]) == {"next", "estimated", "ex_dividend_day"}
    for path in ("fundamentals", "earnings"):
        answer = await http.get(f"/instruments/AAPPL/{path}")
        assert answer.status_code == 404
        assert answer.json()["metadata"]["suggestions"].split(",")[0] == "AAPL"


async def test_movers_rank_what_was_asked_for_and_leave_out_what_is_stale(http: httpx.AsyncClient) -> None:
    quotes = (await got(http, "/quotes", symbols="AAPL,JPM,BBY,WMT,XOM,MSFT"))["items"]

    async def ranked() -> dict[str, Any] | None:
        movers = await got(http, "/market/movers", limit="3")
        return movers if movers["considered"] else None

    movers = await eventually(ranked)  # what was asked for becomes known after the answer
    fresh = {one["symbol"]: one["change_fraction"] for one in quotes if not one["stale"]}
    rises = sorted((symbol for symbol in fresh if fresh[symbol] > 0), key=lambda symbol: -fresh[symbol])
    falls = sorted((symbol for symbol in fresh if fresh[symbol] < 0), key=lambda symbol: fresh[symbol])
    assert [one["symbol"] for one in movers["gainers"]] == rises[:3]
    assert [one["symbol"] for one in movers["losers"]] == falls[:3]
    assert (movers["considered"], movers["stale_prices"]) == (5, 1)  # Microsoft's data end in 2013
    assert all(one["age_seconds"] == 3.5 * 3600 for one in movers["gainers"])


ZONES = {"XNYS": "America/New_York", "XLON": "Europe/London", "XTKS": "Asia/Tokyo"}


async def test_sessions_are_those_of_exchange_calendars(http: httpx.AsyncClient) -> None:
    for mic, zone in ZONES.items():
        found = await got(http, "/market/calendar", mic=mic, start="2023-12-15", end="2024-01-15")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the oracle's dependencies deprecate things of each other's
            library = exchange_calendars.get_calendar(mic, start="2023-12-01", end="2024-02-01").schedule
        expected = library.loc["2023-12-15":"2024-01-15"]
        assert [one["day"] for one in found["sessions"]] == [str(day.date()) for day in expected.index]
        for side, column in (("opens", "open"), ("closes", "close")):
            times = [one[side] for one in found["sessions"]]
            assert times == [stamp.strftime("%Y-%m-%dT%H:%M:%SZ") for stamp in expected[column]]
        assert found["time_zone"] == zone


async def test_calendar_names_what_is_wrong(http: httpx.AsyncClient) -> None:
    for parameters, pointer in (
        ({"mic": "NOPE"}, "mic"),
        ({"mic": "x"}, "mic"),
        ({"start": "2024-02-01", "end": "2024-01-01"}, "start"),
        ({"start": "2020-01-01", "end": "2024-01-01"}, "end"),
        ({"start": "1800-01-01", "end": "1800-02-01"}, "start"),
    ):
        answer = await http.get("/market/calendar", params=parameters)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer
