"""Exposure of a series to factors, by least squares. Fractions; see docs/formulas.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined

Figure = float | Undefined

_FLAT = 1e-14
_COLLINEAR = 1e-9
"""Factors scaled to equal size are told apart down to this part of their largest direction."""


@dataclass(frozen=True, slots=True)
class FactorExposure:
    """Betas, their intercept per day, the share of variance explained, and the number of days behind them."""

    betas: Mapping[str, float] | Undefined
    alpha_daily: Figure
    r2: Figure
    n: int

    def undefined(self) -> dict[str, str]:
        """Why figures are absent, by the API's names."""
        every = {"factor_betas": self.betas, "factor_alpha_daily": self.alpha_daily, "factor_r2": self.r2}
        return {name: value.reason for name, value in every.items() if isinstance(value, Undefined)}


def factor_exposure(returns: Column, factors: Mapping[str, Column]) -> FactorExposure:
    """Regress daily returns on those of factors, with an intercept.

    Args:
        returns: Daily, NaN where a day has none.
        factors: Daily returns on the same days; a day on which one has none is left out.
    """
    columns = np.column_stack(list(factors.values()))
    known = ~np.isnan(returns) & ~np.isnan(columns).any(axis=1)
    mine, its = returns[known], columns[known]
    n = int(known.sum())
    needed = len(factors) + 1
    if n < needed:
        return _none(f"needs at least {needed} daily returns in common with the factors", n)
    centred = its - its.mean(axis=0)
    sizes = np.sqrt((centred**2).mean(axis=0))
    for name, values in zip(factors, its.T, strict=True):
        if float(np.ptp(values)) <= _FLAT:
            return _none(f"the returns of {name} do not vary", n)
    scaled = centred / sizes
    directions = np.linalg.svd(scaled, compute_uv=False)
    if len(directions) < len(factors) or directions[-1] <= _COLLINEAR * directions[0]:
        return _none("the factors are collinear", n)
    betas = np.linalg.lstsq(scaled, mine - mine.mean(), rcond=None)[0] / sizes
    alpha = float(mine.mean() - its.mean(axis=0) @ betas)
    r2: Figure = Undefined("the returns do not vary")
    if float(np.ptp(mine)) > _FLAT:
        rest = mine - alpha - its @ betas
        r2 = max(0.0, 1.0 - float(rest @ rest) / float(((mine - mine.mean()) ** 2).sum()))
    return FactorExposure(dict(zip(factors, map(float, betas), strict=True)), alpha, r2, n)


def _none(reason: str, n: int) -> FactorExposure:
    absent = Undefined(reason)
    return FactorExposure(absent, absent, absent, n)
