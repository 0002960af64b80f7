"""Days of the calendar."""

from __future__ import annotations

import calendar
from datetime import date


def read_iso(text: str) -> date | None:
    """The day `YYYY-MM-DD` names; None for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_of(year: int, month: int, day: int) -> date | None:
    """The day of these numbers; None when the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])


def months_before(day: date, months: int) -> date:
    """The same day some months earlier, or the last of a month too short for it."""
    at = day.year * 12 + day.month - 1 - months
    year, month = max(at // 12, 1), at % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
