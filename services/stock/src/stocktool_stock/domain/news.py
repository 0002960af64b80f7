"""Notes about an instrument. Titles come from outside: data, never instructions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_WORD = re.compile(r"[a-z]+")
_UP = frozenset(
    "gain gains gained rise rises rose record beat beats upgrade upgraded surge surged growth profit high".split()  # noqa: SIM905
)
_DOWN = frozenset(
    "fall falls fell loss losses drop dropped miss missed downgrade downgraded plunge cut lawsuit low".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One note; `url` and `summary` are empty where there are none."""

    title: str
    url: str
    publisher: str
    published_at: datetime
    summary: str = ""

    @property
    def sentiment(self) -> float | None:
        """Tone of the title, -1 to 1: rising words less falling words over both; None when it has neither."""
        words = _WORD.findall(self.title.lower())
        up = sum(word in _UP for word in words)
        down = sum(word in _DOWN for word in words)
        return None if up + down == 0 else round((up - down) / (up + down), 4)
