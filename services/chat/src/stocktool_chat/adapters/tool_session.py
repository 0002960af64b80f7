"""What the tools of one turn share: the services they ask, and the user's portfolios, asked for once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import grpc
from google.type.date_pb2 import Date
from stocktool.rag.v1.rag_service_pb2_grpc import RagServiceStub
from stocktool.stock.v1 import portfolio_service_pb2 as portfolio_pb
from stocktool.stock.v1.alert_service_pb2_grpc import AlertServiceStub
from stocktool.stock.v1.analytics_service_pb2_grpc import AnalyticsServiceStub
from stocktool.stock.v1.portfolio_service_pb2_grpc import PortfolioServiceStub
from stocktool.stock.v1.stock_service_pb2_grpc import StockServiceStub
from stocktool_kit.core.errors import NotFound

from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.application.ports import ToolDefinition
from stocktool_chat.application.web_search import WebSearch
from stocktool_chat.domain.conversation import TurnId
from stocktool_chat.domain.earlier_results import EarlierResults
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.proposals import Prepared

if TYPE_CHECKING:  # the asynchronous stubs exist as types only
    from stocktool.rag.v1.rag_service_pb2_grpc import RagServiceAsyncStub
    from stocktool.stock.v1.alert_service_pb2_grpc import AlertServiceAsyncStub
    from stocktool.stock.v1.analytics_service_pb2_grpc import AnalyticsServiceAsyncStub
    from stocktool.stock.v1.portfolio_service_pb2_grpc import PortfolioServiceAsyncStub
    from stocktool.stock.v1.stock_service_pb2_grpc import StockServiceAsyncStub


class UnknownTool(NotFound):
    """No tool has this name."""

    reason = "UNKNOWN_TOOL"


class NoPortfolio(NotFound):
    """The user has no portfolio, or none by this name."""

    reason = "PORTFOLIO_NOT_FOUND"


class Services:
    """Stubs of the services that tools ask, and the search of the web where one is configured."""

    def __init__(self, stock: grpc.aio.Channel, rag: grpc.aio.Channel, web: WebSearch | None = None) -> None:
        self.market: StockServiceAsyncStub = StockServiceStub(stock)
        self.portfolios: PortfolioServiceAsyncStub = PortfolioServiceStub(stock)
        self.analytics: AnalyticsServiceAsyncStub = AnalyticsServiceStub(stock)
        self.alerts: AlertServiceAsyncStub = AlertServiceStub(stock)
        self.documents: RagServiceAsyncStub = RagServiceStub(rag)
        self.web = web


class Session:
    """The tools for one turn; the list of portfolios is asked for once.

    Attributes:
        ask: The services.
        turn_id: The turn; with it a write that runs again is known for the same.
        earlier: What its calls gave so far.
    """

    def __init__(self, services: Services, turn_id: TurnId, earlier: EarlierResults) -> None:
        self.ask = services
        self.turn_id = turn_id
        self.earlier = earlier
        self._listing: asyncio.Task[list[portfolio_pb.Portfolio]] | None = None

    async def portfolio(self, wanted: str | None) -> portfolio_pb.Portfolio:
        """The user's portfolio by id or name; the first one when none is named.

        Raises:
            NoPortfolio: There is none, or none by this name.
        """
        portfolios = await self.portfolios()
        if not portfolios:
            raise NoPortfolio("the user has no portfolio yet")
        if wanted is None:
            return portfolios[0]
        for portfolio in portfolios:
            if wanted == portfolio.id or wanted.casefold() == portfolio.name.casefold():
                return portfolio
        names = ", ".join(portfolio.name for portfolio in portfolios)
        raise NoPortfolio(f"the user has no portfolio {wanted!r}; there are: {names}", portfolio=wanted)

    async def portfolios(self) -> list[portfolio_pb.Portfolio]:
        """The user's portfolios."""
        if self._listing is None:
            self._listing = asyncio.ensure_future(self._list())
        try:
            return await asyncio.shield(self._listing)
        except Exception:
            self._listing = None  # the next tool asks again
            raise

    async def _list(self) -> list[portfolio_pb.Portfolio]:
        answer = await self.ask.portfolios.ListPortfolios(portfolio_pb.ListPortfoliosRequest(page_size=100))
        return list(answer.items)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what the model is told of it, and what it does.

    Attributes:
        gives: The type its result is made from: the service's message, or one of ours.
        besides: Names of the result beside those of that message: lists under our own name, the portfolio.
        cached: Whether the same call, made again in the same turn, may be answered with what it gave before.
        kept: Whether it may be for a short while after the turn too, to the same user: what it gives does not change by
            what anybody does here.
    """

    name: str
    description: str
    arguments: type[args.Arguments]
    run: Callable[[Session, Any], Awaitable[JsonObject | Prepared]]
    gives: type[Any]
    besides: tuple[str, ...] = ()
    cached: bool = True
    kept: bool = False

    def definition(self) -> ToolDefinition:
        """As the model sees it."""
        return ToolDefinition(self.name, self.description, args.strict_schema(self.arguments))


def wire_day(day: date | None) -> Date | None:
    """A day as protobuf has it."""
    return None if day is None else Date(year=day.year, month=day.month, day=day.day)


def about(portfolio: portfolio_pb.Portfolio, result: JsonObject) -> JsonObject:
    """A result with the portfolio it is about."""
    head = {"id": portfolio.id, "name": portfolio.name, "base_currency": portfolio.base_currency}
    return {"portfolio": head, **result}


def renamed(plain: JsonObject, **names: str) -> JsonObject:
    """An object with some of its keys called otherwise."""
    return {names.get(key, key): value for key, value in plain.items()}
