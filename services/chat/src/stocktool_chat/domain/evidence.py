"""What one tool result offers to the figures of an answer, read once and looked up many times."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.summaries import names_in
from stocktool_chat.domain.tool_values import ToolValue, values_of


@dataclass(frozen=True, slots=True)
class Evidence:
    """A result's values, by magnitude.

    Attributes:
        values: Sorted by magnitude, so that a figure looks only at its neighbours.
        magnitudes: Those of `values`, as floats: they only narrow the search.
        symbols: Instruments that values belong to.
        names: Names that stand for symbols: "Apple" for AAPL.
    """

    values: Sequence[ToolValue]
    names: dict[str, str]
    magnitudes: Sequence[float] = field(init=False)
    symbols: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        ordered = sorted(self.values, key=lambda value: abs(value.value))
        object.__setattr__(self, "values", ordered)
        object.__setattr__(self, "magnitudes", [float(abs(value.value)) for value in ordered])
        object.__setattr__(self, "symbols", frozenset(value.symbol for value in ordered if value.symbol))

    def near(self, magnitude: Decimal, within: Decimal) -> Sequence[ToolValue]:
        """Values whose magnitude lies so near, and perhaps some a little further off."""
        centre, reach = float(magnitude), float(within) * (1 + 1e-9)
        low = bisect.bisect_left(self.magnitudes, centre - reach)
        high = bisect.bisect_right(self.magnitudes, centre + reach, low)
        return self.values[low:high]


def read_evidence(call_id: str, result: JsonObject) -> Evidence:
    """Read a result. Takes some 50 ms for ten years of daily values: not for the event loop."""
    return Evidence(values_of(call_id, result), names_in({call_id: result}))
