"""Where a value may stand in some years, if its growth is lognormal; see docs/formulas.md.

After t years `log(value / initial)` is normal with mean `(drift - volatility^2 / 2) t` and variance `volatility^2 t`;
the mean value is `initial * exp(drift * t)`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from stocktool_stock.domain.bars import Column

PERCENTILES = (5, 25, 50, 75, 95)
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Growth:
    """A lognormal growth: continuous mean rate and volatility for a year."""

    drift: float
    volatility: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """Values after some years: mean, percentiles in the order of `PERCENTILES`, part of paths below the start."""

    years: float
    mean: float
    percentiles: Sequence[float]
    prob_loss: float


def simulate(initial: float, growth: Growth, years: float, *, paths: int, seed: int) -> list[Outlook]:
    """Outlooks after each year, and after the last part of one, over random paths.

    Paths are ranked at each of those times and set to the quantiles of as many equal parts of the normal distribution,
    one drawn at random within each part (stratified sampling): so the sample has the distribution's mean and
    percentiles far more closely than independent draws would.

    Args:
        initial: Value now, above zero.
        growth: What it grows by.
        years: Above zero.
        paths: Number of paths.
        seed: Of the generator; the same seed gives the same outlooks.
    """
    random = np.random.default_rng(seed)
    strata = (np.arange(paths) + random.uniform(size=paths)) / paths
    normal = np.array([_NORMAL.inv_cdf(min(max(part, 1e-300), 1 - 1e-16)) for part in strata])
    path = np.zeros(paths)
    outlooks: list[Outlook] = []
    before = 0.0
    for now in times(years):
        path += random.standard_normal(paths) * math.sqrt(now - before)
        ranked = np.empty(paths)
        ranked[np.argsort(path, kind="stable")] = normal * math.sqrt(now)
        path, before = ranked, now
        outlooks.append(_outlook(initial, growth, now, path))
    return outlooks


def closed_form(initial: float, growth: Growth, years: float) -> Outlook:
    """The same without chance, of the distribution itself."""
    middle, spread = _log_mean(growth, years), growth.volatility * math.sqrt(years)
    prob_loss = _NORMAL.cdf(-middle / spread) if spread > 0 else float(middle < 0)
    return Outlook(
        years=years,
        mean=initial * math.exp(growth.drift * years),
        percentiles=[
            initial * math.exp(middle + spread * _NORMAL.inv_cdf(percentile / 100)) for percentile in PERCENTILES
        ],
        prob_loss=prob_loss,
    )


def times(years: float) -> list[float]:
    """The end of each year, and of what is left."""
    whole = [float(year) for year in range(1, math.floor(years) + 1)]
    return whole if whole and whole[-1] == years else [*whole, years]


def _log_mean(growth: Growth, years: float) -> float:
    return (growth.drift - growth.volatility**2 / 2) * years


def _outlook(initial: float, growth: Growth, years: float, path: Column) -> Outlook:
    logs = _log_mean(growth, years) + growth.volatility * path
    values = np.exp(logs)
    return Outlook(
        years=years,
        mean=initial * float(values.mean()),
        percentiles=[initial * float(value) for value in np.percentile(values, PERCENTILES)],
        prob_loss=float(np.mean(logs < 0)),
    )
