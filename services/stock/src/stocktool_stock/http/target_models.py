"""Bodies of targets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.targets import MAX_TARGETS, StoredTargets, Targets, read_targets
from stocktool_stock.http.analytics_route import checked_number

Fraction = Annotated[
    Decimal,
    BeforeValidator(checked_number, json_schema_input_type=float | str),
    Field(ge=0, le=1, max_digits=30, decimal_places=24),
]
"""A part of a whole, as a JSON number or a decimal string."""
Weights = Annotated[dict[str, Fraction], Field(min_length=1, max_length=MAX_TARGETS)]


class TargetsBody(RequestModel):
    """Wanted parts of the total by slice."""

    by: AllocationBy = Field(
        default=AllocationBy.HOLDING, description="holding, class, sector, country or currency (of the instruments)."
    )
    weights: Weights = Field(
        description="By symbol or slice as the allocation names it, cash by `cash`; they sum to 1.",
        examples=[{"AAPL": 0.5, "SPY": 0.4, "cash": 0.1}],
    )
    band: Fraction = Field(default=Decimal(0), description="How far a weight may drift before it counts.")

    def targets(self, pointer: str = "") -> Targets:
        """As the domain has it.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its place.
        """
        return read_targets(self.by.value, self.weights, self.band, pointer)


class NewTargetsBody(TargetsBody):
    """Targets to be kept."""

    version: int | None = Field(
        default=None, ge=0, description="Version the change was made on, 0 for none; or send If-Match."
    )


class TargetsModel(ResponseModel):
    """Targets as they are kept."""

    by: AllocationBy
    weights: dict[str, float]
    band: float
    version: int = Field(description="Grows by one with every write; 1 for new targets.")
    updated_at: datetime

    @classmethod
    def of(cls, stored: StoredTargets) -> TargetsModel:
        """As the API writes it."""
        return cls(
            by=stored.targets.by,
            weights={key: float(weight) for key, weight in stored.targets.weights.items()},
            band=float(stored.targets.band),
            version=stored.version,
            updated_at=stored.updated_at,
        )
