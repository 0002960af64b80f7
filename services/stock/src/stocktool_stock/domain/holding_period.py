"""How long shares were held, and whether that counts as long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

US_RULE = "more than one year by the calendar, from the day after acquisition to the day of sale (IRS Publication 550)"
_LEAP_DAY = (2, 29)


@dataclass(frozen=True, slots=True)
class HoldingRule:
    """When a holding is long-term; `days` None is the US rule, else more than so many days."""

    days: int | None = None

    def is_long(self, acquired: date, until: date) -> bool:
        """Whether shares acquired on one day and sold, or looked at, on another were held long.

        The US rule counts from the day after acquisition: what was bought on 5 February is long-term from 6 February of
        the next year on.
        """
        if self.days is not None:
            return days_held(acquired, until) > self.days
        return until >= _a_year_after(acquired + timedelta(days=1))

    @property
    def text(self) -> str:
        """The rule in words."""
        return US_RULE if self.days is None else f"more than {self.days} days"


def days_held(acquired: date, until: date) -> int:
    """Days from acquisition, which does not count, to the day of sale, which does."""
    return (until - acquired).days


def _a_year_after(day: date) -> date:
    if (day.month, day.day) == _LEAP_DAY:
        return date(day.year + 1, 3, 1)
    return day.replace(year=day.year + 1)
