"""Valid objects of the admin service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from stocktool_admin.domain.evaluations import (
    AxisScore,
    Evaluation,
    EvaluationFailure,
    FamilyScore,
    Latencies,
    ReceiptCounts,
    TokenCounts,
)
from stocktool_kit.core.money import Money


def an_evaluation(number: int = 1, **changes: Any) -> Evaluation:
    """A run of one case that failed on its figures; ids rise with the number."""
    at = datetime(2026, 1, 5, 12, 0, number, tzinfo=UTC)
    axes = (AxisScore("plan", 1, 1), AxisScore("figures", 0, 1), AxisScore("citations", 0, 0))
    run = Evaluation(
        id=f"{at:%Y%m%dT%H%M%SZ}-1a2b3c",
        at=at,
        model="offline-analyst",
        commit="abc123def",
        questions="f00",
        only=(),
        cases=1,
        passed=0,
        axes=axes,
        seconds=1.5,
        receipts=ReceiptCounts(3, 1, 0),
        latency=Latencies(200.0, 400.0, None, None),
        tokens=TokenCounts(1_000, 50),
        cost=Money(Decimal("0.0125"), "USD"),
        families=(FamilyScore("risk", 1, 0, axes),),
        failures=(EvaluationFailure("risk-beta", "risk", "figures", "My beta?", "0.80", "Your beta is 0.90."),),
    )
    return replace(run, **changes)
