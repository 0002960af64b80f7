"""When a New York session of a past day opened and closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")

_OPEN = time(9, 30)
_CLOSE = time(16, 0)
_EARLY_CLOSE = time(13, 0)


def session_open(day: date) -> datetime:
    """When the session of a trading day opened, in UTC."""
    return datetime.combine(day, _OPEN, NEW_YORK).astimezone(UTC)


def session_close(day: date) -> datetime:
    """When the session of a trading day closed, in UTC; half days since 1993 close at 13:00."""
    return datetime.combine(day, _EARLY_CLOSE if _is_half_day(day) else _CLOSE, NEW_YORK).astimezone(UTC)


def _is_half_day(day: date) -> bool:
    if day.year < 1993:
        return False
    if day.month == 11 and day.weekday() == 4:
        return (day - timedelta(days=1)).day in range(22, 29)  # the day after the fourth Thursday
    # Where the eve is itself the holiday's substitute there is no session to ask about.
    return (day.month, day.day) in {(12, 24), (7, 3)} and day.weekday() < 4
