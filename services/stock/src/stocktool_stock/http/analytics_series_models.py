"""Bodies of the risk of price series."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.application.analyse_series import (
    SERIES,
    PortfolioFigures,
    PriceSeries,
    SeriesFigures,
    SeriesReport,
)
from stocktool_stock.domain.exact import Undefined, number_or_none
from stocktool_stock.domain.weighted import Rebalance
from stocktool_stock.http.analytics_route import Conventions, Day, Number, Rate, amount_or_none
from stocktool_stock.http.figure_models import Undefinable, undefined_of
from stocktool_stock.http.price_columns import Dates, PriceColumn, days_column, pointer, price_column, price_columns
from stocktool_stock.http.risk_models import RatiosModel

MOST_SERIES = 100
MOST_FACTORS = 30
_ROUNDING = 1e-3
"""Weights written with few decimals may miss 1 by so much; they are scaled to it."""

# A bound narrows `Number` only within `Annotated`; beside the default it would be dropped.
_Positive = Annotated[Number, Field(gt=0)]
_RiskFree = Annotated[Rate, Field(le=10)]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class PricesModel(RequestModel):
    """Prices of several names on common dates."""

    dates: Dates
    series: dict[Name, PriceColumn] = Field(min_length=1, max_length=MOST_SERIES)


class SeriesBody(RequestModel):
    """Prices, and what to measure them against."""

    prices: PricesModel
    weights: dict[Name, Number] | None = Field(default=None, description="Parts of a portfolio, together 1.")
    rebalance: Rebalance = Field(default=Rebalance.DAILY, description="daily restores the weights at each close.")
    initial_value: _Positive = Field(default=Decimal(1), description="Value of the portfolio on its first date.")
    benchmark: PriceColumn | None = Field(default=None, description="Prices on the same dates.")
    factors: dict[Name, PriceColumn] | None = Field(
        default=None, max_length=MOST_FACTORS, description="Prices on the same dates, by name."
    )
    regression_start: Day | None = Field(
        default=None, description="First date whose return enters the regression on factors."
    )
    risk_free_annual: _RiskFree = Field(default=Decimal(0), description="Yearly rate; its 252nd part is a day's.")

    def checked(self) -> PriceSeries:
        """The numbers as columns.

        Raises:
            InvalidArgument: One is no price, dates are out of order, columns too long or short, weights not whole.
        """
        days = days_column(self.prices.dates, "/prices/dates")
        return PriceSeries(
            days=days,
            prices=price_columns(self.prices.series, len(days), "/prices/series"),
            weights=self._weights(),
            rebalance=self.rebalance,
            initial_value=float(self.initial_value),
            benchmark=None if self.benchmark is None else price_column(self.benchmark, len(days), "/benchmark"),
            factors=price_columns(self.factors or {}, len(days), "/factors"),
            regression_start=self.regression_start,
            risk_free=float(self.risk_free_annual),
        )

    def _weights(self) -> dict[str, float]:
        weights = {name: float(weight) for name, weight in (self.weights or {}).items()}
        for name in weights:
            if name not in self.prices.series:
                raise InvalidArgument.of(pointer("weights", name), "is not the name of a series")
        total = math.fsum(weights.values())
        if self.weights is not None and abs(total - 1) > _ROUNDING:
            raise InvalidArgument.of("/weights", f"must sum to 1, not to {total:g}")
        return weights if abs(total - 1) < 1e-12 else {name: weight / total for name, weight in weights.items()}


class SeriesMetricsModel(RatiosModel):
    """Figures of one series; those of a benchmark or of factors only where these were given."""

    first_date: date | None = Field(description="Date of the first price.")
    last_date: date | None
    factor_betas: dict[str, float] | None = None
    factor_r2: float | None = None
    factor_alpha_daily: float | None = None
    factor_n: int | None = Field(default=None, description="Number of daily returns behind the regression.")

    @classmethod
    def fields_of_series(cls, figures: SeriesFigures, *, benchmark: bool) -> dict[str, Any]:
        """The fields of the body; they are the domain's names."""
        if isinstance(figures.risk, Undefined):
            names = [*_ALONE, *(_RELATIVE if benchmark else ())]
            fields: dict[str, Any] = {
                **dict.fromkeys(names),
                "n_returns": 0,
                "first_date": None,
                "last_date": None,
                "undefined": dict.fromkeys([*names, "first_date", "last_date"], figures.risk.reason),
            }
        else:
            fields = cls.fields_of(figures.risk)
        if figures.factors is not None:
            betas = figures.factors.betas
            fields |= {
                "factor_betas": None if isinstance(betas, Undefined) else dict(betas),
                "factor_r2": number_or_none(figures.factors.r2),
                "factor_alpha_daily": number_or_none(figures.factors.alpha_daily),
                "factor_n": figures.factors.n,
                "undefined": fields["undefined"] | figures.factors.undefined(),
            }
        return fields


