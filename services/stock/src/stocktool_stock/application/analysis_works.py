"""What the kinds of analysis do that give a result and no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from stocktool_stock.application.allocate_portfolio import AllocatePortfolio, AllocationReport
from stocktool_stock.application.analysis_ports import TellStep
from stocktool_stock.application.measure_performance import MeasurePerformance, PerformanceReport
from stocktool_stock.application.measure_risk import MeasureRisk, RiskReport
from stocktool_stock.application.optimise_portfolio import OptimisationReport, OptimisePortfolio, Task
from stocktool_stock.application.project_portfolio import ProjectionReport, ProjectionRequest, ProjectPortfolio
from stocktool_stock.application.report_statement import Statement, StatementRequest
from stocktool_stock.application.report_tax_lots import TaxLotsReport, TaxLotsRequest
from stocktool_stock.application.value_portfolio import HoldingsReport, ValuePortfolio
from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.analysis import Analysis, Json, Outcome

Parameters: TypeAlias = Mapping[str, Json]
Result: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class PortfolioAnalysis:
    """Everything one analysis of a portfolio found."""

    holdings: HoldingsReport
    performance: PerformanceReport
    risk: RiskReport
    allocation: Mapping[AllocationBy, AllocationReport]


_CUTS = tuple(by for by in AllocationBy if by is not AllocationBy.HOLDING)  # which is that by symbol
Render: TypeAlias = Callable[[PortfolioAnalysis], Result]


@dataclass(frozen=True, slots=True)
class AnalysisWire:
    """Parameters read from what is stored, and results written in the shapes of the public API, which are stored."""

    render_portfolio: Render
    read_projection: Callable[[Parameters], ProjectionRequest]
    render_projection: Callable[[ProjectionReport], Result]
    read_optimisation: Callable[[Parameters], Task]
    render_optimisation: Callable[[OptimisationReport], Result]
    read_tax_lots: Callable[[Parameters], TaxLotsRequest]
    render_tax_lots: Callable[[TaxLotsReport], Result]
    read_statement: Callable[[Parameters], StatementRequest]
    render_statement: Callable[[Statement], Result]


class AnalysePortfolio:
    """Holdings, performance, risk and allocation in one."""

    def __init__(
        self,
        value: ValuePortfolio,
        performance: MeasurePerformance,
        risk: MeasureRisk,
        allocate: AllocatePortfolio,
        *,
        render: Render,
        benchmark: str,
    ) -> None:
        self._value = value
        self._performance = performance
        self._risk = risk
        self._allocate = allocate
        self._render = render
        self._benchmark = benchmark

    async def __call__(self, analysis: Analysis, tell: TellStep) -> Outcome:
        """Do it."""
        owner, portfolio_id = analysis.owner, analysis.portfolio_id
        holdings = await self._value(owner, portfolio_id)
        await tell("holdings")
        performance = await self._performance(owner, portfolio_id, benchmark=self._benchmark)
        await tell("performance")
        risk = await self._risk(owner, portfolio_id, benchmark=self._benchmark)
        await tell("risk")
        allocation = await self._allocate.cut(owner, portfolio_id, _CUTS)
        await tell("allocation")
        return Outcome(self._render(PortfolioAnalysis(holdings, performance, risk, allocation)))


class AnalyseOptimisation:
    """An optimisation in the background, for frontiers and many names."""

    def __init__(
        self,
        optimise: OptimisePortfolio,
        *,
        read: Callable[[Parameters], Task],
        render: Callable[[OptimisationReport], Result],
    ) -> None:
        self._optimise = optimise
        self._read = read
        self._render = render

    async def __call__(self, analysis: Analysis, tell: TellStep) -> Outcome:
        """Do it."""
        report = await self._optimise(analysis.owner, analysis.portfolio_id, self._read(analysis.parameters))
        await tell("weights")
        return Outcome(self._render(report))


class AnalyseProjection:
    """A projection in the background, for plans that take long."""

    def __init__(
        self,
        project: ProjectPortfolio,
        *,
        read: Callable[[Parameters], ProjectionRequest],
        render: Callable[[ProjectionReport], Result],
    ) -> None:
        self._project = project
        self._read = read
        self._render = render

    async def __call__(self, analysis: Analysis, tell: TellStep) -> Outcome:
        """Do it."""
        request = self._read(analysis.parameters)
        report = await self._project(analysis.owner, analysis.portfolio_id, request, tell=tell)
        return Outcome(self._render(report))
