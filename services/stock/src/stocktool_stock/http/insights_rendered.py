"""Insights in the shapes of the public API, for callers that come over another transport."""

from __future__ import annotations

from stocktool_stock.application.measure_contribution import ContributionReport
from stocktool_stock.application.measure_income import IncomeReport
from stocktool_stock.application.report_realised import RealisedReport
from stocktool_stock.domain.analysis import Json
from stocktool_stock.http.contribution_models import ContributionModel
from stocktool_stock.http.income import IncomeModel
from stocktool_stock.http.realised import RealisedModel


def render_contribution(report: ContributionReport) -> dict[str, Json]:
    """What each part gave to the return."""
    return ContributionModel.of(report).model_dump(mode="json")


def render_income(report: IncomeReport) -> dict[str, Json]:
    """Dividends and interest."""
    return IncomeModel.of(report).model_dump(mode="json")


def render_realised(report: RealisedReport) -> dict[str, Json]:
    """Sales with their lots."""
    return RealisedModel.of(report).model_dump(mode="json")
