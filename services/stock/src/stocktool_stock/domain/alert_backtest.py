"""On which past days an alert would have fired: the same decision, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from stocktool_stock.domain.alert_rules import Leaf, leaves
from stocktool_stock.domain.alert_truth import Measure, Truth, missing, truth_of
from stocktool_stock.domain.alerts import Alert, Decision, decide

MOST_DAYS = 400
"""Days one backtest looks at; a year has some 252 sessions."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a backtest found.

    Attributes:
        days: Days looked at, at their closes.
        fired: Days on which it would have fired, armed again in between as a repeating alert is.
        rearmed: Days on which it was armed again.
        true_days: On how many days the rule held.
        undefined_days: On how many it could not be told.
        undefined: Why not, by the place of the leaf; the reason of the last such day.
    """

    days: Sequence[date]
    fired: Sequence[date]
    rearmed: Sequence[date]
    true_days: int
    undefined_days: int
    undefined: Mapping[str, str]


def backtest(alert: Alert, days: Sequence[date], columns: Mapping[Leaf, Sequence[Measure]]) -> Backtest:
    """Walk through past days.

    Args:
        alert: The alert; whatever its state, the walk begins armed, and a one-shot is armed again like a repeating one.
        days: At most `MOST_DAYS`, increasing.
        columns: A measure for each leaf and day.
    """
    walker = replace(alert, armed=True, repeat=True, enabled=True, expires_at=None, snoozed_until=None)
    rule_leaves = set(leaves(alert.rule))
    fired: list[date] = []
    rearmed: list[date] = []
    true_days = undefined_days = 0
    undefined: dict[str, str] = {}
    first = max(0, len(days) - MOST_DAYS)
    for index in range(first, len(days)):
        now = datetime.combine(days[index], time(), UTC)
        facts = {leaf: columns[leaf][index] for leaf in rule_leaves}
        truth = truth_of(alert.rule, facts)
        true_days += truth is Truth.TRUE
        if truth is Truth.UNDEFINED:
            undefined_days += 1
            undefined |= missing(alert.rule, facts)
        decision = decide(walker, facts, now)
        if decision is Decision.FIRE:
            fired.append(days[index])
        elif decision is Decision.REARM:
            rearmed.append(days[index])
        walker = walker.after(decision, now)
    return Backtest(days[first:], fired, rearmed, true_days, undefined_days, undefined)
