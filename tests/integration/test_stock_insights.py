"""Contributions, income and realised gains over gRPC say what the HTTP API says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf.json_format import MessageToDict
from google.type.date_pb2 import Date
from stocktool.stock.v1 import analytics_service_pb2_grpc as grpc_stubs
from stocktool.stock.v1 import insights_pb2 as pb
from stocktool_kit.core.errors import NotFound
from stocktool_kit.rpc.channel import open_channel

from tests.fakes.market_server import market_server
from tests.fakes.stock_process import KEYS, SCOPES, stock_process, user_of

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

USER = "usr_insights"
ENTRIES = [
    {"date": "2023-01-03", "type": "deposit", "amount": "20000"},
    {"date": "2023-01-03", "type": "buy", "symbol": "AAPL", "quantity": "40", "price": "125"},
    {"date": "2023-01-03", "type": "buy", "symbol": "JPM", "quantity": "30", "price": "135"},
    {"date": "2024-03-01", "type": "dividend", "symbol": "JPM", "amount": "31.50", "tax": "4.73"},
    {"date": "2024-06-03", "type": "sell", "symbol": "AAPL", "quantity": "15", "price": "194"},
]


async def test_both_transports_tell_the_same(emulator: EmulatedAws) -> None:
    with market_server() as market:
        async with (
            stock_process(market, emulator) as stock,
            user_of(stock, USER) as http,
            open_channel(f"127.0.0.1:{stock.grpc_port}", stock.runtime.identity, None) as channel,
        ):
            portfolio = (await http.post("/portfolios", json={"name": "Mine", "base_currency": "USD"})).json()["id"]
            booked = await http.post(f"/portfolios/{portfolio}/transactions", json={"items": ENTRIES})
            assert booked.status_code == 201, booked.text
            stub = grpc_stubs.AnalyticsServiceStub(channel)
            metadata = (("authorization", f"Bearer {KEYS.token(USER, SCOPES)}"),)

            contribution = await stub.GetContribution(
                pb.GetContributionRequest(portfolio_id=portfolio, period="ytd", by=pb.CONTRIBUTION_BY_SECTOR),
                metadata=metadata,
                timeout=30,
            )
            income = await stub.GetIncome(
                pb.GetIncomeRequest(portfolio_id=portfolio, end=Date(year=2024, month=6, day=28)),
                metadata=metadata,
                timeout=30,
            )
            realised = await stub.GetRealised(
                pb.GetRealisedRequest(portfolio_id=portfolio, symbol="AAPL"), metadata=metadata, timeout=30
            )

            path = f"/portfolios/{portfolio}"
            shown = (await http.get(f"{path}/contribution?period=ytd&by=sector")).json()
            assert MessageToDict(contribution.contribution) == shown
            assert MessageToDict(income.income) == (await http.get(f"{path}/income?end=2024-06-28")).json()
            assert MessageToDict(realised.realised) == (await http.get(f"{path}/realised?symbol=AAPL")).json()
            assert income.income["received"]["net"]["amount"] == "26.77", "31.50 - 4.73"
            assert realised.realised["total"]["gain"]["amount"] == "1035.00", "15 x (194 - 125)"
            with pytest.raises(NotFound):
                await stub.GetIncome(pb.GetIncomeRequest(portfolio_id="prt_other"), metadata=metadata, timeout=30)
