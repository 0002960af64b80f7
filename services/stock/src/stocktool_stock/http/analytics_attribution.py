"""Why anybody's return differs from a benchmark's."""

from __future__ import annotations

from fastapi import APIRouter
from stocktool_kit.aio import run_blocking

from stocktool_stock.domain.brinson import attribute
from stocktool_stock.http.analytics_route import AnalyticsRoute, Reader, Threads
from stocktool_stock.http.attribution_models import AttributionBody, AttributionModel

router = APIRouter(tags=["analytics"], route_class=AnalyticsRoute)


@router.post("/analytics/attribution")
async def attribute_return(body: AttributionBody, _caller: Reader, threads: Threads) -> AttributionModel:
    """Allocation, selection and interaction by sector (Brinson-Fachler), linked over periods (Carino)."""
    return await run_blocking(threads, _answer, body)


def _answer(body: AttributionBody) -> AttributionModel:
    return AttributionModel.of(attribute(body.checked()))
