"""The steps of a book as bytes: columns that every figure draws, and exact amounts that few figures look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import chain

import numpy as np

from stocktool_stock.domain.bars import Days
from stocktool_stock.domain.steps import Step, StepColumns, Steps, UnreadSteps
from stocktool_stock.domain.tape import stretches

_DAY, _AMOUNT = np.dtype("<i4"), np.dtype("<f8")


def write_days(days: Days) -> bytes:
    """Days, as numbers since 1970."""
    return days.astype(np.int64).astype(_DAY).tobytes()


def read_days(data: bytes) -> Days:
    """Read them.

    Raises:
        ValueError: The bytes end within a number.
    """
    return np.frombuffer(data, _DAY).astype(np.int64).view("datetime64[D]")


def write_columns(many: Sequence[Steps]) -> bytes:
    """The columns of many steps: all of their days, then all of their amounts."""
    columns = [steps.columns() for steps in many]
    days = [write_days(each.days) for each in columns]
    return b"".join([*days, *(each.amounts.astype(_AMOUNT).tobytes() for each in columns)])


def write_exact(many: Sequence[Steps]) -> list[str]:
    """The exact amounts of many steps."""
    return [str(amount) for _, amount in chain.from_iterable(many)]


def read_steps(data: bytes, counts: Sequence[int], exact: Callable[[], Sequence[str]]) -> list[Steps]:
    """Read many steps.

    Args:
        data: Their columns.
        counts: How many each has.
        exact: Reads their exact amounts; called when one of them is asked for.

    Raises:
        ValueError: There are more of them, or fewer.
    """
    total = sum(counts)
    if len(data) != total * (_DAY.itemsize + _AMOUNT.itemsize):
        raise ValueError("columns of another length")
    days = read_days(data[: total * _DAY.itemsize])
    amounts = np.frombuffer(data, _AMOUNT, offset=total * _DAY.itemsize)

    def steps() -> Sequence[Step]:
        return list(zip(days.tolist(), map(Decimal, exact()), strict=True))

    result: list[Steps] = []
    at = 0
    for count, read in zip(counts, stretches(steps, counts), strict=True):
        columns = StepColumns(days[at : at + count], amounts[at : at + count])
        result.append(Steps(first=UnreadSteps(columns, read)))
        at += count
    return result
