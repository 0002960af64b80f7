"""How a market's now is written: empty for real time, an instant to hold it, or a replay.

`2024-11-29T21:30:00Z` holds the clock. `2024-06-03T13:30:00Z from 2026-11-22T17:00:00Z x17280` runs it: at the second
instant of real time the market stood at the first, and passes 17280 of its seconds in each real one (a day in five).
Two processes given the same text have the same now without talking to each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from stocktool_kit.core.clock import Clock, parse_instant

_REPLAY = re.compile(r"^(\S+) from (\S+) x(\d+(?:\.\d+)?)$")


@dataclass(frozen=True, slots=True)
class MarketFlow:
    """A market's now as a function of real time.

    Attributes:
        start: The market's instant, for good or at `anchor`.
        anchor: Real instant of `start`, None when the clock is held.
        speed: Market seconds per real second, 0 when the clock is held.
    """

    start: datetime
    anchor: datetime | None = None
    speed: float = 0.0

    def at(self, clock: Clock) -> datetime:
        """The market's now."""
        if self.anchor is None:
            return self.start
        return self.start + timedelta(seconds=(clock.now() - self.anchor).total_seconds() * self.speed)

    @property
    def is_replay(self) -> bool:
        """Whether the clock runs through past days."""
        return self.anchor is not None


def parse_market_now(text: str) -> MarketFlow | None:
    """Read a market's now; None for real time.

    Raises:
        ValueError: The text is neither empty, an instant with an offset, nor a replay.
    """
    if not text.strip():
        return None
    replay = _REPLAY.match(text.strip())
    if replay is None:
        return MarketFlow(parse_instant(text.strip()))
    start, anchor, speed = replay.groups()
    return MarketFlow(parse_instant(start), parse_instant(anchor), float(speed))
