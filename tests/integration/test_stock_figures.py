"""Returns in parts, their explanation and their trails, over real sockets on the bundled prices and the ECB's rates."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from stocktool.stock.v1 import analytics_service_pb2 as pb
from stocktool.stock.v1 import analytics_service_pb2_grpc as pb_grpc
from stocktool_kit.process import Process, running
from stocktool_kit.rpc.channel import open_channel
from stocktool_stock.settings import Settings

from tests.fakes.stock_process import KEYS, SCOPES, money, record, stock_settings, trusting, user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws
    from tests.fakes.market_server import MarketServer

Json = dict[str, Any]
USER = "usr_figures"


@pytest.fixture
async def stock(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[Process[Settings]]:
    async with running(stock_settings(market, emulator), trusting()) as process:
        yield process


async def two_currencies(http: httpx.AsyncClient) -> tuple[str, Json]:
    """Apple before its split of 2020 in dollars, JPMorgan and cash in a euro account; income, fees, a sale."""
    accounts = [{"name": "US", "currency": "USD"}, {"name": "EU", "currency": "EUR"}]
    created = await http.post("/portfolios", json={"name": "Mine", "base_currency": "USD", "accounts": accounts})
    body = created.json()
    us, eu = (account["id"] for account in body["accounts"])
    apple: Json = {"symbol": "AAPL", "account_id": us}
    bank: Json = {"symbol": "JPM", "account_id": eu, "currency": "USD"}
    await record(
        http,
        body["id"],
        {"date": "2020-01-02", "type": "deposit", "amount": "10000", "account_id": us},
        {"date": "2020-01-02", "type": "buy", "quantity": "20", "price": "300", "fee": "5"} | apple,
        {"date": "2020-03-02", "type": "deposit", "amount": "8000", "account_id": eu},
        {"date": "2020-03-02", "type": "buy", "quantity": "30", "price": "100"} | bank,
        {"date": "2020-08-31", "type": "split", "symbol": "AAPL", "ratio": "4"},
        {"date": "2020-12-15", "type": "interest", "amount": "12.34", "account_id": us},
        {"date": "2021-02-01", "type": "sell", "quantity": "30", "price": "134", "tax": "40"} | apple,
        {"date": "2021-03-01", "type": "fee", "amount": "9.99", "account_id": eu},
        {"date": "2021-06-01", "type": "withdrawal", "amount": "1000", "account_id": us},
    )
    return str(body["id"]), {"us": us, "eu": eu}


async def get(http: httpx.AsyncClient, path: str, **params: object) -> Json:
    answer = await http.get(path, params={name: str(value) for name, value in params.items()})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def whole_trail(http: httpx.AsyncClient, path: str, **params: object) -> Json:
    whole: Json = {}
    token = ""
    while True:
        page = await get(http, f"{path}/trail", page_size=400, page_token=token, **params)
        for table in page["totals"]:
            page[table] = [*whole.get(table, []), *page[table]]
        whole, token = page, page["next_page_token"]
        if not token:
            return whole


async def test_returns_come_in_parts_that_sum_and_with_trails(stock: Process[Settings]) -> None:
    async with user_of(stock, USER) as http:
        portfolio_id, accounts = await two_currencies(http)
        path = f"/portfolios/{portfolio_id}"
        whole = await get(http, f"{path}/performance", end="2021-12-31", benchmark="SPY")
        parts = [
            await get(http, f"{path}/performance", end="2021-12-31", account_id=each) for each in accounts.values()
        ]
        assert sum(money(part["gain"]) for part in parts) == pytest.approx(money(whole["gain"]), abs=Decimal("0.01"))
        gross = await get(http, f"{path}/performance", end="2021-12-31", gross="true")
        charged = money(whole["fees"]) + money(whole["taxes"])
        assert money(gross["gain"]) == pytest.approx(money(whole["gain"]) + charged, abs=Decimal("0.01"))
        assert whole["benchmark"]["same_flows"]["value_end"]["currency"] == "USD"
        assert [row["year"] for row in whole["monthly"]] == [2020, 2021]
        years = math.prod(1 + row["total"] for row in whole["monthly"]) - 1
        assert years == pytest.approx(whole["twr"], rel=1e-9)

        for by in ("holding", "account", "sector", "currency"):
            told = await get(http, f"{path}/contribution", end="2021-12-31", by=by)
            assert math.fsum(row["contribution"] for row in told["items"]) == pytest.approx(whole["twr"], abs=1e-14)
            assert sum(money(row["gain"]) for row in told["items"]) == money(whole["gain"]) == money(told["gain"])
            assert "other" not in {row["key"] for row in told["items"]}

        steps = (await whole_trail(http, path, figure="twr", end="2021-12-31"))["steps"]
        chained = math.prod((row["value"] - row["flow"]) / row["before"] for row in steps if row["before"] > 0.005) - 1
        assert chained == pytest.approx(whole["twr"], rel=1e-12)
        value = await whole_trail(http, path, figure="market_value", as_of="2021-12-31")
        again = sum(
            Decimal(row["quantity"]) * Decimal(row["close"]) * Decimal(row["split_factor"]) * Decimal(row["rate"])
            for row in value["positions"]
        ) + sum(Decimal(row["amount"]) * Decimal(row["rate"]) for row in value["cash"])
        assert round(again, 2) == money(whole["value_end"]) == round(money(value["amount"]), 2)
        assert {row["source"] for row in value["rates"]} == {"ECB"}

        # What a receipt asks for: no start since inception, else the range's own; income from the day before it.
        part = await get(http, f"{path}/performance", start="2020-06-30", end="2021-12-31")
        assert (whole["since_inception"], part["since_inception"]) == (True, False)
        for name in ("net_flows", "fees", "taxes"):
            for told, asked in ((whole, {}), (part, {"start": "2020-06-30"})):
                trail = await get(http, f"{path}/trail", figure=name, end="2021-12-31", **asked)
                assert round(money(trail["amount"]), 2) == money(told[name])
        income = await get(http, f"{path}/income", start="2020-12-15", end="2021-12-31")
        trail = await get(http, f"{path}/trail", figure="income", start="2020-12-14", end="2021-12-31")
        assert money(trail["amount"]) == money(income["received"]["gross"]) == Decimal("12.34")

        risk = await get(http, f"{path}/risk", end="2021-12-31", benchmark="SPY", include_series="true")
        assert math.fsum(risk["risk_contribution"].values()) == pytest.approx(1)
        assert risk["holding_correlation"]["AAPL/JPM"] == risk["holding_correlation"]["JPM/AAPL"]
        assert min(risk["series"]["drawdown"]) == pytest.approx(risk["max_drawdown"], rel=1e-12)
        assert risk["tracking_error"] > 0


async def test_active_returns_are_explained_where_sectors_are_known(stock: Process[Settings]) -> None:
    async with user_of(stock, USER) as http:
        portfolio_id, _ = await two_currencies(http)
        path = f"/portfolios/{portfolio_id}/attribution"
        fund = await get(http, path, benchmark="SPY", start="2020-06-30", end="2021-06-30")
        assert (fund["allocation"], fund["n_periods"]) == (None, 0)
        assert fund["undefined"]["allocation"].startswith("the sector weights of SPY are not known")
        assert fund["active_return"] == pytest.approx(fund["portfolio_return"] - fund["benchmark_return"])
        body = {
            "start": "2020-06-30",
            "end": "2021-06-30",
            "benchmark": {"symbols": {"AAPL": 0.4, "JPM": "0.3", "XOM": 0.3}},
        }
        found = (await http.post(path, json=body)).json()
        effects = [found[name] for name in ("allocation", "selection", "interaction", "unexplained")]
        assert math.fsum(effects) == pytest.approx(found["active_return"], abs=1e-13)
        assert found["portfolio_return"] == pytest.approx(fund["portfolio_return"], rel=1e-12)
        assert {"Energy", "Financials", "Information Technology", "cash"} == {row["sector"] for row in found["sectors"]}
        wrong = await http.post(path, json={"benchmark": {"symbols": {"AAPL": 0.4}}})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/benchmark/symbols")
        async with user_of(stock, "usr_stranger") as stranger:
            for call in ("attribution", "contribution", "trail?figure=twr"):
                assert (await stranger.get(f"/portfolios/{portfolio_id}/{call}")).status_code == 404


async def test_grpc_tells_the_same_trail(stock: Process[Settings]) -> None:
    async with user_of(stock, USER) as http:
        portfolio_id, _ = await two_currencies(http)
        page = await get(http, f"/portfolios/{portfolio_id}/trail", figure="gain", start="2020-06-30", end="2021-06-30")
    channel = open_channel(f"127.0.0.1:{stock.grpc_port}", stock.runtime.identity, None)
    metadata = (("authorization", f"Bearer {KEYS.token(USER, SCOPES)}"),)
    request = pb.GetTrailRequest(portfolio_id=portfolio_id, figure="gain")
    request.start.year, request.start.month, request.start.day = 2020, 6, 30
    request.end.year, request.end.month, request.end.day = 2021, 6, 30
    answer = await pb_grpc.AnalyticsServiceStub(channel).GetTrail(request, metadata=metadata)
    trail = answer.trail
    assert trail.amount.amount == page["amount"]["amount"]
    assert [row.value for row in trail.positions] == [row["value"] for row in page["positions"]]
    assert [row.value for row in trail.flows] == [row["value"] for row in page["flows"]]
    assert dict(trail.totals) == page["totals"]
    assert trail.formula == page["formula"]
    await channel.close()
