"""Bodies of valuations, returns, risk, allocations, comparisons and analyses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np
from pydantic import Field
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.application.allocate_portfolio import AllocationReport
from stocktool_stock.application.analyses import PortfolioAnalysis
from stocktool_stock.application.compare_symbols import Comparison
from stocktool_stock.application.measure_performance import BenchmarkReport, PerformanceReport
from stocktool_stock.application.measure_risk import RiskReport
from stocktool_stock.application.value_portfolio import HoldingsReport
from stocktool_stock.domain.allocation import Slice
from stocktool_stock.domain.analysis import Analysis, Json
from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.exact import Undefined, exact, number_or_none
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import QUANTUM, Lot
from stocktool_stock.domain.risk import Figure, RiskFigures
from stocktool_stock.domain.valuation import Holding

Undefinable = dict[str, str]
"""Why figures are null, by name."""


def money(amount: Money) -> MoneyModel:
    """An amount, rounded once to its minor unit."""
    with exact():  # absurdly large ledgers have more digits than Python's default keeps
        return MoneyModel.of(amount.rounded())


def maybe_money(amount: Money | None) -> MoneyModel | None:
    """An amount, or none."""
    return None if amount is None else money(amount)


def unit_price(amount: Decimal, currency: str) -> MoneyModel:
    """A price of one share, with all the digits it has, at most twelve after the point."""
    with exact():
        return MoneyModel(amount=plain(amount.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)), currency=currency)


def days_of(days: Days) -> list[str]:
    """Days as text."""
    return [str(day) for day in np.datetime_as_string(days, unit="D")]


def numbers_of(values: Column) -> list[float | None]:
    """Numbers, null where there is none."""
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - NaN differs from itself


def undefined_of(figures: Mapping[str, Figure]) -> Undefinable:
    """Why figures are null, by name."""
    return {name: figure.reason for name, figure in figures.items() if isinstance(figure, Undefined)}


class LotModel(ResponseModel):
    """Shares acquired together and still held."""

    id: str
    account_id: str
    date: date
    quantity: str
    price: MoneyModel = Field(description="Cost of one share, fees included, in the currency it was paid in.")
    cost_basis: MoneyModel = Field(description="In the base currency, at the rate of its day.")

    @classmethod
    def of(cls, lot: Lot, base_currency: str) -> LotModel:
        """As the API writes it."""
        with exact():
            price = unit_price(lot.cost / lot.quantity, lot.currency)
        return cls(
            id=lot.id,
            account_id=lot.account_id,
            date=lot.day,
            quantity=plain(lot.quantity),
            price=price,
            cost_basis=money(Money(lot.base_cost, base_currency)),
        )


class HoldingModel(ResponseModel):
    """What is held of a symbol; values in the base currency, the price in the instrument's."""

    symbol: str
    quantity: str
    cost_basis: MoneyModel
    price: MoneyModel | None
    price_as_of: date | None
    price_source: str | None
    stale: bool
    market_value: MoneyModel | None
    unrealised: MoneyModel | None
    unrealised_return: float | None
    price_effect: MoneyModel | None = Field(description="Part of the gain that comes from the price.")
    currency_effect: MoneyModel | None = Field(description="Part of the gain that comes from the currency.")
    weight: float | None
    lots: list[LotModel]
    undefined: Undefinable

    @classmethod
    def of(cls, holding: Holding) -> HoldingModel:
        """As the API writes it."""
        price, base = holding.price, holding.cost_basis.currency
        figures: dict[str, Figure] = {"unrealised_return": holding.unrealised_return, "weight": holding.weight}
        undefined = undefined_of(figures)
        if price is None:
            undefined |= dict.fromkeys(
                ("price", "market_value", "unrealised"), "no price is known on or before this day"
            )
        return cls(
            symbol=holding.symbol,
            quantity=plain(holding.quantity),
            cost_basis=money(holding.cost_basis),
            price=None if price is None else unit_price(price.price.amount, price.price.currency),
            price_as_of=None if price is None else price.day,
            price_source=None if price is None else price.source,
            stale=price is None or price.stale,
            market_value=maybe_money(holding.market_value),
            unrealised=maybe_money(holding.unrealised),
            unrealised_return=number_or_none(holding.unrealised_return),
            price_effect=maybe_money(holding.price_effect),
            currency_effect=maybe_money(holding.currency_effect),
            weight=number_or_none(holding.weight),
            lots=[LotModel.of(lot, base) for lot in holding.lots],
            undefined=undefined,
        )


class UnbookedSplitModel(ResponseModel):
    """A split of the market that the ledger has not booked."""

    symbol: str
    date: date
    ratio: str


class HoldingsModel(ResponseModel):
    """A portfolio valued at the close of a day."""

    portfolio_id: str
    as_of: date
    items: list[HoldingModel]
    cash: list[MoneyModel] = Field(description="By currency, in that currency.")
    cash_value: MoneyModel = Field(description="All cash in the base currency.")
    total: MoneyModel
    cost_basis: MoneyModel
    unrealised: MoneyModel
    realised: MoneyModel
    income: MoneyModel
    stale_prices: int
    unpriced: list[str]
    unbooked_splits: list[UnbookedSplitModel]
    warnings: list[str]
    conventions: dict[str, str]

    @classmethod
    def of(cls, report: HoldingsReport) -> HoldingsModel:
        """As the API writes it."""
        valuation = report.valuation
        return cls(
            portfolio_id=report.portfolio.id,
            as_of=valuation.as_of,
            items=[HoldingModel.of(holding) for holding in valuation.holdings],
            cash=[money(amount) for amount in valuation.cash],
            cash_value=money(valuation.cash_value),
            total=money(valuation.total),
            cost_basis=money(valuation.cost_basis),
            unrealised=money(valuation.unrealised),
            realised=money(report.realised),
            income=money(report.income),
            stale_prices=valuation.stale_prices,
            unpriced=list(valuation.unpriced),
            unbooked_splits=[
                UnbookedSplitModel(symbol=symbol, date=split.ex_date, ratio=plain(split.ratio))
                for symbol, split in valuation.unbooked_splits
            ],
            warnings=list(report.warnings),
            conventions=dict(report.conventions),
        )


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


