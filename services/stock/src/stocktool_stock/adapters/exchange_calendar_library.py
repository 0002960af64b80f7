"""Calendars of exchanges from `exchange_calendars`: loaded at the first question, asked on a thread.

The library brings pandas, as yfinance does; beside that it costs 8 MB.
"""

from __future__ import annotations

import threading
import warnings
from datetime import UTC, datetime
from typing import Any

from stocktool_kit.aio import Limiter, run_blocking

from stocktool_stock.domain.calendar import Session
from stocktool_stock.domain.exchanges import ExchangeYear


class ExchangeCalendarLibrary:
    """The `CalendarLibrary` of the mesh."""

    def __init__(self) -> None:
        self._limiter = Limiter(1)
        self._lock = threading.Lock()

    async def year(self, mic: str, year: int) -> ExchangeYear | None:
        """Give one year of an exchange; None when it is not known."""
        return await run_blocking(self._limiter, self._look_up, mic, year)

    def _look_up(self, mic: str, year: int) -> ExchangeYear | None:
        with self._lock:
            import exchange_calendars as library  # type: ignore[import-untyped] # noqa: PLC0415 - heavy, see above
            from pandas.errors import Pandas4Warning  # type: ignore[import-untyped] # noqa: PLC0415

            # Of what the library uses; set at each call, since test runners reset filters.
            warnings.filterwarnings("ignore", category=Pandas4Warning)
            if mic not in library.get_calendar_names(include_aliases=True):
                return None
            try:
                calendar = library.get_calendar(mic, start=f"{year}-01-01", end=f"{year}-12-31")
            except (library.errors.CalendarError, ValueError):  # before the exchange's first year
                return None
            return ExchangeYear(str(calendar.tz), tuple(_session(row) for row in calendar.schedule.itertuples()))


def _session(row: Any) -> Session:
    return Session(row.Index.date(), _instant(row.open), _instant(row.close))


def _instant(stamp: Any) -> datetime:
    moment: datetime = stamp.to_pydatetime()
    return moment.astimezone(UTC)
