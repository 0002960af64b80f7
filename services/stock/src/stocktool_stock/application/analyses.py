"""Background analyses: start one, read them, cancel one. What a worker does stands in `run_analysis`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_id
from stocktool_kit.core.once import once
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_stock.application.analysis_ports import AnalysisStore, ReportLink, ReportStore
from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.domain.analysis import Analysis, AnalysisKind, AnalysisState, Json, TooManyAnalyses
from stocktool_stock.domain.portfolio import PortfolioId

MAX_OPEN = 20
"""Of so many newest analyses of a portfolio one must have ended before another may start: a soft bound."""


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
        parameters: Mapping[str, Json] | None = None,
        key: IdempotencyKey | None = None,
    ) -> Analysis:
        """Queue it; the parameters are those of its kind, checked by the caller.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
            TooManyAnalyses: The newest ones are all waiting or running.
        """

        async def attempt() -> Analysis:
            await self._portfolios.get(caller.owner, portfolio_id)
            newest = await self._analyses.list(caller.owner, portfolio_id, PageRequest(MAX_OPEN))
            if sum(not each.is_final for each in newest.items) >= MAX_OPEN:
                raise TooManyAnalyses(f"{MAX_OPEN} analyses of this portfolio have not ended yet; wait or cancel some")
            analysis = Analysis(
                id=new_id("ana"),
                owner=caller.owner,
                portfolio_id=portfolio_id,
                kind=kind,
                state=AnalysisState.QUEUED,
                created_at=self._clock.now(),
                parameters=parameters or {},
            )
            return await self._analyses.start(analysis, key, caller.subject)

        return await once(lambda: self._analyses.earlier(caller.owner, key), attempt)


@dataclass(frozen=True, slots=True)
class LinkedAnalysis:
    """An analysis with addresses of its files, made for this answer."""

    analysis: Analysis
    links: tuple[ReportLink, ...]


class ReadAnalysis:
    """Reads analyses of the caller's."""

    def __init__(self, portfolios: PortfolioStore, analyses: AnalysisStore, reports: ReportStore) -> None:
        self._portfolios = portfolios
        self._analyses = analyses
        self._reports = reports

    async def __call__(self, caller: Caller, analysis_id: str) -> Analysis:
        """Read one.

        Raises:
            AnalysisNotFound: None by this id is the caller's.
        """
        return await self._analyses.get(caller.owner, analysis_id)

    async def linked(self, caller: Caller, analysis_id: str) -> LinkedAnalysis:
        """Read one with addresses of its files, which hold for some minutes.

        Raises:
            AnalysisNotFound: None by this id is the caller's.
        """
        analysis = await self._analyses.get(caller.owner, analysis_id)
        return LinkedAnalysis(analysis, tuple([await self._reports.link(file) for file in analysis.files]))

    async def list(self, caller: Caller, portfolio_id: PortfolioId, page: PageRequest) -> Page[Analysis]:
        """List a portfolio's, newest first, without their results.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """
        await self._portfolios.get(caller.owner, portfolio_id)
        return await self._analyses.list(caller.owner, portfolio_id, page)


class CancelAnalysis:
    """Ends an analysis of the caller's that is queued or running."""

    def __init__(self, analyses: AnalysisStore) -> None:
        self._analyses = analyses

    async def __call__(self, caller: Caller, analysis_id: str, *, key: IdempotencyKey | None = None) -> Analysis:
        """End it; a worker at it stores nothing more.

        Raises:
            AnalysisNotFound: None by this id is the caller's.
            AnalysisFinished: It is done or failed.
        """
        return await self._analyses.cancel(caller.owner, analysis_id, key, caller.subject)
