"""Plans in the shapes of the public API, for callers that come over another transport."""

from __future__ import annotations

from stocktool_stock.application.optimise_portfolio import OptimisationReport
from stocktool_stock.application.project_portfolio import ProjectionReport
from stocktool_stock.application.rebalance_report import RebalancePlan
from stocktool_stock.application.what_if import WhatIfReport
from stocktool_stock.application.xray_portfolio import XRayReport
from stocktool_stock.domain.analysis import Json
from stocktool_stock.http.optimise_models import OptimisationModel
from stocktool_stock.http.projection import PortfolioProjectionModel
from stocktool_stock.http.rebalance_models import RebalanceModel
from stocktool_stock.http.what_if_models import WhatIfModel
from stocktool_stock.http.xray_models import XRayModel


def render_plan(plan: RebalancePlan) -> dict[str, Json]:
    """A rebalancing plan."""
    return RebalanceModel.of(plan).model_dump(mode="json")


def render_comparison(report: WhatIfReport) -> dict[str, Json]:
    """Both sides of a what-if."""
    return WhatIfModel.of(report).model_dump(mode="json")


def render_optimisation(report: OptimisationReport) -> dict[str, Json]:
    """Weights and trades."""
    return OptimisationModel.of(report).model_dump(mode="json")


def render_xray(report: XRayReport) -> dict[str, Json]:
    """Findings."""
    return XRayModel.of(report).model_dump(mode="json")


def render_projection(report: ProjectionReport) -> dict[str, Json]:
    """Where a portfolio may stand."""
    return PortfolioProjectionModel.of(report).model_dump(mode="json")
