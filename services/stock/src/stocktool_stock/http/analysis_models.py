"""Bodies of background analyses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.application.analyses import PortfolioAnalysis
from stocktool_stock.domain.analysis import Analysis, Json
from stocktool_stock.http.allocation_models import AllocationModel
from stocktool_stock.http.holding_models import HoldingsModel
from stocktool_stock.http.performance_models import PerformanceModel
from stocktool_stock.http.risk_models import RiskModel


class StepModel(ResponseModel):
    """A finished part of an analysis."""

    name: str
    finished_at: datetime


class AnalysisErrorModel(ResponseModel):
    """Why an analysis failed."""

    reason: str
    message: str


class AnalysisModel(ResponseModel):
    """A background analysis."""

    id: str
    portfolio_id: str
    kind: str
    state: str = Field(description="queued, running, done or failed.")
    steps: list[StepModel]
    result: dict[str, Any] | None = Field(description="holdings, performance, risk and allocation, once done.")
    error: AnalysisErrorModel | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, analysis: Analysis) -> AnalysisModel:
        """As the API writes it."""
        failed = bool(analysis.error_reason)
        return cls(
            id=analysis.id,
            portfolio_id=analysis.portfolio_id,
            kind=analysis.kind.value,
            state=analysis.state.value,
            steps=[StepModel(name=step.name, finished_at=step.finished_at) for step in analysis.steps],
            result=None if analysis.result is None else dict(analysis.result),
            error=AnalysisErrorModel(reason=analysis.error_reason, message=analysis.error_message) if failed else None,
            created_at=analysis.created_at,
            finished_at=analysis.finished_at,
        )


def render_analysis(analysis: PortfolioAnalysis) -> dict[str, Json]:
    """An analysis in the shapes of the routes, as it is stored; daily series are left to their route."""
    return {
        "holdings": HoldingsModel.of(analysis.holdings).model_dump(mode="json"),
        "performance": PerformanceModel.of(analysis.performance).model_dump(
            mode="json", exclude={"series": True, "drawdown": True, "benchmark": {"growth"}}
        ),
        "risk": RiskModel.of(analysis.risk).model_dump(mode="json"),
        "allocation": {
            by.value: AllocationModel.of(report).model_dump(mode="json") for by, report in analysis.allocation.items()
        },
    }
