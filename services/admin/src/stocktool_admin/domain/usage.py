"""What the models were used for and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stocktool_kit.core.money import Money


class UsageBy(StrEnum):
    """What a row stands for."""

    USER = "user"
    MODEL = "model"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Usage of one user, model or day.

    Attributes:
        key: User id, model name or day.
        turns: Turns that have ended.
        cost: By the deployment's price list; None where it has none.
    """

    key: str
    turns: int
    input_tokens: int
    output_tokens: int
    cost: Money | None
