"""What changed on some days: exact for those who book it, columns for those who draw it day by day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Self, SupportsFloat

import numpy as np
import numpy.typing as npt

from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.days import days64
from stocktool_stock.domain.tape import Tape, Unread
from stocktool_stock.domain.values import value

Step = tuple[date, Decimal]
"""A day, and the amount there is from its end on."""


@value(frozen=True, slots=True, eq=False)
class StepColumns:
    """Steps as columns of one length: days in order, and the amount from the end of each on, to a float's digits."""

    days: Days
    amounts: Column

    @classmethod
    def of(cls, steps: Sequence[tuple[date, SupportsFloat]]) -> StepColumns:
        """Steps one by one."""
        days = days64([day for day, _ in steps])
        return cls(days, np.fromiter((float(amount) for _, amount in steps), np.float64, len(steps)))

    def until(self, count: int) -> StepColumns:
        """The first of them."""
        return StepColumns(self.days[:count], self.amounts[:count])

    def followed_by(self, later: StepColumns) -> StepColumns:
        """These and those after them."""
        return StepColumns(np.concatenate([self.days, later.days]), np.concatenate([self.amounts, later.amounts]))

    def on(self, grid: Days) -> Column:
        """The amount at each day of a grid: that of the last step at or before it, 0 before the first."""
        result: Column = drawn([self], grid)[0]
        return result


def drawn(many: Sequence[StepColumns], grid: Days) -> npt.NDArray[np.float64]:
    """The amounts of many steps at each day of a grid, a row for each."""
    lengths = np.array([len(each.days) + 1 for each in many])  # with the nothing that each begins with
    rows = np.cumsum(lengths) - lengths
    step = np.ones(lengths.sum(), dtype=bool)
    step[rows] = False
    amounts, starts = np.zeros(len(step)), np.zeros(len(step), np.intp)
    amounts[step] = np.concatenate([each.amounts for each in many])
    # Each amount from its first day to the next one's: far fewer places to look for than days.
    starts[step] = grid.searchsorted(np.concatenate([each.days for each in many]))
    ends = np.append(starts[1:], 0)
    ends[rows - 1] = len(grid)
    return amounts.repeat(ends - starts).reshape(len(many), len(grid))


class UnreadSteps(Unread[Step]):
    """The beginning of steps as a store keeps it: its columns are at hand, its exact amounts are not."""

    __slots__ = ("columns",)

    def __init__(self, columns: StepColumns, read: Callable[[], Sequence[Step]]) -> None:
        super().__init__(len(columns.days), read)
        self.columns = columns

    def until(self, count: int) -> UnreadSteps:
        """The first of them, read with all of them."""
        return UnreadSteps(self.columns.until(count), lambda: self.things()[:count])


class Steps(Tape[Step, Step]):
    """Steps in order of their days, each on a day of its own."""

    __slots__ = ()

    def __init__(self, steps: Iterable[Step] = (), *, first: Unread[Step] | None = None) -> None:
        super().__init__(steps, build=_step, width=2, first=first)

    def _with(self, fields: list[Any], first: Unread[Step] | None) -> Self:
        steps = type(self)(first=first)
        steps._fields += fields
        return steps

    def columns(self) -> StepColumns:
        """All of them as columns; what a store keeps is not read for it."""
        days, amounts = self._fields[::2], self._fields[1::2]
        first, more = self._first, StepColumns(days64(days), np.fromiter(map(float, amounts), np.float64, len(amounts)))
        if first is None:
            return more
        known = first.columns if isinstance(first, UnreadSteps) else StepColumns.of(first.things())
        return known.followed_by(more) if days else known


def _step(*step: *Step) -> Step:
    return step
