"""Weights that are best in some sense, for anybody's prices or covariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.closes import Table, price_column
from stocktool_stock.domain.days import days64
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.optimise import (
    Conditioning,
    FrontierPoint,
    Matrix,
    Weights,
    conditioning,
    efficient_targets,
    frontier,
    max_sharpe,
    min_variance,
    risk_parity,
)
from stocktool_stock.domain.optimise_bounds import (
    Bounds,
    bounded_clusters,
    bounded_frontier,
    bounded_max_sharpe,
    bounded_min_variance,
    bounded_risk_parity,
)
from stocktool_stock.domain.quadratic import NoSolution
from stocktool_stock.domain.risk import PERIODS_A_YEAR, Figure
from stocktool_stock.domain.risk_clusters import hierarchical_risk_parity

Conventions = Mapping[str, str | int]

CONVENTIONS: Conventions = {
    "periods_per_year": PERIODS_A_YEAR,
    "ddof": 1,
    "returns": "simple daily returns from the day on which every name has had a price; gaps carry the last one forward",
    "expected_return": "arithmetic mean of daily returns x 252",
    "covariance": "sample covariance of daily returns x 252; a covariance given counts as yearly, as it is",
    "weights": "long only, sum 1",
    "sharpe": "(expected return - risk-free rate) / volatility, the rate per year",
    "risk_contribution": "weight x marginal variance / variance, sums to 1",
    "risk_parity": "equal contributions to risk",
    "hrp": "single linkage on sqrt((1 - Pearson correlation) / 2), recursive bisection by inverse variance",
    "frontier": "least variance for each expected return; by default from that of the least variance to the highest",
    "singular": "1e-9 of the mean variance is added to the diagonal; of equally good weights the most even are given",
}


class Method(StrEnum):
    """What the weights are best in."""

    MIN_VARIANCE = "min_variance"
    MAX_SHARPE = "max_sharpe"
    RISK_PARITY = "risk_parity"
    HRP = "hrp"
    FRONTIER = "frontier"


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Yearly mean and covariance of some assets; `n_returns` is 0 where they were given."""

    names: tuple[str, ...]
    expected: Column | Undefined
    covariance: Matrix | Undefined
    n_returns: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Optimised:
    """Weights and what they come to."""

    names: tuple[str, ...]
    weights: Weights
    expected_return: Figure
    volatility: Figure
    sharpe: Figure
    risk_contribution: Weights
    efficient: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class AllocationResult:
    """The answer to a method; `points` are those of a frontier."""

    best: Optimised
    points: Sequence[Optimised] | Undefined
    conditioning: Conditioning | Undefined
    n_returns: int
    warnings: tuple[str, ...] = field(default=())


def moments_of(prices: Table) -> Moments:
    """Mean and covariance of the daily returns, over the days on which every name has one."""
    names = tuple(prices.columns)
    days = days64(prices.days)
    columns = np.column_stack([price_column(prices.columns[name], (), days) for name in names])
    rows = columns[~np.isnan(columns).any(axis=1)]
    returns = rows[1:] / rows[:-1] - 1.0
    if len(returns) < 2:
        none = Undefined("needs at least two daily returns on which every name has a price")
        return Moments(names, none, none, len(returns))
    covariance = np.atleast_2d(np.cov(returns, rowvar=False, ddof=1)) * PERIODS_A_YEAR
    return Moments(names, returns.mean(axis=0) * PERIODS_A_YEAR, covariance, len(returns))


