"""Returns of flows and valuations without dates: IRR, MIRR, holding periods. Fractions; see docs/formulas.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.present_value import CashFlows, money_weighted_rate, zero_rates

Figure = float | Undefined

_NO_BASE = "it does not begin with a value above zero"
_LARGEST = 709.0
"""Largest logarithm that a float's exponential can hold."""


@dataclass(frozen=True, slots=True)
class MoneyWeighted:
    """A money-weighted rate with all rates that bring the flows to zero."""

    rate: Figure
    roots: Sequence[float]


@dataclass(frozen=True, slots=True)
class Valuation:
    """A portfolio at one time.

    Attributes:
        time: In years.
        before: Value before the flow, after `paid_out` has left.
        after: Value after the flow, with which the next period begins.
        paid_out: Dividends of the period before that went to the investor.
    """

    time: Decimal
    before: Decimal
    after: Decimal
    paid_out: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class LinkedReturns:
    """Returns between valuations."""

    periods: Sequence[Figure]
    twr: Figure
    twr_annual: Figure
    mwr: MoneyWeighted


def irr(amounts: Sequence[float]) -> MoneyWeighted:
    """Rate per period at which flows one period apart have no net present value.

    Source:
        Microsoft's documentation of Excel's IRR.
    """
    return _money_weighted(np.arange(len(amounts), dtype=np.float64), np.array(amounts, dtype=np.float64))


def mirr(amounts: Sequence[float], finance_rate: float, reinvest_rate: float) -> Figure:
    """Rate per period when what is paid in is financed at one rate and what comes out is reinvested at another.

    Args:
        amounts: One period apart, paid in negative.
        finance_rate: Rate per period, above -1.
        reinvest_rate: Rate per period, above -1.

    Source:
        Microsoft's documentation of Excel's MIRR.
    """
    paid_in = [(period, -amount) for period, amount in enumerate(amounts) if amount < 0]
    paid_out = [(period, amount) for period, amount in enumerate(amounts) if amount > 0]
    if not paid_in or not paid_out:
        return Undefined("needs at least one negative and one positive flow")
    periods = len(amounts) - 1
    # In logarithms: a thousand periods at 200 % are more than a float holds.
    cost = _log_sum([(math.log(amount) - period * math.log1p(finance_rate)) for period, amount in paid_in])
    proceeds = _log_sum(
        [(math.log(amount) + (periods - period) * math.log1p(reinvest_rate)) for period, amount in paid_out]
    )
    rate = (proceeds - cost) / periods
    return math.expm1(rate) if rate < _LARGEST else Undefined("the rate is too large for a number")


def linked_returns(valuations: Sequence[Valuation]) -> LinkedReturns:
    """Time- and money-weighted returns of a portfolio valued whenever money comes or goes.

    Args:
        valuations: In order of time, at least one.

    Returns:
        The return of each period, `(before + paid out) / after of the valuation before - 1`; their product, the same
        for a year, and the money-weighted rate for a year.

    Source:
        CFA Institute, Quantitative Methods: time-weighted and money-weighted rate of return.
    """
    with exact():
        periods = [_holding_period(start, end) for start, end in pairwise(valuations)]
        start, final = valuations[0], valuations[-1]
        times = [float(each.time - start.time) for each in valuations]
        amounts = [each.before + each.paid_out - each.after for each in valuations]
        amounts[0] = -start.after
        amounts[-1] = final.before + final.paid_out
    twr = _linked(periods)
    return LinkedReturns(
        periods=periods,
        twr=twr,
        twr_annual=_yearly(twr, times[-1]),
        mwr=_money_weighted(np.array(times), np.array([float(amount) for amount in amounts])),
    )


def _holding_period(start: Valuation, end: Valuation) -> Figure:
    if start.after <= 0:
        return Undefined(_NO_BASE)
    return float((end.before + end.paid_out) / start.after - 1)


def _linked(periods: Sequence[Figure]) -> Figure:
    known = [period for period in periods if not isinstance(period, Undefined)]
    if not periods:
        return Undefined("needs at least two valuations")
    if len(known) < len(periods):
        return Undefined(f"of one period: {_NO_BASE}")
    linked = math.prod(1.0 + period for period in known) - 1.0
    return linked if math.isfinite(linked) else Undefined("the return is too large for a number")


def _yearly(total: Figure, years: float) -> Figure:
    if isinstance(total, Undefined):
        return total
    if total < -1.0:
        return Undefined("more than everything was lost")
    if total == -1.0:
        return -1.0
    yearly = math.log1p(total) / years
    return math.expm1(yearly) if yearly < _LARGEST else Undefined("the rate is too large for a number")


def _money_weighted(times: Column, amounts: Column) -> MoneyWeighted:
    flows = CashFlows.of(times, amounts)
    roots = zero_rates(flows)
    return MoneyWeighted(money_weighted_rate(flows, roots), roots)


def _log_sum(logs: Sequence[float]) -> float:
    largest = max(logs)
    return largest + math.log(sum(math.exp(log - largest) for log in logs))
