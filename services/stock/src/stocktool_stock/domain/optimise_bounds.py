"""Bounds of weights by asset and by group, and portfolios that are best within them. Formulas in docs/formulas.md.

Each problem is convex: a quadratic program over weights, or over positions of any size whose proportions are bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from stocktool_kit.core.errors import FieldViolation

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.optimise import FrontierPoint, Matrix, Weights, cleaned, regular
from stocktool_stock.domain.quadratic import NoSolution, Program, least_square
from stocktool_stock.domain.risk_clusters import single_linkage_order

_SLACK = 1e-12
_NOTHING_TO_SHARE = Undefined("some mix of the assets carries no risk, so there is none to share")


@dataclass(frozen=True, slots=True)
class GroupBound:
    """Least and most that some assets may weigh together; groups share no asset."""

    name: str
    members: tuple[int, ...]
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Least and most that each asset may weigh, from 0 to 1, and groups."""

    lower: Column
    upper: Column
    groups: tuple[GroupBound, ...] = ()

    @property
    def free(self) -> bool:
        """Whether they allow every long-only portfolio."""
        return bool((self.lower <= 0).all() and (self.upper >= 1).all()) and all(
            group.lower <= 0 and group.upper >= 1 for group in self.groups
        )

    def rows(self) -> tuple[Matrix, Column]:
        """A and b of A w <= b, without what follows from the rest."""
        size = len(self.lower)
        rows: list[Column] = list(-np.eye(size))
        limits: list[float] = list(-self.lower)
        for index in np.flatnonzero(self.upper < 1):
            rows.append(np.eye(size)[index])
            limits.append(float(self.upper[index]))
        for group in self.groups:
            row = np.zeros(size)
            row[list(group.members)] = 1.0
            if group.lower > 0:
                rows.append(-row)
                limits.append(-group.lower)
            if group.upper < 1:
                rows.append(row)
                limits.append(group.upper)
        return np.array(rows), np.array(limits)

    def proportions(self) -> Matrix:
        """The same for positions that need not sum to 1: R y <= 0."""
        rows, limits = self.rows()
        result: Matrix = rows - limits[:, None]
        return result


def infeasible(bounds: Bounds, names: Sequence[str], place: str = "/bounds") -> list[FieldViolation]:
    """Why no weights are within the bounds, by field; nothing where some are.

    Since groups share no asset, each of them and then their sum is all there is to look at.
    """
    found = [
        FieldViolation(f"{place}/{name}", f"must be between 0 and 1, the least first; they are {low:g} and {high:g}")
        for name, low, high in zip(names, bounds.lower, bounds.upper, strict=True)
        if not 0 <= low <= high <= 1
    ]
    low, high = bounds.lower.copy(), bounds.upper.copy()
    least = most = 0.0
    grouped: set[int] = set()
    for group in bounds.groups:
        members = list(group.members)
        grouped.update(members)
        own_low, own_high = float(low[members].sum()), float(high[members].sum())
        named = ", ".join(names[index] for index in members)
        where = f"/sector_bounds/{group.name}"
        if not 0 <= group.lower <= group.upper <= 1:
            found.append(FieldViolation(where, "must be between 0 and 1, the least first"))
        elif own_low > group.upper + _SLACK:
            found.append(
                FieldViolation(where, f"allows {group.upper:g}; {named} must have {own_low:g} by their bounds")
            )
        elif own_high < group.lower - _SLACK:
            found.append(FieldViolation(where, f"wants {group.lower:g}; {named} may have {own_high:g} by their bounds"))
        least += max(group.lower, own_low)
        most += min(group.upper, own_high)
    rest = [index for index in range(len(names)) if index not in grouped]
    least += float(low[rest].sum())
    most += float(high[rest].sum())
    if not found and least > 1 + _SLACK:
        found.append(FieldViolation(_blamed(bounds, place, lower=True), f"the least weights sum to {least:g}, over 1"))
    if not found and most < 1 - _SLACK:
        found.append(FieldViolation(_blamed(bounds, place, lower=False), f"the most weights sum to {most:g}, under 1"))
    return found


def _blamed(bounds: Bounds, place: str, *, lower: bool) -> str:
    tight = any(group.lower > 0 if lower else group.upper < 1 for group in bounds.groups)
    return "/sector_bounds" if tight else place


def bounded_min_variance(covariance: Matrix, bounds: Bounds) -> Column:
    """The weights of least variance within bounds."""
    rows, limits = bounds.rows()
    size = len(covariance)
    return cleaned(least_square(regular(covariance), rows, limits, np.ones((1, size)), np.ones(1)), covariance)


def bounded_max_sharpe(covariance: Matrix, excess: Column, bounds: Bounds) -> Weights:
    """The weights of the highest mean excess return per volatility within bounds."""
    best = float(excess @ highest_return(excess, bounds))
    if best <= 0:
        return Undefined("no expected return within the bounds lies above the risk-free rate")
    rows = bounds.proportions()
    positions = least_square(regular(covariance), rows, np.zeros(len(rows)), (excess / best)[None, :], np.ones(1))
    return cleaned(positions / positions.sum(), covariance)


