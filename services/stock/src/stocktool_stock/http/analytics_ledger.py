"""`POST /analytics/ledger`: anyone's ledger, booked and measured by the code that serves portfolios."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from stocktool_kit.aio import run_blocking
from stocktool_kit.core.clock import Clock, SystemClock

from stocktool_stock.domain.ledger_report import report_ledger
from stocktool_stock.http.analytics_ledger_models import GivenLedgerModel, LedgerReportModel
from stocktool_stock.http.analytics_route import AnalyticsRoute, Reader, Threads

router = APIRouter(tags=["analytics"], route_class=AnalyticsRoute)


async def _clock() -> Clock:
    return SystemClock()


@router.post("/analytics/ledger")
async def analyse_ledger(
    body: GivenLedgerModel, _caller: Reader, threads: Threads, clock: Annotated[Clock, Depends(_clock)]
) -> LedgerReportModel:
    """Holdings with lots, gains and returns of a ledger.

    Selling or transferring out more than is held: 409 SHORT_SALE, which names the shortfall.
    """
    tomorrow = (clock.now() + timedelta(days=1)).date()  # somewhere on earth it has begun
    return await run_blocking(threads, _report, body, tomorrow)


def _report(body: GivenLedgerModel, today: date) -> LedgerReportModel:
    return LedgerReportModel.of(report_ledger(body.given(), today))
