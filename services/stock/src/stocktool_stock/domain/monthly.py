"""Daily returns by month and year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stocktool_stock.domain.bars import Column, Days


@dataclass(frozen=True, slots=True)
class YearReturns:
    """Returns of the months of a year, None for one without any, and of the days of the year together."""

    year: int
    months: tuple[float | None, ...]
    total: float | None


def monthly_returns(days: Days, returns: Column) -> tuple[YearReturns, ...]:
    """Chain daily returns by calendar month and year; a month or year that the range cuts has its part of it.

    Args:
        days: One more than there are returns.
        returns: Daily, NaN where a day has none.
    """
    months = days[1:].astype("datetime64[M]").astype(np.int64)
    known = ~np.isnan(returns)
    rows: list[YearReturns] = []
    for year in np.unique(months // 12).tolist():
        cells = [_chained(returns[known & (months == year * 12 + month)]) for month in range(12)]
        rows.append(YearReturns(1970 + year, tuple(cells), _chained(returns[known & (months // 12 == year)])))
    return tuple(rows)


def _chained(returns: Column) -> float | None:
    return float(np.prod(1.0 + returns) - 1.0) if returns.size else None
