"""Price history of one symbol, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Days: TypeAlias = npt.NDArray[np.datetime64]
Column: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Split:
    """New shares for one old from `ex_date` on."""

    ex_date: date
    ratio: float


@dataclass(frozen=True, slots=True)
class Listing:
    """Who trades under a symbol; texts are empty where unknown."""

    symbol: str
    name: str
    type: str
    sector: str = ""
    industry: str = ""
    headquarters: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One symbol's history, oldest first. NaN is "not known".

    Attributes:
        listing: Who it is.
        days: Trading days with a price, `datetime64[D]`.
        opens_at: Epoch seconds of each session's start, the time stamp of its bar.
        open, high, low, volume: Known on some days only.
        close: Adjusted for later splits at least.
        adjusted_close: Adjusted for dividends too.
        splits: All splits, oldest first.
    """

    listing: Listing
    days: Days
    opens_at: npt.NDArray[np.int64]
    open: Column
    high: Column
    low: Column
    close: Column
    adjusted_close: Column
    volume: Column
    splits: Sequence[Split]

    def last_index(self, day: date) -> int:
        """Index of the last bar at or before a day, -1 when there is none."""
        return int(np.searchsorted(self.days, np.datetime64(day, "D"), side="right")) - 1

    def day(self, index: int) -> date:
        """The day of a bar."""
        value = self.days[index].item()
        assert isinstance(value, date)
        return value

    @property
    def has_dividends_inside(self) -> bool:
        """Whether the close itself is adjusted for dividends, so that none must be booked."""
        return bool(np.array_equal(self.close, self.adjusted_close))


def with_candles(close: Column, raw: dict[str, Column], split_factor: Column) -> tuple[Column, Column, Column, Column]:
    """Scale raw candles to the basis of an adjusted close.

    Args:
        close: Adjusted closes on the raw candles' days.
        raw: `open`, `high`, `low`, `close`, `volume` as traded.
        split_factor: Product of the split ratios after each day.

    Returns:
        Open, high, low and volume on the basis of `close`. The volume is all NaN when the splits do not explain the
        ratio of raw to adjusted close: dividends alone never made half of a price here.
    """
    scale = close / raw["close"]
    explained = bool(np.all(1 / (scale * split_factor) < 1.5))
    volume = raw["volume"] * split_factor if explained else np.full_like(close, np.nan)
    return raw["open"] * scale, raw["high"] * scale, raw["low"] * scale, volume


def split_factor_after(days: Days, splits: Sequence[Split]) -> Column:
    """Product of the ratios of all splits after each day."""
    factor = np.ones(len(days))
    for split in splits:
        factor[days < np.datetime64(split.ex_date, "D")] *= split.ratio
    return factor
