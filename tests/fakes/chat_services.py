"""Stock, rag and auth as the chat service meets them: real gRPC servers with answers of a test's own."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from stocktool.auth.v1 import auth_service_pb2 as auth_pb
from stocktool.auth.v1 import auth_service_pb2_grpc as auth_grpc
from stocktool.common.v1.money_pb2 import Money
from stocktool.rag.v1 import rag_service_pb2 as rag_pb
from stocktool.rag.v1 import rag_service_pb2_grpc as rag_grpc
from stocktool.stock.v1 import alert_service_pb2 as alert_pb
from stocktool.stock.v1 import alert_service_pb2_grpc as alert_grpc
from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool.stock.v1 import analytics_service_pb2_grpc as analytics_grpc
from stocktool.stock.v1 import planning_pb2 as planning_pb
from stocktool.stock.v1 import portfolio_service_pb2 as portfolio_pb
from stocktool.stock.v1 import portfolio_service_pb2_grpc as portfolio_grpc
from stocktool.stock.v1 import stock_service_pb2 as stock_pb
from stocktool.stock.v1 import stock_service_pb2_grpc as stock_grpc
from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Unavailable
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.process import TokenFactory, serving

from tests.fakes.chat_documents import ServedDocuments

_TOO_MANY_MOVERS = 20
SCOPES = "market.read portfolio.read portfolio.write documents.read chat.read chat.write"


@dataclass
class FakeAuth(auth_grpc.AuthServiceServicer):
    """Gives grants, and remembers them; suspended users get none."""

    tokens: TokenFactory
    opened: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)

    async def ListSigningKeys(
        self, request: auth_pb.ListSigningKeysRequest, context: Any
    ) -> auth_pb.ListSigningKeysResponse:
        return auth_pb.ListSigningKeysResponse(jwks_json=json.dumps(await self.tokens.jwks()))

    async def Delegate(self, request: auth_pb.DelegateRequest, context: Any) -> auth_pb.DelegateResponse:
        caller = current_caller()
        if caller.subject.startswith("usr_"):
            self.opened[request.work_id] = caller.subject
        subject = self.opened.get(request.work_id)
        if subject is None or subject in self.suspended or request.work_id in self.closed:
            raise PermissionDenied("this work gets no grant")
        scopes = ["documents.read", "market.read", "portfolio.read"]
        token = self.tokens.token(subject, " ".join(scopes), act={"sub": "chat"}, jti=request.work_id)
        return auth_pb.DelegateResponse(token=token, subject=subject, scopes=scopes)

    async def CloseGrant(self, request: auth_pb.CloseGrantRequest, context: Any) -> auth_pb.CloseGrantResponse:
        self.closed.add(request.work_id)
        return auth_pb.CloseGrantResponse()


class FakeMarket(stock_grpc.StockServiceServicer):
    """The market at the end of November 2024; counts what it was asked for prices."""

    def __init__(self) -> None:
        self.asked = 0

    async def GetMarketStatus(self, request: Any, context: Any) -> stock_pb.GetMarketStatusResponse:
        now = Timestamp()
        now.FromDatetime(datetime(2024, 11, 29, 18, tzinfo=UTC))
        return stock_pb.GetMarketStatusResponse(
            now=now, mode=stock_pb.MARKET_MODE_FIXED, calendar="XNYS", source="demo data"
        )

    async def GetQuotes(self, request: stock_pb.GetQuotesRequest, context: Any) -> stock_pb.GetQuotesResponse:
        self.asked += 1
        if "DOWN" in request.symbols:
            raise Unavailable("the provider of prices does not answer")
        quotes = [
            stock_pb.Quote(symbol=symbol, price=_usd("237.33"), change_fraction=0.0102, name="Apple Inc.")
            for symbol in request.symbols
            if symbol == "AAPL"
        ]
        errors = [
            stock_pb.SymbolError(symbol=symbol, reason="SYMBOL_NOT_FOUND")
            for symbol in request.symbols
            if symbol != "AAPL"
        ]
        return stock_pb.GetQuotesResponse(quotes=quotes, errors=errors)

    async def GetIndicators(
        self, request: stock_pb.GetIndicatorsRequest, context: Any
    ) -> stock_pb.GetIndicatorsResponse:
        return stock_pb.GetIndicatorsResponse(
            symbol=request.symbol,
            currency="USD",
            dates=["2024-11-27", "2024-11-29"],
            close=[234.93, 237.33],
            lines=[
                stock_pb.IndicatorLine(name="sma:20", values=[math.nan, 228.36]),
                stock_pb.IndicatorLine(name="rsi:14", values=[62.1, 66.4]),
            ],
            source="demo data",
        )

    async def GetMovers(self, request: stock_pb.GetMoversRequest, context: Any) -> stock_pb.GetMoversResponse:
        if request.limit == _TOO_MANY_MOVERS:
            raise Unavailable("the movers are not known now")
        return stock_pb.GetMoversResponse(gainers=[stock_pb.Quote(symbol="AAPL", price=_usd("237.33"))], considered=1)


class FakeAlerts(alert_grpc.AlertServiceServicer):
    """Alerts of one test; rules about NOPE are refused."""

    def __init__(self) -> None:
        self.writers: list[tuple[str, str]] = []
        self.alerts: dict[str, alert_pb.Alert] = {}

    async def BacktestAlert(
        self, request: alert_pb.BacktestAlertRequest, context: Any
    ) -> alert_pb.BacktestAlertResponse:
        if request.rule.symbol == "NOPE":
            raise InvalidArgument.of("/rule/symbol", "is no symbol")
        return alert_pb.BacktestAlertResponse(
            summary=f"{request.rule.symbol} is above {request.rule.above}",
            fired=[Date(year=2024, month=10, day=15)],
            days=252,
            true_days=9,
        )

    async def CreateAlert(self, request: alert_pb.CreateAlertRequest, context: Any) -> alert_pb.CreateAlertResponse:
        caller = current_caller()
        self.writers.append((caller.subject, caller.actor))
        alert = alert_pb.Alert(
            id=f"alr_{request.idempotency_key}", name=request.name, rule=request.rule, status="armed"
        )
        return alert_pb.CreateAlertResponse(alert=self.alerts.setdefault(alert.id, alert))

    async def ListAlerts(self, request: alert_pb.ListAlertsRequest, context: Any) -> alert_pb.ListAlertsResponse:
        return alert_pb.ListAlertsResponse(items=list(self.alerts.values()))

    async def DeleteAlert(self, request: alert_pb.DeleteAlertRequest, context: Any) -> alert_pb.DeleteAlertResponse:
        if self.alerts.pop(request.alert_id, None) is None:
            raise AlertNotFound("no such alert")
        return alert_pb.DeleteAlertResponse()


class AlertNotFound(NotFound):
    """As stock says it."""

    reason = "ALERT_NOT_FOUND"


class FakePortfolios(portfolio_grpc.PortfolioServiceServicer):
    """One portfolio for each user, whose total tells the user apart."""

    def __init__(self) -> None:
        self.total = "9493.20"
        self.callers: list[tuple[str, str]] = []
        self.writers: list[tuple[str, str]] = []
        self.recorded: dict[str, portfolio_pb.NewTransaction] = {}

    async def ListPortfolios(self, request: Any, context: Any) -> portfolio_pb.ListPortfoliosResponse:
        caller = current_caller()
        self.callers.append((caller.subject, caller.actor))
        owner = caller.owner
        account = portfolio_pb.Account(id="acc_1", name="Broker", currency="USD")
        portfolio = portfolio_pb.Portfolio(id=f"prt_{owner}", name="Family", base_currency="USD", accounts=[account])
        return portfolio_pb.ListPortfoliosResponse(items=[portfolio])

    async def GetHoldings(
        self, request: portfolio_pb.GetHoldingsRequest, context: Any
    ) -> portfolio_pb.GetHoldingsResponse:
        holding = portfolio_pb.Holding(
            symbol="AAPL",
            quantity="40",
            price=_usd("237.33"),
            market_value=_usd(self.total),
            unrealised=_usd("-106.80"),
            unrealised_return=-0.011125,
            weight=1.0,
        )
        holdings = portfolio_pb.Holdings(
            portfolio_id=request.portfolio_id,
            as_of=Date(year=2024, month=11, day=29),
            items=[holding],
            total=_usd(self.total),
        )
        return portfolio_pb.GetHoldingsResponse(holdings=holdings)

    async def RecordTransactions(
        self, request: portfolio_pb.RecordTransactionsRequest, context: Any
    ) -> portfolio_pb.RecordTransactionsResponse:
        caller = current_caller()
        self.writers.append((caller.subject, caller.actor))
        if request.items[0].quantity == "9999":
            raise FailedPrecondition("9999 AAPL cannot leave: only 40 are held", shortfall="9959")
        self.recorded.setdefault(f"txn_{request.idempotency_key}", request.items[0])
        item = portfolio_pb.Transaction(
            id=f"txn_{request.idempotency_key}", symbol=request.items[0].symbol, quantity=request.items[0].quantity
        )
        return portfolio_pb.RecordTransactionsResponse(items=[item], version=2)

    async def DeleteTransaction(
        self, request: portfolio_pb.DeleteTransactionRequest, context: Any
    ) -> portfolio_pb.DeleteTransactionResponse:
        del self.recorded[request.transaction_id]
        return portfolio_pb.DeleteTransactionResponse()


class FakeAnalytics(analytics_grpc.AnalyticsServiceServicer):
    """Performance and risk of that portfolio."""

    async def GetPerformance(
        self, request: analytics_pb.GetPerformanceRequest, context: Any
    ) -> analytics_pb.GetPerformanceResponse:
        performance = analytics_pb.Performance(
            portfolio_id=request.portfolio_id,
            twr=0.18274,
            gain=_usd("1467.20"),
            benchmark=analytics_pb.BenchmarkPerformance(symbol=request.benchmark or "SPY", twr=0.2654),
            undefined={"xirr": "no sign change"},
        )
        return analytics_pb.GetPerformanceResponse(performance=performance)

    async def GetRisk(self, request: analytics_pb.GetRiskRequest, context: Any) -> analytics_pb.GetRiskResponse:
        metrics = analytics_pb.RiskMetrics(volatility=0.2217, sharpe=1.183, max_drawdown=-0.1466)
        return analytics_pb.GetRiskResponse(risk=analytics_pb.Risk(metrics=metrics, benchmark=request.benchmark))

    def __init__(self) -> None:
        self.analyses: dict[str, analytics_pb.Analysis] = {}

    async def StartAnalysis(
        self, request: analytics_pb.StartAnalysisRequest, context: Any
    ) -> analytics_pb.StartAnalysisResponse:
        analysis = analytics_pb.Analysis(
            id=f"ana_{request.idempotency_key[:8]}", kind=request.kind, state=analytics_pb.ANALYSIS_STATE_QUEUED
        )
        return analytics_pb.StartAnalysisResponse(analysis=self.analyses.setdefault(analysis.id, analysis))

    async def GetAnalysis(
        self, request: analytics_pb.GetAnalysisRequest, context: Any
    ) -> analytics_pb.GetAnalysisResponse:
        analysis = analytics_pb.Analysis()
        analysis.CopyFrom(self.analyses[request.analysis_id])
        self.analyses[request.analysis_id].state = analytics_pb.ANALYSIS_STATE_DONE  # at the next look
        return analytics_pb.GetAnalysisResponse(analysis=analysis)

    async def ListAnalyses(
        self, request: analytics_pb.ListAnalysesRequest, context: Any
    ) -> analytics_pb.ListAnalysesResponse:
        return analytics_pb.ListAnalysesResponse(items=list(self.analyses.values())[::-1][: request.page_size])

    async def ProjectPortfolio(
        self, request: planning_pb.ProjectPortfolioRequest, context: Any
    ) -> planning_pb.ProjectPortfolioResponse:
        answer = planning_pb.ProjectPortfolioResponse()
        answer.projection.update(
            {
                "years": request.years,
                "saving": request.contribution_monthly,
                "withdrawal": MessageToDict(request.withdrawal, preserving_proto_field_name=True),
            }
        )
        return answer


@dataclass
class ChatNeighbours:
    """Where the fakes listen, and what they have seen."""

    tokens: TokenFactory
    auth: FakeAuth
    portfolios: FakePortfolios
    alerts: FakeAlerts
    market: FakeMarket
    rag: ServedDocuments
    auth_address: str
    stock_address: str
    rag_address: str

    def token(self, subject: str, scope: str = SCOPES) -> str:
        """A user's access token."""
        return self.tokens.token(subject, scope, lifetime=timedelta(minutes=10))


