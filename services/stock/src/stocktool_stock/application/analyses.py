"""Background analyses: start one, read one, run one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Kind, StockToolError
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_id

from stocktool_stock.application.allocate_portfolio import AllocatePortfolio, AllocationReport
from stocktool_stock.application.measure_performance import MeasurePerformance, PerformanceReport
from stocktool_stock.application.measure_risk import MeasureRisk, RiskReport
from stocktool_stock.application.ports import AnalysisClaim, AnalysisStore, PortfolioStore
from stocktool_stock.application.value_portfolio import HoldingsReport, ValuePortfolio
from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.analysis import Analysis, AnalysisKind, AnalysisState, Json
from stocktool_stock.domain.portfolio import PortfolioId

_RETRIED = frozenset({Kind.UNAVAILABLE, Kind.RATE_LIMITED, Kind.DEADLINE_EXCEEDED, Kind.CONFLICT})


@dataclass(frozen=True, slots=True)
class PortfolioAnalysis:
    """Everything one analysis of a portfolio found."""

    holdings: HoldingsReport
    performance: PerformanceReport
    risk: RiskReport
    allocation: Mapping[AllocationBy, AllocationReport]


Render = Callable[[PortfolioAnalysis], Mapping[str, Json]]
"""Writes an analysis in the shapes of the public API, which is how it is stored."""


class StartAnalysis:
    """Queues an analysis, once per request."""

    def __init__(self, portfolios: PortfolioStore, analyses: AnalysisStore, clock: Clock) -> None:
        self._portfolios = portfolios
        self._analyses = analyses
        self._clock = clock

    async def __call__(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        kind: AnalysisKind,
        *,
        key: IdempotencyKey | None = None,
    ) -> Analysis:
        """Queue it.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """
        await self._portfolios.get(caller.owner, portfolio_id)
        analysis = Analysis(
            id=new_id("ana"),
            owner=caller.owner,
            portfolio_id=portfolio_id,
            kind=kind,
            state=AnalysisState.QUEUED,
            created_at=self._clock.now(),
        )
        return await self._analyses.start(analysis, key, caller.subject)


class ReadAnalysis:
    """Reads an analysis of the caller's."""

    def __init__(self, analyses: AnalysisStore) -> None:
        self._analyses = analyses

    async def __call__(self, caller: Caller, analysis_id: str) -> Analysis:
        """Read it.

        Raises:
            AnalysisNotFound: None by this id is the caller's.
        """
        return await self._analyses.get(caller.owner, analysis_id)


class RunAnalysis:
    """Runs a queued analysis, with one effect however often it is asked to.

    Every write is tied to the claim, so a worker that lost it stores nothing; a finished analysis is left as it is.
    Errors that may pass are raised, for the queue to deliver the message again; others end the analysis.
    """

    def __init__(
        self,
        analyses: AnalysisStore,
        value: ValuePortfolio,
        performance: MeasurePerformance,
        risk: MeasureRisk,
        allocate: AllocatePortfolio,
        *,
        render: Render,
        benchmark: str,
    ) -> None:
        self._analyses = analyses
        self._value = value
        self._performance = performance
        self._risk = risk
        self._allocate = allocate
        self._render = render
        self._benchmark = benchmark

    async def __call__(self, analysis_id: str, *, last_attempt: bool = False) -> None:
        """Run it.

        Args:
            analysis_id: Which.
            last_attempt: Whether the message will not be delivered again, so that any error is final.

        Raises:
            LeaseHeld: Another worker has it.
            StockToolError: It may succeed later.
        """
        async with self._analyses.claim(analysis_id) as claim:
            if claim is None:
                return
            try:
                result = await self._analyse(claim)
            except StockToolError as error:
                if error.kind in _RETRIED and not last_attempt:
                    raise
                await claim.fail(error.reason, error.message)
            else:
                await claim.finish(result)

    async def _analyse(self, claim: AnalysisClaim) -> Mapping[str, Json]:
        owner, portfolio_id = claim.analysis.owner, claim.analysis.portfolio_id
        holdings = await self._value(owner, portfolio_id)
        await claim.step("holdings")
        performance = await self._performance(owner, portfolio_id, benchmark=self._benchmark)
        await claim.step("performance")
        risk = await self._risk(owner, portfolio_id, benchmark=self._benchmark)
        await claim.step("risk")
        allocation = {by: await self._allocate(owner, portfolio_id, by=by) for by in AllocationBy}
        await claim.step("allocation")
        return self._render(PortfolioAnalysis(holdings, performance, risk, allocation))
