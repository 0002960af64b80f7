"""The market at its own now: which prices are known, who is found by a word, what the notes say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

import numpy as np
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.market_now import MarketFlow

from stocktool_market.domain.notes import Note, notes_about
from stocktool_market.domain.series import Listing, Series
from stocktool_market.domain.sessions import NEW_YORK, session_close

_LIKENESS = 0.6


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A series cut at the market's now: bars up to and including `last` are known."""

    series: Series
    last: int

    @property
    def price(self) -> float:
        """The last close."""
        return float(self.series.close[self.last])

    @property
    def previous_close(self) -> float | None:
        """The close before it, None on the first day."""
        return float(self.series.close[self.last - 1]) if self.last > 0 else None

    @property
    def last_year(self) -> slice:
        """The bars of the 52 weeks up to the last close, which they include."""
        days = self.series.days
        return slice(int(np.searchsorted(days, days[self.last] - np.timedelta64(364, "D"))), self.last + 1)

    @property
    def priced_at(self) -> datetime:
        """When the last close was made."""
        return session_close(self.series.day(self.last))


class Market:
    """All bundled series behind one clock; only closes of sessions that have ended are known."""

    def __init__(self, series: Mapping[str, Series], now: Callable[[], datetime]) -> None:
        self._series = series
        self.now = now

    def snapshot(self, symbol: str) -> Snapshot | None:
        """What is known of a symbol now; None when it does not exist or has not been listed yet."""
        series = self._series.get(symbol.upper())
        if series is None:
            return None
        now = self.now()
        last = series.last_index(now.astimezone(NEW_YORK).date())
        if last >= 0 and session_close(series.day(last)) > now:
            last -= 1
        return Snapshot(series, last) if last >= 0 else None

    def search(self, query: str, *, at_most: int, fuzzy: bool) -> list[Snapshot]:
        """Find by symbol, then by the start of a word of the name, then by any part of it; with `fuzzy` by likeness."""
        wanted = query.strip().lower()
        ranked: list[tuple[float, str, Snapshot]] = []
        for symbol in self._series:
            snapshot = self.snapshot(symbol)
            if snapshot is None:
                continue
            rank = _rank(wanted, snapshot.series.listing, fuzzy=fuzzy)
            if rank is not None:
                ranked.append((rank, symbol, snapshot))
        ranked.sort(key=lambda entry: entry[:2])
        return [snapshot for _, _, snapshot in ranked[:at_most]]

    def notes(self, symbol: str, *, at_most: int) -> list[Note]:
        """Notes on a symbol, newest first; none for an unknown one, as Yahoo has it."""
        snapshot = self.snapshot(symbol)
        return [] if snapshot is None else notes_about(snapshot.series, snapshot.last, at_most=at_most)


def _rank(wanted: str, listing: Listing, *, fuzzy: bool) -> float | None:
    symbol, name = listing.symbol.lower(), listing.name.lower()
    matches = (
        symbol == wanted,
        symbol.startswith(wanted),
        any(word.startswith(wanted) for word in name.split()) or name.startswith(wanted),
        wanted in name,
    )
    if wanted and any(matches):
        return float(matches.index(True))
    if wanted and fuzzy:
        likeness = max(SequenceMatcher(None, wanted, text).ratio() for text in (symbol, *name.split()))
        return 5 - likeness if likeness >= _LIKENESS else None
    return None


@dataclass(slots=True)
class MarketTime:
    """The market's now, which tests may set anew."""

    flow: MarketFlow
    clock: Clock

    def now(self) -> datetime:
        """The market's instant."""
        return self.flow.at(self.clock)
