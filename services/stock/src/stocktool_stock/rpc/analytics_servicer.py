"""`AnalyticsService` on the wire."""

from __future__ import annotations

import numpy as np
from stocktool.stock.v1 import analytics_service_pb2 as pb
from stocktool_kit.core.caller import current_caller

from stocktool_stock.application.allocate_portfolio import AllocationReport
from stocktool_stock.application.book_figures import FigureQuery
from stocktool_stock.application.compare_symbols import Comparison
from stocktool_stock.application.measure_performance import PerformanceReport
from stocktool_stock.application.measure_risk import RiskReport
from stocktool_stock.application.periods import Period
from stocktool_stock.application.portfolio_uses import PortfolioUses
from stocktool_stock.application.read_history import BenchmarkReport
from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.bars import Days
from stocktool_stock.domain.exact import Undefined, number_or_none
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.risk import RiskFigures
from stocktool_stock.domain.segments import Scope
from stocktool_stock.rpc.analysis_methods import AnalysisMethods, ReadParameters
from stocktool_stock.rpc.insight_methods import InsightMethods, InsightRender
from stocktool_stock.rpc.planning_methods import PlanningMethods, PlanningRender
from stocktool_stock.rpc.trails import trail_message
from stocktool_stock.rpc.wire import Context, from_date, page_of, to_date, to_money

_PERIODS = {
    pb.PERIOD_YEAR_TO_DATE: Period.YEAR_TO_DATE,
    pb.PERIOD_ONE_YEAR: Period.ONE_YEAR,
    pb.PERIOD_ONE_MONTH: Period.ONE_MONTH,
    pb.PERIOD_SINCE_INCEPTION: Period.SINCE_INCEPTION,
}
_CUTS = {
    AllocationBy.SECTOR: pb.ALLOCATION_BY_SECTOR,
    AllocationBy.SYMBOL: pb.ALLOCATION_BY_SYMBOL,
    AllocationBy.CURRENCY: pb.ALLOCATION_BY_CURRENCY,
    AllocationBy.ACCOUNT: pb.ALLOCATION_BY_ACCOUNT,
    AllocationBy.CLASS: pb.ALLOCATION_BY_CLASS,
    AllocationBy.COUNTRY: pb.ALLOCATION_BY_COUNTRY,
    AllocationBy.HOLDING: pb.ALLOCATION_BY_HOLDING,
}
_FROM_CUT = {wire: by for by, wire in _CUTS.items()}


class AnalyticsServicer(PlanningMethods, InsightMethods, AnalysisMethods):
    """Converts, calls, converts."""

    def __init__(
        self, uses: PortfolioUses, render: PlanningRender, insights: InsightRender, parameters: ReadParameters
    ) -> None:
        self._uses = uses
        self._planning = uses.planning
        self._project = uses.project
        self._render = render
        self._insights = insights
        self._parameters = parameters

    async def GetPerformance(self, request: pb.GetPerformanceRequest, context: Context) -> pb.GetPerformanceResponse:
        """Measure returns."""
        report = await self._uses.performance(
            current_caller().owner,
            PortfolioId(request.portfolio_id),
            start=from_date(request, "start"),
            end=from_date(request, "end"),
            period=_PERIODS.get(request.period),
            benchmark=request.benchmark,
            scope=Scope(request.account_id, request.symbol),
            gross=request.gross,
        )
        return pb.GetPerformanceResponse(performance=_performance(report, with_series=request.include_series))

    async def GetRisk(self, request: pb.GetRiskRequest, context: Context) -> pb.GetRiskResponse:
        """Measure risk."""
        report = await self._uses.risk(
            current_caller().owner,
            PortfolioId(request.portfolio_id),
            start=from_date(request, "start"),
            end=from_date(request, "end"),
            period=_PERIODS.get(request.period),
            benchmark=request.benchmark,
            risk_free=request.risk_free_annual if request.HasField("risk_free_annual") else 0.0,
        )
        return pb.GetRiskResponse(risk=_risk(report))

    async def GetTrail(self, request: pb.GetTrailRequest, context: Context) -> pb.GetTrailResponse:
        """Tell what a figure came from."""
        asked = FigureQuery(
            name=request.figure,
            scope=Scope(request.account_id, request.symbol),
            as_of=from_date(request, "as_of"),
            start=from_date(request, "start"),
            end=from_date(request, "end"),
            period=_PERIODS.get(request.period),
            benchmark=request.benchmark,
            gross=request.gross,
            risk_free=request.risk_free_annual if request.HasField("risk_free_annual") else 0.0,
        )
        page = page_of(request.page_size, request.page_token)
        trail = await self._uses.trail(current_caller().owner, PortfolioId(request.portfolio_id), asked, page)
        return pb.GetTrailResponse(trail=trail_message(trail), next_page_token=trail.next_page_token)

    async def GetAllocation(self, request: pb.GetAllocationRequest, context: Context) -> pb.GetAllocationResponse:
        """Cut a portfolio into slices."""
        report = await self._uses.allocate(
            current_caller().owner,
            PortfolioId(request.portfolio_id),
            by=_FROM_CUT.get(request.by, AllocationBy.SECTOR),
            as_of=from_date(request, "as_of"),
        )
        return pb.GetAllocationResponse(allocation=_allocation(report))

    async def CompareSymbols(self, request: pb.CompareSymbolsRequest, context: Context) -> pb.CompareSymbolsResponse:
        """Compare symbols."""
        comparison = await self._uses.compare(
            list(request.symbols),
            start=from_date(request, "start"),
            end=from_date(request, "end"),
            period=_PERIODS.get(request.period),
        )
        return _comparison(comparison)


