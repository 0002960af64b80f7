"""Planning over real sockets, HTTP and gRPC: one service with the emulator and the market stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool.stock.v1 import analytics_service_pb2_grpc as analytics_grpc
from stocktool.stock.v1 import planning_pb2 as pb
from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument, NotFound
from stocktool_kit.process import Process
from stocktool_kit.rpc.channel import open_channel
from stocktool_stock.settings import Settings

from tests.fakes.bundled import closes
from tests.fakes.market_server import MarketServer
from tests.fakes.stock_process import Json, record, stock_process, user_of
from tests.fakes.stock_process import a_portfolio as an_empty_portfolio

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    async with stock_process(market, emulator) as process:
        yield process


@pytest.fixture
async def http(stock: Process[Settings], request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    async with user_of(stock, f"usr_{request.node.name}") as client:
        yield client


def close(symbol: str, day: str = "2024-11-29") -> Decimal:
    """A close of the bundled file."""
    return closes(symbol)[day]


async def a_portfolio(http: httpx.AsyncClient) -> str:
    made = await http.post("/portfolios", json={"name": "Mine", "base_currency": "USD"})
    portfolio_id = str(made.json()["id"])
    items = [
        {"date": "2022-01-03", "type": "deposit", "amount": "20000"},
        {"date": "2022-01-03", "type": "buy", "symbol": "AAPL", "quantity": "20", "price": "180"},
        {"date": "2022-01-03", "type": "buy", "symbol": "JPM", "quantity": "30", "price": "160"},
        {"date": "2022-01-03", "type": "buy", "symbol": "SPY", "quantity": "10", "price": "470"},
    ]
    answer = await http.post(f"/portfolios/{portfolio_id}/transactions", json={"items": items})
    assert answer.status_code == 201, answer.text
    return portfolio_id


async def answered(http: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Json:
    answer = await http.request(method, path, json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def test_a_portfolio_is_cut_planned_examined_and_left_as_it_was(http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    path = f"/portfolios/{portfolio_id}"
    before = (await answered(http, "GET", path), await answered(http, "GET", f"{path}/transactions"))
    values = {"AAPL": 20 * close("AAPL"), "JPM": 30 * close("JPM"), "SPY": 10 * close("SPY"), "cash": Decimal(6900)}
    total = sum(values.values())

    classes = await answered(http, "GET", f"{path}/allocation?by=class")
    assert {part["key"]: part["weight"] for part in classes["items"]} == pytest.approx(
        {
            "equity": float((values["AAPL"] + values["JPM"]) / total),
            "fund": float(values["SPY"] / total),
            "cash": float(values["cash"] / total),
        }
    )
    countries = await answered(http, "GET", f"{path}/allocation?by=country")
    assert {part["key"] for part in countries["items"]} == {"United States", "funds", "cash"}
    holdings = await answered(http, "GET", f"{path}/allocation?by=holding")
    assert {part["key"] for part in holdings["items"]} == set(values)

    kept = await answered(
        http, "PUT", f"{path}/targets", {"weights": {"AAPL": 0.25, "JPM": 0.25, "SPY": 0.4, "cash": 0.1}, "band": 0.01}
    )
    assert kept["version"] == 1
    plan = await answered(http, "POST", f"{path}/rebalance", {"whole_shares": True, "fee": {"fixed": "1"}})
    for group in plan["groups"]:
        # Whole shares of some hundred dollars: within one of them.
        assert group["weight_after"] == pytest.approx(group["target"], abs=float(close("SPY") * 2 / total))
    assert plan["targets_version"] == 1
    assert Decimal(plan["fees"]["amount"]) == len(plan["trades"])

    tried = await answered(
        http,
        "POST",
        f"{path}/what-if",
        {"trades": [{"type": "sell", "symbol": "AAPL", "quantity": "20"}], "benchmark": "SPY"},
    )
    assert Decimal(tried["gain"]["amount"]) == pytest.approx(20 * (close("AAPL") - 180), abs=Decimal("0.01"))
    assert [h["symbol"] for h in tried["after"]["holdings"]] == ["JPM", "SPY"]
    assert tried["before"]["risk"]["beta"] > 0

    best = await answered(http, "POST", f"{path}/optimise", {"method": "min_variance", "default_bounds": [0.1, 0.6]})
    assert sum(item["weight"] for item in best["items"]) == pytest.approx(1.0)
    assert all(0.1 - 1e-9 <= item["weight"] <= 0.6 + 1e-9 for item in best["items"])
    assert best["proposed"]["volatility"] <= best["now"]["volatility"]

    xray = await answered(http, "GET", f"{path}/xray")
    states = {rule["id"]: rule["state"] for rule in xray["rules"]}
    assert len(states) >= 14
    assert xray["benchmark"] == "SPY"
    assert states["unpriced"] == states["negative_cash"] == "pass"
    [holding] = [rule for rule in xray["rules"] if rule["id"] == "single_holding"]
    assert holding["value"] == pytest.approx(float(max(values["AAPL"], values["JPM"], values["SPY"]) / total))

    assert (await answered(http, "GET", path), await answered(http, "GET", f"{path}/transactions")) == before
    assert (await http.delete(path)).status_code == 204
    assert (await http.get(f"{path}/targets")).status_code == 404


async def test_a_what_if_is_kept_as_a_portfolio_of_its_own(http: httpx.AsyncClient, stock: Process[Settings]) -> None:
    origin = await an_empty_portfolio(http)
    path = f"/portfolios/{origin}"
    bought = await record(
        http,
        origin,
        {"date": "2022-01-03", "type": "buy", "symbol": "AAPL", "quantity": "10", "price": "180"},
        {"date": "2022-06-01", "type": "buy", "symbol": "AAPL", "quantity": "10", "price": "150"},
        {"date": "2022-07-01", "type": "buy", "symbol": "JPM", "quantity": "5", "price": "110"},
    )
    chosen = [{"lot_id": bought[1]["id"], "quantity": "4"}]
    sold = {"date": "2023-01-03", "type": "sell", "symbol": "AAPL", "quantity": "4", "price": "125", "lots": chosen}
    await record(http, origin, sold)
    await http.delete(f"{path}/transactions/{bought[2]['id']}")
    before = (await answered(http, "GET", path), await answered(http, "GET", f"{path}/transactions"))

    body = {"name": "Less Apple", "trades": [{"type": "sell", "symbol": "AAPL", "quantity": "6", "price": "200"}]}
    tried = await answered(http, "POST", f"{path}/what-if", {"trades": body["trades"]})
    kept = [await http.post(f"{path}/what-if:store", json=body, headers={"idempotency-key": "once"}) for _ in "12"]
    assert [answer.status_code for answer in kept] == [201, 201]
    assert kept[0].json() == kept[1].json()
    fork = kept[0].json()
    assert (fork["name"], fork["version"], fork["base_currency"]) == ("Less Apple", 1, "USD")
    listed = {each["id"] for each in (await answered(http, "GET", "/portfolios"))["items"]}
    assert listed == {origin, fork["id"]}

    held = await answered(http, "GET", f"/portfolios/{fork['id']}/holdings")
    assert held["total"] == tried["after"]["total"]
    assert [(h["symbol"], h["quantity"], h["cost_basis"]) for h in held["items"]] == [
        (h["symbol"], h["quantity"], h["cost_basis"]) for h in tried["after"]["holdings"]
    ]
    # FIFO: six of the ten bought at 180 go; of the lot at 150 six are left after the four that were chosen.
    assert [(lot["quantity"], lot["date"]) for lot in held["items"][0]["lots"]] == [
        *(("4", "2022-01-03"), ("6", "2022-06-01"))
    ]
    assert held["realised"] == tried["after"]["realised"]
    assert (await answered(http, "GET", path), await answered(http, "GET", f"{path}/transactions")) == before
    # The fork is a portfolio like any other: it goes on by itself.
    await record(http, fork["id"], {"date": "2024-11-29", "type": "deposit", "amount": "1"})

    refused = await http.post(f"{path}/what-if:store", json=body | {"name": " "})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/name")
    short = {"name": "x", "trades": [{"type": "sell", "symbol": "AAPL", "quantity": "60"}]}
    assert (await http.post(f"{path}/what-if:store", json=short)).json()["reason"] == "SHORT_SALE"
    async with user_of(stock, "usr_whatif_stranger") as stranger:
        assert (await stranger.post(f"{path}/what-if:store", json=body)).status_code == 404
    async with user_of(stock, "usr_whatif_reader", scope="portfolio.read") as reader:
        assert (await reader.post(f"{path}/what-if:store", json=body)).status_code == 403
    assert {each["id"] for each in (await answered(http, "GET", "/portfolios"))["items"]} == listed


async def test_a_what_if_is_kept_over_grpc(http: httpx.AsyncClient, stock: Process[Settings]) -> None:
    origin = await an_empty_portfolio(http)
    await record(http, origin, {"date": "2022-01-03", "type": "deposit", "amount": "5000"})
    asked = pb.StoreWhatIfRequest(
        portfolio_id=origin,
        name="With Apple",
        trades=[pb.TriedTrade(type="buy", symbol="AAPL", quantity="3", price="200")],
        idempotency_key="once",
    )
    channel = open_channel(f"127.0.0.1:{stock.grpc_port}", stock.runtime.identity, None)
    stub: Any = analytics_grpc.AnalyticsServiceStub(channel)
    call: dict[str, Any] = {"metadata": (("authorization", http.headers["authorization"]),), "timeout": 30}
    made = [await stub.StoreWhatIf(asked, **call) for _ in range(2)]
    await channel.close()
    assert made[0] == made[1]
    assert (made[0].name, made[0].version) == ("With Apple", 1)
    held = await answered(http, "GET", f"/portfolios/{made[0].portfolio_id}/holdings")
    assert [(h["symbol"], h["quantity"]) for h in held["items"]] == [("AAPL", "3")]
    assert held["cash"] == [{"amount": "4400.00", "currency": "USD"}]


async def test_racing_writes_of_targets_leave_one_after_the_other(http: httpx.AsyncClient) -> None:
    path = f"/portfolios/{await a_portfolio(http)}/targets"
    writes = [{"weights": {"AAPL": 1 - share, "cash": share}} for share in (0.1, 0.2, 0.3)]
    answers = await asyncio.gather(*(http.put(path, json=body) for body in writes))
    assert sorted(answer.json()["version"] for answer in answers) == [1, 2, 3]
    fixed = [{**body, "version": 3} for body in writes]
    answers = await asyncio.gather(*(http.put(path, json=body) for body in fixed))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]


async def test_rpcs_answer_as_the_routes_do(stock: Process[Settings], http: httpx.AsyncClient) -> None:
    portfolio_id = await a_portfolio(http)
    path = f"/portfolios/{portfolio_id}"
    metadata = (("authorization", http.headers["authorization"]),)
    channel = open_channel(f"127.0.0.1:{stock.grpc_port}", stock.runtime.identity, None)
    stub: Any = analytics_grpc.AnalyticsServiceStub(channel)
    targets = pb.TargetWeights(weights={"AAPL": "0.5", "JPM": "0.5"})
    rules = pb.TradingRules(cash="1000", whole_shares=True, fee_rate="0.001")
    plan = await stub.PlanRebalance(
        pb.PlanRebalanceRequest(
            portfolio_id=portfolio_id, targets=targets, rules=rules, mode=pb.REBALANCE_MODE_BUY_ONLY
        ),
        metadata=metadata,
        timeout=30,
    )
    body = {
        "targets": {"weights": {"AAPL": 0.5, "JPM": 0.5}},
        "mode": "buy_only",
        "cash": 1000,
        "whole_shares": True,
        "fee": {"rate": 0.001},
    }
    assert MessageToDict(plan.plan) == await answered(http, "POST", f"{path}/rebalance", body)

    sale = pb.TriedTrade(type="sell", symbol="JPM", quantity="5")
    tried = await stub.CompareWhatIf(
        pb.CompareWhatIfRequest(portfolio_id=portfolio_id, trades=[sale]), metadata=metadata
    )
    body = {"trades": [{"type": "sell", "symbol": "JPM", "quantity": 5}]}
    assert MessageToDict(tried.comparison) == await answered(http, "POST", f"{path}/what-if", body)

    request = pb.OptimisePortfolioRequest(
        portfolio_id=portfolio_id,
        method=pb.OPTIMISATION_METHOD_RISK_PARITY,
        bounds={"AAPL": pb.WeightBounds(least=0.1, most=0.2)},
    )
    best = await stub.OptimisePortfolio(request, metadata=metadata, timeout=30)
    body = {"method": "risk_parity", "bounds": {"AAPL": [0.1, 0.2]}}
    assert MessageToDict(best.optimisation) == await answered(http, "POST", f"{path}/optimise", body)

    xray = await stub.GetXRay(
        pb.GetXRayRequest(portfolio_id=portfolio_id, thresholds={"sector": 0.9}), metadata=metadata
    )
    assert MessageToDict(xray.xray) == await answered(http, "GET", f"{path}/xray?thresholds=sector:0.9")

    by_class = analytics_pb.GetAllocationRequest(portfolio_id=portfolio_id, by=analytics_pb.ALLOCATION_BY_CLASS)
    slices = (await stub.GetAllocation(by_class, metadata=metadata, timeout=30)).allocation.slices
    assert {part.key for part in slices} == {"equity", "fund", "cash"}

    with pytest.raises(NotFound):
        await stub.PlanRebalance(pb.PlanRebalanceRequest(portfolio_id=portfolio_id), metadata=metadata, timeout=30)
    short = pb.TriedTrade(type="sell", symbol="JPM", quantity="31")
    with pytest.raises(FailedPrecondition):
        await stub.CompareWhatIf(
            pb.CompareWhatIfRequest(portfolio_id=portfolio_id, trades=[short]), metadata=metadata, timeout=30
        )
    with pytest.raises(InvalidArgument):
        await stub.OptimisePortfolio(
            pb.OptimisePortfolioRequest(portfolio_id=portfolio_id), metadata=metadata, timeout=30
        )
    await channel.close()
