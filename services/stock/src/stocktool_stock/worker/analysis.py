"""Consumes `analysis-queue`: each message names an analysis to run."""

from __future__ import annotations

from stocktool_kit.aws.consumer import Message
from stocktool_kit.core.errors import InvalidArgument, StockToolError

from stocktool_stock.application.run_analysis import RunAnalysis
from stocktool_stock.domain.analysis import AnalysisPoisoned

LAST_ATTEMPT = 5
"""Deliveries after which the queue's redrive policy gives a message up; the last one must end the analysis."""


class AnalysisHandler:
    """Handles one message; running an analysis twice has one effect."""

    def __init__(self, run_analysis: RunAnalysis, *, last_attempt: int = LAST_ATTEMPT) -> None:
        self._run_analysis = run_analysis
        self._last_attempt = last_attempt

    async def __call__(self, message: Message) -> None:
        """Run it. What no further delivery can help is ended for its owner to see, and goes to the dead letters."""
        analysis_id = message.body.get("analysis_id")
        if not isinstance(analysis_id, str) or not analysis_id:
            raise InvalidArgument("the message names no analysis")
        last = message.receive_count >= self._last_attempt
        try:
            await self._run_analysis(analysis_id, last_attempt=last)
        except StockToolError:
            raise
        except Exception as error:
            if not last:
                raise
            await self._run_analysis.give_up(analysis_id)
            raise AnalysisPoisoned("a fault ends every run of this analysis", analysis_id=analysis_id) from error
