"""Portfolios over real sockets: the whole service as its console script composes it, emulator and market stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest
from google.type import date_pb2
from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool.stock.v1 import analytics_service_pb2_grpc as analytics_grpc
from stocktool.stock.v1 import portfolio_service_pb2 as pb
from stocktool.stock.v1 import portfolio_service_pb2_grpc as pb_grpc
from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument, NotFound
from stocktool_kit.process import Process, running
from stocktool_kit.rpc.channel import open_channel
from stocktool_stock.bootstrap.analysing import analyse
from stocktool_stock.settings import Settings

from tests.eventually import eventually
from tests.fakes.bundled import closes
from tests.fakes.market_server import MarketServer
from tests.fakes.stock_process import (
    KEYS,
    SCOPES,
    Json,
    a_portfolio,
    apple,
    money,
    record,
    stock_process,
    stock_settings,
    trusting,
    user_of,
)

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    async with stock_process(market, emulator) as process:
        yield process


@pytest.fixture
async def http(stock: Process[Settings], request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    async with user_of(stock, f"usr_{request.node.name}"[:60]) as opened:
        yield opened


async def test_a_portfolio_is_created_listed_read_changed_and_deleted(http: httpx.AsyncClient) -> None:
    created = await http.post(
        "/portfolios",
        json={"name": "Two", "base_currency": "EUR", "accounts": [{"name": "US", "currency": "USD"}]},
    )
    assert created.status_code == 201
    body = created.json()
    assert [(a["name"], a["currency"]) for a in body["accounts"]] == [("US", "USD")]
    assert (body["cost_method"], body["version"]) == ("FIFO", 1)
    path = f"/portfolios/{body['id']}"
    assert (await http.get("/portfolios")).json()["items"] == [body]
    changed = await http.patch(path, json={"name": "Deux"}, headers={"if-match": '"1"'})
    assert (changed.json()["name"], changed.json()["version"]) == ("Deux", 2)
    stale = await http.patch(path, json={"name": "Drei"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["reason"]) == (409, "STALE_VERSION")
    assert (await http.delete(path)).status_code == 204
    assert (await http.get(path)).status_code == 404
    assert (await http.get("/portfolios")).json()["items"] == []


async def test_another_users_portfolio_is_not_found(stock: Process[Settings], http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    async with user_of(stock, "usr_stranger") as stranger:
        for call in ("", "/transactions", "/holdings", "/performance", "/risk", "/allocation"):
            answer = await stranger.get(f"/portfolios/{portfolio_id}{call}")
            assert (answer.status_code, answer.json()["reason"]) == (404, "PORTFOLIO_NOT_FOUND"), call
        answer = await stranger.post(f"/portfolios/{portfolio_id}/transactions", json=apple("1", "1", "2024-01-02"))
        assert answer.status_code == 404
        assert (await stranger.delete(f"/portfolios/{portfolio_id}")).status_code == 404
    async with user_of(stock, "usr_stranger", scope="market.read") as poor:
        assert (await poor.get(f"/portfolios/{portfolio_id}")).status_code == 403


async def test_a_purchase_before_the_split_of_2020_is_worth_what_the_file_says(http: httpx.AsyncClient) -> None:
    """Ten shares bought at four times the split-adjusted close; after the split there are forty."""
    file = closes("AAPL")
    portfolio_id = await a_portfolio(http)
    price = file["2019-12-31"] * 4
    await record(
        http,
        portfolio_id,
        {"date": "2019-12-31", "type": "deposit", "amount": "10000"},
        apple("10", str(price), "2019-12-31"),
        {"date": "2020-08-31", "type": "split", "symbol": "AAPL", "ratio": "4"},
    )
    rest = 10000 - 10 * price
    for on, value in {
        "2020-08-28": 10 * 4 * file["2020-08-28"],
        "2020-08-31": 40 * file["2020-08-31"],
        "2024-11-29": 40 * file["2024-11-29"],
    }.items():
        body = (await http.get(f"/portfolios/{portfolio_id}/holdings", params={"as_of": on})).json()
        [holding] = body["items"]
        assert money(holding["market_value"]) == round(value, 2), on
        assert money(body["total"]) == round(value + rest, 2), on
        assert money(holding["cost_basis"]) == round(10 * price, 2)
        assert (holding["price_as_of"], holding["stale"]) == (on, False)
    assert body["unbooked_splits"] == []
    [lot] = holding["lots"]
    assert (lot["quantity"], lot["date"]) == ("40", "2019-12-31")
    assert Decimal(lot["price"]["amount"]) == file["2019-12-31"]
    bare = (await http.get(f"/portfolios/{portfolio_id}/holdings", params={"as_of": on, "lots": False})).json()
    assert bare == {**body, "items": [{**holding, "lots": []}]}

    answer = await http.get(f"/portfolios/{portfolio_id}/performance", params={"benchmark": "SPY"})
    performance = answer.json()
    final = 40 * file["2024-11-29"] + rest
    assert performance["twr"] == pytest.approx(float(final / 10000 - 1), rel=1e-12)
    assert money(performance["gain"]) == round(final - 10000, 2)
    years = 1795 / 365  # 2019-12-31 to 2024-11-29
    assert performance["xirr"] == pytest.approx(float(final / 10000) ** (1 / years) - 1, rel=1e-9)
    spy = closes("SPY")
    assert performance["benchmark"]["twr"] == pytest.approx(float(spy["2024-11-29"] / spy["2019-12-31"] - 1), rel=1e-12)
    assert performance["series"]["dates"][0] == "2019-12-31"
    assert performance["series"]["value"][-1] == pytest.approx(float(final), rel=1e-9)
    assert len(performance["series"]["dates"]) == len([on for on in spy if on >= "2019-12-31"])


async def test_this_year_begins_with_the_last_close_of_the_year_before(http: httpx.AsyncClient) -> None:
    file, spy = closes("JPM"), closes("SPY")
    portfolio_id = await a_portfolio(http)
    await record(
        http,
        portfolio_id,
        {"date": "2022-01-03", "type": "buy", "symbol": "JPM", "quantity": "7", "amount": "1000"},
    )
    path = f"/portfolios/{portfolio_id}/performance"
    body = (await http.get(path, params={"period": "ytd", "benchmark": "SPY"})).json()
    assert (body["start"], body["end"]) == ("2024-01-01", "2024-11-29")
    assert body["twr"] == pytest.approx(float(file["2024-11-29"] / file["2023-12-29"] - 1), rel=1e-12)
    assert body["benchmark"]["twr"] == pytest.approx(float(spy["2024-11-29"] / spy["2023-12-29"] - 1), rel=1e-12)
    assert body["net_flows"] == {"amount": "0.00", "currency": "USD"}
    assert body["undefined"] == {"twr_annual": "the range is shorter than a year"}
    assert "no deposits" in body["warnings"][0]

    risk = (await http.get(f"/portfolios/{portfolio_id}/risk", params={"period": "ytd", "benchmark": "JPM"})).json()
    assert risk["beta"] == pytest.approx(1.0, abs=1e-9)
    assert risk["correlation"] == pytest.approx(1.0, abs=1e-9)
    assert risk["total_return"] == pytest.approx(body["twr"], rel=1e-9)
    assert risk["undefined"]["information_ratio"]


async def test_selling_more_than_is_held_stores_nothing(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    await record(http, portfolio_id, apple("10", "100", "2024-01-02"))
    sale = {"date": "2024-02-01", "type": "sell", "symbol": "AAPL", "quantity": "12", "price": "100"}
    answer = await http.post(
        f"/portfolios/{portfolio_id}/transactions", json={"items": [apple("1", "100", "2024-01-03"), sale]}
    )
    problem = answer.json()
    assert (answer.status_code, problem["reason"]) == (409, "SHORT_SALE")
    assert problem["metadata"]["shortfall"] == "1"
    assert "AAPL" in problem["detail"]
    listed = (await http.get(f"/portfolios/{portfolio_id}/transactions")).json()["items"]
    assert [item["quantity"] for item in listed] == ["10"]


async def test_taking_back_a_purchase_that_a_sale_needs_is_refused(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    buy, sell = await record(
        http,
        portfolio_id,
        apple("10", "100", "2024-01-02"),
        {"date": "2024-02-01", "type": "sell", "symbol": "AAPL", "quantity": "5", "price": "120"},
    )
    path = f"/portfolios/{portfolio_id}/transactions"
    refused = await http.delete(f"{path}/{buy['id']}")
    assert (refused.status_code, refused.json()["reason"]) == (409, "SHORT_SALE")
    assert (await http.delete(f"{path}/{sell['id']}")).status_code == 204
    assert (await http.delete(f"{path}/{sell['id']}")).status_code == 404
    assert [item["id"] for item in (await http.get(path)).json()["items"]] == [buy["id"]]
    every = (await http.get(path, params={"include_reversed": True})).json()["items"]
    assert [(item["id"], item["reversed"]) for item in every] == [(buy["id"], False), (sell["id"], True)]
    holdings = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
    assert holdings["items"][0]["quantity"] == "10"
    assert holdings["realised"]["amount"] == "0.00"


async def test_the_same_idempotency_key_has_one_effect(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    path, key = f"/portfolios/{portfolio_id}/transactions", {"idempotency-key": "once"}
    buy = apple("1", "100", "2024-01-02")
    answers = await asyncio.gather(*(http.post(path, json=buy, headers=key) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await http.post(path, json=buy | {"quantity": "2"}, headers=key)
    assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert len((await http.get(path)).json()["items"]) == 1
    again = await http.post("/portfolios", json={"name": "A", "base_currency": "USD"}, headers=key)
    twice = await http.post("/portfolios", json={"name": "A", "base_currency": "USD"}, headers=key)
    assert again.json() == twice.json()


async def test_two_sales_at_once_never_sell_the_same_share(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    await record(http, portfolio_id, apple("10", "100", "2024-01-02"))
    path = f"/portfolios/{portfolio_id}/transactions"
    sale = {"date": "2024-02-01", "type": "sell", "symbol": "AAPL", "quantity": "6", "price": "100"}
    answers = await asyncio.gather(http.post(path, json=sale), http.post(path, json=sale))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"quantity": "-1"}, "/items/0/quantity"),
        ({"quantity": "NaN"}, "/items/0/quantity"),
        ({"date": "2024-12-02"}, "/items/0/date"),  # after the market's today
        ({"date": "2024-02-30"}, "/items/0/date"),
        ({"currency": "XXX"}, "/items/0/currency"),
        ({"symbol": "NOT A SYMBOL"}, "/items/0/symbol"),
        ({"surprise": 1}, "/items/0/surprise"),
    ],
)
async def test_a_wrong_field_is_named(http: httpx.AsyncClient, change: Json, pointer: str) -> None:
    portfolio_id = await a_portfolio(http)
    item = apple("1", "100", "2024-01-02") | change
    answer = await http.post(f"/portfolios/{portfolio_id}/transactions", json={"items": [item]})
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_one_transaction_alone_names_its_fields_without_items(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    answer = await http.post(f"/portfolios/{portfolio_id}/transactions", json=apple("0", "100", "2024-01-02"))
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/quantity"]
    numbers = apple("1", "100", "2024-01-02") | {"quantity": 1.5, "price": 100}
    assert (await http.post(f"/portfolios/{portfolio_id}/transactions", json=numbers)).json()["quantity"] == "1.5"


async def test_accounts_in_two_currencies_are_valued_at_the_ecbs_rates(http: httpx.AsyncClient) -> None:
    """The ECB's reference rates: 1.0956 USD per EUR on 2024-01-02, 1.0562 on 2024-11-29."""
    accounts = [{"name": "US", "currency": "USD"}, {"name": "EU", "currency": "EUR"}]
    created = await http.post("/portfolios", json={"name": "Two", "base_currency": "EUR", "accounts": accounts})
    body = created.json()
    us, eu = (account["id"] for account in body["accounts"])
    file = closes("AAPL")
    recorded = await record(
        http,
        body["id"],
        {"date": "2024-01-02", "type": "deposit", "amount": "1000", "account_id": us},
        {"date": "2024-01-02", "type": "deposit", "amount": "1000", "account_id": eu},
        apple("2", "185", "2024-01-02") | {"account_id": eu, "currency": "USD"},
    )
    euros_per_dollar = Decimal(1) / Decimal("1.0956")
    assert Decimal(recorded[2]["fx_rate"]) == pytest.approx(euros_per_dollar, abs=Decimal("1e-9"))
    holdings = (await http.get(f"/portfolios/{body['id']}/holdings")).json()
    now = Decimal(1) / Decimal("1.0562")
    shares = 2 * file["2024-11-29"] * now
    cash_eu = 1000 - 370 * euros_per_dollar
    assert money(holdings["items"][0]["market_value"]) == pytest.approx(shares, abs=Decimal("0.01"))
    assert {m["currency"]: money(m) for m in holdings["cash"]} == {"EUR": round(cash_eu, 2), "USD": Decimal("1000.00")}
    assert money(holdings["total"]) == pytest.approx(shares + cash_eu + 1000 * now, abs=Decimal("0.02"))
    holding = holdings["items"][0]
    effects = money(holding["price_effect"]) + money(holding["currency_effect"])
    assert effects == pytest.approx(money(holding["unrealised"]), abs=Decimal("0.01"))

    for by in ("sector", "symbol", "currency", "account"):
        slices = (await http.get(f"/portfolios/{body['id']}/allocation", params={"by": by})).json()["items"]
        assert sum(part["weight"] for part in slices) == pytest.approx(1.0, abs=1e-12)
    sectors = (await http.get(f"/portfolios/{body['id']}/allocation")).json()["items"]
    assert {part["key"] for part in sectors} == {"cash", "Information Technology"}


