"""Ranges of days as callers name them."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from stocktool_kit.core.errors import InvalidArgument


class Period(StrEnum):
    """A range named by its length."""

    YEAR_TO_DATE = "ytd"
    ONE_MONTH = "1m"
    ONE_YEAR = "1y"
    SINCE_INCEPTION = "max"

    def start(self, end: date) -> date | None:
        """The day whose close is the base; None for the first day there is.

        The year to date starts on the first of January, a holiday everywhere: its close is what the year began with.
        """
        if self is Period.YEAR_TO_DATE:
            return date(end.year, 1, 1)
        if self is Period.ONE_MONTH:
            return _same_day(end.year - (end.month == 1), (end.month - 2) % 12 + 1, end.day)
        if self is Period.ONE_YEAR:
            return _same_day(end.year - 1, end.month, end.day)
        return None


def _same_day(year: int, month: int, day: int) -> date:
    last = (date(year + (month == 12), month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day, last))


def range_start(start: date | None, period: Period | None, end: date) -> date | None:
    """The start asked for, by day or by name; None for the first day there is.

    Raises:
        InvalidArgument: The start is not before the end.
    """
    if start is None:
        return None if period is None else period.start(end)
    if start >= end:
        raise InvalidArgument.of("start", f"must be before the end, {end}")
    return start
