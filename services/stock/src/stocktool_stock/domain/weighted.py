"""A portfolio of weighted names: its path, and where its risk comes from. Fractions; see docs/formulas.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined

Figure = float | Undefined

_FLAT = 1e-14


class Rebalance(StrEnum):
    """When weights are brought back to what was wanted."""

    DAILY = "daily"
    NONE = "none"


@dataclass(frozen=True, slots=True, eq=False)
class WeightedPath:
    """Value at each close, 1 at the first, and the weights at the last."""

    values: Column
    weights_end: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RiskParts:
    """Where risk comes from."""

    contribution: Mapping[str, float] | Undefined
    diversification_ratio: Figure


def weighted_path(prices: Mapping[str, Column], weights: Mapping[str, float], rebalance: Rebalance) -> WeightedPath:
    """The path of a portfolio that begins with weights on the first day.

    Args:
        prices: Of each weighted name, one per day, all known.
        weights: Parts of the whole, which sum to 1.
        rebalance: Daily: weights are restored at each close. None: what was bought is held.
    """
    names = list(weights)
    growth = np.column_stack([prices[name] / prices[name][0] for name in names])
    wanted = np.array([weights[name] for name in names])
    if rebalance is Rebalance.NONE:
        parts = growth * wanted
        values: Column = parts.sum(axis=1)
        end = parts[-1] / values[-1]
    else:
        daily = growth[1:] / growth[:-1] - 1.0
        with np.errstate(over="ignore"):
            values = np.concatenate([[1.0], np.cumprod(1.0 + daily @ wanted)])
        end = wanted
    return WeightedPath(values, dict(zip(names, map(float, end), strict=True)))


def risk_parts(returns: Mapping[str, Column], weights: Mapping[str, float]) -> RiskParts:
    """Each name's share of the variance, and the weighted volatilities over the portfolio's.

    Args:
        returns: Daily, of each weighted name, all known.
        weights: Parts of the whole.

    Source:
        Euler's theorem on homogeneous functions, as in Litterman's "Hot Spots and Hedges" (1996), for contributions;
        Choueifaty and Coignard, "Toward Maximum Diversification" (2008), for the ratio.
    """
    names = list(weights)
    table = np.column_stack([returns[name] for name in names])
    if len(table) < 2:
        absent = Undefined("needs at least two daily returns")
        return RiskParts(absent, absent)
    wanted = np.array([weights[name] for name in names])
    if float(np.ptp(table @ wanted)) <= _FLAT:
        still = Undefined("the portfolio's returns do not vary")
        return RiskParts(still, still)
    covariance = np.atleast_2d(np.cov(table, rowvar=False, ddof=1))
    towards = covariance @ wanted
    variance = float(wanted @ towards)
    shares = dict(zip(names, map(float, wanted * towards / variance), strict=True))
    single = float(np.abs(wanted) @ np.sqrt(np.diag(covariance)))
    return RiskParts(shares, single / float(np.sqrt(variance)))


def concentration(weights: Mapping[str, float]) -> float:
    """Herfindahl-Hirschman index: the sum of squared weights, 1 when everything is one name."""
    return float(sum(weight**2 for weight in weights.values()))
