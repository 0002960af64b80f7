"""What other services ask of stock over gRPC gives what the page is given over HTTP."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from google.type.date_pb2 import Date
from stocktool.stock.v1 import alert_service_pb2 as alert_pb
from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool.stock.v1 import planning_pb2 as planning_pb
from stocktool.stock.v1 import stock_service_pb2 as stock_pb
from stocktool.stock.v1.alert_service_pb2_grpc import AlertServiceStub
from stocktool.stock.v1.analytics_service_pb2_grpc import AnalyticsServiceStub
from stocktool.stock.v1.stock_service_pb2_grpc import StockServiceStub
from stocktool_kit.core.errors import InvalidArgument, NotFound, PermissionDenied
from stocktool_kit.process import Process
from stocktool_kit.rpc.channel import open_channel
from stocktool_stock.settings import Settings

from tests.fakes.market_server import MarketServer
from tests.fakes.stock_process import KEYS, a_portfolio, record, stock_process, user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

READ_ONLY = "market.read portfolio.read"


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    async with stock_process(market, emulator) as process:
        yield process


@pytest.fixture
async def http(stock: Process[Settings], request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    async with user_of(stock, f"usr_{request.node.name}") as client:
        yield client


@pytest.fixture
async def channel(stock: Process[Settings]) -> AsyncIterator[grpc.aio.Channel]:
    channel = open_channel(f"127.0.0.1:{stock.grpc_port}", stock.runtime.identity, None)
    yield channel
    await channel.close()


def as_user(http: httpx.AsyncClient) -> dict[str, Any]:
    """How a stub is called as the client's user."""
    return {"metadata": (("authorization", http.headers["authorization"]),), "timeout": 30}


async def a_small_portfolio(http: httpx.AsyncClient) -> str:
    portfolio_id = await a_portfolio(http)
    await record(
        http,
        portfolio_id,
        {"date": "2022-01-03", "type": "deposit", "amount": "20000"},
        {"date": "2022-01-03", "type": "buy", "symbol": "AAPL", "quantity": "20", "price": "180"},
    )
    return portfolio_id


async def test_indicators_are_those_of_the_page(http: httpx.AsyncClient, channel: grpc.aio.Channel) -> None:
    page = (await http.get("/bars/AAPL/indicators?names=sma:20,macd,sma:400&start=2024-11-20&end=2024-11-29")).json()
    asked = stock_pb.GetIndicatorsRequest(
        symbol="AAPL",
        names=["sma:20", "macd", "sma:400"],
        start=Date(year=2024, month=11, day=20),
        end=Date(year=2024, month=11, day=29),
    )
    stub: Any = StockServiceStub(channel)
    found = await stub.GetIndicators(asked, **as_user(http))
    lines = {line.name: [None if math.isnan(value) else value for value in line.values] for line in found.lines}
    assert lines == page["indicators"]
    assert (list(found.dates), list(found.close)) == (page["dates"], page["close"])
    assert (dict(found.conventions), dict(found.undefined)) == (page["conventions"], page["undefined"])

    with pytest.raises(InvalidArgument, match="is not one of"):
        await stub.GetIndicators(stock_pb.GetIndicatorsRequest(symbol="AAPL", names=["magic"]), **as_user(http))
    asked.start.CopyFrom(Date(year=2024, month=12, day=1))
    with pytest.raises(InvalidArgument, match="must not be after the end"):
        await stub.GetIndicators(asked, **as_user(http))


async def test_a_projection_is_that_of_the_page(http: httpx.AsyncClient, channel: grpc.aio.Channel) -> None:
    portfolio_id = await a_small_portfolio(http)
    plan: dict[str, Any] = {"years": 5, "paths": 500, "seed": 3, "contribution_monthly": "250"}
    withdrawal = {"rate": 0.04, "start": 2}
    page = await http.post(f"/portfolios/{portfolio_id}/projection", json=plan | {"withdrawal": withdrawal})
    asked = planning_pb.ProjectPortfolioRequest(
        portfolio_id=portfolio_id, withdrawal=planning_pb.MonthlyWithdrawal(rate=0.04, start_years=2), **plan
    )
    stub: Any = AnalyticsServiceStub(channel)
    found = await stub.ProjectPortfolio(asked, **as_user(http))
    assert MessageToDict(found.projection) == page.json()

    asked.withdrawal.start_years = 5
    with pytest.raises(InvalidArgument, match="before the last"):
        await stub.ProjectPortfolio(asked, **as_user(http))
    asked.withdrawal.amount = "100"
    with pytest.raises(InvalidArgument, match="exactly one"):
        await stub.ProjectPortfolio(asked, **as_user(http))


