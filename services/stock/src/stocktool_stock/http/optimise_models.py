"""Bodies of optimised portfolios."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.application.optimise_allocation import Method, Optimised
from stocktool_stock.application.optimise_portfolio import MOST_NAMES, OptimisationReport, Task
from stocktool_stock.application.rebalance_report import Request
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.http.analytics_allocation_models import MOST_POINTS, ConditioningModel, PointModel
from stocktool_stock.http.figure_models import Undefinable
from stocktool_stock.http.rebalance_models import PlanRules, RebalanceModel
from stocktool_stock.http.target_models import Fraction

Span = Annotated[list[Fraction], Field(min_length=2, max_length=2, description="Least and most.")]


class OptimiseBody(PlanRules):
    """What is to be optimised."""

    account_id: str = Field(default="", max_length=0, description="Whole portfolios are optimised.")
    method: Method
    start: date | None = Field(default=None, description="First day of the window; three years before its end.")
    end: date | None = Field(default=None, description="Last day of the window; the market's today.")
    bounds: dict[str, Span] = Field(
        default_factory=dict, max_length=MOST_NAMES, description="Weights by symbol.", examples=[{"AAPL": [0, 0.3]}]
    )
    default_bounds: Span = Field(default=[Decimal(0), Decimal(1)], description="Of every other symbol.")
    sector_bounds: dict[str, Span] = Field(
        default_factory=dict, max_length=50, description="Weights of whole sectors, as the allocation names them."
    )
    risk_free_annual: Annotated[Decimal, Field(gt=-1, le=1)] = Decimal(0)
    points: int = Field(default=20, ge=1, le=MOST_POINTS, description="Of a frontier.")
    symbols: list[str] = Field(default_factory=list, max_length=50, description="Further symbols that may be bought.")
    cash_weight: Fraction = Field(default=Decimal(0), description="Part of the total that stays cash.")

    def task(self) -> Task:
        """As the use case takes it.

        Raises:
            InvalidArgument: A symbol cannot be one.
        """
        return Task(
            method=self.method,
            start=self.start,
            end=self.end,
            bounds={parse_symbol(name, f"/bounds/{name}"): _span(span) for name, span in self.bounds.items()},
            default_bounds=_span(self.default_bounds),
            sector_bounds={name: _span(span) for name, span in self.sector_bounds.items()},
            risk_free=float(self.risk_free_annual),
            points=self.points,
            symbols=tuple(dict.fromkeys(parse_symbol(s, f"/symbols/{i}") for i, s in enumerate(self.symbols))),
            cash_weight=self.cash_weight,
            trading=Request(
                cash=self.cash,
                whole_shares=self.whole_shares,
                fee_fixed=self.fee.fixed,
                fee_rate=self.fee.rate,
                min_trade=self.min_trade,
            ),
        )


def _span(span: list[Decimal]) -> tuple[float, float]:
    return float(span[0]), float(span[1])


class NameModel(ResponseModel):
    """A name that is optimised: its weight now and as it should be, within its bounds."""

    symbol: str
    sector: str
    weight_now: float | None
    weight: float | None
    risk_contribution_now: float | None = Field(description="Share of the variance.")
    risk_contribution: float | None
    bounds: list[float]


class OptimisationModel(ResponseModel):
    """Weights of today and the best ones, and the trades between them; weights are parts of what is optimised."""

    as_of: date
    window_start: date
    window_end: date
    method: Method
    items: list[NameModel]
    now: PointModel
    proposed: PointModel
    points: list[PointModel] | None
    conditioning: ConditioningModel | None
    n_returns: int
    plan: RebalanceModel | None = Field(description="Trades that lead from now to the proposed weights.")
    left_out: dict[str, str] = Field(description="Names without enough prices, and why.")
    warnings: list[str]
    undefined: Undefinable
    conventions: dict[str, str | int | float]

    @classmethod
    def of(cls, report: OptimisationReport) -> OptimisationModel:
        """As the API writes it."""
        result, undefined = report.result, {}
        for name, figure in (("points", result.points), ("conditioning", result.conditioning)):
            if isinstance(figure, Undefined):
                undefined[name] = figure.reason
        if report.plan is None:
            undefined["plan"] = "there are no weights to trade towards, or nothing is left to trade with"
        return cls(
            as_of=report.as_of,
            window_start=report.window_start,
            window_end=report.window_end,
            method=report.task.method,
            items=_names(report),
            now=PointModel.of(report.now),
            proposed=PointModel.of(result.best),
            points=None if isinstance(result.points, Undefined) else [PointModel.of(each) for each in result.points],
            conditioning=None
            if isinstance(result.conditioning, Undefined)
            else ConditioningModel.of(result.conditioning),
            n_returns=result.n_returns,
            plan=None if report.plan is None else RebalanceModel.of(report.plan),
            left_out=dict(report.left_out),
            warnings=list(report.warnings),
            undefined=undefined,
            conventions=dict(report.conventions),
        )


def _names(report: OptimisationReport) -> list[NameModel]:
    now, best, bounds = report.now, report.result.best, report.bounds
    return [
        NameModel(
            symbol=name,
            sector=report.sectors[name],
            weight_now=_at(now, index),
            weight=_at(best, index),
            risk_contribution_now=_share(now, index),
            risk_contribution=_share(best, index),
            bounds=[float(bounds.lower[index]), float(bounds.upper[index])],
        )
        for index, name in enumerate(best.names)
    ]


def _at(of: Optimised, index: int) -> float | None:
    return None if isinstance(of.weights, Undefined) else float(of.weights[index])


def _share(of: Optimised, index: int) -> float | None:
    return None if isinstance(of.risk_contribution, Undefined) else float(of.risk_contribution[index])
