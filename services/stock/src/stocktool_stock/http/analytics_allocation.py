"""`POST /analytics/allocation`: best weights for anyone's prices or covariance."""

from __future__ import annotations

from fastapi import APIRouter
from stocktool_kit.aio import run_blocking

from stocktool_stock.application.optimise_allocation import optimise_allocation
from stocktool_stock.http.analytics_allocation_models import AllocationAnswer, AllocationBody
from stocktool_stock.http.analytics_route import AnalyticsRoute, Reader, Threads

router = APIRouter(tags=["analytics"], route_class=AnalyticsRoute)


@router.post("/analytics/allocation")
async def optimise(body: AllocationBody, _caller: Reader, threads: Threads) -> AllocationAnswer:
    """Long-only weights by least variance, highest Sharpe ratio, equal risk or clusters; or an efficient frontier."""
    return await run_blocking(threads, _answer, body)


def _answer(body: AllocationBody) -> AllocationAnswer:
    moments = body.moments()
    result = optimise_allocation(
        moments,
        body.method,
        risk_free=float(body.risk_free_annual),
        points=body.points,
        target_returns=None if body.target_returns is None else [float(each) for each in body.target_returns],
        bounds=body.limits(moments.names),
    )
    return AllocationAnswer.of(body.method, result)