async def test_a_fund_is_a_slice_of_its_own_among_sectors(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    bought = apple("2", "185", "2024-01-02")
    await record(http, portfolio_id, bought, bought | {"symbol": "SPY", "price": "470"})
    slices = (await http.get(f"/portfolios/{portfolio_id}/allocation")).json()["items"]
    assert {part["label"]: part["symbols"] for part in slices} == {"Funds": ["SPY"], "Information Technology": ["AAPL"]}


async def test_an_empty_portfolio_has_no_figures_and_says_why(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    holdings = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
    assert (holdings["items"], holdings["total"]["amount"]) == ([], "0.00")
    performance = (await http.get(f"/portfolios/{portfolio_id}/performance")).json()
    assert performance["twr"] is None
    assert performance["undefined"]["twr"] == "the ledger has no entries in this range"
    risk = (await http.get(f"/portfolios/{portfolio_id}/risk")).json()
    assert risk["volatility"] is None
    assert (await http.get(f"/portfolios/{portfolio_id}/allocation")).json()["undefined"]["items"]


async def test_absurd_sizes_never_break_an_answer(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    most = "9" * 24
    await record(http, portfolio_id, apple(most, most, "2024-01-02"))
    holdings = await http.get(f"/portfolios/{portfolio_id}/holdings")
    assert holdings.status_code == 200
    assert money(holdings.json()["items"][0]["cost_basis"]) == int(most) ** 2
    for call in ("performance", "risk", "allocation"):
        assert (await http.get(f"/portfolios/{portfolio_id}/{call}")).status_code == 200, call
    tiny = apple("0.000000000001", "0.000000000001", "2024-01-02") | {"symbol": "JPM"}
    await record(http, portfolio_id, tiny)
    assert (await http.get(f"/portfolios/{portfolio_id}/holdings")).status_code == 200


async def test_an_unknown_benchmark_is_not_found(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    await record(http, portfolio_id, apple("1", "100", "2024-01-02"))
    answer = await http.get(f"/portfolios/{portfolio_id}/performance", params={"benchmark": "NOSUCH"})
    assert (answer.status_code, answer.json()["reason"]) == (404, "SYMBOL_NOT_FOUND")
    backwards = {"start": "2024-06-03", "end": "2024-03-01"}
    answer = await http.get(f"/portfolios/{portfolio_id}/performance", params=backwards)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "start")


async def test_symbols_are_compared_over_their_common_days(http: httpx.AsyncClient) -> None:
    answer = await http.get("/compare", params={"symbols": "AAPL,JPM,NOSUCH", "start": "2023-12-29"})
    body = answer.json()
    file = closes("AAPL")
    first, second = body["items"]
    assert (first["symbol"], second["symbol"]) == ("AAPL", "JPM")
    assert first["total_return"] == pytest.approx(float(file["2024-11-29"] / file["2023-12-29"] - 1), rel=1e-12)
    assert first["n_returns"] == len([on for on in file if on > "2023-12-29"])
    assert body["correlation"]["AAPL/JPM"] == body["correlation"]["JPM/AAPL"]
    assert body["errors"] == [{"symbol": "NOSUCH", "reason": "SYMBOL_NOT_FOUND"}]
    assert (await http.get("/compare", params={"symbols": "NOSUCH"})).status_code == 404


async def test_an_analysis_runs_once_in_a_worker_and_its_result_is_kept(
    stock: Process[Settings], http: httpx.AsyncClient, market: MarketServer, emulator: EmulatedAws
) -> None:
    portfolio_id = await a_portfolio(http)
    await record(http, portfolio_id, apple("3", "185", "2024-01-02"))
    key = {"idempotency-key": "analysis"}
    queued = await http.post(f"/portfolios/{portfolio_id}/analyses", json={"kind": "portfolio"}, headers=key)
    assert (queued.status_code, queued.json()["state"]) == (202, "queued")
    again = await http.post(f"/portfolios/{portfolio_id}/analyses", json={"kind": "portfolio"}, headers=key)
    assert again.json()["id"] == queued.json()["id"]
    path = f"/analyses/{queued.json()['id']}"
    worker = stock_settings(market, emulator, service="stock-worker-analysis")
    async with running(worker, trusting(analyse)):

        async def ended() -> Json:
            answer: Json = (await http.get(path)).json()
            return answer if answer["state"] in ("done", "failed") else {}

        body = await eventually(ended)
    assert body["state"] == "done", body
    assert [step["name"] for step in body["steps"]] == ["holdings", "performance", "risk", "allocation"]
    holdings = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
    assert body["result"]["holdings"] == holdings
    assert body["result"]["performance"]["benchmark"]["symbol"] == "SPY"
    assert body["result"]["risk"]["beta"]
    async with user_of(stock, "usr_stranger") as stranger:
        assert (await stranger.get(path)).status_code == 404


async def test_grpc_gives_the_same_figures(stock: Process[Settings], http: httpx.AsyncClient) -> None:
    user = "usr_test_grpc_gives_the_same_figures"
    channel = open_channel(f"127.0.0.1:{stock.grpc_port}", stock.runtime.identity, None)
    metadata = (("authorization", f"Bearer {KEYS.token(user, SCOPES)}"),)
    portfolios, analytics = pb_grpc.PortfolioServiceStub(channel), analytics_grpc.AnalyticsServiceStub(channel)
    created = await portfolios.CreatePortfolio(
        pb.CreatePortfolioRequest(name="Wire", base_currency="USD", idempotency_key="k1"), metadata=metadata
    )
    portfolio_id = created.portfolio.id
    item = pb.NewTransaction(
        date=date_pb2.Date(year=2024, month=1, day=2),
        type=pb.TRANSACTION_TYPE_BUY,
        symbol="AAPL",
        quantity="10",
        price="185.64",
    )
    request = pb.RecordTransactionsRequest(portfolio_id=portfolio_id, items=[item], idempotency_key="k2")
    first = await portfolios.RecordTransactions(request, metadata=metadata)
    second = await portfolios.RecordTransactions(request, metadata=metadata)
    assert first == second
    rpc = (await portfolios.GetHoldings(pb.GetHoldingsRequest(portfolio_id=portfolio_id), metadata=metadata)).holdings
    web = (await http.get(f"/portfolios/{portfolio_id}/holdings")).json()
    assert rpc.total.amount == web["total"]["amount"]
    assert rpc.items[0].unrealised_return == web["items"][0]["unrealised_return"]
    performance = analytics_pb.GetPerformanceRequest(
        portfolio_id=portfolio_id, benchmark="SPY", period=analytics_pb.PERIOD_YEAR_TO_DATE, include_series=True
    )
    measured = (await analytics.GetPerformance(performance, metadata=metadata)).performance
    page = (
        await http.get(f"/portfolios/{portfolio_id}/performance", params={"period": "ytd", "benchmark": "SPY"})
    ).json()
    assert measured.twr == page["twr"]
    assert list(measured.series.values) == pytest.approx(page["series"]["value"], abs=1e-6)
    assert measured.benchmark.twr == page["benchmark"]["twr"]
    risk = analytics_pb.GetRiskRequest(portfolio_id=portfolio_id, benchmark="SPY")
    metrics = (await analytics.GetRisk(risk, metadata=metadata)).risk.metrics
    assert metrics.volatility == (await http.get(f"/portfolios/{portfolio_id}/risk")).json()["volatility"]
    allocation = await analytics.GetAllocation(
        analytics_pb.GetAllocationRequest(portfolio_id=portfolio_id), metadata=metadata
    )
    assert [part.key for part in allocation.allocation.slices] == ["Information Technology"]
    compared = await analytics.CompareSymbols(
        analytics_pb.CompareSymbolsRequest(symbols=["AAPL", "SPY"], period=analytics_pb.PERIOD_YEAR_TO_DATE),
        metadata=metadata,
    )
    assert [each.symbol for each in compared.items] == ["AAPL", "SPY"]
    started = await analytics.StartAnalysis(
        analytics_pb.StartAnalysisRequest(portfolio_id=portfolio_id, kind="portfolio", idempotency_key="k3"),
        metadata=metadata,
    )
    assert started.analysis.state == analytics_pb.ANALYSIS_STATE_QUEUED

    with pytest.raises(NotFound):
        await portfolios.GetPortfolio(pb.GetPortfolioRequest(portfolio_id="prt_none"), metadata=metadata)
    item.type, item.quantity = pb.TRANSACTION_TYPE_SELL, "11"
    short = pb.RecordTransactionsRequest(portfolio_id=portfolio_id, items=[item], idempotency_key="k4")
    with pytest.raises(FailedPrecondition) as caught:
        await portfolios.RecordTransactions(short, metadata=metadata)
    assert caught.value.reason == "SHORT_SALE"
    assert caught.value.metadata["shortfall"] == "1"
    item.quantity = "x"
    with pytest.raises(InvalidArgument) as wrong:
        await portfolios.RecordTransactions(
            pb.RecordTransactionsRequest(portfolio_id=portfolio_id, items=[item], idempotency_key="k5"),
            metadata=metadata,
        )
    assert wrong.value.violations[0].pointer == "/items/0/quantity"
    await channel.close()
