"""Returns: time-weighted, money-weighted, Modified Dietz and simple. Fractions; formulas in docs/formulas.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.days import days64
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.present_value import CashFlows, money_weighted_rate, present_value, zero_rates
from stocktool_stock.domain.values import value

DAYS_A_YEAR = 365.0
"""ACT/365, as Excel's XIRR and XNPV count."""

_LARGEST = 709.0
"""Largest logarithm that a float's exponential can hold."""
_ZERO_VALUE = 0.005
"""Values under half a cent are rounding dust of floats; a return on them is no return."""


@value(frozen=True, slots=True)
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


def over_days(rate: float, days: int) -> float | Undefined:
    """A yearly rate over `days`, ACT/365."""
    if rate <= -1.0:
        return -1.0
    whole = math.log1p(rate) * days / DAYS_A_YEAR
    return math.expm1(whole) if whole < _LARGEST else Undefined("the return is too large for a number")


def simple_return(gain: float, begin: float, paid_in: float) -> float | Undefined:
    """Gain over what was put to work: the value at the start plus what was paid in."""
    base = begin + paid_in
    if base <= _ZERO_VALUE:
        return Undefined("nothing was invested")
    return gain / base


def net_by_day(flows: Sequence[tuple[date, Decimal]]) -> list[DatedFlow]:
    """Exact sums of each day, in order of time; a day whose flows cancel stays, as nothing."""
    sums: dict[date, Decimal] = {}
    with exact():
        for day, amount in flows:
            sums[day] = sums.get(day, Decimal(0)) + amount
    return [DatedFlow(day, float(sums[day])) for day in sorted(sums)]


def xnpv(rate: float, flows: Sequence[DatedFlow]) -> float | Undefined:
    """Net present value of dated flows at a yearly rate above -1, discounted to the first of them (ACT/365).

    Source:
        Microsoft's documentation of Excel's XNPV.
    """
    if not flows:
        return Undefined("there are no flows")
    return present_value(rate, *_columns(flows))


def xirr_roots(flows: Sequence[DatedFlow]) -> list[float]:
    """Every yearly rate above -100 % at which the flows' net present value is zero, lowest first (see `zero_rates`)."""
    return zero_rates(CashFlows.of(*_columns(flows)))


def xirr(flows: Sequence[DatedFlow]) -> float | Undefined:
    """The yearly money-weighted rate of dated flows; undefined when none or several exist.

    Tolerance: the rate is good to about 1e-12 relative.

    Source:
        Microsoft's documentation of Excel's XIRR, for day count and meaning.
    """
    return xirr_with_roots(flows)[0]


def xirr_with_roots(flows: Sequence[DatedFlow]) -> tuple[float | Undefined, list[float]]:
    """The yearly rate, and all rates of which it is the only one or that make it ambiguous."""
    return xirr_of_columns(days64([flow.day for flow in flows]), np.array([flow.amount for flow in flows], np.float64))


def xirr_of_columns(days: Days, amounts: Column) -> tuple[float | Undefined, list[float]]:
    """`xirr_with_roots` of flows as columns of one length."""
    if not amounts.size or amounts.min() >= 0 or amounts.max() <= 0:
        return Undefined("no sign change"), []
    years = _years(days)
    if np.ptp(years[amounts != 0]) == 0:
        return Undefined("all flows fall on one day"), []
    net = CashFlows.of(years, amounts)
    roots = zero_rates(net)
    return money_weighted_rate(net, roots), roots


@dataclass(frozen=True, slots=True)
class DietzReturn:
    """Gain over average capital, and both."""

    rate: float | Undefined
    average_capital: Decimal
    gain: Decimal


def modified_dietz(
    begin_value: Decimal, end_value: Decimal, begin: date, end: date, flows: Sequence[tuple[date, Decimal]]
) -> DietzReturn:
    """Return over average capital, flows weighted by the part of the period they were there (at the end of their day).

    Args:
        begin_value: Value at the close of `begin`.
        end_value: Value at the close of `end`.
        begin: First day.
        end: Last day, not before the first.
        flows: Days from `begin` to `end` and amounts, paid in positive; one on `begin` is there all the time.

    Source:
        CFA Institute, Global Investment Performance Standards: Modified Dietz with flows at the end of their day.
    """
    span = (end - begin).days
    with exact():
        gain = end_value - begin_value - sum((amount for _, amount in flows), Decimal(0))
        if not span:
            return DietzReturn(Undefined("the period has no length"), begin_value, gain)
        weighted = sum((amount * (end - day).days for day, amount in flows), Decimal(0))
        capital = begin_value + weighted / span
        if capital <= 0:
            return DietzReturn(Undefined("the average capital is not above zero"), capital, gain)
        return DietzReturn(float(gain / capital), capital, gain)


def _columns(flows: Sequence[DatedFlow]) -> tuple[Column, Column]:
    """Years since the first flow, and amounts."""
    return _years(days64([flow.day for flow in flows])), np.array([flow.amount for flow in flows], dtype=np.float64)


def _years(days: Days) -> Column:
    """Years since the first of some days."""
    numbers = days.astype(np.int64).astype(np.float64)
    years: Column = (numbers - numbers.min(initial=np.inf)) / DAYS_A_YEAR
    return years
