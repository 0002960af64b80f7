"""Background analyses over real sockets: documents that agree with the routes, and one outcome whatever happens."""

from __future__ import annotations

import asyncio
import csv
import io
import signal
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pypdfium2
import pytest
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table, Update
from stocktool_kit.core.ids import new_id
from stocktool_kit.process import Process, running
from stocktool_stock.bootstrap.analysing import analyse
from stocktool_stock.bootstrap.notifying import notify
from stocktool_stock.bootstrap.serving import serve
from stocktool_stock.settings import Settings

from tests.eventually import eventually
from tests.fakes.market_server import MarketServer
from tests.fakes.stock_process import analysis_worker, stock_settings, trusting, user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

Json = dict[str, Any]


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    async with running(stock_settings(market, emulator), trusting(serve)) as process:
        yield process


@pytest.fixture
async def http(stock: Process[Settings]) -> AsyncIterator[httpx.AsyncClient]:
    async with user_of(stock, new_id("usr")) as opened:
        yield opened


@pytest.fixture
async def worker(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    settings = stock_settings(market, emulator, service="stock-worker-analysis")
    async with running(settings, trusting(analyse)) as process:
        yield process


async def a_portfolio(http: httpx.AsyncClient) -> str:
    """Dollars and euros, a split, sales, dividends, and a name that no core font of PDF can write."""
    accounts = [{"name": "Żółć & Ω", "currency": "USD"}, {"name": "EU", "currency": "EUR"}]
    created = await http.post(
        "/portfolios", json={"name": "Сбережения Łódź", "base_currency": "USD", "accounts": accounts}
    )
    assert created.status_code == 201, created.text
    body = created.json()
    eu = body["accounts"][1]["id"]
    items: list[Json] = [
        {"date": "2020-01-02", "type": "deposit", "amount": "100000"},
        {"date": "2020-01-02", "type": "deposit", "amount": "20000", "account_id": eu},
        {"date": "2020-01-02", "type": "buy", "symbol": "AAPL", "quantity": "50", "price": "300.35", "fee": "5"},
        {"date": "2020-08-31", "type": "split", "symbol": "AAPL", "ratio": "4"},
        {"date": "2021-06-01", "type": "buy", "symbol": "JPM", "quantity": "100", "price": "166"},
        {"date": "2023-11-01", "type": "sell", "symbol": "AAPL", "quantity": "60", "price": "173.97", "fee": "2"},
        {"date": "2024-02-15", "type": "dividend", "symbol": "AAPL", "amount_per_share": "0.24", "tax": "5.04"},
        {"date": "2024-05-01", "type": "dividend", "symbol": "JPM", "amount": "115", "tax": "17.25"},
        {"date": "2024-06-03", "type": "sell", "symbol": "JPM", "quantity": "40", "price": "199.6"},
        {"date": "2024-06-28", "type": "interest", "amount": "12.34", "account_id": eu, "currency": "EUR"},
    ]
    recorded = await http.post(f"/portfolios/{body['id']}/transactions", json={"items": items})
    assert recorded.status_code == 201, recorded.text
    return str(body["id"])


async def start(http: httpx.AsyncClient, portfolio_id: str, kind: str, **parameters: object) -> str:
    answer = await http.post(f"/portfolios/{portfolio_id}/analyses", json={"kind": kind, "parameters": parameters})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def ended(http: httpx.AsyncClient, analysis_id: str) -> Json:
    async def final() -> Json:
        answer: Json = (await http.get(f"/analyses/{analysis_id}")).json()
        return answer if answer["state"] in ("done", "failed") else {}

    return await eventually(final)


async def download(body: Json) -> bytes:
    async with httpx.AsyncClient() as plain:
        answer = await plain.get(body["url"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{body['name']}"
    assert len(answer.content) == body["size_bytes"]
    return answer.content


def pages_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [str(page.get_textpage().get_text_range()) for page in document]
    finally:
        document.close()


def printed(money: Json) -> str:
    return f"{Decimal(money['amount']):,}"


async def test_reports_say_what_the_routes_say(http: httpx.AsyncClient, worker: Process[Settings]) -> None:
    portfolio_id = await a_portfolio(http)
    statement = await start(http, portfolio_id, "statement", year=2024)
    lots = await start(http, portfolio_id, "tax_lots")
    late = await start(http, portfolio_id, "tax_lots", year=2024, long_after_days=4000)
    await _statement_agrees(http, portfolio_id, await ended(http, statement))
    await _tax_lots_agree(http, portfolio_id, await ended(http, lots))
    short = (await ended(http, late))["result"]
    assert (short["sold_lots"], short["short_term"]["amount"], short["long_term"]["amount"]) == (1, "1344.00", "0.00")


async def _statement_agrees(http: httpx.AsyncClient, portfolio_id: str, done: Json) -> None:
    assert done["state"] == "done", done
    assert [step["name"] for step in done["steps"]] == ["holdings", "performance", "income", "realised", "document"]
    assert (done["progress"], done["report"]["name"]) == (1.0, "statement-2024-01-01-2024-11-29.pdf")
    pages = pages_of(await download(done["report"]))
    text = " ".join("\n".join(pages).split())
    path = f"/portfolios/{portfolio_id}"
    holdings = (await http.get(f"{path}/holdings")).json()
    for holding in holdings["items"]:
        row = " ".join(
            [
                holding["symbol"], holding["quantity"], f"{holding['price']['amount']} USD", holding["price_as_of"],
                printed(holding["cost_basis"]), printed(holding["market_value"]), printed(holding["unrealised"]),
                f"{holding['weight'] * 100:.2f} %",
            ]
        )  # fmt: skip
        assert row in text, row
    for cash in holdings["cash"]:
        assert f"{cash['currency']} {printed(cash)}" in text
    assert f"Total value {printed(holdings['total'])}" in text
    performance = (await http.get(f"{path}/performance", params={"start": "2024-01-01"})).json()
    assert f"Time-weighted return {performance['twr'] * 100:.2f} %" in text
    assert f"Gain {printed(performance['gain'])}" in text
    income = (await http.get(f"{path}/income", params={"start": "2024-01-01"})).json()
    assert f"Income of the period, net {printed(income['received']['net'])}" in text
    for month in income["by_month"]:
        if month["payments"]:
            assert f"{month['month']} {printed(month['gross'])} {printed(month['tax'])}" in text
    gain = 40 * (Decimal("199.6") - 166)  # of the year: JPM alone, without fees
    assert f"Realised gain {gain:,.2f}" in text
    assert "realised gain: proceeds less fee" in text
    for at, page in enumerate(pages, 1):
        assert f"Page {at} of {len(pages)}" in page
        assert "DEMO DATA: market of 2024-11-29" in page
        assert "Сбережения Łódź" in page
    assert holdings["items"][0]["price_source"] in text
    assert done["result"]["total"] == holdings["total"]


async def _tax_lots_agree(http: httpx.AsyncClient, portfolio_id: str, done: Json) -> None:
    assert done["state"] == "done", done
    pdf, table = done["files"]
    rows = list(csv.DictReader(io.StringIO((await download(table)).decode())))
    sold = [row for row in rows if row["status"] == "sold"]
    assert [(row["symbol"], row["quantity"], row["acquired"], row["sold"], row["term"]) for row in sold] == [
        ("AAPL", "60", "2020-01-02", "2023-11-01", "long"),
        ("JPM", "40", "2021-06-01", "2024-06-03", "long"),
    ]
    # 60 x 173.97 - 2 against sixty two-hundredths of 50 x 300.35 + 5.
    assert [(row["proceeds"], row["cost"], row["gain"]) for row in sold] == [
        ("10436.20", "4506.75", "5929.45"),
        ("7984.00", "6640.00", "1344.00"),
    ]
    held = {row["symbol"]: Decimal(row["quantity"]) for row in rows if row["status"] == "open"}
    assert held == {"AAPL": 140, "JPM": 60}
    assert sum(Decimal(row["gain"]) for row in sold) == Decimal(done["result"]["gain"]["amount"])
    holdings = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
    assert Decimal(done["result"]["gain"]["amount"]) == Decimal(holdings["realised"]["amount"])
    realised = (await http.get(f"/portfolios/{portfolio_id}/realised")).json()["total"]
    for name in ("proceeds", "cost", "gain", "short_term", "long_term", "price_effect", "currency_effect"):
        assert done["result"][name] == realised[name], name
    text = " ".join(" ".join(pages_of(await download(pdf))).split())
    assert "AAPL 60 2020-01-02 2023-11-01 long 10,436.20 4,506.75 5,929.45" in text
    assert "Żółć & Ω" in text


async def test_optimisation_and_projection_give_their_figures(
    http: httpx.AsyncClient, worker: Process[Settings]
) -> None:
    portfolio_id = await a_portfolio(http)
    plan = {"years": 5, "paths": 500, "seed": 3, "withdrawal": {"rate": 0.04, "inflation": 0.02}}
    kinds: dict[str, Json] = {"optimisation": {"method": "min_variance"}, "projection": plan}
    ids = {kind: await start(http, portfolio_id, kind, **parameters) for kind, parameters in kinds.items()}
    found = {kind: await ended(http, analysis_id) for kind, analysis_id in ids.items()}
    assert {body["state"] for body in found.values()} == {"done"}, found
    optimised = (await http.post(f"/portfolios/{portfolio_id}/optimise", json=kinds["optimisation"])).json()
    assert found["optimisation"]["result"] == optimised
    assert sum(optimised["proposed"]["weights"].values()) == pytest.approx(1)
    direct = (await http.post(f"/portfolios/{portfolio_id}/projection", json=plan)).json()
    assert found["projection"]["result"] == direct
    assert direct["estimated"] == ["drift", "volatility"]
    assert len(direct["fan"]) == 5
    risk = (await http.get(f"/portfolios/{portfolio_id}/risk")).json()
    assert direct["volatility"] == pytest.approx(risk["volatility"], rel=0.02)  # of logarithms here, of returns there
    wrong = {"kind": "projection", "parameters": {"years": 61}}
    refused = await http.post(f"/portfolios/{portfolio_id}/analyses", json=wrong)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/parameters/years")
    listed = (await http.get(f"/portfolios/{portfolio_id}/analyses", params={"page_size": 1})).json()
    assert [each["id"] for each in listed["items"]] == [ids["projection"]]
    assert listed["next_page_token"]
    assert listed["items"][0]["result"] is None


async def test_a_message_delivered_often_and_at_once_has_one_outcome(
    http: httpx.AsyncClient,
    stock: Process[Settings],
    worker: Process[Settings],
    market: MarketServer,
    emulator: EmulatedAws,
) -> None:
    portfolio_id = await a_portfolio(http)
    queue = Queue(stock.runtime.aws, "analysis-queue")
    again = stock_settings(market, emulator, service="stock-worker-again")
    async with running(again, trusting(analyse)):
        analysis_id = await start(http, portfolio_id, "portfolio")
        await asyncio.gather(*(queue.send({"analysis_id": analysis_id}) for _ in range(4)))
        first = await ended(http, analysis_id)
        assert first["state"] == "done", first
        await queue.send({"analysis_id": analysis_id})
        behind = await ended(http, await start(http, portfolio_id, "projection", paths=100))
        assert behind["state"] == "done"
        await _one_notification(http, market, emulator, analysis_id)
    assert (await http.get(f"/analyses/{analysis_id}")).json() == first


async def test_a_worker_killed_in_the_middle_leaves_one_result_and_one_notification(
    http: httpx.AsyncClient, stock: Process[Settings], market: MarketServer, emulator: EmulatedAws, tmp_path: Path
) -> None:
    portfolio_id = await a_portfolio(http)
    with analysis_worker(stock.runtime.settings, emulator, tmp_path / "worker.txt") as doomed:
        analysis_id = await start(http, portfolio_id, "projection", years=60, paths=20_000, withdrawal={"rate": 0.03})
        path = f"/analyses/{analysis_id}"

        async def in_the_middle() -> bool:
            return [step["name"] for step in (await http.get(path)).json()["steps"]] == ["history"]

        await eventually(in_the_middle, within=90, every=0.01)  # a process of its own takes its time to start
        doomed.send_signal(signal.SIGKILL)
        doomed.wait(timeout=5)
    left = (await http.get(path)).json()
    assert (left["state"], left["current_step"], left["progress"]) == ("running", "paths", 0.5)
    # As if its fifteen seconds had passed: the dead worker holds a lease that nobody renews.
    table = Table(stock.runtime.aws, stock.runtime.settings.portfolios_table)
    await table.update(Update({"pk": f"L#analysis#{analysis_id}", "sk": "lease"}, put={"held_until": 0}))
    settings = stock_settings(market, emulator, service="stock-worker-analysis")
    async with running(settings, trusting(analyse)):
        done = await ended(http, analysis_id)
    assert done["state"] == "done", done
    assert [step["name"] for step in done["steps"]] == ["history", "paths"]
    assert len(done["result"]["fan"]) == 60
    await _one_notification(http, market, emulator, analysis_id)


async def _one_notification(
    http: httpx.AsyncClient, market: MarketServer, emulator: EmulatedAws, analysis_id: str
) -> None:
    async def about_it() -> list[Json]:
        items = (await http.get("/notifications")).json()["items"]
        return [item for item in items if item["data"].get("analysis_id") == analysis_id]

    settings = stock_settings(market, emulator, service="stock-worker-notify")
    async with running(settings, trusting(notify)):
        assert len(await eventually(about_it)) == 1


async def test_what_is_cancelled_is_never_run_and_what_kills_workers_is_put_aside(
    http: httpx.AsyncClient, stock: Process[Settings], market: MarketServer, emulator: EmulatedAws
) -> None:
    portfolio_id = await a_portfolio(http)
    analysis_id = await start(http, portfolio_id, "portfolio")
    cancelled = (await http.post(f"/analyses/{analysis_id}:cancel")).json()
    assert (cancelled["state"], cancelled["error"]["reason"]) == ("failed", "CANCELLED")
    async with user_of(stock, "usr_stranger") as stranger:
        assert (await stranger.post(f"/analyses/{analysis_id}:cancel")).status_code == 404
        assert (await stranger.get(f"/portfolios/{portfolio_id}/analyses")).status_code == 404
    poison = await start(http, portfolio_id, "portfolio")
    table = Table(stock.runtime.aws, stock.runtime.settings.portfolios_table)
    await table.update(
        Update({"pk": f"J#{poison}", "sk": "job"}, put={"died": 3})
    )  # as if three workers had died on it
    settings = stock_settings(market, emulator, service="stock-worker-analysis")
    async with running(settings, trusting(analyse)):
        after = await ended(http, await start(http, portfolio_id, "portfolio"))  # behind them in the queue
        given_up = await ended(http, poison)
        queue = Queue(stock.runtime.aws, "analysis-queue")

        async def put_aside() -> bool:
            return any(poison in letter.body for letter in await queue.dead_letters())

        await eventually(put_aside)
    assert (given_up["state"], given_up["error"]["reason"]) == ("failed", "WORKER_DIED")
    assert after["state"] == "done"
    assert (await http.get(f"/analyses/{analysis_id}")).json() == cancelled
    refused = await http.post(f"/analyses/{after['id']}:cancel")
    assert (refused.status_code, refused.json()["reason"]) == (409, "ANALYSIS_FINISHED")


async def test_income_and_indicators_say_what_the_ledger_and_the_closes_come_to(
    http: httpx.AsyncClient, stock: Process[Settings]
) -> None:
    portfolio_id = await a_portfolio(http)
    path = f"/portfolios/{portfolio_id}"
    income = (await http.get(f"{path}/income")).json()
    holdings = (await http.get(f"{path}/holdings")).json()
    assert income["received"]["gross"] == holdings["income"]
    by_symbol = {row["symbol"]: row for row in income["by_holding"]}
    assert by_symbol["AAPL"]["received"]["gross"]["amount"] == "33.60"  # 0.24 for each of 140
    assert by_symbol["AAPL"]["received"]["net"]["amount"] == "28.56"
    assert by_symbol["JPM"]["expected"]["amount"] == "69.00"  # 1.15 for each of the sixty left
    # The ECB's reference rate of 2024-06-28: 1.0705 dollars for a euro.
    assert by_symbol[None]["received"]["gross"]["amount"] == f"{12.34 * 1.0705:.2f}"
    jpm = next(item for item in holdings["items"] if item["symbol"] == "JPM")
    assert by_symbol["JPM"]["yield_on_cost"] == pytest.approx(69 / float(jpm["cost_basis"]["amount"]))
    assert by_symbol["JPM"]["trailing_yield"] == pytest.approx(69 / float(jpm["market_value"]["amount"]), rel=1e-4)
    assert [month["month"] for month in income["expected_by_month"]] == ["2025-02", "2025-05"]
    async with user_of(stock, "usr_stranger") as stranger:
        assert (await stranger.get(f"{path}/income")).status_code == 404
        assert (await stranger.post(f"{path}/projection", json={})).status_code == 404

    names = "sma:3,rsi:14,macd,bollinger,atr"
    asked = {"names": names, "start": "2024-11-25", "end": "2024-11-29"}
    body = (await http.get("/bars/AAPL/indicators", params=asked)).json()
    bars = (await http.get("/bars/AAPL", params={"end": "2024-11-29"})).json()
    assert body["dates"] == bars["dates"][-4:] == ["2024-11-25", "2024-11-26", "2024-11-27", "2024-11-29"]
    assert body["close"] == bars["close"][-4:]
    means = [sum(bars["close"][at - 3 : at]) / 3 for at in range(len(bars["close"]) - 3, len(bars["close"]) + 1)]
    assert body["indicators"]["sma:3"] == pytest.approx(means)
    assert set(body["indicators"]) == {
        "sma:3", "rsi:14", "atr:14", "macd:12:26:9.line", "macd:12:26:9.signal", "macd:12:26:9.histogram",
        "bollinger:20:2.middle", "bollinger:20:2.upper", "bollinger:20:2.lower",
    }  # fmt: skip
    for wrong, pointer in (({"names": "vwap"}, "names"), ({"start": "2024-12-25"}, "start"), ({"names": ""}, "names")):
        answer = await http.get("/bars/AAPL/indicators", params=asked | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), wrong
    assert (await http.get("/bars/NOSUCH/indicators", params={"names": "sma"})).status_code == 404


async def test_a_portfolio_without_history_or_value_cannot_be_projected(http: httpx.AsyncClient) -> None:
    created = (await http.post("/portfolios", json={"name": "P", "base_currency": "USD"})).json()
    path = f"/portfolios/{created['id']}"
    empty = await http.post(f"{path}/projection", json={"drift": 0.05, "volatility": 0.1})
    assert (empty.status_code, empty.json()["reason"]) == (409, "NOTHING_TO_PROJECT")
    paid = {"items": [{"date": "2024-11-28", "type": "deposit", "amount": "1000"}]}
    assert (await http.post(f"{path}/transactions", json=paid)).status_code == 201
    young = await http.post(f"{path}/projection", json={"drift": 0.05})
    assert (young.status_code, [each["pointer"] for each in young.json()["errors"]]) == (422, ["/volatility"])
    given = (await http.post(f"{path}/projection", json={"drift": 0.05, "volatility": 0, "years": 2})).json()
    assert given["fan"][1]["mean"] == given["closed_form"]["mean"] == {"amount": "1105.17", "currency": "USD"}
    assert given["estimated"] == []
    assert given["undefined"] == {"sustainable_withdrawal": "the plan has no withdrawals"}
