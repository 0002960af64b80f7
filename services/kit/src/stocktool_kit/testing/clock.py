"""A clock that stands until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """A `Clock` set by hand.

    Args:
        start: The first instant; aware.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant, aware and in UTC."""
        return self._now

    def advance(self, seconds: float = 0, *, by: timedelta = timedelta(0)) -> None:
        """Move on; a negative step is a clock that was set back."""
        self._now += timedelta(seconds=seconds) + by

    def set(self, moment: datetime) -> None:
        """Move to an instant."""
        self._now = moment.astimezone(UTC)
