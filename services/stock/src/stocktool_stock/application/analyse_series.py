"""Risk of price series that a caller brings along: nothing is read, nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations

import numpy as np

from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.daily import carried
from stocktool_stock.domain.days import day64
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.factors import FactorExposure, factor_exposure
from stocktool_stock.domain.risk import CONVENTIONS, Figure, RiskFigures, correlation, series_risk, to_date
from stocktool_stock.domain.weighted import Rebalance, RiskParts, concentration, risk_parts, weighted_path

SERIES: Mapping[str, str | int | float] = {
    **CONVENTIONS,
    "periods_per_year": 252,
    "ddof": 1,
    "prices": "a date without a price carries the last observation forward; a name begins with its first observation",
    "max_drawdown_peak": "the last time before the trough that the high was reached, its first day if it lasted",
    "benchmark": "over the dates both have",
    "correlation": "of daily returns over the dates both names have",
    "factors": "least squares of daily returns on the factors' daily returns with an intercept, the risk-free rate not "
    "taken off; from the return of regression_start on",
    "portfolio": "begins on the first date on which every weighted name has a price",
    "risk_contribution": "w x (covariance w) / variance with the given weights; sums to 1",
    "diversification_ratio": "weighted volatilities over the volatility of the given weights",
    "hhi": "sum of the squares of the given weights",
    "weights_end": "after the last close; with daily rebalancing the given weights",
}


@dataclass(frozen=True, slots=True, eq=False)
class PriceSeries:
    """Prices as they came.

    Attributes:
        days: Strictly increasing.
        prices: By name, one per day, NaN where there is none.
        weights: By name, together 1; empty for no portfolio.
        rebalance: What happens to weights.
        initial_value: Value of the portfolio on its first day.
        benchmark: Prices on the same days.
        factors: Prices on the same days, by name.
        regression_start: First day whose return enters the regression on the factors.
        risk_free: Yearly rate.
    """

    days: Days
    prices: Mapping[str, Column]
    weights: Mapping[str, float] = field(default_factory=dict)
    rebalance: Rebalance = Rebalance.DAILY
    initial_value: float = 1.0
    benchmark: Column | None = None
    factors: Mapping[str, Column] = field(default_factory=dict)
    regression_start: date | None = None
    risk_free: float = 0.0


@dataclass(frozen=True, slots=True)
class SeriesFigures:
    """Figures of one series: none when it has no price at all."""

    risk: RiskFigures | Undefined
    factors: FactorExposure | None


@dataclass(frozen=True, slots=True)
class PortfolioFigures:
    """Figures of the weighted portfolio."""

    series: SeriesFigures
    parts: RiskParts
    hhi: float
    value_end: Figure
    weights_end: Mapping[str, float] | Undefined


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """Figures of all series; correlations by unordered pair."""

    series: Mapping[str, SeriesFigures]
    portfolio: PortfolioFigures | None
    correlations: Mapping[tuple[str, str], Figure]


def analyse_series(given: PriceSeries) -> SeriesReport:
    """Work out every figure of every series, and of the portfolio."""
    table = _Table(given)
    return SeriesReport(
        series={name: table.figures(prices) for name, prices in table.prices.items()},
        portfolio=table.portfolio() if given.weights else None,
        correlations={
            (left, right): correlation(table.returns[left], table.returns[right])
            for left, right in [*((name, name) for name in table.prices), *combinations(table.prices, 2)]
        },
    )


class _Table:
    """Prices carried forward on the common days, and what they are compared with."""

    def __init__(self, given: PriceSeries) -> None:
        self._given = given
        self._days = given.days
        self.prices = {name: carried(given.days, given.days, prices) for name, prices in given.prices.items()}
        self.returns = {name: _returns(prices) for name, prices in self.prices.items()}
        self._benchmark = self._returns_of(given.benchmark) if given.benchmark is not None else None
        self._factors = {name: self._returns_of(prices) for name, prices in given.factors.items()}
        start = given.regression_start
        self._regressed = given.days[1:] >= day64(start) if start else np.ones(len(given.days) - 1, dtype=np.bool_)

    def _returns_of(self, prices: Column) -> Column:
        return _returns(carried(self._days, self._days, prices))

    def figures(self, values: Column) -> SeriesFigures:
        """Figures of values on the common days, NaN before the first."""
        first = _first(values)
        returns = _returns(values)
        exposure = None
        if self._factors:
            regressed = self._regressed
            exposure = factor_exposure(
                returns[regressed], {name: factor[regressed] for name, factor in self._factors.items()}
            )
        if first is None:
            return SeriesFigures(Undefined("there is no price"), exposure)
        risk = series_risk(
            self._days[first:],
            returns[first:],
            values=values[first:],
            benchmark=None if self._benchmark is None else self._benchmark[first:],
            risk_free=self._given.risk_free,
        )
        return SeriesFigures(risk, exposure)

    def portfolio(self) -> PortfolioFigures:
        """Figures of the weighted names together."""
        weights = {name: weight for name, weight in self._given.weights.items() if weight}
        starts = {name: _first(self.prices[name]) for name in weights}
        absent = [name for name, start in starts.items() if start is None]
        if absent:
            return self._no_portfolio(f"{absent[0]} has no price")
        begin = max(start for start in starts.values() if start is not None)
        path = weighted_path({name: self.prices[name][begin:] for name in weights}, weights, self._given.rebalance)
        if not np.isfinite(path.values).all():
            return self._no_portfolio("its value is too large for a number")
        lost = np.flatnonzero(path.values <= 0)
        if lost.size:
            return self._no_portfolio(f"its value is not above zero on {to_date(self._days[begin + int(lost[0])])}")
        values = np.concatenate([np.full(begin, np.nan), path.values])
        parts = risk_parts({name: self.returns[name][begin:] for name in weights}, weights)
        contribution = parts.contribution
        if not isinstance(contribution, Undefined):
            contribution = {name: contribution.get(name, 0.0) for name in self._given.weights}
        return PortfolioFigures(
            series=self.figures(values),
            parts=RiskParts(contribution, parts.diversification_ratio),
            hhi=concentration(weights),
            value_end=self._given.initial_value * float(path.values[-1]),
            weights_end={name: path.weights_end.get(name, 0.0) for name in self._given.weights},
        )

    def _no_portfolio(self, reason: str) -> PortfolioFigures:
        why = Undefined(reason)
        nothing = self.figures(np.full(len(self._days), np.nan))
        return PortfolioFigures(
            series=SeriesFigures(why, nothing.factors),
            parts=RiskParts(why, why),
            hhi=concentration(self._given.weights),
            value_end=why,
            weights_end=why,
        )


def _returns(prices: Column) -> Column:
    """Simple return of each day after the first, NaN up to and including the first day with a price."""
    result: Column = prices[1:] / prices[:-1] - 1.0
    return result


def _first(values: Column) -> int | None:
    known = np.flatnonzero(~np.isnan(values))
    return int(known[0]) if known.size else None