async def test_who_may_read_may_have_it_analysed(
    stock: Process[Settings], http: httpx.AsyncClient, channel: grpc.aio.Channel, request: pytest.FixtureRequest
) -> None:
    portfolio_id = await a_small_portfolio(http)
    stub: Any = AnalyticsServiceStub(channel)
    asked = analytics_pb.StartAnalysisRequest(portfolio_id=portfolio_id, kind="portfolio", idempotency_key="one")
    token = KEYS.token(f"usr_{request.node.name}"[:60], READ_ONLY)
    reading: dict[str, Any] = {"metadata": (("authorization", f"Bearer {token}"),), "timeout": 30}
    started = [(await stub.StartAnalysis(asked, **reading)).analysis.id for _ in range(2)]
    listed = await stub.ListAnalyses(analytics_pb.ListAnalysesRequest(portfolio_id=portfolio_id), **reading)
    assert [each.id for each in listed.items] == started[:1] == started[1:]
    async with user_of(stock, "usr_stranger") as stranger:
        with pytest.raises(NotFound):
            await stub.ListAnalyses(analytics_pb.ListAnalysesRequest(portfolio_id=portfolio_id), **as_user(stranger))


RULE = alert_pb.AlertRule(
    kind="all",
    of=[
        alert_pb.AlertRule(kind="price", symbol="AAPL", above="230"),
        alert_pb.AlertRule(kind="not", of=[alert_pb.AlertRule(kind="move", symbol="AAPL", days=5, below="-0.03")]),
    ],
)
PAGE_RULE = {
    "kind": "all",
    "of": [
        {"kind": "price", "symbol": "AAPL", "above": "230"},
        {"kind": "not", "of": {"kind": "move", "symbol": "AAPL", "days": 5, "below": -0.03}},
    ],
}


async def test_an_alert_is_made_once_listed_and_deleted(
    stock: Process[Settings], http: httpx.AsyncClient, channel: grpc.aio.Channel
) -> None:
    stub: Any = AlertServiceStub(channel)
    asked = alert_pb.CreateAlertRequest(name="High", rule=RULE, idempotency_key="once")
    made = [(await stub.CreateAlert(asked, **as_user(http))).alert for _ in range(2)]
    assert made[0] == made[1]
    assert made[0].summary == "(AAPL is above 230 and not AAPL moved below -3 % in 5 days)"
    listed = await stub.ListAlerts(alert_pb.ListAlertsRequest(), **as_user(http))
    assert [(each.id, each.status, each.rule) for each in listed.items] == [(made[0].id, "armed", RULE)]
    assert (await http.get(f"/alerts/{made[0].id}")).json()["rule"] == PAGE_RULE

    gone = alert_pb.DeleteAlertRequest(alert_id=made[0].id, idempotency_key="gone")
    async with user_of(stock, "usr_stranger") as stranger:
        with pytest.raises(NotFound):
            await stub.DeleteAlert(gone, **as_user(stranger))
    for _ in range(2):
        await stub.DeleteAlert(gone, **as_user(http))
    assert (await http.get("/alerts")).json()["items"] == []


