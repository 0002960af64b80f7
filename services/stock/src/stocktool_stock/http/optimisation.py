"""Parameters and results of optimisations in the background."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from stocktool_kit.http.model import RequestModel

from stocktool_stock.application.analyse_optimisation import OptimisationReport, OptimisationRequest
from stocktool_stock.application.optimise_allocation import Method
from stocktool_stock.domain.analysis import Json
from stocktool_stock.http.analytics_allocation_models import AllocationAnswer
from stocktool_stock.http.analytics_route import Count, Number

_Years = Annotated[Number, Field(ge=Decimal("0.25"), le=20)]
_RiskFree = Annotated[Number, Field(gt=-1, le=1)]
_Points = Annotated[Count, Field(ge=1, le=100)]


class OptimisationParameters(RequestModel):
    """What weights are to be best in."""

    method: Method = Method.MIN_VARIANCE
    years: _Years = Field(default=Decimal(3), description="Of daily returns up to the market's today.")
    risk_free_annual: _RiskFree = Decimal(0)
    points: _Points = Field(default=20, description="Of a frontier.")

    def request(self) -> OptimisationRequest:
        """As the use case takes it."""
        return OptimisationRequest(self.method, float(self.years), float(self.risk_free_annual), self.points)


class OptimisationModel(AllocationAnswer):
    """Best weights beside the present ones."""

    portfolio_id: str
    as_of: date
    start: date
    current_weights: dict[str, float] = Field(description="Of the holdings with market prices, without cash.")


def read_optimisation(parameters: Mapping[str, Json]) -> OptimisationRequest:
    """A request from stored parameters."""
    return OptimisationParameters.model_validate(parameters).request()


def render_optimisation(report: OptimisationReport) -> dict[str, Json]:
    """The result as it is stored."""
    answer = AllocationAnswer.of(report.request.method, report.result)
    model = OptimisationModel.model_validate(
        {
            **answer.model_dump(),
            "portfolio_id": report.portfolio.id,
            "as_of": report.as_of,
            "start": report.start,
            "current_weights": report.current,
            "warnings": [*answer.warnings, *report.warnings],
        }
    )
    body: dict[str, Json] = model.model_dump(mode="json")
    return body
