"""A portfolio, and a benchmark of symbols, by sector and period: what attribution works on. Fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.brinson import Part, Period
from stocktool_stock.domain.days import day64
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.linking import coefficients
from stocktool_stock.domain.weighted import Rebalance

_WEIGHTLESS = 1e-6
"""A sector with less weight than this has no return of its own: what it earned came from trades within the period."""

SectorColumns = Mapping[str, tuple[Column, Column]]
"""Weight at the beginning of each day and contribution to the day's return, by sector."""


@dataclass(frozen=True, slots=True)
class SectorPeriod:
    """Sectors of a benchmark from the close of one day to that of another."""

    start: date
    end: date
    sectors: Mapping[str, Part]


def mix_columns(
    prices: Mapping[str, Column], weights: Mapping[str, float], sectors: Mapping[str, str], rebalance: Rebalance
) -> SectorColumns:
    """A benchmark of symbols by sector and day.

    Args:
        prices: Total return in one currency, all known.
        weights: On the first day, together 1.
        sectors: By symbol.
        rebalance: Daily: weights are restored at each close. None: what was bought is held.
    """
    names = list(weights)
    growth = np.column_stack([prices[name] / prices[name][0] for name in names])
    wanted = np.array([weights[name] for name in names])
    held = np.broadcast_to(wanted, growth[:-1].shape)
    if rebalance is Rebalance.NONE:
        worth = growth[:-1] * wanted
        held = worth / worth.sum(axis=1, keepdims=True)
    given = held * (growth[1:] / growth[:-1] - 1.0)
    result: dict[str, tuple[Column, Column]] = {}
    for index, name in enumerate(names):
        before = result.get(sectors[name], (np.zeros(len(held)), np.zeros(len(held))))
        result[sectors[name]] = (before[0] + held[:, index], before[1] + given[:, index])
    return result


def daily_periods(mine: SectorColumns, its: SectorColumns, known: Column) -> list[Period]:
    """A period for each day that has a base."""
    return [_period(_at(mine, index), _at(its, index)) for index in np.flatnonzero(known).tolist()]


def given_periods(
    days: Days, mine: SectorColumns, returns: Column, periods: Sequence[SectorPeriod]
) -> list[Period] | Undefined:
    """A period for each that the benchmark is given for.

    The portfolio's weight is the mean of its daily weights, its return the linked contribution over that weight.
    """
    result: list[Period] = []
    for given in periods:
        within = (days[1:] > day64(given.start)) & (days[1:] <= day64(given.end)) & ~np.isnan(returns)
        if not within.any():
            return Undefined(f"no day between {given.start} and {given.end} begins with a value above zero")
        weights = coefficients(returns[within])
        if isinstance(weights, Undefined):
            return weights
        parts = {
            name: (float(weight[within].mean()), float(contribution[within] @ weights))
            for name, (weight, contribution) in mine.items()
        }
        result.append(
            _period(parts, {name: (p.weight, p.weight * (p.rate or 0.0)) for name, p in given.sectors.items()})
        )
    return result


def _at(columns: SectorColumns, index: int) -> dict[str, tuple[float, float]]:
    return {name: (float(weight[index]), float(given[index])) for name, (weight, given) in columns.items()}


def _period(mine: Mapping[str, tuple[float, float]], its: Mapping[str, tuple[float, float]]) -> Period:
    unexplained = sum(given for weight, given in mine.values() if abs(weight) < _WEIGHTLESS)
    return Period(_parts(mine), _parts(its), unexplained)


def _parts(columns: Mapping[str, tuple[float, float]]) -> dict[str, Part]:
    return {
        name: Part(weight, given / weight) if abs(weight) >= _WEIGHTLESS else Part(0.0)
        for name, (weight, given) in columns.items()
    }
