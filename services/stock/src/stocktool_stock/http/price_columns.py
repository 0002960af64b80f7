"""Columns of prices as a body brings them: checked value by value, but fast where all is well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import numpy as np
from pydantic import Field, WithJsonSchema
from stocktool_kit.core.errors import FieldViolation, InvalidArgument

from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.http.analytics_route import Day, number_of

SMALLEST, LARGEST = Decimal("1e-15"), Decimal("1e18")
MOST_DATES = 40_000

_NUMBER = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}, {"type": "null"}]}

PriceColumn = Annotated[
    list[Any],
    Field(description="Prices, each a number or a decimal string; null where there is none."),
    WithJsonSchema({"type": "array", "items": _NUMBER}),
]
"""Values stay unread until they are turned into a column, on a thread."""
Dates = Annotated[list[Day], Field(min_length=1, max_length=MOST_DATES, description="Strictly increasing.")]


def pointer(*parts: str | int) -> str:
    """A JSON pointer."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def days_column(dates: Sequence[date], at: str) -> Days:
    """Days as a column.

    Raises:
        InvalidArgument: One is not after the one before.
    """
    days = np.array(dates, dtype="datetime64[D]")
    wrong = np.flatnonzero(days[1:] <= days[:-1])
    if wrong.size:
        raise InvalidArgument.of(f"{at}/{int(wrong[0]) + 1}", "must be after the date before it")
    return days


def price_columns(given: Mapping[str, Sequence[Any]], length: int, at: str) -> dict[str, Column]:
    """Columns by name.

    Raises:
        InvalidArgument: See `price_column`; all fields of the first bad column are named.
    """
    return {name: price_column(values, length, at + pointer(name)) for name, values in given.items()}


def price_column(values: Sequence[Any], length: int, at: str) -> Column:
    """Prices as a column, NaN where there is none.

    Raises:
        InvalidArgument: There are more or fewer than days, or one is no price.
    """
    if len(values) != length:
        raise InvalidArgument.of(at, f"has {len(values)} values for {length} dates")
    if {float, int, type(None)}.issuperset(map(type, values)):
        column = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
        if bool(np.all(np.isnan(column) | ((column >= float(SMALLEST)) & (column <= float(LARGEST))))):
            return column
    return _one_by_one(values, at)


def _one_by_one(values: Sequence[Any], at: str) -> Column:
    column = np.full(len(values), np.nan)
    violations: list[FieldViolation] = []
    for index, value in enumerate(values):
        if value is None:
            continue
        number = number_of(value)
        if number is None:
            violations.append(FieldViolation(f"{at}/{index}", "must be a number, a decimal string or null"))
        elif number <= 0:
            violations.append(FieldViolation(f"{at}/{index}", "must be above zero; null where there is no price"))
        elif not SMALLEST <= number <= LARGEST:
            violations.append(FieldViolation(f"{at}/{index}", f"must lie between {SMALLEST} and {LARGEST}"))
        else:
            column[index] = float(number)
    if violations:
        raise InvalidArgument(f"{violations[0].pointer}: {violations[0].detail}", violations[:20])
    return column
