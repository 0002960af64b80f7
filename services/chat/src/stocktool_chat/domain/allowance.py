"""What a user's questions may use in a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from stocktool_kit.core.clock import instant

from stocktool_chat.domain.errors import DailyBudgetSpent


@dataclass(frozen=True, slots=True)
class Spent:
    """What a user has used on one day in UTC; cost in USD."""

    turns: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one user may use in a day in UTC; None is no limit. Turns count when they end.

    Attributes:
        tokens: Read and written.
        cost: In USD, by the deployment's price list.
    """

    tokens: int | None = None
    cost: Decimal | None = None

    def check(self, spent: Spent, now: datetime) -> None:
        """Refuse another question when the day's allowance is used up.

        Raises:
            DailyBudgetSpent: It is; names when it begins anew.
        """
        if self.cost is not None and spent.cost >= self.cost:
            raise _spent(f"{spent.cost.quantize(Decimal('0.01'))} of {self.cost} USD", now)
        if self.tokens is not None and spent.tokens >= self.tokens:
            raise _spent(f"{spent.tokens:,} of {self.tokens:,} tokens", now)


def resets_at(now: datetime) -> datetime:
    """When the next day begins."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)


def _spent(used: str, now: datetime) -> DailyBudgetSpent:
    reset = resets_at(now)
    return DailyBudgetSpent(
        f"today's questions used {used}; you can ask again from {instant(reset)}",
        retry_after_seconds=(reset - now).total_seconds(),
        resets_at=instant(reset),
    )
