"""Bodies of attributions: a benchmark by sector or by symbol, and what explains the active return."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.application.attribute_return import AttributionReport, Mix
from stocktool_stock.application.periods import Period as NamedPeriod
from stocktool_stock.domain.brinson import BRINSON, Attribution, Part, Period, PeriodReturns
from stocktool_stock.domain.exact import Undefined, number_or_none
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.sector_days import SectorPeriod
from stocktool_stock.domain.weighted import Rebalance
from stocktool_stock.http.analytics_route import Conventions, Day, Number
from stocktool_stock.http.figure_models import Undefinable, undefined_of
from stocktool_stock.http.price_columns import pointer

MOST_PERIODS = 1_000
MOST_SECTORS = 200
_ROUNDING = 1e-3
"""Weights written with few decimals may miss 1 by so much; they are scaled to it."""

Name = Annotated[str, Field(min_length=1, max_length=64)]
_Return = Annotated[Number, Field(ge=-1, le=1_000_000)]
_Weight = Annotated[Number, Field(ge=-100, le=100)]


class PartModel(RequestModel):
    """A sector over a period."""

    weight: _Weight = Field(description="Part of the whole at the beginning of the period.")
    return_: _Return | None = Field(default=None, alias="return", description="Of the sector; null without weight.")


Sectors = Annotated[dict[Name, PartModel], Field(min_length=1, max_length=MOST_SECTORS)]


def _parts(sectors: Mapping[str, PartModel], at: str) -> dict[str, Part]:
    total = math.fsum(float(part.weight) for part in sectors.values())
    if abs(total - 1) > _ROUNDING:
        raise InvalidArgument.of(at, f"weights must sum to 1, not to {total:g}")
    for name, part in sectors.items():
        if part.weight and part.return_ is None:
            raise InvalidArgument.of(at + pointer(name, "return"), "is needed where there is weight")
    return {
        name: Part(float(part.weight) / total, None if part.return_ is None else float(part.return_))
        for name, part in sectors.items()
    }


class PeriodModel(RequestModel):
    """Sectors of a portfolio and of its benchmark over one period."""

    portfolio: Sectors
    benchmark: Sectors


class AttributionBody(RequestModel):
    """Periods that follow one another."""

    periods: list[PeriodModel] = Field(min_length=1, max_length=MOST_PERIODS)

    def checked(self) -> list[Period]:
        """The periods.

        Raises:
            InvalidArgument: Weights do not sum to 1, or one has no return.
        """
        return [
            Period(
                _parts(period.portfolio, pointer("periods", index, "portfolio")),
                _parts(period.benchmark, pointer("periods", index, "benchmark")),
            )
            for index, period in enumerate(self.periods)
        ]


class SectorPeriodModel(RequestModel):
    """Sectors of a benchmark from the close of one day to that of another."""

    start: Day
    end: Day
    sectors: Sectors


class BenchmarkBody(RequestModel):
    """A benchmark of symbols and weights, or of sectors with weights and returns by period."""

    symbols: dict[Name, _Weight] | None = Field(default=None, max_length=100, description="Weights on the first day.")
    rebalance: Rebalance = Field(default=Rebalance.NONE, description="Of the symbols.")
    periods: list[SectorPeriodModel] | None = Field(default=None, min_length=1, max_length=MOST_PERIODS)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.symbols is None) == (self.periods is None):
            raise ValueError("give either symbols or periods")
        return self


class ActiveReturnBody(RequestModel):
    """A range and what to compare with; periods of sectors bring their own range."""

    benchmark: BenchmarkBody
    start: date | None = None
    end: date | None = None
    period: NamedPeriod | None = None

    def mix(self) -> Mix | None:
        """The benchmark's symbols, None where it is given by sector.

        Raises:
            InvalidArgument: The weights do not sum to 1, or one is no symbol.
        """
        if self.benchmark.symbols is None:
            return None
        weights = {
            parse_symbol(name, pointer("benchmark", "symbols", name)): float(weight)
            for name, weight in self.benchmark.symbols.items()
            if weight
        }
        total = math.fsum(weights.values())
        if abs(total - 1) > _ROUNDING:
            raise InvalidArgument.of("/benchmark/symbols", f"weights must sum to 1, not to {total:g}")
        if min(weights.values()) < 0:
            raise InvalidArgument.of("/benchmark/symbols", "a benchmark is long only")
        return Mix({name: weight / total for name, weight in weights.items()}, self.benchmark.rebalance)

    def periods(self) -> list[SectorPeriod]:
        """The benchmark's sectors.

        Raises:
            InvalidArgument: Weights do not sum to 1, a period does not end after its start, or a range is given too.
        """
        for name in ("start", "end", "period"):
            if getattr(self, name) is not None:
                raise InvalidArgument.of(pointer(name), "goes with symbols; periods bring their own range")
        result: list[SectorPeriod] = []
        for index, given in enumerate(self.benchmark.periods or ()):
            at = pointer("benchmark", "periods", index)
            if given.end <= given.start:
                raise InvalidArgument.of(f"{at}/end", "must be after the start")
            result.append(SectorPeriod(given.start, given.end, _parts(given.sectors, f"{at}/sectors")))
        return result


class SectorEffectsModel(ResponseModel):
    """Effects of a sector; weights are means over the periods."""

    sector: str
    portfolio_weight: float
    benchmark_weight: float
    allocation: float
    selection: float
    interaction: float
    total: float


class PeriodReturnsModel(ResponseModel):
    """One period, its effects not linked."""

    portfolio_return: float
    benchmark_return: float
    allocation: float
    selection: float
    interaction: float
    unexplained: float


class EffectsModel(ResponseModel):
    """Allocation, selection, interaction and what is unexplained: they sum to the active return."""

    portfolio_return: float | None
    benchmark_return: float | None
    active_return: float | None
    allocation: float | None
    selection: float | None
    interaction: float | None
    unexplained: float | None
    sectors: list[SectorEffectsModel]
    n_periods: int
    conventions: Conventions
    undefined: Undefinable


class AttributionModel(EffectsModel):
    """The same for given periods."""

    periods: list[PeriodReturnsModel]

    @classmethod
    def of(cls, found: Attribution | Undefined) -> AttributionModel:
        """As the API writes it."""
        periods = [] if isinstance(found, Undefined) else [_period(period) for period in found.periods]
        return cls.model_validate({**_effects(found), "conventions": dict(BRINSON), "periods": periods})


class ActiveReturnModel(EffectsModel):
    """The same for a portfolio."""

    start: date
    end: date
    benchmark: str | None = Field(description="Symbol; null for one that was given.")

    @classmethod
    def of(cls, report: AttributionReport) -> ActiveReturnModel:
        """As the API writes it."""
        fields = _effects(report.attribution)
        mine, its = report.portfolio_return, report.benchmark_return
        returns = {"portfolio_return": mine, "benchmark_return": its}
        active: Figure = mine if isinstance(mine, Undefined) else its
        if not isinstance(mine, Undefined) and not isinstance(its, Undefined):
            active = mine - its
        returns["active_return"] = active
        undefined = {name: why for name, why in fields["undefined"].items() if name not in returns}
        return cls.model_validate(
            {
                **fields,
                **{name: number_or_none(figure) for name, figure in returns.items()},
                "start": report.start,
                "end": report.end,
                "benchmark": report.benchmark or None,
                "conventions": dict(report.conventions),
                "undefined": undefined | undefined_of(returns),
            }
        )


_EFFECTS = ("allocation", "selection", "interaction")
_NAMES = ("portfolio_return", "benchmark_return", "active_return", *_EFFECTS, "unexplained")


def _effects(found: Attribution | Undefined) -> dict[str, Any]:
    if isinstance(found, Undefined):
        absent: dict[str, Any] = dict.fromkeys(_NAMES)
        return {**absent, "sectors": [], "n_periods": 0, "undefined": dict.fromkeys(_NAMES, found.reason)}
    return {
        "portfolio_return": found.portfolio_return,
        "benchmark_return": found.benchmark_return,
        "active_return": found.active_return,
        **{name: math.fsum(getattr(sector, name) for sector in found.sectors) for name in _EFFECTS},
        "unexplained": found.unexplained,
        "sectors": [
            SectorEffectsModel(
                sector=sector.sector,
                portfolio_weight=sector.portfolio_weight,
                benchmark_weight=sector.benchmark_weight,
                allocation=sector.allocation,
                selection=sector.selection,
                interaction=sector.interaction,
                total=sector.total,
            )
            for sector in found.sectors
        ],
        "n_periods": len(found.periods),
        "undefined": {},
    }


def _period(period: PeriodReturns) -> PeriodReturnsModel:
    return PeriodReturnsModel(
        portfolio_return=period.portfolio,
        benchmark_return=period.benchmark,
        allocation=period.allocation,
        selection=period.selection,
        interaction=period.interaction,
        unexplained=period.unexplained,
    )
