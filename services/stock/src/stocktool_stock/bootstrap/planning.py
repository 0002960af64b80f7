"""How plans and insights are written for gRPC: as the HTTP API writes them."""

from __future__ import annotations

from stocktool_stock.http.insights_rendered import render_contribution, render_income, render_realised
from stocktool_stock.http.planning_rendered import (
    render_comparison,
    render_optimisation,
    render_plan,
    render_projection,
    render_xray,
)
from stocktool_stock.rpc.insight_methods import InsightRender
from stocktool_stock.rpc.planning_methods import PlanningRender

PLANNING_RENDER = PlanningRender(
    plan=render_plan,
    comparison=render_comparison,
    optimisation=render_optimisation,
    xray=render_xray,
    projection=render_projection,
)
INSIGHT_RENDER = InsightRender(contribution=render_contribution, income=render_income, realised=render_realised)
