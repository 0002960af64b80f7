"""Bodies of returns."""

from __future__ import annotations

from datetime import date

import numpy as np
from pydantic import Field
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.application.measure_performance import PerformanceReport
from stocktool_stock.application.read_history import BenchmarkReport
from stocktool_stock.domain.exact import Undefined, number_or_none
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.same_flows import SameFlows
from stocktool_stock.domain.valuation import decimal_of
from stocktool_stock.http.figure_models import Undefinable, days_of, money, numbers_of, undefined_of


class ValueSeries(ResponseModel):
    """Value at each close."""

    dates: list[str]
    value: list[float | None]


class DrawdownSeries(ResponseModel):
    """Fall from the highest point so far."""

    dates: list[str]
    values: list[float | None]


class YearModel(ResponseModel):
    """Returns of a year."""

    year: int
    months: list[float | None] = Field(description="January to December; null for a month outside the range.")
    total: float | None


class SameFlowsModel(ResponseModel):
    """What the portfolio's own value and flows would have come to in the benchmark."""

    value_end: MoneyModel | None
    gain: MoneyModel | None
    xirr: float | None
    undefined: Undefinable

    @classmethod
    def of(cls, flows: SameFlows, currency: str) -> SameFlowsModel:
        """As the API writes it."""
        return cls(
            value_end=_money_of(flows.value_end, currency),
            gain=_money_of(flows.gain, currency),
            xirr=number_or_none(flows.xirr),
            undefined=undefined_of({"value_end": flows.value_end, "gain": flows.gain, "xirr": flows.xirr}),
        )


def _money_of(figure: Figure, currency: str) -> MoneyModel | None:
    return None if isinstance(figure, Undefined) else money(Money(decimal_of(figure), currency))


class BenchmarkModel(ResponseModel):
    """The benchmark over the same days."""

    symbol: str
    twr: float | None
    growth: list[float | None] = Field(description="On the dates of `series`, 1 on the first.")
    price_as_of: date | None
    stale: bool
    same_flows: SameFlowsModel | None = Field(description="The portfolio's own money, put into the benchmark.")
    undefined: Undefinable

    @classmethod
    def of(cls, benchmark: BenchmarkReport, same_flows: SameFlows | None, currency: str) -> BenchmarkModel:
        """As the API writes it."""
        return cls(
            same_flows=None if same_flows is None else SameFlowsModel.of(same_flows, currency),
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
    account_id: str | None = Field(description="The account it is about, null for all.")
    symbol: str | None = Field(description="The holding it is about, null for all.")
    gross: bool = Field(description="Whether returns are those before fees and taxes.")
    since_inception: bool = Field(
        description="Whether the range begins with the ledger, so that the first day's flows count; a trail then takes "
        "no start."
    )
    twr: float | None
    twr_annual: float | None
    xirr: float | None
    irr: float | None = Field(description="Money-weighted return of the whole range, not annualised.")
    modified_dietz: float | None
    simple_return: float | None
    max_drawdown: float | None
    gain: MoneyModel
    net_flows: MoneyModel
    fees: MoneyModel
    taxes: MoneyModel
    value_start: MoneyModel
    value_end: MoneyModel
    series: ValueSeries
    drawdown: DrawdownSeries
    monthly: list[YearModel]
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
            account_id=report.scope.account_id or None,
            symbol=report.scope.symbol or None,
            gross=report.gross,
            since_inception=report.since_inception,
            gain=money(report.gain),
            net_flows=money(report.net_flows),
            fees=money(report.fees),
            taxes=money(report.taxes),
            value_start=money(report.value_start),
            value_end=money(report.value_end),
            series=ValueSeries(dates=dates, value=numbers_of(np.round(report.values, 6))),
            drawdown=DrawdownSeries(dates=dates, values=numbers_of(report.drawdown)),
            monthly=[YearModel(year=row.year, months=list(row.months), total=row.total) for row in report.monthly],
            benchmark=None
            if report.benchmark is None
            else BenchmarkModel.of(report.benchmark, report.same_flows, report.portfolio.base_currency),
            prices_as_of=report.prices_as_of,
            stale_prices=report.stale_prices,
            warnings=list(report.warnings),
            conventions=dict(report.conventions),
            undefined=undefined_of(report.figures),
            twr=figures["twr"],
            twr_annual=figures["twr_annual"],
            xirr=figures["xirr"],
            irr=figures["irr"],
            modified_dietz=figures["modified_dietz"],
            simple_return=figures["simple_return"],
            max_drawdown=figures["max_drawdown"],
        )
