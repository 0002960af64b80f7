"""Columns over common days, as the stateless routes take prices and exchange rates: exact, and read on a thread."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field
from stocktool_kit.core.errors import FieldViolation, InvalidArgument
from stocktool_kit.http.model import RequestModel

from stocktool_stock.domain.closes import Table
from stocktool_stock.http.analytics_route import Day, number_of
from stocktool_stock.http.price_columns import PriceColumn, pointer

MOST_DAYS = 40_000
MOST_SERIES = 1_000
MOST_SAID = 20
SMALLEST, LARGEST = Decimal("1e-15"), Decimal("1e18")
"""What lies outside is nothing, or too much, to the floats that ratios are made of."""

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]


class TableModel(RequestModel):
    """Columns by name, each as long as the days; null is a gap."""

    dates: list[Day] = Field(max_length=MOST_DAYS, description="Strictly increasing.")
    series: dict[Name, PriceColumn] = Field(max_length=MOST_SERIES)

    def table(self, at: str, *, least: Decimal = SMALLEST) -> Table:
        """As the domain has it.

        Args:
            at: JSON pointer of the table.
            least: Smallest value that counts.

        Raises:
            InvalidArgument: Days do not increase, columns are not as long, or values are none; each is named.
        """
        found = [
            FieldViolation(f"{at}/dates/{index}", "must be after the date before it")
            for index in range(1, len(self.dates))
            if self.dates[index] <= self.dates[index - 1]
        ]
        columns = {
            name: _read(values, len(self.dates), at + pointer("series", name), least, found)
            for name, values in self.series.items()
        }
        if found:
            raise InvalidArgument(f"{found[0].pointer} {found[0].detail}", found[:MOST_SAID])
        return Table.of(self.dates, columns)


def _read(
    values: Sequence[Any], length: int, at: str, least: Decimal, found: list[FieldViolation]
) -> list[Decimal | None]:
    if len(values) != length:
        found.append(FieldViolation(at, f"has {len(values)} values for {length} dates"))
    column: list[Decimal | None] = []
    for index, value in enumerate(values):
        number = None if value is None else number_of(value)
        column.append(number)
        if value is None:
            continue
        if number is None:
            found.append(FieldViolation(f"{at}/{index}", "must be a number, a decimal string or null"))
        elif not least <= number <= LARGEST:
            wanted = "must not be negative" if number < 0 <= least else f"must lie between {least} and {LARGEST}"
            found.append(FieldViolation(f"{at}/{index}", wanted))
    return column
