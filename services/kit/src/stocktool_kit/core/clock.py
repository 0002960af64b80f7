"""Two clocks: real time, and the market's now.

Tokens, TTLs, leases, audit and jobs live by `Clock`. Ages and staleness of prices, the default end of a range, "this
year" and the model's "today" live by `MarketClock`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Real time."""

    def now(self) -> datetime:
        """The instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The instant, aware and in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class MarketClock:
    """The market's now: a fixed instant in demo mode, real time otherwise.

    Attributes:
        clock: Real time, used when nothing is fixed.
        fixed: Gives the market's now while it is held (demo, replay), else None.
    """

    clock: Clock
    fixed: Callable[[], datetime | None] = lambda: None

    def now(self) -> datetime:
        """The market's instant, aware and in UTC."""
        return self.fixed() or self.clock.now()

    def today(self) -> date:
        """The market's calendar day in UTC."""
        return self.now().date()

    @property
    def is_real(self) -> bool:
        """Whether the market's now is real time."""
        return self.fixed() is None


def instant(moment: datetime) -> str:
    """Write an instant so that text order is time order: `2026-11-22T17:05:00.123456Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_instant(text: str) -> datetime:
    """Read what `instant` wrote, or any RFC 3339 instant.

    Raises:
        ValueError: The text is no instant or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no UTC offset in {text!r}")
    return moment.astimezone(UTC)


def epoch(moment: datetime, after: timedelta = timedelta(0)) -> int:
    """Whole seconds since 1970, as DynamoDB's TTL attribute `expires_at` wants them."""
    return int((moment + after).timestamp())
