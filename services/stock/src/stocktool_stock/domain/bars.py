"""Price history as columns, and the splits that belong to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.domain.days import day64

Days: TypeAlias = npt.NDArray[np.datetime64]
Column: TypeAlias = npt.NDArray[np.float64]
MANUAL = "manual"
"""Source of prices that a user gave."""


class Interval(StrEnum):
    """Length of one bar."""

    DAY = "1d"
    WEEK = "1wk"
    MONTH = "1mo"

    @classmethod
    def of(cls, text: str) -> Interval:
        """Read an interval; empty text is one day.

        Raises:
            InvalidArgument: No such interval.
        """
        try:
            return cls(text or "1d")
        except ValueError as error:
            raise InvalidArgument.of("interval", "must be 1d, 1wk or 1mo") from error


@dataclass(frozen=True, slots=True)
class Split:
    """New shares per old from `ex_date` on; a ratio under 1 is a reverse split."""

    ex_date: date
    ratio: Decimal


@dataclass(frozen=True, slots=True)
class Dividend:
    """Cash for one share held before `ex_date`, adjusted for later splits, in the currency of the prices."""

    ex_date: date
    amount: Decimal


class Fault(StrEnum):
    """Why a print cannot be a price."""

    NOT_FINITE = "not_finite"
    NOT_POSITIVE = "not_positive"
    FUTURE = "future"
    HIGH_BELOW_LOW = "high_below_low"
    HUNDREDFOLD = "hundredfold"
    DIVIDEND = "dividend"
    JUMP = "jump"


@dataclass(frozen=True, slots=True)
class Aside:
    """A print that was kept aside; `last_good` is the close it was judged by, None where there was none."""

    day: date
    price: float
    fault: Fault
    last_good: float | None = None


ARCHIVED = " (archive)"
"""Ends the name of a source whose values were kept by us, because it could not be asked."""


def is_archived(source: str) -> bool:
    """Whether values stand in for those the provider could not give."""
    return source.endswith(ARCHIVED)


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars of one symbol, oldest first, as read-only columns of equal length.

    All prices are adjusted for splits after their day (Yahoo's basis), so the value of a holding on day d is
    quantity(d) x close(d) x `split_factor_after(d)`. NaN is "not known", never zero.

    Attributes:
        symbol: The symbol.
        currency: ISO 4217 code of the prices.
        days: Trading days, `datetime64[D]`, strictly increasing.
        adjusted_close: Close adjusted for dividends too.
        splits: Splits in the whole known history, oldest first, whatever the range cut out.
        source: Name shown beside the prices.
        as_of: When the last close was made.
        stale: The data end before they should.
        zone: IANA zone of the exchange, empty when unknown.
        dividends: Dividends in the whole known history, oldest first, whatever the range cut out.
        aside: Prints of the range that cannot be prices, oldest first; no bar stands for them. See `domain.prints`.
    """

    symbol: str
    currency: str
    days: Days
    open: Column
    high: Column
    low: Column
    close: Column
    adjusted_close: Column
    volume: Column
    splits: tuple[Split, ...]
    source: str
    as_of: datetime
    stale: bool = False
    zone: str = ""
    dividends: tuple[Dividend, ...] = ()
    aside: tuple[Aside, ...] = ()

    def __len__(self) -> int:
        return len(self.days)

    @property
    def first_day(self) -> date | None:
        """First day with a bar, None when there is none."""
        return _to_date(self.days[0]) if len(self.days) else None

    @property
    def last_day(self) -> date | None:
        """Last day with a bar, None when there is none."""
        return _to_date(self.days[-1]) if len(self.days) else None

    def between(self, start: date | None = None, end: date | None = None) -> Bars:
        """Cut to days from `start` to `end`, both included; the columns stay views, nothing is copied."""
        days = self.days
        low = 0 if start is None else int(days.searchsorted(day64(start), side="left"))
        high = len(days)
        if end is not None and high and day64(end) < days[-1]:
            high = int(days.searchsorted(day64(end), side="right"))
        if low == 0 and high == len(self.days) and not self.aside:
            return self
        return replace(
            self,
            days=self.days[low:high],
            open=self.open[low:high],
            high=self.high[low:high],
            low=self.low[low:high],
            close=self.close[low:high],
            adjusted_close=self.adjusted_close[low:high],
            volume=self.volume[low:high],
            aside=tuple(
                one for one in self.aside if (start is None or one.day >= start) and (end is None or one.day <= end)
            ),
        )

    def taken(self, rows: npt.NDArray[np.intp]) -> Bars:
        """The bars at these positions, in their order."""
        return replace(
            self,
            days=self.days[rows],
            open=self.open[rows],
            high=self.high[rows],
            low=self.low[rows],
            close=self.close[rows],
            adjusted_close=self.adjusted_close[rows],
            volume=self.volume[rows],
        )

    def followed_by(self, later: Bars) -> Bars:
        """These bars with those of `later` after or in place of them; what is said of the series is `later`'s."""
        keep = ~np.isin(self.days, later.days)
        return replace(
            later,
            days=np.concatenate([self.days[keep], later.days]),
            open=np.concatenate([self.open[keep], later.open]),
            high=np.concatenate([self.high[keep], later.high]),
            low=np.concatenate([self.low[keep], later.low]),
            close=np.concatenate([self.close[keep], later.close]),
            adjusted_close=np.concatenate([self.adjusted_close[keep], later.adjusted_close]),
            volume=np.concatenate([self.volume[keep], later.volume]),
        ).in_order()

    def in_order(self) -> Bars:
        """The same bars by day."""
        if bool(np.all(self.days[1:] > self.days[:-1])):
            return self
        return self.taken(np.argsort(self.days, kind="stable"))

    def close_on(self, day: date) -> tuple[float, date] | None:
        """The last close at or before `day` with its own day, None when there is none yet."""
        index = len(self.days) - 1
        if index >= 0 and day64(day) < self.days[index]:
            index = int(self.days.searchsorted(day64(day), side="right")) - 1
        while index >= 0:
            close = float(self.close[index])
            if close == close:  # noqa: PLR0124 - NaN is not itself, and numpy takes ten times as long to say so
                return close, _to_date(self.days[index])
            index -= 1
        return None

    def split_factor_after(self, day: date) -> Decimal:
        """Product of the split ratios with an ex-date after `day`: what one share of that day has become."""
        factor = Decimal(1)
        for split in self.splits:
            if split.ex_date > day:
                factor *= split.ratio
        return factor

    def by(self, interval: Interval) -> Bars:
        """Join daily bars into weeks (Monday to Sunday) or months, each dated by its last trading day."""
        if interval is Interval.DAY or not len(self.days):
            return self
        if interval is Interval.WEEK:  # 1970-01-01 was a Thursday: shifted by three, weeks of seven start on Monday
            period = (self.days.astype(np.int64) + 3) // 7
        else:
            period = self.days.astype("datetime64[M]").astype(np.int64)
        starts = np.flatnonzero(np.r_[True, period[1:] != period[:-1]])
        ends = np.r_[starts[1:], len(period)] - 1
        return replace(
            self,
            days=self.days[ends],
            open=self.open[starts],
            high=np.fmax.reduceat(self.high, starts),
            low=np.fmin.reduceat(self.low, starts),
            close=self.close[ends],
            adjusted_close=self.adjusted_close[ends],
            volume=np.add.reduceat(self.volume, starts),
        )


def _to_date(day: np.datetime64) -> date:
    value = day.item()
    if not isinstance(value, date):  # datetime64 outside Python's years gives an int
        raise InvalidArgument("day outside the calendar")
    return value
