"""Returns of a caller's own flows and valuations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import Discriminator, Tag
from stocktool_kit.aio import run_blocking

from stocktool_stock.application.analyse_flows import analyse_dated, analyse_periodic, analyse_valuations
from stocktool_stock.domain.returns import modified_dietz
from stocktool_stock.http.analytics_flows_models import (
    DatedBody,
    DatedFiguresModel,
    DietzBody,
    DietzFiguresModel,
    PeriodicBody,
    PeriodicFiguresModel,
    ValuationFiguresModel,
    ValuationsBody,
)
from stocktool_stock.http.analytics_route import AnalyticsRoute, Reader, Threads, union_tag

router = APIRouter(tags=["analytics"], route_class=AnalyticsRoute)

_DATED, _PERIODIC, _DIETZ, _VALUATIONS = map(union_tag, ("dated", "periodic", "dietz", "valuations"))


def _kind(body: Any) -> str:
    """Which of the bodies is meant, by the fields that only one of them has."""
    names = set(body) if isinstance(body, dict) else set()
    if "valuations" in names:
        return _VALUATIONS
    if "periodic_flows" in names:
        return _PERIODIC
    if names & {"begin_value", "end_value", "begin", "end"}:
        return _DIETZ
    return _DATED


FlowsBody = Annotated[
    Annotated[DatedBody, Tag(_DATED)]
    | Annotated[PeriodicBody, Tag(_PERIODIC)]
    | Annotated[DietzBody, Tag(_DIETZ)]
    | Annotated[ValuationsBody, Tag(_VALUATIONS)],
    Discriminator(_kind),
    Body(),
]
FlowFigures = DatedFiguresModel | PeriodicFiguresModel | DietzFiguresModel | ValuationFiguresModel


@router.post("/analytics/flows")
async def analyse_flows(body: FlowsBody, _caller: Reader, threads: Threads) -> FlowFigures:
    """Money-weighted rates of flows, Modified Dietz, or returns between valuations: by the body."""
    return await run_blocking(threads, _figures, body)


def _figures(body: DatedBody | PeriodicBody | DietzBody | ValuationsBody) -> FlowFigures:
    if isinstance(body, DatedBody):
        return DatedFiguresModel.of(analyse_dated([(flow.date, flow.amount) for flow in body.flows], body.rate))
    if isinstance(body, PeriodicBody):
        return PeriodicFiguresModel.of(analyse_periodic(body.periodic_flows, body.finance_rate, body.reinvest_rate))
    if isinstance(body, DietzBody):
        flows = body.checked()
        return DietzFiguresModel.of(modified_dietz(body.begin_value, body.end_value, body.begin, body.end, flows))
    return ValuationFiguresModel.of(analyse_valuations(body.checked()))
