"""The New York session calendar (XNYS) by rule, so that no calendar library is loaded to answer "is it open?".

A test walks every day since 1990 against `exchange_calendars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

CALENDAR = "XNYS"
ZONE = ZoneInfo("America/New_York")

_OPEN, _CLOSE, _HALF_DAY_CLOSE = time(9, 30), time(16), time(13)
_DAY = timedelta(days=1)

# A feed may lag by fifteen minutes, and the last trade of a quiet name comes before the bell.
_TOLERANCE = timedelta(minutes=20)
# Weekend plus a long holiday: for exchanges whose calendar is not kept here.
_FOREIGN_TOLERANCE = timedelta(days=5)

# Days the exchange stayed closed for what no rule foresees: mourning, attacks, storms.
_CLOSED_ONCE = frozenset(
    date.fromisoformat(day)
    for day in (
        "1994-04-27",
        "2001-09-11",
        "2001-09-12",
        "2001-09-13",
        "2001-09-14",
        "2004-06-11",
        "2007-01-02",
        "2012-10-29",
        "2012-10-30",
        "2018-12-05",
        "2025-01-09",
    )
)
# Early closes that no rule foresees.
_CLOSES_ONCE = {
    date(1990, 12, 24): time(14),
    date(1991, 12, 24): time(14),
    date(1992, 11, 27): time(14),
    date(1992, 12, 24): time(14),
    date(1997, 12, 26): time(13),
    date(1999, 12, 31): time(13),
    date(2003, 12, 26): time(13),
}


@dataclass(frozen=True, slots=True)
class Session:
    """One trading session; the instants are UTC."""

    day: date
    opens: datetime
    closes: datetime


def is_session(day: date) -> bool:
    """Whether the exchange trades on a day."""
    return day.weekday() < 5 and day not in _CLOSED_ONCE and day not in _holidays(day.year)


@lru_cache(maxsize=4096)
def session_of(day: date) -> Session | None:
    """The session of a day, None when there is none."""
    if not is_session(day):
        return None
    close = _CLOSES_ONCE.get(day) or (_HALF_DAY_CLOSE if _is_half_day(day) else _CLOSE)
    return Session(
        day,
        datetime.combine(day, _OPEN, ZONE).astimezone(UTC),
        datetime.combine(day, close, ZONE).astimezone(UTC),
    )


def current_or_last(now: datetime) -> Session:
    """The session that runs at `now`, or the last one that started before it."""
    day = now.astimezone(ZONE).date()
    while True:
        session = session_of(day)
        if session is not None and session.opens <= now:
            return session
        day -= _DAY


def last_closed(now: datetime) -> Session:
    """The last session that ended at or before `now`."""
    session = current_or_last(now)
    return session if session.closes <= now else current_or_last(session.opens - _DAY / 24)


def next_after(now: datetime) -> Session:
    """The first session that starts after `now`."""
    day = now.astimezone(ZONE).date()
    while True:
        session = session_of(day)
        if session is not None and session.opens > now:
            return session
        day += _DAY


def is_open(now: datetime) -> bool:
    """Whether the regular session runs."""
    session = session_of(now.astimezone(ZONE).date())
    return session is not None and session.opens <= now < session.closes


@dataclass(frozen=True, slots=True)
class PricesDue:
    """What is asked of a price's age at one moment.

    Attributes:
        home: A price of New York made before this is stale.
        elsewhere: The same for other exchanges, which get days of tolerance, since their calendar is not known here.
    """

    home: datetime
    elsewhere: datetime

    def is_stale(self, as_of: datetime, zone: str = "") -> bool:
        """Whether a price made at `as_of` on an exchange of a zone (empty: New York's) is older than it should be."""
        return as_of < (self.home if zone in {"", ZONE.key} else self.elsewhere)


def prices_due(now: datetime, *, closes_only: bool = False) -> PricesDue:
    """Tell how old prices may be at the market's `now`.

    Args:
        now: The market's now.
        closes_only: The provider knows closing prices only, so none is due while a session runs.
    """
    running = session_of(now.astimezone(ZONE).date())
    if not closes_only and running is not None and running.opens + _TOLERANCE <= now < running.closes:
        home = now - _TOLERANCE
    else:
        home = last_closed(now).closes - _TOLERANCE
    return PricesDue(home, now - _FOREIGN_TOLERANCE)


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    thanksgiving = _nth(year, 11, weekday=3, n=4)
    days = {
        _nth(year, 2, weekday=0, n=3),
        _easter(year) - 2 * _DAY,
        _last(year, 5, weekday=0),
        _observed(date(year, 7, 4)),
        _nth(year, 9, weekday=0, n=1),
        thanksgiving,
        _observed(date(year, 12, 25)),
    }
    new_year = date(year, 1, 1)
    if new_year.weekday() != 5:  # on a Saturday the year's last Friday stays a session
        days.add(_observed(new_year))
    if year >= 1998:
        days.add(_nth(year, 1, weekday=0, n=3))
    if year >= 2022:
        days.add(_observed(date(year, 6, 19)))
    return frozenset(days)


def _is_half_day(day: date) -> bool:
    if day.year < 1993:
        return False
    if day == _nth(day.year, 11, weekday=3, n=4) + _DAY:
        return True
    if (day.month, day.day) == (12, 24):
        return day.weekday() < 4
    if (day.month, day.day) == (7, 3):
        # Until 2012 a Wednesday eve was left alone and the Friday after the holiday was short instead.
        return day.weekday() < 4 if day.year >= 2013 else day.weekday() in {0, 1, 3}
    return 1996 <= day.year <= 2012 and (day.month, day.day) == (7, 5) and day.weekday() == 4


def _observed(day: date) -> date:
    return {5: day - _DAY, 6: day + _DAY}.get(day.weekday(), day)


def _nth(year: int, month: int, *, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last(year: int, month: int, *, weekday: int) -> date:
    last = date(year, month + 1, 1) - _DAY
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def _easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian algorithm (Nature, 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
