"""Bodies of returns."""

from __future__ import annotations

from datetime import date

import numpy as np
from pydantic import Field
from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.application.measure_performance import BenchmarkReport, PerformanceReport
from stocktool_stock.domain.exact import number_or_none
from stocktool_stock.http.figure_models import Undefinable, days_of, money, numbers_of, undefined_of


class ValueSeries(ResponseModel):
    """Value at each close."""

    dates: list[str]
    value: list[float | None]


class DrawdownSeries(ResponseModel):
    """Fall from the highest point so far."""

    dates: list[str]
    values: list[float | None]


class BenchmarkModel(ResponseModel):
    """The benchmark over the same days."""

    symbol: str
    twr: float | None
    growth: list[float | None] = Field(description="On the dates of `series`, 1 on the first.")
    price_as_of: date | None
    stale: bool
    undefined: Undefinable

    @classmethod
    def of(cls, benchmark: BenchmarkReport) -> BenchmarkModel:
        """As the API writes it."""
        return cls(
            symbol=benchmark.symbol,
            twr=number_or_none(benchmark.twr),
            growth=numbers_of(benchmark.growth),
            price_as_of=benchmark.price_as_of,
            stale=benchmark.stale,
            undefined=undefined_of({"twr": benchmark.twr}),
        )


class PerformanceModel(ResponseModel):
    """Returns from the close of `start` to the close of `end`."""

    start: date
    end: date
    twr: float | None
    twr_annual: float | None
    xirr: float | None
    simple_return: float | None
    max_drawdown: float | None
    gain: MoneyModel
    net_flows: MoneyModel
    value_start: MoneyModel
    value_end: MoneyModel
    series: ValueSeries
    drawdown: DrawdownSeries
    benchmark: BenchmarkModel | None
    prices_as_of: date | None = Field(description="Day of the oldest price behind the end value.")
    stale_prices: int
    warnings: list[str]
    conventions: dict[str, str]
    undefined: Undefinable

    @classmethod
    def of(cls, report: PerformanceReport) -> PerformanceModel:
        """As the API writes it."""
        dates = days_of(report.days)
        figures = {name: number_or_none(figure) for name, figure in report.figures.items()}
        return cls(
            start=report.start,
            end=report.end,
            gain=money(report.gain),
            net_flows=money(report.net_flows),
            value_start=money(report.value_start),
            value_end=money(report.value_end),
            series=ValueSeries(dates=dates, value=numbers_of(np.round(report.values, 6))),
            drawdown=DrawdownSeries(dates=dates, values=numbers_of(report.drawdown)),
            benchmark=None if report.benchmark is None else BenchmarkModel.of(report.benchmark),
            prices_as_of=report.prices_as_of,
            stale_prices=report.stale_prices,
            warnings=list(report.warnings),
            conventions=dict(report.conventions),
            undefined=undefined_of(report.figures),
            twr=figures["twr"],
            twr_annual=figures["twr_annual"],
            xirr=figures["xirr"],
            simple_return=figures["simple_return"],
            max_drawdown=figures["max_drawdown"],
        )