def optimise_allocation(
    moments: Moments,
    method: Method,
    *,
    risk_free: float = 0.0,
    points: int = 20,
    target_returns: Sequence[float] | None = None,
    bounds: Bounds | None = None,
) -> AllocationResult:
    """Find weights.

    Args:
        moments: Of the assets.
        method: What they are best in.
        risk_free: Yearly rate.
        points: How many a frontier has, without targets.
        target_returns: Expected returns of a frontier's points.
        bounds: Of the weights, which some weights are within; None for all that are long only.
    """
    covariance, expected = moments.covariance, moments.expected
    if isinstance(covariance, Undefined):
        return AllocationResult(_nothing(moments.names, covariance), covariance, covariance, moments.n_returns)
    known = conditioning(covariance)

    def described(weights: Weights, *, efficient: bool = True) -> Optimised:
        return describe(moments.names, weights, covariance, expected, risk_free, efficient=efficient)

    no_points: Sequence[Optimised] | Undefined = Undefined("only a frontier has points")
    best: Weights
    if method is Method.FRONTIER:
        best = Undefined("a frontier has weights in each of its points")
        no_points = Undefined("expected returns are not known")
        if not isinstance(expected, Undefined):
            found = _frontier(covariance, expected, points, target_returns, bounds)
            no_points = [described(point.weights, efficient=point.efficient) for point in found]
    elif bounds is None:
        best = _best(method, covariance, expected, risk_free)
    else:
        best = _best_within(method, covariance, expected, risk_free, bounds)
    return AllocationResult(described(best), no_points, known, moments.n_returns, _warnings(known))


def _frontier(
    covariance: Matrix,
    expected: Column,
    points: int,
    target_returns: Sequence[float] | None,
    bounds: Bounds | None,
) -> list[FrontierPoint]:
    if bounds is not None:
        return bounded_frontier(covariance, expected, points, bounds)
    targets = efficient_targets(covariance, expected, points) if target_returns is None else np.array(target_returns)
    return frontier(covariance, expected, targets)


def _best(method: Method, covariance: Matrix, expected: Column | Undefined, risk_free: float) -> Weights:
    if method is Method.MAX_SHARPE:
        return expected if isinstance(expected, Undefined) else max_sharpe(covariance, expected - risk_free)
    if method is Method.RISK_PARITY:
        return risk_parity(covariance)
    return hierarchical_risk_parity(covariance) if method is Method.HRP else min_variance(covariance)


def _best_within(
    method: Method, covariance: Matrix, expected: Column | Undefined, risk_free: float, bounds: Bounds
) -> Weights:
    try:
        if method is Method.MAX_SHARPE:
            if isinstance(expected, Undefined):
                return expected
            return bounded_max_sharpe(covariance, expected - risk_free, bounds)
        if method is Method.RISK_PARITY:
            return bounded_risk_parity(covariance, bounds)
        if method is Method.HRP:
            return bounded_clusters(covariance, bounds)
        return bounded_min_variance(covariance, bounds)
    except NoSolution as error:
        return Undefined(str(error))


def _warnings(known: Conditioning) -> tuple[str, ...]:
    if not known.singular:
        return ()
    return (f"the covariance is singular: rank {known.rank} of {known.size}; other weights may be as good",)


def _nothing(names: tuple[str, ...], why: Undefined) -> Optimised:
    return Optimised(names, why, why, why, why, why, efficient=False)


def describe(
    names: tuple[str, ...],
    weights: Weights,
    covariance: Matrix,
    expected: Column | Undefined,
    risk_free: float,
    *,
    efficient: bool,
) -> Optimised:
    if isinstance(weights, Undefined):
        return _nothing(names, weights)
    marginal = covariance @ weights
    variance = max(float(weights @ marginal), 0.0)
    volatility = float(np.sqrt(variance))
    still = volatility <= 1e-12 * float(np.sqrt(np.diag(covariance).max(initial=0.0))) or variance == 0.0
    none = Undefined("the portfolio carries no risk")
    mean: Figure = expected if isinstance(expected, Undefined) else float(weights @ expected)
    sharpe: Figure = mean
    if not isinstance(mean, Undefined):
        sharpe = none if still else (mean - risk_free) / volatility
    return Optimised(
        names=names,
        weights=weights,
        expected_return=mean,
        volatility=0.0 if still else volatility,
        sharpe=sharpe,
        risk_contribution=none if still else weights * marginal / variance,
        efficient=efficient,
    )
