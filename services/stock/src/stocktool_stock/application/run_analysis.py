"""Runs queued analyses, each with one effect however often it is asked to."""

from __future__ import annotations

from collections.abc import Mapping

from stocktool_kit.core.errors import Kind, StockToolError

from stocktool_stock.application.analysis_ports import AnalysisClaim, AnalysisStore, AnalysisWork
from stocktool_stock.application.inbox import JOB_ID, Hints
from stocktool_stock.domain.analysis import Analysis, AnalysisEnded, AnalysisKind, AnalysisPoisoned

MAX_DEATHS = 3
"""Workers that may die on an analysis before it is given up."""
_RETRIED = frozenset({Kind.UNAVAILABLE, Kind.RATE_LIMITED, Kind.DEADLINE_EXCEEDED, Kind.CONFLICT})


class RunAnalysis:
    """Runs a queued analysis.

    Every write is tied to the claim, so a worker that lost it stores nothing; a finished or cancelled analysis is left
    as it is. Errors that may pass are raised, for the queue to deliver the message again; others end the analysis.
    """

    def __init__(self, analyses: AnalysisStore, works: Mapping[AnalysisKind, AnalysisWork], hints: Hints) -> None:
        self._analyses = analyses
        self._works = works
        self._hints = hints

    async def __call__(self, analysis_id: str, *, last_attempt: bool = False) -> None:
        """Run it.

        Args:
            analysis_id: Which.
            last_attempt: Whether the message will not be delivered again, so that any error is final.

        Raises:
            LeaseHeld: Another worker has it.
            AnalysisPoisoned: It killed the workers that took it up, and was ended for that.
            StockToolError: It may succeed later.
        """
        async with self._analyses.claim(analysis_id) as claim:
            if claim is None:
                return
            if claim.analysis.died >= MAX_DEATHS:
                await claim.fail("WORKER_DIED", f"it was given up: {MAX_DEATHS} workers died on it")
                raise AnalysisPoisoned("workers die on this analysis", analysis_id=analysis_id)
            try:
                await self._work(claim, last_attempt=last_attempt)
            except AnalysisEnded:
                return

    async def _work(self, claim: AnalysisClaim, *, last_attempt: bool) -> None:
        async def tell(name: str) -> None:
            await claim.step(name)
            await self._show(claim.analysis)

        try:
            await self._show(claim.analysis)
            outcome = await self._works[claim.analysis.kind](claim.analysis, tell)
        except AnalysisEnded:
            raise
        except StockToolError as error:
            if error.kind in _RETRIED and not last_attempt:
                raise
            await claim.fail(error.reason, error.message)
        else:
            await claim.finish(outcome)

    async def _show(self, analysis: Analysis) -> None:
        """Tell the owner's sockets how far it is; how it ended, its notification tells."""
        payload = {
            "job_id": analysis.id,
            JOB_ID: analysis.id,
            "analysis_kind": analysis.kind.value,
            "portfolio_id": analysis.portfolio_id,
            "state": analysis.state.value,
            "current_step": analysis.current_step,
            "progress": analysis.progress,
        }
        await self._hints.tell(analysis.owner, "job", payload, analysis.id)

    async def give_up(self, analysis_id: str) -> None:
        """End an analysis that a fault of ours keeps from ending.

        Raises:
            LeaseHeld: Another worker has it.
        """
        async with self._analyses.claim(analysis_id) as claim:
            if claim is not None:
                await claim.fail("INTERNAL", "it was given up: a fault on our side, which has been recorded")