_RELATIVE = ("beta", "alpha_annual", "correlation", "tracking_error", "information_ratio")
_ALONE = tuple(name for name in RatiosModel.model_fields if name not in {*_RELATIVE, "n_returns", "undefined"})


class PortfolioMetricsModel(SeriesMetricsModel):
    """Figures of the weighted portfolio."""

    risk_contribution: dict[str, float] | None = Field(description="Share of the variance by name; sums to 1.")
    diversification_ratio: float | None
    hhi: float
    value_end: str | None
    weights_end: dict[str, float] | None

    @classmethod
    def of(cls, figures: PortfolioFigures, *, benchmark: bool) -> PortfolioMetricsModel:
        """As the API writes it."""
        fields = cls.fields_of_series(figures.series, benchmark=benchmark)
        contribution, weights_end = figures.parts.contribution, figures.weights_end
        own = {"diversification_ratio": figures.parts.diversification_ratio, "value_end": figures.value_end}
        absent = {"risk_contribution": contribution, "weights_end": weights_end}
        reasons = {name: value.reason for name, value in absent.items() if isinstance(value, Undefined)}
        return cls(
            **fields | {"undefined": fields["undefined"] | undefined_of(own) | reasons},
            risk_contribution=None if isinstance(contribution, Undefined) else dict(contribution),
            diversification_ratio=number_or_none(figures.parts.diversification_ratio),
            hhi=figures.hhi,
            value_end=amount_or_none(figures.value_end),
            weights_end=None if isinstance(weights_end, Undefined) else dict(weights_end),
        )


class SeriesReportModel(ResponseModel):
    """Figures of all series, of the portfolio, and correlations by ordered pair."""

    series: dict[str, SeriesMetricsModel]
    portfolio: PortfolioMetricsModel | None
    correlation: dict[str, float | None] = Field(description='By ordered pair, "A/B"; a name with itself as well.')
    conventions: Conventions
    undefined: Undefinable

    @classmethod
    def of(cls, report: SeriesReport, given: PriceSeries) -> SeriesReportModel:
        """As the API writes it."""
        benchmark = given.benchmark is not None
        pairs = {
            f"{one}/{other}": figure
            for (left, right), figure in report.correlations.items()
            for one, other in ((left, right), (right, left))
        }
        undefined = {f"correlation/{pair}": reason for pair, reason in undefined_of(pairs).items()}
        if report.portfolio is None:
            undefined["portfolio"] = "no weights are given"
        return cls(
            series={
                name: SeriesMetricsModel(**SeriesMetricsModel.fields_of_series(figures, benchmark=benchmark))
                for name, figures in report.series.items()
            },
            portfolio=None
            if report.portfolio is None
            else PortfolioMetricsModel.of(report.portfolio, benchmark=benchmark),
            correlation={pair: number_or_none(figure) for pair, figure in pairs.items()},
            conventions={**SERIES, "risk_free_annual": given.risk_free, "rebalance": given.rebalance.value},
            undefined=undefined,
        )
