"""Watchlists and alerts over real sockets: the whole service as its console script composes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.ids import OwnerId, new_ulid
from stocktool_kit.process import Process, running
from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.hub import Hub
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_stock.adapters.dynamodb_alerts import DynamoDBAlerts
from stocktool_stock.application.evaluate_alerts import Evaluation
from stocktool_stock.bootstrap.notifying import notify
from stocktool_stock.bootstrap.updating import handler
from stocktool_stock.settings import Settings
from stocktool_stock.worker.alert_watch import AlertWatch

from tests.eventually import eventually
from tests.factories.alerts import an_alert
from tests.fakes import bundled
from tests.fakes.market_process import empty_the_cache
from tests.fakes.market_server import DEMO_NOW, MarketServer
from tests.fakes.stock_process import stock_settings, trusting, user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

Json = dict[str, Any]


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    market.set_clock(DEMO_NOW)
    await empty_the_cache()
    async with running(stock_settings(market, emulator), trusting()) as process:
        yield process


@pytest.fixture
async def http(stock: Process[Settings]) -> AsyncIterator[httpx.AsyncClient]:
    async with client(stock) as opened:
        yield opened


def client(process: Process[Settings], user: str = "") -> httpx.AsyncClient:
    return user_of(process, user or f"usr_{new_ulid()}")


def closes(symbol: str) -> dict[date, float]:
    """The closes of the bundled file."""
    return {date.fromisoformat(day): float(close) for day, close in bundled.closes(symbol).items()}


def above(level: str, symbol: str = "AAPL") -> Json:
    return {"kind": "price", "symbol": symbol, "above": level}


async def made(http: httpx.AsyncClient, **body: object) -> Json:
    answer = await http.post("/alerts", json={"name": "Mine"} | body)
    assert answer.status_code == 201, answer.text
    alert: Json = answer.json()
    return alert


async def test_watchlist_lives_with_current_quotes(stock: Process[Settings], http: httpx.AsyncClient) -> None:
    body = {"name": "Tech", "symbols": ["msft", "AAPL", "AAPL", "NOPE"]}
    first = await http.post("/watchlists", json=body, headers={"idempotency-key": "a"})
    again = await http.post("/watchlists", json=body, headers={"idempotency-key": "a"})
    assert (first.status_code, again.json()) == (201, first.json())
    assert first.json()["symbols"] == ["MSFT", "AAPL", "NOPE"]
    path = f"/watchlists/{first.json()['id']}"
    read = await http.get(path)
    assert read.headers["etag"] == '"1"'
    quotes = read.json()["quotes"]
    assert [quote["symbol"] for quote in quotes["items"]] == ["MSFT", "AAPL"]
    assert quotes["items"][1]["price"] == {"amount": "237.33", "currency": "USD"}
    assert [(error["symbol"], error["reason"]) for error in quotes["errors"]] == [("NOPE", "SYMBOL_NOT_FOUND")]
    assert read.json()["stale_quotes"] == 1  # the file's last day of MSFT is years before the market's
    changed = await http.patch(path, json={"symbols": ["SPY"]}, headers={"if-match": '"1"'})
    assert (changed.json()["symbols"], changed.json()["version"]) == (["SPY"], 2)
    stale = await http.patch(path, json={"name": "Lost"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["reason"]) == (409, "STALE_VERSION")
    bad = await http.patch(path, json={"symbols": ["SPY", "no symbol"]})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/symbols/1")
    async with client(stock) as stranger:
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.get("/watchlists")).json() == {"items": [], "next_page_token": ""}
    assert (await http.delete(path, headers={"idempotency-key": "d"})).status_code == 204
    assert (await http.delete(path, headers={"idempotency-key": "d"})).status_code == 204
    assert (await http.get(path)).status_code == 404


async def test_alert_fires_once_into_the_inbox(
    stock: Process[Settings], http: httpx.AsyncClient, market: MarketServer, emulator: EmulatedAws
) -> None:
    async with running(stock_settings(market, emulator, service="stock-worker-notify"), trusting(notify)):
        alert = await made(http, name="Apple is dear", rule=above("237"))
        silent = await made(http, rule=above("238"))
        rows = await eventually(lambda: inbox(http))
        status = (await http.get(f"/alerts/{alert['id']}")).json()
    (row,) = rows
    assert (row["kind"], row["title"]) == ("alert", "Apple is dear: AAPL is above 237 (now 237.33)")
    assert row["data"] == {"alert_id": alert["id"], "alert_name": "Apple is dear", "symbols": "AAPL"}
    assert (status["status"], status["fired_count"], status["truth"]) == ("fired", 1, "true")
    assert status["conditions"] == [
        {"pointer": "/rule", "condition": "AAPL is above 237", "value": "237.33", "truth": "true"}
    ]
    assert (await http.get(f"/alerts/{silent['id']}")).json()["status"] == "armed"


async def inbox(http: httpx.AsyncClient) -> list[Json]:
    items: list[Json] = (await http.get("/notifications")).json()["items"]
    return items


async def test_alert_fires_when_the_price_crosses_with_no_browser_watching(
    market: MarketServer, emulator: EmulatedAws
) -> None:
    before = "2024-11-27T22:00:00Z"
    market.set_clock(before)
    await empty_the_cache()
    live = stock_settings(market, emulator, market_now="", stream_poll_seconds=0.1, quote_fresh_seconds=0.05)
    async with running(live, trusting()) as process, client(process) as http:
        alert = await made(http, rule=above("236"))
        path = f"/alerts/{alert['id']}"
        assert (await http.get(path)).json()["conditions"][0]["value"] == "234.93"
        market.set_clock(DEMO_NOW)
        await eventually(lambda: fired(http, path))


async def fired(http: httpx.AsyncClient, path: str) -> bool:
    return bool((await http.get(path)).json()["status"] == "fired")


async def test_alert_is_changed_snoozed_and_deleted(stock: Process[Settings], http: httpx.AsyncClient) -> None:
    alert = await made(http, rule=above("1000"), repeat=True, margin=0.02, expires_at="2099-01-01T00:00:00Z")
    path = f"/alerts/{alert['id']}"
    assert (alert["summary"], alert["status"], alert["margin"]) == ("AAPL is above 1000", "armed", 0.02)
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    snoozed = await http.post(f"{path}:snooze", json={"until": until})
    assert (snoozed.json()["status"], snoozed.json()["version"]) == ("snoozed", 2)
    past = await http.post(f"{path}:snooze", json={"until": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["errors"][0]["pointer"]) == (422, "/until")
    rule = {"kind": "all", "of": [above("900"), {"kind": "earnings", "symbol": "NOPE", "days": 7}]}
    changed = await http.patch(path, json={"rule": rule, "expires_at": None}, headers={"if-match": '"2"'})
    assert (changed.json()["rule"], changed.json()["expires_at"]) == (rule, None)
    stale = await http.patch(path, json={"name": "Lost"}, headers={"if-match": '"2"'})
    assert (stale.status_code, stale.json()["reason"]) == (409, "STALE_VERSION")
    judged = (await http.get(path)).json()
    assert (judged["truth"], judged["undefined"]) == ("false", {"/rule/of/1": "no earnings date is known"})
    async with client(stock) as stranger:
        for answer in (await stranger.get(path), await stranger.post(f"{path}:backtest"), await stranger.delete(path)):
            assert answer.status_code == 404
    assert [each["id"] for each in (await http.get("/alerts")).json()["items"]] == [alert["id"]]
    assert (await http.delete(path)).status_code == 204
    assert (await http.get(path)).status_code == 404


async def test_alert_that_cannot_be_taken_is_refused_by_field(http: httpx.AsyncClient) -> None:
    refused: list[tuple[Json, str]] = [
        ({"rule": {"kind": "price", "symbol": "AAPL", "above": -1}}, "/rule/above"),
        ({"rule": {"kind": "weight", "portfolio_id": "prt_none", "symbol": "AAPL", "above": 0.1}}, "/rule"),
        ({"rule": above("1"), "margin": 0.6}, "/margin"),
        ({"rule": above("1"), "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"rule": above("1"), "expires_at": "2099-01-01T00:00:00"}, "/expires_at"),
        ({"rule": above("1"), "name": " "}, "/name"),
    ]
    for body, pointer in refused:
        answer = await http.post("/alerts", json=body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await http.get("/alerts")).json()["items"] == []


async def test_backtest_finds_the_days_of_the_file(http: httpx.AsyncClient) -> None:
    year = {day: close for day, close in closes("AAPL").items() if date(2023, 11, 29) < day <= date(2024, 11, 29)}
    expected, armed = [], True  # the rule's meaning, written out a second time
    for day, close in sorted(year.items()):
        if armed and close > 200:
            expected.append(day.isoformat())
            armed = False
        elif not armed and close <= 198:
            armed = True
    assert expected
    answer = (await http.post("/alerts:backtest", json={"rule": above("200")})).json()
    assert answer["fired"] == expected
    assert (answer["start"], answer["end"], answer["days"]) == ("2023-11-30", "2024-11-29", len(year))
    assert answer["true_days"] == sum(close > 200 for close in year.values())
    alert = await made(http, rule=above("200"))
    assert (await http.post(f"/alerts/{alert['id']}:backtest")).json()["fired"] == expected


async def test_portfolio_alerts_measure_the_ledger(http: httpx.AsyncClient) -> None:
    created = await http.post("/portfolios", json={"name": "Mine", "base_currency": "USD"})
    portfolio_id = created.json()["id"]
    items = [
        {"date": "2024-01-02", "type": "deposit", "amount": "10000"},
        {"date": "2024-01-03", "type": "buy", "symbol": "AAPL", "quantity": "20", "price": "184.25"},
    ]
    booked = await http.post(f"/portfolios/{portfolio_id}/transactions", json={"items": items})
    assert booked.status_code == 201, booked.text
    rule = {
        "kind": "any",
        "of": [
            {"kind": "weight", "portfolio_id": portfolio_id, "symbol": "AAPL", "above": 0.99},
            {"kind": "drawdown", "portfolio_id": portfolio_id, "days": 30, "above": 0.99},
        ],
    }
    alert = await made(http, rule=rule)
    read = (await http.get(f"/alerts/{alert['id']}")).json()
    holdings = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
    assert read["conditions"][0]["value"] == pytest.approx(holdings["items"][0]["weight"], rel=1e-9)
    performance = (await http.get(f"/portfolios/{portfolio_id}/performance", params={"start": "2024-10-16"})).json()
    assert read["conditions"][1]["value"] == pytest.approx(-performance["drawdown"]["values"][-1], rel=1e-9)
    found = (await http.post(f"/alerts/{alert['id']}:backtest")).json()
    assert (found["fired"], found["true_days"]) == ([], 0)
    found = (await http.post("/alerts:backtest", json={"rule": rule["of"][0] | {"above": 0.3}})).json()
    assert found["fired"][0] == "2024-01-03"


async def test_one_process_watches_and_another_takes_over(emulator: EmulatedAws) -> None:
    clients = emulated(emulator.endpoint_url)
    async with own_table(clients) as table:
        hub = Hub()
        judged: dict[str, list[tuple[Sequence[str], bool]]] = {"one": [], "two": []}
        watching: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = {}

        def start(name: str) -> None:
            async def symbols() -> Sequence[str]:
                return ["AAPL", "MSFT"]

            async def evaluate(symbols: Sequence[str], *, portfolios: bool = False) -> Evaluation:
                judged[name].append((symbols, portfolios))
                return Evaluation()

            leases = Leases(table, SystemClock(), name, term_seconds=1.0, renew_seconds=0.1)
            watch = AlertWatch(hub, leases, symbols, evaluate, measure=lambda _, __: None, sweep_seconds=3600)
            stop = asyncio.Event()
            watching[name] = (stop, asyncio.create_task(watch.run(stop)))

        async def end(name: str) -> None:
            watching[name][0].set()
            await watching[name][1]

        start("one")
        await eventually(lambda: judged["one"] == [(["AAPL", "MSFT"], True)])
        start("two")
        for symbol in ("MSFT", "AAPL", "MSFT", "SPY"):  # nobody has an alert about the last
            hub.publish(PushEvent(f"symbol:{symbol}", "quote", {}, symbol))
        await eventually(lambda: judged["one"][1:] == [(["AAPL", "MSFT"], False)])
        assert judged["two"] == []
        await end("one")
        await eventually(lambda: judged["two"] == [(["AAPL", "MSFT"], True)])
        assert hub.publish(PushEvent("symbol:AAPL", "quote", {}, "AAPL")) == 1  # the first one listens no more
        await end("two")
        assert hub.publish(PushEvent("symbol:AAPL", "quote", {}, "AAPL")) == 0
    clients.close()


@pytest.fixture
async def aws(emulator: EmulatedAws) -> AsyncIterator[AwsClients]:
    clients = emulated(emulator.endpoint_url)
    yield clients
    clients.close()


async def test_scheduled_refresh_fires_alerts_once_and_reports_its_metrics(
    market: MarketServer, emulator: EmulatedAws, aws: AwsClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.set_clock(DEMO_NOW)
    await empty_the_cache()
    table = Table(aws, "stocktool-portfolios")
    store = DynamoDBAlerts(table, "stocktool-audit", Outbox(table.name), SystemClock())
    owner = OwnerId(f"usr_{new_ulid()}")
    alert = await store.create(an_alert(above("237"), owner), None, owner)
    for name, value in {
        "AUTH_ADDRESS": "127.0.0.1:1",
        "MARKET_NOW": DEMO_NOW,
        "YAHOO_BASE_URL": market.url,
        "YAHOO_CALLS_PER_SECOND": "100",
        "YAHOO_BURST": "100",
        "CLOUDWATCH_METRICS": "true",
    }.items():
        monkeypatch.setenv(f"STOCKTOOL_STOCK_{name}", value)
    first = await asyncio.to_thread(handler, {}, None)
    second = await asyncio.to_thread(handler, {}, None)
    assert (await store.get(owner, alert.id)).fired_count == 1
    assert first["refreshed"] == second["refreshed"] >= 2
    assert second["alerts_fired"] == 0
    sent = await aws.call("cloudwatch", "list_metrics", Namespace="StockTool")
    mine = {
        (metric["MetricName"], *sorted((d["Name"], d["Value"]) for d in metric["Dimensions"]))
        for metric in sent["Metrics"]
    }
    assert ("CacheHitRate", ("Service", "stock-updater")) in mine
    rate = await aws.call(
        "cloudwatch",
        "get_metric_statistics",
        Namespace="StockTool",
        MetricName="CacheHitRate",
        Dimensions=[{"Name": "Service", "Value": "stock-updater"}],
        StartTime=datetime.now(UTC) - timedelta(hours=1),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=7200,
        Statistics=["Minimum", "Maximum"],
    )
    lowest = min(point["Minimum"] for point in rate["Datapoints"])
    highest = max(point["Maximum"] for point in rate["Datapoints"])
    assert (lowest, highest) == (0.0, 100.0)  # the first run found little that was fresh, the second nearly all
    assert ("ToolExecTime", ("Service", "stock-updater"), ("Tool", "update_market")) in mine
