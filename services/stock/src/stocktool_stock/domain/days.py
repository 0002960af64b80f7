"""Calendar days as numpy has them, and columns of them that many symbols share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from stocktool_stock.domain.bars import Days

T = TypeVar("T")

_EPOCH = date(1970, 1, 1).toordinal()
_CALENDARS = 8


def day64(day: date) -> np.datetime64:
    """A calendar day as numpy has it."""
    return np.datetime64(day.toordinal() - _EPOCH, "D")


def days64(days: Sequence[date]) -> Days:
    """Calendar days as numpy has them."""
    # By number: numpy reads a `date` some fifty times as slowly as an integer.
    numbers = np.fromiter(map(date.toordinal, days), np.int64, len(days)) - _EPOCH
    return numbers.view("datetime64[D]")


class ByDays(Generic[T]):
    """Does a work of columns of days once for each of the last few columns.

    Symbols of one exchange trade on the same days: to see that columns are alike takes a tenth of looking days up.
    """

    def __init__(self, work: Callable[[Days], T]) -> None:
        self._work = work
        self._done: deque[tuple[bytes, T]] = deque(maxlen=_CALENDARS)

    def __call__(self, days: Days) -> T:
        """What comes of a column."""
        known = days.tobytes()
        for seen, found in self._done:
            if seen == known:
                return found
        result = self._work(days)
        self._done.append((known, result))
        return result
