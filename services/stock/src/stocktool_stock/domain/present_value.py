"""Present values of cash flows, and every rate at which one is zero.

With `s = log(1 + rate)` a present value is a sum of exponentials, `sum(a_i * exp(-s * t_i))`. It has at most as many
zeros as the amounts change sign in time (Descartes' rule of signs, which Laguerre extended to such sums). Turned by a
factor `exp(s * c)`, with c inside one of the gaps where the sign changes, its derivative has one change less; so the
zeros of that derivative, found the same way, part the axis into stretches with one zero at most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined

_TOUCHES = 1e-13
"""A turning point whose value is smaller than this part of the sum of its terms is a zero (of even order)."""
_SAME = 1e-7
"""Zeros of log(1 + rate) closer than this are one, split by rounding."""
_FINEST = 1e-16
"""What log(1 + rate) can be told from 0 by."""
_LAST_BITS = 4e-16
_EXACT_CHANGES = 12
"""With more changes of sign than this the derivative's zeros are looked for on a grid."""
_REACH = 14.0
"""Rates from -99.9999 % to 120 million percent."""
_GRID = _REACH * np.sinh(3.0 * np.linspace(-1.0, 1.0, 1001)) / np.sinh(3.0)
"""Points 0.008 apart around 0, 0.08 at the ends."""
_LARGEST = math.log(1.7e308)
_CELLS = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class CashFlows:
    """Amounts at times, in order of time, one to a time; without those that are zero."""

    times: Column
    amounts: Column

    @classmethod
    def of(cls, times: Column, amounts: Column) -> CashFlows:
        """Sort, add up those of one time, drop zeros."""
        unique, index = np.unique(times, return_inverse=True)
        sums = np.bincount(index, weights=amounts, minlength=len(unique)).astype(np.float64)
        return cls(unique[sums != 0].astype(np.float64), sums[sums != 0])

    @property
    def sign_changes(self) -> int:
        """How often the amounts change sign in time: the largest number of rates there can be."""
        return int(np.count_nonzero(np.diff(np.sign(self.amounts))))


def present_value(rate: float, times: Column, amounts: Column) -> float | Undefined:
    """Sum of amounts, each discounted at `rate` per unit of time."""
    with np.errstate(over="ignore", invalid="ignore"):
        value = float(np.sum(amounts * np.exp(-math.log1p(rate) * times)))
    return value if math.isfinite(value) else Undefined("the present value is too large for a number")


def zero_rates(flows: CashFlows) -> list[float]:
    """Every rate above -100 % at which the flows' present value is zero, lowest first, each once.

    Where flows change sign more than once, a rate beyond -99.9999 % or 120 million percent counts only if there is no
    other: money that went back and forth within days often has one, which is no answer to anything.

    Tolerance: rates are good to the last bits of a float; two that differ by less than some 1e-6 count as one. Flows
    that change sign more than twelve times are looked at on a grid, 0.008 apart in log(1 + rate) around a rate of 0,
    where a pair of rates may hide between two turning points that are closer still.
    """
    if not flows.sign_changes:
        return []
    low, high = _bounds(flows)
    logs: list[float] = []
    if flows.sign_changes > 1:
        logs = _zeros(flows.times, flows.amounts, max(low, -_REACH), min(high, _REACH))
    if not logs:
        logs = _zeros(flows.times, flows.amounts, low, high)
    return [math.expm1(log) for log in logs if log <= _LARGEST]


def money_weighted_rate(flows: CashFlows, roots: list[float]) -> float | Undefined:
    """The one rate among the roots, or why there is none."""
    if not flows.sign_changes:
        return Undefined("no sign change")
    if not roots:  # an odd number of changes always has one
        odd = flows.sign_changes % 2
        return Undefined("the rate is too large for a number" if odd else "no rate brings the flows to zero")
    if len(roots) > 1:
        return Undefined(f"ambiguous: {len(roots)} rates bring the flows to zero")
    return roots[0]


def _bounds(flows: CashFlows) -> tuple[float, float]:
    """Where log(1 + rate) lies: beyond these the first or the last flow outweighs all others."""
    sizes, times = np.abs(flows.amounts), flows.times
    high = math.log(sizes[1:].sum() / sizes[0]) / (times[1] - times[0])
    low = -math.log(sizes[:-1].sum() / sizes[-1]) / (times[-1] - times[-2])
    return min(low, 0.0) - 1.0, max(high, 0.0) + 1.0