class RiskModel(MetricsModel):
    """Risk from the close of `start` to the close of `end`."""

    start: date
    end: date
    benchmark: str | None
    prices_as_of: date | None
    stale_prices: int
    warnings: list[str]
    conventions: dict[str, str]

    @classmethod
    def of(cls, report: RiskReport) -> RiskModel:
        """As the API writes it."""
        return cls(
            **cls.fields_of(report.risk),
            start=report.start,
            end=report.end,
            benchmark=report.benchmark or None,
            prices_as_of=report.prices_as_of,
            stale_prices=report.stale_prices,
            warnings=list(report.warnings),
            conventions=dict(report.conventions),
        )


class SliceModel(ResponseModel):
    """One part of the whole."""

    key: str
    label: str
    value: MoneyModel
    weight: float
    symbols: list[str]

    @classmethod
    def of(cls, part: Slice) -> SliceModel:
        """As the API writes it."""
        return cls(
            key=part.key, label=part.label, value=money(part.value), weight=part.weight, symbols=list(part.symbols)
        )


class AllocationModel(ResponseModel):
    """Slices that sum to 1."""

    as_of: date
    by: str
    items: list[SliceModel]
    total: MoneyModel
    stale_prices: int
    unpriced: list[str]
    undefined: Undefinable

    @classmethod
    def of(cls, report: AllocationReport) -> AllocationModel:
        """As the API writes it."""
        slices = () if isinstance(report.slices, Undefined) else report.slices
        return cls(
            as_of=report.valuation.as_of,
            by=report.by.value,
            items=[SliceModel.of(part) for part in slices],
            total=money(report.valuation.total),
            stale_prices=report.valuation.stale_prices,
            unpriced=list(report.valuation.unpriced),
            undefined={"items": report.slices.reason} if isinstance(report.slices, Undefined) else {},
        )


class ComparedModel(MetricsModel):
    """One symbol of a comparison, in its own currency."""

    symbol: str
    currency: str
    price_as_of: date | None
    stale: bool


class UncomparedModel(ResponseModel):
    """A symbol that could not be compared."""

    symbol: str
    reason: str


class ComparisonModel(ResponseModel):
    """Symbols side by side over the days they all have prices."""

    start: date
    end: date
    items: list[ComparedModel]
    errors: list[UncomparedModel]
    correlation: dict[str, float | None] = Field(description='By ordered pair, "AAPL/SPY".')
    conventions: dict[str, str]

    @classmethod
    def of(cls, comparison: Comparison) -> ComparisonModel:
        """As the API writes it."""
        pairs: dict[str, float | None] = {}
        for (left, right), figure in comparison.correlations.items():
            pairs[f"{left}/{right}"] = pairs[f"{right}/{left}"] = number_or_none(figure)
        return cls(
            start=comparison.start,
            end=comparison.end,
            items=[
                ComparedModel(
                    **ComparedModel.fields_of(item.risk),
                    symbol=item.symbol,
                    currency=item.currency,
                    price_as_of=item.price_as_of,
                    stale=item.stale,
                )
                for item in comparison.items
            ],
            errors=[UncomparedModel(symbol=symbol, reason=reason) for symbol, reason in comparison.errors],
            correlation=pairs,
            conventions=dict(comparison.conventions),
        )


class StepModel(ResponseModel):
    """A finished part of an analysis."""

    name: str
    finished_at: datetime


class AnalysisErrorModel(ResponseModel):
    """Why an analysis failed."""

    reason: str
    message: str


class AnalysisModel(ResponseModel):
    """A background analysis."""

    id: str
    portfolio_id: str
    kind: str
    state: str = Field(description="queued, running, done or failed.")
    steps: list[StepModel]
    result: dict[str, Any] | None = Field(description="holdings, performance, risk and allocation, once done.")
    error: AnalysisErrorModel | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, analysis: Analysis) -> AnalysisModel:
        """As the API writes it."""
        failed = bool(analysis.error_reason)
        return cls(
            id=analysis.id,
            portfolio_id=analysis.portfolio_id,
            kind=analysis.kind.value,
            state=analysis.state.value,
            steps=[StepModel(name=step.name, finished_at=step.finished_at) for step in analysis.steps],
            result=None if analysis.result is None else dict(analysis.result),
            error=AnalysisErrorModel(reason=analysis.error_reason, message=analysis.error_message) if failed else None,
            created_at=analysis.created_at,
            finished_at=analysis.finished_at,
        )


def render_analysis(analysis: PortfolioAnalysis) -> dict[str, Json]:
    """An analysis in the shapes of the routes, as it is stored; daily series are left to their route."""
    return {
        "holdings": HoldingsModel.of(analysis.holdings).model_dump(mode="json"),
        "performance": PerformanceModel.of(analysis.performance).model_dump(
            mode="json", exclude={"series": True, "drawdown": True, "benchmark": {"growth"}}
        ),
        "risk": RiskModel.of(analysis.risk).model_dump(mode="json"),
        "allocation": {
            by.value: AllocationModel.of(report).model_dump(mode="json") for by, report in analysis.allocation.items()
        },
    }
