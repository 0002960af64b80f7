"""Adds up what turns have used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument

from stocktool_chat.application.ports import UsageDimension, UsageRow, UsageStore
from stocktool_chat.domain.allowance import Allowance, Spent, resets_at

_DEFAULT_DAYS = 30
_MOST_DAYS = 93


@dataclass(frozen=True, slots=True)
class Today:
    """What a user has used today and may use, and when the day begins anew."""

    spent: Spent
    allowance: Allowance
    resets_at: datetime


class ReadToday:
    """Reads what the caller has used today."""

    def __init__(self, store: UsageStore, allowance: Allowance, clock: Clock) -> None:
        self._store = store
        self._allowance = allowance
        self._clock = clock

    async def __call__(self, caller: Caller) -> Today:
        """Today in UTC; turns count when they end."""
        now = self._clock.now()
        return Today(await self._store.spent(caller.owner, now.date()), self._allowance, resets_at(now))


class ReadUsage:
    """Reads usage of all users."""

    def __init__(self, store: UsageStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def __call__(self, by: UsageDimension, start: date | None, end: date | None) -> list[UsageRow]:
        """Sum up a range of days in UTC, both included; by default the last 30.

        Raises:
            InvalidArgument: The range is empty or longer than 93 days.
        """
        end = end or self._clock.now().date()
        start = start or end - timedelta(days=_DEFAULT_DAYS - 1)
        if not timedelta(0) <= end - start < timedelta(days=_MOST_DAYS):
            raise InvalidArgument.of("start", f"must be at most {_MOST_DAYS - 1} days before the end, and not after it")
        return await self._store.usage(by, start, end)
