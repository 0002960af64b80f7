"""A day's allowance is refused when it is used up, with the moment it begins anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from stocktool_chat.domain.allowance import Allowance, Spent, resets_at
from stocktool_chat.domain.errors import DailyBudgetSpent

NOON = datetime(2026, 2, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("allowance", "spent"),
    [
        (Allowance(cost=Decimal("0.50")), Spent(3, 10, Decimal("0.50"))),
        (Allowance(tokens=1000), Spent(1, 1000)),
        (Allowance(1000, Decimal(5)), Spent(1, 1200)),
    ],
    ids=["cost", "tokens", "either"],
)
def test_what_is_used_up_is_refused_until_the_next_day(allowance: Allowance, spent: Spent) -> None:
    with pytest.raises(DailyBudgetSpent, match="2026-03-01T00:00:00") as refused:
        allowance.check(spent, NOON)
    assert refused.value.retry_after_seconds == 12 * 3600


@pytest.mark.parametrize(
    ("allowance", "spent"),
    [
        (Allowance(), Spent(10_000, 10**9, Decimal(10**6))),
        (Allowance(cost=Decimal("0.50")), Spent(3, 10**9, Decimal("0.499999"))),
        (Allowance(tokens=1000), Spent(1, 999, Decimal(7))),
    ],
    ids=["no limits", "below the cost", "below the tokens"],
)
def test_what_is_left_may_be_used(allowance: Allowance, spent: Spent) -> None:
    allowance.check(spent, NOON)


def test_days_are_those_of_utc() -> None:
    evening_elsewhere = datetime(2026, 2, 28, 22, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert resets_at(evening_elsewhere) == datetime(2026, 3, 2, tzinfo=UTC)