async def test_a_rule_is_walked_through_the_year_as_on_the_page(
    http: httpx.AsyncClient, channel: grpc.aio.Channel
) -> None:
    page = (await http.post("/alerts:backtest", json={"rule": PAGE_RULE})).json()
    stub: Any = AlertServiceStub(channel)
    found = await stub.BacktestAlert(alert_pb.BacktestAlertRequest(rule=RULE), **as_user(http))
    assert [f"{day.year}-{day.month:02}-{day.day:02}" for day in found.fired] == page["fired"] != []
    assert (found.days, found.true_days, found.undefined_days) == (
        page["days"],
        page["true_days"],
        page["undefined_days"],
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (alert_pb.AlertRule(kind="price", symbol="AAPL"), "needs either above or below"),
        (alert_pb.AlertRule(kind="price", symbol="AAPL", above="1", days=3), "/rule/days is no field of this kind"),
        (alert_pb.AlertRule(kind="not", of=[RULE, RULE]), "/rule/of must be an object"),
        (alert_pb.AlertRule(kind="weight", portfolio_id="prt_none", symbol="AAPL", above="0.2"), "you do not have"),
        (alert_pb.AlertRule(kind="magic"), "/rule/kind must be one of"),
    ],
    ids=["no level", "foreign field", "two under not", "foreign portfolio", "unknown kind"],
)
async def test_what_is_no_rule_is_refused_by_its_place(
    http: httpx.AsyncClient, channel: grpc.aio.Channel, rule: alert_pb.AlertRule, said: str
) -> None:
    stub: Any = AlertServiceStub(channel)
    with pytest.raises(InvalidArgument, match=said):
        await stub.BacktestAlert(alert_pb.BacktestAlertRequest(rule=rule), **as_user(http))


async def test_who_may_only_read_makes_no_alert(http: httpx.AsyncClient, channel: grpc.aio.Channel) -> None:
    stub: Any = AlertServiceStub(channel)
    token = KEYS.token("usr_reader", READ_ONLY)
    asked = alert_pb.CreateAlertRequest(name="High", rule=RULE, idempotency_key="once")
    with pytest.raises(PermissionDenied):
        await stub.CreateAlert(asked, metadata=(("authorization", f"Bearer {token}"),), timeout=30)


PARAMETERS: dict[str, dict[str, Any]] = {
    "portfolio": {},
    "optimisation": {"method": "min_variance", "symbols": ["AAPL", "JPM"], "bounds": {"AAPL": [0.1, 0.6]}},
    "projection": {"years": 5, "paths": 500, "seed": 3, "contribution_monthly": "250"},
    "tax_lots": {"year": 2024, "long_after_days": 365},
    "statement": {"start": "2024-01-01", "end": "2024-06-30"},
}


@pytest.mark.parametrize("kind", PARAMETERS)
async def test_each_kind_of_analysis_starts_as_over_http(
    http: httpx.AsyncClient, channel: grpc.aio.Channel, kind: str
) -> None:
    portfolio_id = await a_small_portfolio(http)
    stub: Any = AnalyticsServiceStub(channel)
    asked = analytics_pb.StartAnalysisRequest(portfolio_id=portfolio_id, kind=kind, idempotency_key="one")
    asked.parameters.update(PARAMETERS[kind])
    started = (await stub.StartAnalysis(asked, **as_user(http))).analysis
    body = {"kind": kind, "parameters": PARAMETERS[kind]}
    page = (await http.post(f"/portfolios/{portfolio_id}/analyses", json=body)).json()
    assert (started.kind, MessageToDict(started.parameters)) == (page["kind"], page["parameters"])
    kept = (await http.get(f"/analyses/{started.id}")).json()
    assert kept["parameters"] == page["parameters"]
    again = (await stub.StartAnalysis(asked, **as_user(http))).analysis
    assert again.id == started.id


@pytest.mark.parametrize(
    ("kind", "parameters", "said"),
    [
        ("portfolio", {"years": 5}, "/parameters/years"),
        ("optimisation", {"method": "magic"}, "/parameters/method"),
        ("projection", {"years": 5.5}, "/parameters/years"),
        ("tax_lots", {"year": 2024, "start": "2024-01-01"}, "must have year, or start and end"),
        ("statement", {"start": "2024-13-01"}, "/parameters/start"),
        ("magic", {}, "kind"),
    ],
)
async def test_parameters_of_an_analysis_are_checked_by_its_kind(
    http: httpx.AsyncClient, channel: grpc.aio.Channel, kind: str, parameters: dict[str, Any], said: str
) -> None:
    portfolio_id = await a_small_portfolio(http)
    stub: Any = AnalyticsServiceStub(channel)
    asked = analytics_pb.StartAnalysisRequest(portfolio_id=portfolio_id, kind=kind, idempotency_key="one")
    asked.parameters.update(parameters)
    with pytest.raises(InvalidArgument, match=said):
        await stub.StartAnalysis(asked, **as_user(http))
    assert (await http.get(f"/portfolios/{portfolio_id}/analyses")).json()["items"] == []