def bounded_frontier(covariance: Matrix, expected: Column, points: int, bounds: Bounds) -> list[FrontierPoint]:
    """Portfolios of least variance from that of all to the highest expected return, evenly spaced.

    Where the bounds leave one expected return only, so that there is nothing to choose, it is one point.
    """
    rows, limits = bounds.rows()
    matrix, size = regular(covariance), len(covariance)
    first = bounded_min_variance(covariance, bounds)
    low, high = float(expected @ first), float(expected @ highest_return(expected, bounds))
    scale, size_of = high - low, float(np.abs(expected).max(initial=0.0))
    if scale <= 1e-7 * size_of:
        return [FrontierPoint(low, first, efficient=True)]
    found = [FrontierPoint(low, first, efficient=True)]
    for target in np.linspace(low, high, points)[1:]:
        # On this side of the least variance a return is had with the least risk by having no less.
        wanted = float(target) - 1e-9 * scale - 1e-10 * size_of
        rows_with, limits_with = np.vstack([rows, -expected[None, :] / scale]), np.append(limits, -wanted / scale)
        try:
            weights: Weights = cleaned(
                least_square(matrix, rows_with, limits_with, np.ones((1, size)), np.ones(1)), covariance
            )
        except NoSolution as error:
            weights = Undefined(str(error))
        found.append(FrontierPoint(float(target), weights, efficient=True))
    return found


def highest_return(expected: Column, bounds: Bounds) -> Column:
    """Weights within bounds of the highest expected return."""
    rows, limits = bounds.rows()
    size = len(expected)
    scale = float(np.abs(expected).max()) or 1.0
    program = Program(np.zeros((size, size)), -expected / scale, rows, limits, np.ones((1, size)), np.ones(1))
    return program.interior()


def bounded_risk_parity(covariance: Matrix, bounds: Bounds) -> Weights:
    """The weights whose contributions to risk are equal as far as the bounds allow.

    Source:
        Richard and Roncalli (2019), Constrained Risk Budgeting Portfolios: x'Cx / 2 - sum(log x) / n under bounds on
        proportions, solved by Newton steps that are quadratic programs.
    """
    deviation = np.sqrt(np.diag(covariance))
    if deviation.min() <= 1e-10 * deviation.max(initial=0.0):
        return Undefined("an asset does not vary, so it cannot carry its share of the risk")
    if float(bounds.upper.min()) <= 0:
        return Undefined("an asset that must weigh nothing cannot carry its share of the risk")
    size = len(covariance)
    matrix = covariance / (float(np.trace(covariance)) / size)
    rows = bounds.proportions()
    position = _inside(bounds)
    variance = float(position @ matrix @ position)
    if variance <= 1e-16:
        return _NOTHING_TO_SHARE
    position = position / np.sqrt(variance)
    for _ in range(200):
        gradient = matrix @ position - 1.0 / (size * position)
        hessian = matrix + np.diag(1.0 / (size * position**2))
        try:
            wanted = Program(
                hessian, gradient - hessian @ position, rows, np.zeros(len(rows)), np.zeros((0, size)), np.zeros(0)
            ).solution()
        except NoSolution:  # a mix without risk could be made ever larger
            return _NOTHING_TO_SHARE
        step = wanted - position
        decrement = float(np.sqrt(max(step @ hessian @ step, 0.0) * size))
        if decrement < 1e-12:
            break
        position = position + step / (1.0 + decrement) if decrement > 0.25 else position + step
    else:
        return _NOTHING_TO_SHARE
    result: Column = position / position.sum()
    return result


def bounded_clusters(covariance: Matrix, bounds: Bounds) -> Weights:
    """Hierarchical risk parity whose halves are brought within the sums of their members' bounds.

    Source:
        Lopez de Prado (2016), Building Diversified Portfolios that Outperform Out of Sample; bounds at each bisection
        as in Pfitzinger and Katzke (2019), A Constrained Hierarchical Risk Parity Algorithm.
    """
    deviation = np.sqrt(np.diag(covariance))
    if deviation.min() <= 1e-10 * deviation.max(initial=0.0):
        return Undefined("an asset does not vary, so its correlations do not exist")
    correlation = np.clip(covariance / np.outer(deviation, deviation), -1.0, 1.0)
    weights = np.ones(len(covariance))
    parts = [single_linkage_order(np.sqrt((1.0 - correlation) / 2.0))]
    while parts:
        part = parts.pop()
        if len(part) < 2:
            continue
        left, right = part[: len(part) // 2], part[len(part) // 2 :]
        risk = [_inverse_variance_risk(covariance, half) for half in (left, right)]
        if risk[0] + risk[1] <= 0:
            return Undefined("some assets cancel each other out, so there is no risk to split")
        whole = float(weights[part[0]])
        share = 1.0 - risk[0] / (risk[0] + risk[1])
        share = float(np.clip(share, bounds.lower[left].sum() / whole, bounds.upper[left].sum() / whole))
        rest = float(np.clip(1.0 - share, bounds.lower[right].sum() / whole, bounds.upper[right].sum() / whole))
        weights[left] *= 1.0 - rest
        weights[right] *= rest
        parts += [left, right]
    return weights


def _inverse_variance_risk(covariance: Matrix, members: list[int]) -> float:
    own = covariance[np.ix_(members, members)]
    weights = 1.0 / np.diag(own)
    weights /= weights.sum()
    return float(weights @ own @ weights)


def _inside(bounds: Bounds) -> Column:
    """Weights within bounds that are all above 0, as even as the bounds allow."""
    rows, limits = bounds.rows()
    size = len(bounds.lower)
    return np.maximum(least_square(np.eye(size), rows, limits, np.ones((1, size)), np.ones(1)), 1e-9)
