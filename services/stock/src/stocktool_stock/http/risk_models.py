"""Bodies of risk figures."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.application.measure_risk import RiskReport
from stocktool_stock.domain.exact import Undefined, number_or_none
from stocktool_stock.domain.risk import RiskFigures
from stocktool_stock.http.figure_models import Undefinable, days_of, numbers_of, undefined_of


class RatiosModel(ResponseModel):
    """Figures of a series of daily returns; fractions, null with a reason in `undefined`."""

    total_return: float | None = None
    cagr: float | None = None
    volatility: float | None = None
    sharpe: float | None = None
    sortino: float | None = None
    calmar: float | None = None
    skew: float | None = None
    kurtosis: float | None = None
    max_drawdown: float | None = None
    max_drawdown_peak: date | None = None
    max_drawdown_trough: date | None = None
    max_drawdown_recovery: date | None = None
    var95_hist: float | None = None
    cvar95_hist: float | None = None
    var95_normal: float | None = None
    cvar95_normal: float | None = None
    var95_cornish_fisher: float | None = None
    worst_daily_return: float | None = None
    beta: float | None = None
    alpha_annual: float | None = None
    correlation: float | None = None
    tracking_error: float | None = None
    information_ratio: float | None = None
    n_returns: int
    undefined: Undefinable

    @classmethod
    def fields_of(cls, risk: RiskFigures) -> dict[str, Any]:
        """The fields of the body; they are the domain's names."""
        figures = {name: number_or_none(figure) for name, figure in risk.figures.items()}
        days = {name: None if isinstance(day, Undefined) else day for name, day in risk.days.items()}
        return {
            **figures,
            **days,
            "n_returns": risk.n_returns,
            "first_date": risk.first_date,
            "last_date": risk.last_date,
            "undefined": risk.undefined(),
        }


class MetricsModel(RatiosModel):
    """The same with the days they are of."""

    first_date: date
    last_date: date


class RiskSeries(ResponseModel):
    """Day by day."""

    dates: list[str]
    drawdown: list[float | None]
    volatility: list[float | None] = Field(description="Of the last 63 daily returns; null where there are fewer.")


class RiskModel(MetricsModel):
    """Risk from the close of `start` to the close of `end`."""

    start: date
    end: date
    benchmark: str | None
    holding_weights: dict[str, float] = Field(description="Of the holdings that have prices; they sum to 1.")
    holding_correlation: dict[str, float | None] = Field(description='By ordered pair, "AAPL/SPY".')
    risk_contribution: dict[str, float] | None = Field(description="Share of the variance by holding; sums to 1.")
    diversification_ratio: float | None
    hhi: float | None
    series: RiskSeries | None = Field(description="With include_series.")
    prices_as_of: date | None
    stale_prices: int
    warnings: list[str]
    conventions: dict[str, str]

    @classmethod
    def of(cls, report: RiskReport, *, include_series: bool = False) -> RiskModel:
        """As the API writes it."""
        held = report.holdings
        contribution = held.parts.contribution
        own = {"diversification_ratio": held.parts.diversification_ratio, "hhi": held.hhi}
        undefined = undefined_of(own)
        if isinstance(contribution, Undefined):
            undefined["risk_contribution"] = contribution.reason
        fields = cls.fields_of(report.risk)
        series = RiskSeries(
            dates=days_of(report.days), drawdown=numbers_of(report.drawdown), volatility=numbers_of(report.volatility)
        )
        return cls(
            **fields | {"undefined": fields["undefined"] | undefined},
            holding_weights=dict(held.weights),
            holding_correlation={
                f"{one}/{other}": number_or_none(figure)
                for (left, right), figure in held.correlations.items()
                for one, other in ((left, right), (right, left))
            },
            risk_contribution=None if isinstance(contribution, Undefined) else dict(contribution),
            diversification_ratio=number_or_none(held.parts.diversification_ratio),
            hhi=number_or_none(held.hhi),
            series=series if include_series else None,
            start=report.start,
            end=report.end,
            benchmark=report.benchmark or None,
            prices_as_of=report.prices_as_of,
            stale_prices=report.stale_prices,
            warnings=list(report.warnings),
            conventions=dict(report.conventions),
        )
