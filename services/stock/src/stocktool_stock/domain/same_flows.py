"""What a portfolio's own money would have come to in its benchmark."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.returns import DatedFlow, xirr
from stocktool_stock.domain.risk import Figure

_DUST = 1e-9


@dataclass(frozen=True, slots=True)
class SameFlows:
    """Value at the end, gain and money-weighted rate, in the base currency."""

    value_end: Figure
    gain: Figure
    xirr: Figure


def invested(
    prices: Column,
    index: Callable[[date], int],
    begin: Decimal,
    flows: Sequence[tuple[date, Decimal]],
    *,
    start: date,
    end: date,
) -> SameFlows:
    """Put a value and later flows into the benchmark, each at the close of its day.

    Args:
        prices: Total return in the base currency on the days of a grid.
        index: Where on the grid a day counts.
        begin: Value at the close of `start`.
        flows: Paid in positive, after it.
        start: First day.
        end: Last day.

    Source:
        Long and Nickels, "A Private Investment Benchmark" (1996), with the benchmark's total return.
    """
    units = 0.0
    if begin:
        units = float(begin) / prices[0]
    paid_in = float(begin)
    for day, amount in flows:
        price = prices[min(index(day), len(prices) - 1)]
        units += float(amount) / price
        paid_in += max(float(amount), 0.0)
        if price != price:  # noqa: PLR0124 - NaN differs from itself
            return _none(f"it has no price on {day}")
        if units * price < -_DUST * paid_in:
            return _none(f"it would have been used up by {day}")
    final = units * float(prices[-1])
    if final != final:  # noqa: PLR0124 - NaN differs from itself
        return _none("it has no price at the start")
    net = float(sum((amount for _, amount in flows), Decimal(0)))
    dated = [DatedFlow(day, -float(amount)) for day, amount in flows]
    rate = xirr([DatedFlow(start, -float(begin)), *dated, DatedFlow(end, final)])
    return SameFlows(final, final - float(begin) - net, rate)


def _none(reason: str) -> SameFlows:
    why = Undefined(reason)
    return SameFlows(why, why, why)
