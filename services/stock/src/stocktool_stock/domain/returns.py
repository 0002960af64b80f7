"""Returns: time-weighted, money-weighted, Modified Dietz and simple. Fractions; formulas in docs/formulas.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined

DAYS_A_YEAR = 365.0
"""ACT/365, as Excel's XIRR and XNPV count."""

_ZERO_VALUE = 0.005
"""Values under half a cent are rounding dust of floats; a return on them is no return."""


@dataclass(frozen=True, slots=True)
class DatedFlow:
    """Cash from the investor's side: paid in is negative, paid out positive."""

    day: date
    amount: float


def daily_returns(values: Column, flows: Column) -> Column:
    """Return of each day after the first, flows counted at the end of their day.

    Args:
        values: Value at each close, after the day's flow.
        flows: External flow of each day, paid in positive.

    Returns:
        One return per day after the first; NaN where the day before closed at nothing.
    """
    if len(values) < 2:
        return np.array([])
    before = values[:-1]
    usable = before >= _ZERO_VALUE
    safe = np.where(usable, before, 1.0)
    return np.where(usable, (values[1:] - flows[1:]) / safe - 1.0, np.nan)


def time_weighted_return(returns: Column) -> float | Undefined:
    """Chain daily returns into one; days without a base are left out.

    Source:
        GIPS Standards for Firms (2020): sub-periods closed by each external flow, geometrically linked.
    """
    known = returns[~np.isnan(returns)]
    if not known.size:
        return Undefined("no day begins with a value above zero")
    return float(np.prod(1.0 + known) - 1.0)


def growth(returns: Column) -> Column:
    """Index of the chained returns: 1 before the first, flat where there is none."""
    return np.concatenate([[1.0], np.cumprod(1.0 + np.nan_to_num(returns, nan=0.0))])


def annualised(total: float, days: int) -> float | Undefined:
    """A return over `days` as a yearly rate, ACT/365; undefined under a year (GIPS forbids it) or below -100 %."""
    if days < 365:
        return Undefined("the range is shorter than a year")
    if total <= -1.0:
        return Undefined("everything was lost")
    return float((1.0 + total) ** (DAYS_A_YEAR / days) - 1.0)


def simple_return(gain: float, begin: float, paid_in: float) -> float | Undefined:
    """Gain over what was put to work: the value at the start plus what was paid in."""
    base = begin + paid_in
    if base <= _ZERO_VALUE:
        return Undefined("nothing was invested")
    return gain / base


def xnpv(rate: float, flows: Sequence[DatedFlow]) -> float:
    """Net present value of dated flows at a yearly rate, discounted to the first of them (ACT/365)."""
    years, amounts = _columns(flows)
    return float(np.sum(amounts * (1.0 + rate) ** -years))


def xirr_roots(flows: Sequence[DatedFlow]) -> list[float]:
    """Every yearly rate above -100 % at which the flows' net present value is zero, lowest first.

    Flows that change sign once in time have one root at most, looked for with log(1 + rate) between -30 and 30. For
    others the present value is scanned on a grid from -14 to 14, and each change of sign is bisected to the last bit:
    rates from -99.9999 % to 120 million percent are found; two roots closer than 0.01 in log(1 + rate) may be missed
    as a pair.
    """
    years, amounts = _columns(flows)

    def value(log_rate: Column) -> Column:
        # Scaled by the largest term, so that nothing overflows and only the sign and zero matter.
        exponents = -np.outer(log_rate, years)
        exponents -= exponents.max(axis=1, keepdims=True)
        result: Column = np.exp(exponents) @ amounts
        return result

    changes = int(np.count_nonzero(np.diff(np.sign(amounts[amounts != 0]))))
    points = np.array([-30.0, 30.0]) if changes == 1 else np.linspace(-14.0, 14.0, 2801)
    signs = np.sign(value(points))
    roots = [float(np.expm1(points[i])) for i in np.flatnonzero(signs == 0)]
    for i in np.flatnonzero(signs[:-1] * signs[1:] < 0):
        low, high, sign = float(points[i]), float(points[i + 1]), signs[i]
        while True:
            middle = (low + high) / 2
            if middle in (low, high):
                break
            if np.sign(value(np.array([middle]))[0]) == sign:
                low = middle
            else:
                high = middle
        roots.append(float(np.expm1(low)))
    return sorted(roots)


def xirr(flows: Sequence[DatedFlow]) -> float | Undefined:
    """The yearly money-weighted rate of dated flows; undefined when none or several exist.

    Tolerance: the rate is good to about 1e-12 relative.

    Source:
        Microsoft's documentation of Excel's XIRR, for day count and meaning.
    """
    amounts = [flow.amount for flow in flows if flow.amount]
    if not amounts or min(amounts) >= 0 or max(amounts) <= 0:
        return Undefined("no sign change")
    if len({flow.day for flow in flows if flow.amount}) < 2:
        return Undefined("all flows fall on one day")
    roots = xirr_roots(flows)
    if not roots:
        return Undefined("no rate brings the flows to zero")
    if len(roots) > 1:
        return Undefined(f"ambiguous: {len(roots)} rates bring the flows to zero")
    return roots[0]


def modified_dietz(
    begin_value: float, end_value: float, begin: date, end: date, flows: Sequence[tuple[date, float]]
) -> tuple[float | Undefined, float]:
    """Return over average capital, flows weighted by the part of the period they were there (at the end of their day).

    Args:
        begin_value: Value at the close of `begin`.
        end_value: Value at the close of `end`.
        begin: First day, excluded.
        end: Last day, included.
        flows: Days and amounts, paid in positive.

    Returns:
        The return, and the average capital.
    """
    span = (end - begin).days
    if span <= 0:
        return Undefined("the period has no length"), begin_value
    capital = begin_value + sum(amount * (end - day).days / span for day, amount in flows)
    gain = end_value - begin_value - sum(amount for _, amount in flows)
    if capital <= 0:
        return Undefined("the average capital is not above zero"), capital
    return gain / capital, capital


def _columns(flows: Sequence[DatedFlow]) -> tuple[Column, Column]:
    """Years since the first flow and amounts, one of each per day, in order of time."""
    days, index = np.unique(np.array([flow.day.toordinal() for flow in flows]), return_inverse=True)
    amounts = np.bincount(index, weights=np.array([flow.amount for flow in flows], dtype=np.float64))
    return ((days - days[0]) / DAYS_A_YEAR).astype(np.float64), amounts.astype(np.float64)
