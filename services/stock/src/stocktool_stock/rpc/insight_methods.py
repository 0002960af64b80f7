"""The methods of `AnalyticsService` that say where gains and income came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stocktool.stock.v1 import analytics_service_pb2_grpc as pb_grpc
from stocktool.stock.v1 import insights_pb2 as pb
from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, PageRequest

from stocktool_stock.application.measure_contribution import ContributionReport
from stocktool_stock.application.measure_income import IncomeReport
from stocktool_stock.application.periods import Period
from stocktool_stock.application.portfolio_uses import PortfolioUses
from stocktool_stock.application.report_realised import RealisedReport
from stocktool_stock.domain.analysis import Json
from stocktool_stock.domain.contribution import ContributionBy
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.rpc.wire import Context, from_date, struct

_PARTS = {
    pb.CONTRIBUTION_BY_ACCOUNT: ContributionBy.ACCOUNT,
    pb.CONTRIBUTION_BY_SECTOR: ContributionBy.SECTOR,
    pb.CONTRIBUTION_BY_CURRENCY: ContributionBy.CURRENCY,
}


@dataclass(frozen=True, slots=True)
class InsightRender:
    """Writes answers in the shapes of the public API."""

    contribution: Callable[[ContributionReport], Mapping[str, Json]]
    income: Callable[[IncomeReport], Mapping[str, Json]]
    realised: Callable[[RealisedReport], Mapping[str, Json]]


class InsightMethods(pb_grpc.AnalyticsServiceServicer):
    """Converts, calls, converts."""

    _uses: PortfolioUses
    _insights: InsightRender

    async def GetContribution(self, request: pb.GetContributionRequest, context: Context) -> pb.GetContributionResponse:
        """Share out a return."""
        report = await self._uses.contribution(
            current_caller().owner,
            PortfolioId(request.portfolio_id),
            by=_PARTS.get(request.by, ContributionBy.HOLDING),
            start=from_date(request, "start"),
            end=from_date(request, "end"),
            period=Period(request.period) if request.period else None,
        )
        return pb.GetContributionResponse(contribution=struct(self._insights.contribution(report)))

    async def GetIncome(self, request: pb.GetIncomeRequest, context: Context) -> pb.GetIncomeResponse:
        """Sum up dividends and interest."""
        report = await self._uses.income(
            current_caller().owner,
            PortfolioId(request.portfolio_id),
            start=from_date(request, "start"),
            end=from_date(request, "end"),
        )
        return pb.GetIncomeResponse(income=struct(self._insights.income(report)))

    async def GetRealised(self, request: pb.GetRealisedRequest, context: Context) -> pb.GetRealisedResponse:
        """Report sales."""
        report = await self._uses.realised(
            current_caller().owner,
            PortfolioId(request.portfolio_id),
            PageRequest(request.page_size or DEFAULT_PAGE_SIZE, request.page_token),
            start=from_date(request, "start"),
            end=from_date(request, "end"),
            symbol=request.symbol,
        )
        return pb.GetRealisedResponse(realised=struct(self._insights.realised(report)))
