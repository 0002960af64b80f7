"""Why a return differs from a benchmark's: allocation, selection and interaction by sector. See docs/formulas.md."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.linking import active_coefficients

BRINSON: Mapping[str, str] = {
    "model": "Brinson-Fachler (1985): allocation (wp - wb)(rb - Rb), selection wb (rp - rb), interaction "
    "(wp - wb)(rp - rb)",
    "absent": "a sector the benchmark does not hold counts with the portfolio's return of it, so it is allocation; one "
    "the portfolio does not hold with the benchmark's",
    "linking": "Carino (1999): effects of a period times (ln(1+Rp) - ln(1+Rb)) / (Rp - Rb) over the same of the range",
    "active_return": "portfolio return less benchmark return, each linked over the periods",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Weight of a sector at the beginning of a period and its return over it; None where there is none."""

    weight: float
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Sectors of a portfolio and of its benchmark over one period; weights of each sum to 1.

    `unexplained` is a part of the portfolio's return that no sector's weight carries: charges, and trades within the
    period.
    """

    portfolio: Mapping[str, Part]
    benchmark: Mapping[str, Part]
    unexplained: float = 0.0


@dataclass(frozen=True, slots=True)
class SectorEffects:
    """Effects of a sector over the whole range; weights are means over its periods."""

    sector: str
    allocation: float
    selection: float
    interaction: float
    portfolio_weight: float = 0.0
    benchmark_weight: float = 0.0

    @property
    def total(self) -> float:
        """All three."""
        return math.fsum((self.allocation, self.selection, self.interaction))


@dataclass(frozen=True, slots=True)
class PeriodReturns:
    """Returns of one period, and its effects summed over sectors."""

    portfolio: float
    benchmark: float
    allocation: float
    selection: float
    interaction: float
    unexplained: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """Effects that sum, with `unexplained`, to the active return."""

    portfolio_return: float
    benchmark_return: float
    sectors: tuple[SectorEffects, ...]
    unexplained: float
    periods: tuple[PeriodReturns, ...]

    @property
    def active_return(self) -> float:
        """The portfolio's return less the benchmark's."""
        return self.portfolio_return - self.benchmark_return


_NONE = Part(0.0)
_Effects = dict[str, tuple[float, float, float]]


def attribute(periods: Sequence[Period]) -> Attribution | Undefined:
    """Explain the active return of one or more periods.

    Source:
        Gary P. Brinson and Nimrod Fachler, "Measuring Non-U.S. Equity Portfolio Performance", Journal of Portfolio
        Management, Spring 1985; Carl R. Bacon, Practical Portfolio Performance Measurement and Attribution.
    """
    if not periods:
        return Undefined("there are no periods")
    explained = [_explained(period) for period in periods]
    mine = np.array([returns.portfolio for returns, _ in explained])
    its = np.array([returns.benchmark for returns, _ in explained])
    weights = active_coefficients(mine, its)
    if isinstance(weights, Undefined):
        return weights
    names = sorted({name for _, effects in explained for name in effects})
    total, other = (math.expm1(float(np.log1p(rates).sum())) for rates in (mine, its))
    linked = {
        name: [
            math.fsum(
                float(k) * effects.get(name, (0.0, 0.0, 0.0))[place]
                for k, (_, effects) in zip(weights, explained, strict=True)
            )
            for place in range(3)
        ]
        for name in names
    }
    unexplained = math.fsum(float(k) * returns.unexplained for k, (returns, _) in zip(weights, explained, strict=True))
    # Rounding goes where it is least seen, so that the sum is the active return to the last bit.
    cells = [(name, place) for name in names for place in range(3)]
    largest = max(cells, key=lambda cell: abs(linked[cell[0]][cell[1]]), default=None)
    if largest is not None:
        rest = (total - other) - math.fsum([unexplained, *(linked[name][place] for name, place in cells)])
        linked[largest[0]][largest[1]] += rest
    return Attribution(
        portfolio_return=total,
        benchmark_return=other,
        sectors=tuple(
            SectorEffects(
                name,
                allocation=linked[name][0],
                selection=linked[name][1],
                interaction=linked[name][2],
                portfolio_weight=_mean([period.portfolio.get(name, _NONE).weight for period in periods]),
                benchmark_weight=_mean([period.benchmark.get(name, _NONE).weight for period in periods]),
            )
            for name in names
        ),
        unexplained=unexplained,
        periods=tuple(returns for returns, _ in explained),
    )


def _explained(period: Period) -> tuple[PeriodReturns, _Effects]:
    mine, its = period.portfolio, period.benchmark
    whole = math.fsum(part.weight * (part.rate or 0.0) for part in its.values())
    own = math.fsum([period.unexplained, *(part.weight * (part.rate or 0.0) for part in mine.values())])
    effects: _Effects = {}
    for name in {**mine, **its}:
        held, index = mine.get(name, _NONE), its.get(name, _NONE)
        rate = index.rate if index.rate is not None else held.rate
        ours = held.rate if held.rate is not None else rate
        if rate is None or ours is None:
            continue
        effects[name] = (
            (held.weight - index.weight) * (rate - whole),
            index.weight * (ours - rate),
            (held.weight - index.weight) * (ours - rate),
        )
    allocation, selection, interaction = (math.fsum(effect[place] for effect in effects.values()) for place in range(3))
    return PeriodReturns(own, whole, allocation, selection, interaction, period.unexplained), effects


def _mean(weights: Sequence[float]) -> float:
    return math.fsum(weights) / len(weights)