@asynccontextmanager
async def chat_neighbours() -> AsyncIterator[ChatNeighbours]:
    """Serve the fakes."""
    tokens = TokenFactory()
    auth, portfolios, alerts = FakeAuth(tokens), FakePortfolios(), FakeAlerts()
    market, rag = FakeMarket(), ServedDocuments()
    registrations = {
        "auth": [
            Registration(
                auth_grpc.add_AuthServiceServicer_to_server, auth, auth_pb.DESCRIPTOR.services_by_name["AuthService"]
            )
        ],
        "stock": [
            Registration(
                stock_grpc.add_StockServiceServicer_to_server,
                market,
                stock_pb.DESCRIPTOR.services_by_name["StockService"],
            ),
            Registration(
                portfolio_grpc.add_PortfolioServiceServicer_to_server,
                portfolios,
                portfolio_pb.DESCRIPTOR.services_by_name["PortfolioService"],
            ),
            Registration(
                analytics_grpc.add_AnalyticsServiceServicer_to_server,
                FakeAnalytics(),
                analytics_pb.DESCRIPTOR.services_by_name["AnalyticsService"],
            ),
            Registration(
                alert_grpc.add_AlertServiceServicer_to_server,
                alerts,
                alert_pb.DESCRIPTOR.services_by_name["AlertService"],
            ),
        ],
        "rag": [
            Registration(
                rag_grpc.add_RagServiceServicer_to_server,
                rag,
                rag_pb.DESCRIPTOR.services_by_name["RagService"],
            )
        ],
    }
    async with AsyncExitStack() as stack:
        addresses = {
            service: await stack.enter_async_context(serving(each, tokens, service))
            for service, each in registrations.items()
        }
        yield ChatNeighbours(
            tokens,
            auth,
            portfolios,
            alerts,
            market,
            rag,
            addresses["auth"],
            addresses["stock"],
            addresses["rag"],
        )


def _usd(amount: str) -> Money:
    return Money(amount=amount, currency="USD")
