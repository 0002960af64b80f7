"""Daily returns by month and year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    years = months // 12
    known = ~np.isnan(returns)
    of_month = _chained(months[known], returns[known]).get
    of_year = _chained(years[known], returns[known]).get
    return tuple(
        YearReturns(1970 + year, tuple(map(of_month, range(year * 12, year * 12 + 12))), of_year(year))
        for year in years[_firsts(years)].tolist()
    )


def _chained(periods: npt.NDArray[np.int64], returns: Column) -> dict[int, float]:
    """Returns chained by period, which are in order."""
    if not returns.size:
        return {}
    starts = _firsts(periods)
    chained = np.multiply.reduceat(1.0 + returns, starts) - 1.0
    return dict(zip(periods[starts].tolist(), chained.tolist(), strict=True))


def _firsts(periods: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
    """Where each period begins, of a column of them in order."""
    return np.concatenate([np.arange(min(1, len(periods))), np.flatnonzero(periods[1:] != periods[:-1]) + 1])
