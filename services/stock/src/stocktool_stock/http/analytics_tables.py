"""Columns over common days, as the stateless routes take prices and exchange rates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from stocktool_kit.core.errors import FieldViolation
from stocktool_kit.http.model import RequestModel

from stocktool_stock.domain.closes import Table
from stocktool_stock.http.analytics_route import Number

MOST_DAYS = 30_000
MOST_SERIES = 1_000
SMALLEST = Decimal("1e-15")
"""Less is nothing to the floats that ratios are made of."""

Day = Annotated[date, Field(ge=date(1800, 1, 1), le=date(2300, 1, 1))]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class TableModel(RequestModel):
    """Columns by name, each as long as the days; null is a gap."""

    dates: list[Day] = Field(max_length=MOST_DAYS, description="Strictly increasing.")
    series: dict[Name, list[Number | None]] = Field(max_length=MOST_SERIES)

    def table(self) -> Table:
        """As the domain has it."""
        return Table.of(self.dates, self.series)

    def violations(self, pointer: str, *, least: Decimal | None = None) -> list[FieldViolation]:
        """What is wrong beyond the shape.

        Args:
            pointer: Where the table stands in the body.
            least: Smallest value allowed; by default anything above zero.
        """
        found = [
            FieldViolation(f"{pointer}/dates/{index}", "must come after the day before it; days increase, each once")
            for index in range(1, len(self.dates))
            if self.dates[index] <= self.dates[index - 1]
        ]
        for name, values in self.series.items():
            found += _column_violations(f"{pointer}/series/{escaped(name)}", values, len(self.dates), least)
        return found


def _column_violations(
    pointer: str, values: Sequence[Decimal | None], length: int, least: Decimal | None
) -> list[FieldViolation]:
    if len(values) != length:
        return [FieldViolation(pointer, f"has {len(values)} values for {length} dates")]
    wanted = f"must be more than 0, at least {SMALLEST}" if least is None else "must not be negative"
    low = SMALLEST if least is None else least
    return [
        FieldViolation(f"{pointer}/{index}", wanted)
        for index, value in enumerate(values)
        if value is not None and value < low
    ]


def escaped(name: str) -> str:
    """A name as a part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