def _days(days: Days) -> list[str]:
    return [str(day) for day in np.datetime_as_string(days, unit="D")]


def _performance(report: PerformanceReport, *, with_series: bool) -> pb.Performance:
    message = pb.Performance(
        portfolio_id=report.portfolio.id,
        start=to_date(report.start),
        end=to_date(report.end),
        gain=to_money(report.gain),
        net_flows=to_money(report.net_flows),
        value_start=to_money(report.value_start),
        value_end=to_money(report.value_end),
        conventions=dict(report.conventions),
        prices_as_of=to_date(report.prices_as_of),
        stale_prices=report.stale_prices,
        warnings=report.warnings,
        fees=to_money(report.fees),
        taxes=to_money(report.taxes),
        account_id=report.scope.account_id,
        symbol=report.scope.symbol,
        gross=report.gross,
        since_inception=report.since_inception,
    )
    for name, figure in report.figures.items():
        if isinstance(figure, Undefined):
            message.undefined[name] = figure.reason
        else:
            setattr(message, name, figure)
    if report.benchmark is not None:
        message.benchmark.CopyFrom(_benchmark(report.benchmark, report.days, with_series=with_series))
    if with_series:
        dates = _days(report.days)
        message.series.CopyFrom(pb.ValueSeries(dates=dates, values=report.values.tolist()))
        message.drawdown.CopyFrom(pb.DrawdownSeries(dates=dates, values=report.drawdown.tolist()))
    return message


def _benchmark(benchmark: BenchmarkReport, days: Days, *, with_series: bool) -> pb.BenchmarkPerformance:
    message = pb.BenchmarkPerformance(
        symbol=benchmark.symbol,
        twr=number_or_none(benchmark.twr),
        price_as_of=to_date(benchmark.price_as_of),
        stale=benchmark.stale,
    )
    if isinstance(benchmark.twr, Undefined):
        message.undefined["twr"] = benchmark.twr.reason
    elif with_series:
        message.dates.extend(_days(days))
        message.growth.extend(benchmark.growth.tolist())
    return message


def _metrics(risk: RiskFigures) -> pb.RiskMetrics:
    message = pb.RiskMetrics(
        n_returns=risk.n_returns,
        first_date=to_date(risk.first_date),
        last_date=to_date(risk.last_date),
        undefined=risk.undefined(),
    )
    for name, figure in risk.figures.items():
        if not isinstance(figure, Undefined):
            setattr(message, name, figure)
    for name, day in risk.days.items():
        if not isinstance(day, Undefined):
            getattr(message, name).CopyFrom(to_date(day))
    return message


def _risk(report: RiskReport) -> pb.Risk:
    return pb.Risk(
        portfolio_id=report.portfolio.id,
        start=to_date(report.start),
        end=to_date(report.end),
        metrics=_metrics(report.risk),
        benchmark=report.benchmark,
        conventions=dict(report.conventions),
        prices_as_of=to_date(report.prices_as_of),
        stale_prices=report.stale_prices,
        warnings=report.warnings,
    )


def _allocation(report: AllocationReport) -> pb.Allocation:
    message = pb.Allocation(
        portfolio_id=report.portfolio_id,
        as_of=to_date(report.valuation.as_of),
        by=_CUTS[report.by],
        total=to_money(report.valuation.total),
        stale_prices=report.valuation.stale_prices,
        unpriced=report.valuation.unpriced,
    )
    if isinstance(report.slices, Undefined):
        message.undefined["slices"] = report.slices.reason
        return message
    for part in report.slices:
        message.slices.add(
            key=part.key, label=part.label, value=to_money(part.value), weight=part.weight, symbols=part.symbols
        )
    return message


def _comparison(comparison: Comparison) -> pb.CompareSymbolsResponse:
    return pb.CompareSymbolsResponse(
        start=to_date(comparison.start),
        end=to_date(comparison.end),
        items=[
            pb.ComparedSymbol(
                symbol=item.symbol,
                currency=item.currency,
                metrics=_metrics(item.risk),
                price_as_of=to_date(item.price_as_of),
                stale=item.stale,
            )
            for item in comparison.items
        ],
        errors=[pb.UncomparedSymbol(symbol=symbol, reason=reason) for symbol, reason in comparison.errors],
        correlations=[
            pb.SymbolCorrelation(left=left, right=right, value=number_or_none(figure))
            for (left, right), figure in comparison.correlations.items()
        ],
        conventions=dict(comparison.conventions),
    )
