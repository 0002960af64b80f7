"""Sessions of exchanges: New York's by rule, those of others by a library, kept for a month by exchange and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.application.cached_reads import CachedReads
from stocktool_stock.domain.calendar import CALENDAR, ZONE, Session, session_of
from stocktool_stock.domain.exchanges import ExchangeYear, parse_mic
from stocktool_stock.domain.quotes import SymbolNotFound

_MOST_DAYS = 1100
_FIRST_BY_RULE = 1990
_FIRST, _LAST = 1960, 2100


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions of one exchange, oldest first; `zone` is its IANA zone."""

    mic: str
    zone: str
    sessions: Sequence[Session]


class ReadCalendars:
    """Gives the sessions of exchanges by MIC.

    Args:
        years: Sessions by `XLON#2024`.
    """

    def __init__(self, years: CachedReads[ExchangeYear]) -> None:
        self._years = years

    async def __call__(self, mic: str, start: date, end: date) -> Sessions:
        """Give the sessions from `start` to `end`, both included, at most three years.

        Raises:
            InvalidArgument: No such exchange, or the range is turned round, too long or outside 1960 to 2100.
        """
        if start > end:
            raise InvalidArgument.of("start", "must not be after the end")
        if (end - start).days > _MOST_DAYS:
            raise InvalidArgument.of("end", "must lie within three years of the start")
        if not _FIRST <= start.year <= end.year <= _LAST:
            raise InvalidArgument.of("start", f"must lie between {_FIRST} and {_LAST}, as must the end")
        name = parse_mic(mic)
        if name == CALENDAR and start.year >= _FIRST_BY_RULE:
            days = (date.fromordinal(number) for number in range(start.toordinal(), end.toordinal() + 1))
            return Sessions(name, ZONE.key, [session for day in days if (session := session_of(day)) is not None])
        keys = [f"{name}#{year}" for year in range(start.year, end.year + 1)]
        reads = await self._years.get(keys)
        for error in reads.failed.values():
            if isinstance(error, SymbolNotFound):
                raise InvalidArgument.of("mic", "is no exchange whose calendar is known for these years")
            raise error
        found = [reads.found[key].value for key in keys]
        inside = [session for year in found for session in year.sessions if start <= session.day <= end]
        return Sessions(name, found[0].zone, inside)


class CalendarLibrary(Protocol):
    """Knows calendars of exchanges."""

    async def year(self, mic: str, year: int) -> ExchangeYear | None:
        """Give one year of an exchange; None when it is not known."""
        ...


class FetchCalendars:
    """Looks years up."""

    def __init__(self, library: CalendarLibrary) -> None:
        self._library = library

    async def __call__(
        self,
        keys: Sequence[str],
        known: Mapping[str, ExchangeYear],  # noqa: ARG002 - the shape of a fetch
    ) -> Mapping[str, ExchangeYear | SymbolNotFound]:
        """Fetch, one year after the other."""
        answered: dict[str, ExchangeYear | SymbolNotFound] = {}
        for key in keys:
            mic, _, year = key.partition("#")
            answered[key] = await self._library.year(mic, int(year)) or SymbolNotFound(mic)
        return answered
