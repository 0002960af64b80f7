"""Risk of a caller's own price series."""

from __future__ import annotations

from fastapi import APIRouter
from stocktool_kit.aio import run_blocking

from stocktool_stock.application.analyse_series import analyse_series
from stocktool_stock.http.analytics_route import AnalyticsRoute, Reader, Threads
from stocktool_stock.http.analytics_series_models import SeriesBody, SeriesReportModel

router = APIRouter(tags=["analytics"], route_class=AnalyticsRoute)


@router.post("/analytics/series", name="analyse_series", response_model_exclude_unset=True)
async def measure_series(body: SeriesBody, _caller: Reader, threads: Threads) -> SeriesReportModel:
    """Returns, risk, benchmark and factor figures of each series and of a weighted portfolio; their correlations."""
    return await run_blocking(threads, _report, body)


def _report(body: SeriesBody) -> SeriesReportModel:
    given = body.checked()
    return SeriesReportModel.of(analyse_series(given), given)