def _zeros(times: Column, amounts: Column, low: float, high: float) -> list[float]:
    turns = _turning_points(times, amounts, low, high)
    points = np.array([low, *turns, high])
    values = _relative(points, times, amounts)
    signs = np.sign(values)
    signs[np.abs(values) <= _TOUCHES] = 0.0
    signs[[0, -1]] = np.sign(values[[0, -1]])
    zeros = [float(point) for point, sign in zip(points, signs, strict=True) if sign == 0]
    brackets = np.flatnonzero(signs[:-1] * signs[1:] < 0)
    zeros += _between(times, amounts, points[brackets], points[brackets + 1])
    apart: list[float] = []
    for zero in sorted(zeros):
        if not apart or zero - apart[-1] > _SAME:
            apart.append(zero)
    return apart


def _turning_points(times: Column, amounts: Column, low: float, high: float) -> list[float]:
    """Points between which the sum has one zero at most: zeros of the derivative of it times exp(s * c)."""
    changes = np.flatnonzero(np.diff(np.sign(amounts)))
    if changes.size <= 1:
        return []
    middle = changes[changes.size // 2]
    turned = amounts * ((times[middle] + times[middle + 1]) / 2 - times)
    turned = turned / np.abs(turned).max()
    if changes.size > _EXACT_CHANGES:
        grid = np.concatenate([[low], _GRID[(low < _GRID) & (high > _GRID)], [high]])
        signs = np.sign(_relative(grid, times, turned))
        brackets = np.flatnonzero(signs[:-1] * signs[1:] < 0)
        turns = _between(times, turned, grid[brackets], grid[brackets + 1])
        return sorted([*turns, *grid[1:-1].tolist()])
    return _zeros(times, turned, low, high)


def _relative(logs: Column, times: Column, amounts: Column) -> Column:
    """The sum at each point, as a part of the sum of its terms' sizes: between -1 and 1, nothing overflows."""
    result = np.empty(len(logs))
    for part, weights in _weights(logs, times):
        result[part] = (weights @ amounts) / (weights @ np.abs(amounts))
    return result


def _newton_steps(logs: Column, times: Column, amounts: Column) -> tuple[Column, Column]:
    """The sum at each point, up to a factor above zero, and the step from there to where its tangent is zero."""
    values, steps = np.empty(len(logs)), np.empty(len(logs))
    for part, weights in _weights(logs, times):
        values[part] = weights @ amounts
        with np.errstate(divide="ignore", invalid="ignore"):
            steps[part] = values[part] / (weights @ (amounts * times))
    return values, steps


def _weights(logs: Column, times: Column) -> Iterator[tuple[slice, npt.NDArray[np.float64]]]:
    """Discount factors at some of the points at a time, each row of them up to a factor that keeps it in range."""
    rows = max(1, _CELLS // len(times))
    for start in range(0, len(logs), rows):
        part = slice(start, start + rows)
        exponents = -np.outer(logs[part], times)
        exponents -= exponents.max(axis=1, keepdims=True)
        yield part, np.exp(exponents)


def _between(times: Column, amounts: Column, low: Column, high: Column) -> list[float]:
    """The zero in each bracket, to the last bits; zero itself where it cannot be told from it.

    Newton's steps, and halves of the bracket instead of one that leaves it or is no shorter than half the one before
    the last: so it never takes much longer than halving alone.
    """
    if not low.size:
        return []
    rising = _relative(low, times, amounts) < 0
    at = np.where((low < 0) & (high > 0), 0.0, (low + high) / 2)  # few rates are far from 0, brackets may be wide
    step = before = high - low
    while True:
        values, newton = _newton_steps(at, times, amounts)
        beyond = (values < 0) != rising
        low, high = np.where(beyond, low, at), np.where(beyond, at, high)
        there = at + newton
        good = (low <= there) & (there <= high) & (2 * np.abs(newton) <= before)
        there = np.where(good, there, (low + high) / 2)
        before, step, at = step, np.abs(there - at), there
        if (step <= np.maximum(_FINEST, _LAST_BITS * np.abs(at))).all():
            return [0.0 if abs(zero) <= _FINEST else zero for zero in map(float, at)]
