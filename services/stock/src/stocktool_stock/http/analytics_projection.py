"""Where a value may stand in some years."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from stocktool_kit.aio import run_blocking
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.domain.projection import PERCENTILES, Growth, Outlook, closed_form, simulate
from stocktool_stock.http.analytics_route import (
    AnalyticsRoute,
    Conventions,
    Count,
    Number,
    Reader,
    Threads,
    amount_text,
)

router = APIRouter(tags=["analytics"], route_class=AnalyticsRoute)

_CONVENTIONS: Conventions = {
    "model": "lognormal: log(value / initial) is normal with mean (drift - volatility^2 / 2) x years",
    "drift": "continuous mean rate for a year: the mean is initial x exp(drift x years)",
    "volatility": "standard deviation of the logarithm for a year",
    "sampling": "seeded paths, stratified by rank at each year's end",
    "percentiles": "linear interpolation between paths",
    "prob_loss": "part of the paths that end below initial",
    "closed_form": "the same of the distribution itself, without sampling",
}

# A bound narrows `Number` and its like only within `Annotated`; beside the default it would be dropped.
_Positive = Annotated[Number, Field(gt=0, le=Decimal("1e18"))]
_Drift = Annotated[Number, Field(ge=-5, le=5)]
_Volatility = Annotated[Number, Field(ge=0, le=5)]
_Years = Annotated[Number, Field(gt=0, le=100)]
_Paths = Annotated[Count, Field(ge=1, le=100_000)]
_Seed = Annotated[Count, Field(ge=0, lt=2**63)]


class ProjectionBody(RequestModel):
    """A value and how it grows."""

    initial: _Positive
    drift: _Drift = Field(description="Continuous mean rate for a year.")
    volatility: _Volatility = Field(description="Standard deviation of the logarithm for a year.")
    years: _Years
    paths: _Paths = 10_000
    seed: _Seed = Field(default=0, description="The same seed gives the same answer.")


class OutlookModel(ResponseModel):
    """Values after some years, and the part of paths that lost."""

    mean: str
    p05: str
    p25: str
    p50: str
    p75: str
    p95: str
    prob_loss: float

    @classmethod
    def fields_of(cls, outlook: Outlook) -> dict[str, str | float]:
        """The fields of the body."""
        percentiles = {
            f"p{percentile:02}": amount_text(value)
            for percentile, value in zip(PERCENTILES, outlook.percentiles, strict=True)
        }
        return {"mean": amount_text(outlook.mean), **percentiles, "prob_loss": outlook.prob_loss}


class FanModel(OutlookModel):
    """The outlook after one of the years."""

    year: float


class ProjectionModel(OutlookModel):
    """The outlook at the end, by year on the way, and what the distribution itself says."""

    fan: list[FanModel] = Field(description="After each year, and after the last part of one.")
    closed_form: OutlookModel
    paths: int
    seed: int
    conventions: Conventions
    undefined: dict[str, str]


@router.post("/analytics/projection")
async def project_value(body: ProjectionBody, _caller: Reader, threads: Threads) -> ProjectionModel:
    """Percentiles of a value after some years, by seeded simulation, beside their closed form."""
    return await run_blocking(threads, _projection, body)


def _projection(body: ProjectionBody) -> ProjectionModel:
    initial, years = float(body.initial), float(body.years)
    growth = Growth(float(body.drift), float(body.volatility))
    outlooks = simulate(initial, growth, years, paths=body.paths, seed=body.seed)
    exact = closed_form(initial, growth, years)
    return ProjectionModel.model_validate(
        {
            **OutlookModel.fields_of(outlooks[-1]),
            "fan": [{**OutlookModel.fields_of(outlook), "year": outlook.years} for outlook in outlooks],
            "closed_form": OutlookModel.fields_of(exact),
            "paths": body.paths,
            "seed": body.seed,
            "conventions": _CONVENTIONS,
            "undefined": {},
        }
    )
