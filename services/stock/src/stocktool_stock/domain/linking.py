"""Effects of single periods carried into one range, so that they add up to the return of the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined

_CLOSE = 1e-9
"""Returns closer than this are taken as equal: the quotient of their logarithms is its limit."""
LOST = Undefined("everything was lost in one period, so effects cannot be linked")

CARINO = "Carino (1999): effects of a day times (ln(1+r) / r) over (ln(1+R) / R)"


def coefficients(returns: Column) -> Column | Undefined:
    """What an effect of each period counts in the whole range.

    Args:
        returns: Of the periods, above -1.

    Source:
        David R. Carino, "Combining Attribution Effects Over Time", Journal of Performance Measurement, Summer 1999.
    """
    return active_coefficients(returns, np.zeros(len(returns)))


def active_coefficients(returns: Column, benchmark: Column) -> Column | Undefined:
    """The same for effects that add up to the difference of two returns in each period (see `coefficients`)."""
    if returns.size and min(returns.min(), benchmark.min()) <= -1.0:
        return LOST
    mine, its = np.log1p(returns), np.log1p(benchmark)
    apart = np.abs(returns - benchmark) > _CLOSE
    difference = np.where(apart, returns - benchmark, 1.0)
    each = np.where(apart, (mine - its) / difference, 1.0 / (1.0 + (returns + benchmark) / 2.0))
    total, other = float(mine.sum()), float(its.sum())
    mine_whole, its_whole = math.expm1(total), math.expm1(other)
    if abs(mine_whole - its_whole) > _CLOSE:
        whole = (total - other) / (mine_whole - its_whole)
    else:
        whole = 1.0 / (1.0 + (mine_whole + its_whole) / 2.0)
    result: Column = each / whole
    return result


def footed(parts: Mapping[str, float], total: float) -> dict[str, float]:
    """Parts whose sum is a total but for rounding, the rounding put into the largest: then they sum to it."""
    result = dict(parts)
    if not result:
        return result
    largest = max(result, key=lambda name: abs(result[name]))
    for _ in range(3):
        result[largest] += total - math.fsum(result.values())
    return result
