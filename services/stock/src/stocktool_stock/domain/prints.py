"""Prints that cannot be prices: told apart by rule, kept aside, and taken back once a later series bears them out.

The rules, for the close of a day against the last good close before it:

- not finite, zero or negative; a day that has not come; a high below its low;
- a hundred times, or a hundredth (0.8 to 1.25 of it): pence shown as pounds or pounds as pence, which lasts until the
  provider mends it, so that no number of such prints makes it a price;
- more than four times, or less than a quarter, within thirty days: the largest move of one session in the bundled 35
  years is threefold. Below a quarter, and within one percent of a known dividend, it is that dividend.

A jump on the day of a known split, or three days about it, by its ratio (0.75 to 1.33 of it) is the split.
A jump that three sessions in a row agree with, each within a half of the one before, is a new level and no fault.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from stocktool_stock.domain.bars import Aside, Bars, Column, Dividend, Fault, Split

LARGEST_RATIO = 4.0
"""Ratio of a close to the last good one, either way, beyond which it is kept aside."""
CONFIRMATIONS = 3
"""Sessions in a row that make a new level."""

_HUNDRED = (80.0, 125.0)
_LEVEL = 1.5
_GAP_DAYS = 30
_SPLIT_DAYS = timedelta(days=3)
_SPLIT_RATIO = (0.75, 4 / 3)
_SAME_AS_DIVIDEND = 0.01
_ROUNDING = 1e-6


def fault_of(price: float, last_good: float, dividends: Sequence[Dividend] = ()) -> Fault | None:
    """Judge a positive finite price by the last good one; None when it can be a price."""
    ratio = price / last_good
    if 1 / LARGEST_RATIO <= ratio <= LARGEST_RATIO:
        return None
    larger = max(ratio, 1 / ratio)
    if _HUNDRED[0] <= larger <= _HUNDRED[1]:
        return Fault.HUNDREDFOLD
    if ratio < 1 and any(abs(price / float(one.amount) - 1) <= _SAME_AS_DIVIDEND for one in dividends if one.amount):
        return Fault.DIVIDEND
    return Fault.JUMP


def fault_of_quote(price: float, made_on: date, *, latest: date, last_good: float | None) -> Fault | None:
    """Judge the price of a quote; None when it can be one."""
    if not math.isfinite(price):
        return Fault.NOT_FINITE
    if price <= 0:
        return Fault.NOT_POSITIVE
    if made_on > latest:
        return Fault.FUTURE
    return None if last_good is None or last_good <= 0 else fault_of(price, last_good)


def verdict_of_bars(
    price: float, last: tuple[date, float], fault: Fault, recent: Bars, *, latest: date
) -> Fault | None:
    """Judge a jump or a hundredfold by the bars of the last days; None when they make it a price.

    Args:
        price: The price of the quote.
        last: Day and price of the last good quote.
        fault: How the two compare.
        recent: Bars from some weeks before `last` on, as the provider gave them.
        latest: The last day that can have come anywhere.
    """
    since = [split for split in recent.splits if split.ex_date > last[0]]
    factor = math.prod(float(split.ratio) for split in since)
    if since and (
        fault_of(price, last[1] / factor) is None
        or any(explained(price / last[1], split.ex_date, [split]) for split in since)
    ):
        return None
    good = screened(recent, latest=latest)
    close = good.close_on(latest)
    is_strange = all(fault_of(one, last[1]) is not None for one in good.close.tolist())
    if close is not None and close[1] > last[0] and (fault is Fault.JUMP or is_strange):
        return fault_of(price, close[0], recent.dividends)
    return fault_of(price, last[1], recent.dividends)


def explained(ratio: float, day: date, splits: Sequence[Split]) -> bool:
    """Whether a ratio of closes on a day is that of a split about then, whichever way the provider booked it."""
    return any(
        abs(split.ex_date - day) <= _SPLIT_DAYS
        and any(
            _SPLIT_RATIO[0] <= ratio * factor <= _SPLIT_RATIO[1]
            for factor in (float(split.ratio), 1 / float(split.ratio))
        )
        for split in splits
    )


def screened(
    bars: Bars,
    *,
    latest: date,
    before: tuple[date, float] | None = None,
    released: Collection[date] = frozenset(),
) -> Bars:
    """Part the bars from the prints that cannot be prices, which then stand in `aside`.

    Args:
        bars: As the provider gave them, by day.
        latest: The last day that can have come anywhere.
        before: Day and close of the last good bar before the first; None when the whole history is given.
        released: Days whose prints somebody vouched for.
    """
    close, days = bars.close, bars.days
    vouched = np.isin(days, np.array(sorted(released), dtype="datetime64[D]"))
    faults: dict[int, Fault] = {}
    for fault, wrong in (
        (Fault.HIGH_BELOW_LOW, bars.high < bars.low * (1 - _ROUNDING)),
        (Fault.NOT_POSITIVE, close <= 0),
        (Fault.NOT_FINITE, ~np.isfinite(close)),
        (Fault.FUTURE, days > np.datetime64(latest, "D")),
    ):
        faults |= dict.fromkeys(np.flatnonzero(wrong & ~vouched).tolist(), fault)
    rows = np.array(
        [row for row in range(len(days)) if row not in faults] if faults else range(len(days)), dtype=np.intp
    )
    jumps = _jumps(bars, rows, before, vouched)
    if not faults and not jumps:
        return bars
    good = np.array([row for row in rows.tolist() if row not in jumps], dtype=np.intp)
    aside = [
        Aside(_day(days, row), float(close[row]), fault, _last_good(close, good, row, before))
        for row, fault in sorted((faults | jumps).items())
    ]
    return replace(bars.taken(good), aside=tuple(aside))


def _jumps(
    bars: Bars, rows: npt.NDArray[np.intp], before: tuple[date, float] | None, vouched: npt.NDArray[np.bool_]
) -> dict[int, Fault]:
    close = bars.close[rows]
    ratios = close[1:] / close[:-1]
    quiet = bool(np.all((ratios <= LARGEST_RATIO) & (ratios >= 1 / LARGEST_RATIO)))
    if quiet and (before is None or not len(close) or fault_of(float(close[0]), before[1]) is None):
        return {}
    walk = _Walk(bars, vouched)
    order = rows.tolist()
    if before is not None:
        return walk(order, before)
    # Nothing says which end of a whole history is right: the one that leaves fewer prints aside.
    first, last = walk.steady(order), len(order) - walk.steady(order[::-1])
    forward = walk(order[first:]) | walk(order[: first + 1][::-1])
    backward = walk(order[:last][::-1]) | walk(order[last - 1 :])
    return backward if len(backward) < len(forward) else forward


class _Walk:
    """Goes through rows in an order and names those that cannot follow the last good one."""

    def __init__(self, bars: Bars, vouched: npt.NDArray[np.bool_]) -> None:
        self._bars = bars
        self._close: list[float] = bars.close.tolist()
        self._days: list[int] = bars.days.astype("datetime64[D]").astype(np.int64).tolist()
        self._vouched = frozenset(np.flatnonzero(vouched).tolist())

    def steady(self, order: Sequence[int]) -> int:
        """Place of the first row that as many rows follow as make a level, each of which can be a price after it."""
        run = 1
        for place in range(1, len(order)):
            good = fault_of(self._close[order[place]], self._close[order[place - 1]]) is None
            run = run + 1 if good else 1
            if run == CONFIRMATIONS:
                return place - run + 1
        return 0

    def __call__(self, order: Sequence[int], before: tuple[date, float] | None = None) -> dict[int, Fault]:
        """Name the faults by row; without `before` the first row is good."""
        faults: dict[int, Fault] = {}
        level: list[int] = []
        if before is None:
            if not order:
                return faults
            day, last = self._days[order[0]], self._close[order[0]]
        else:
            day, last = int(np.datetime64(before[0], "D").astype(np.int64)), before[1]
        for row in order:
            price = self._close[row]
            fault = self._fault(row, day, last)
            day = self._days[row]
            if fault is None:
                last, level = price, []
                continue
            agrees = level and 1 / _LEVEL <= price / self._close[level[-1]] <= _LEVEL
            if agrees and faults[level[-1]] is Fault.HUNDREDFOLD:
                fault = Fault.HUNDREDFOLD  # the real price may have gone far meanwhile
            level = [*level, row] if agrees else [row]
            faults[row] = fault
            if fault is not Fault.HUNDREDFOLD and len(level) >= CONFIRMATIONS:
                for one in level:
                    faults.pop(one, None)
                last, level = price, []
        return faults

    def _fault(self, row: int, day_before: int, last: float) -> Fault | None:
        price = self._close[row]
        if 1 / LARGEST_RATIO <= price / last <= LARGEST_RATIO or row in self._vouched:
            return None
        fault = fault_of(price, last, self._bars.dividends)
        if fault is Fault.JUMP and abs(self._days[row] - day_before) > _GAP_DAYS:
            return None  # a long silence explains much
        return None if explained(price / last, _day(self._bars.days, row), self._bars.splits) else fault


def _last_good(close: Column, good: npt.NDArray[np.intp], row: int, before: tuple[date, float] | None) -> float | None:
    place = int(np.searchsorted(good, row)) - 1
    if place >= 0:
        return float(close[good[place]])
    return None if before is None else before[1]


def _day(days: npt.NDArray[np.datetime64], row: int) -> date:
    value = days[row].item()
    assert isinstance(value, date)
    return value
