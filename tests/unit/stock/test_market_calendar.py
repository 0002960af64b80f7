"""The session calendar against `exchange_calendars`, an independent implementation."""

from __future__ import annotations

import warnings
from datetime import UTC, date, datetime, timedelta

import pytest
from stocktool_stock.domain import calendar

WEDNESDAY_CLOSE = datetime(2024, 11, 27, 21, 0, tzinfo=UTC)
FRIDAY_HALF_DAY_CLOSE = datetime(2024, 11, 29, 18, 0, tzinfo=UTC)
DEMO_NOW = datetime(2024, 11, 29, 21, 30, tzinfo=UTC)


def test_every_session_since_1990_opens_and_closes_as_in_the_oracle() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the oracle's dependencies deprecate things of each other's
        import exchange_calendars

        oracle = exchange_calendars.get_calendar("XNYS", start="1990-01-01", end="2027-06-30")
        expected = {
            stamp.date(): (oracle.session_open(stamp).to_pydatetime(), oracle.session_close(stamp).to_pydatetime())
            for stamp in oracle.sessions
        }
    day, found = date(1990, 1, 2), {}
    while day <= date(2027, 6, 30):
        session = calendar.session_of(day)
        if session is not None:
            found[day] = (session.opens, session.closes)
        day += timedelta(days=1)
    assert found == expected
    assert len(found) > 9000


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2024, 11, 29, 14, 29, tzinfo=UTC), False),
        (datetime(2024, 11, 29, 14, 30, tzinfo=UTC), True),
        (datetime(2024, 11, 29, 18, 0, tzinfo=UTC), False),  # a half day
        (datetime(2024, 11, 28, 16, 0, tzinfo=UTC), False),  # Thanksgiving
        (datetime(2024, 11, 30, 16, 0, tzinfo=UTC), False),  # a Saturday
    ],
)
def test_open_only_within_a_session(now: datetime, expected: bool) -> None:
    assert calendar.is_open(now) is expected


def test_sessions_around_a_weekend() -> None:
    assert calendar.current_or_last(DEMO_NOW).day == date(2024, 11, 29)
    assert calendar.last_closed(datetime(2024, 11, 29, 17, 59, tzinfo=UTC)).day == date(2024, 11, 27)
    assert calendar.last_closed(FRIDAY_HALF_DAY_CLOSE).day == date(2024, 11, 29)
    assert calendar.next_after(DEMO_NOW).day == date(2024, 12, 2)


def test_last_close_is_fresh_all_weekend_and_an_older_one_is_stale() -> None:
    due = calendar.prices_due(DEMO_NOW + timedelta(days=2))
    assert not due.is_stale(FRIDAY_HALF_DAY_CLOSE)
    assert due.is_stale(WEDNESDAY_CLOSE)


def test_price_in_a_running_session_must_be_recent_unless_only_closes_exist() -> None:
    noon = datetime(2024, 11, 29, 17, 0, tzinfo=UTC)
    due = calendar.prices_due(noon)
    assert not due.is_stale(noon - timedelta(minutes=15))
    assert due.is_stale(noon - timedelta(minutes=45))
    assert due.is_stale(WEDNESDAY_CLOSE, "America/New_York")
    assert not calendar.prices_due(noon, closes_only=True).is_stale(WEDNESDAY_CLOSE)


def test_other_exchanges_get_days_of_tolerance() -> None:
    noon = datetime(2024, 11, 29, 17, 0, tzinfo=UTC)
    due = calendar.prices_due(noon)
    assert not due.is_stale(noon - timedelta(days=3), "Europe/Berlin")
    assert due.is_stale(noon - timedelta(days=6), "Europe/Berlin")
