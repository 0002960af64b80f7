"""Rules and what made them true, in words for a person."""

from __future__ import annotations

from decimal import Decimal

from stocktool_stock.domain.alert_rules import (
    Drawdown,
    Earnings,
    Group,
    Leaf,
    Mode,
    Move,
    Not,
    Price,
    Rule,
    Stale,
    Weight,
)
from stocktool_stock.domain.alert_truth import Facts, Measure, Truth, measures, truth_of
from stocktool_stock.domain.exact import Undefined

_LONGEST = 240


def words(rule: Rule) -> str:  # noqa: PLR0911 - one return per kind is the clearest
    """A rule as a phrase: `AAPL is above 240`."""
    match rule:
        case Group():
            joined = (" and " if rule.mode is Mode.ALL else " or ").join(words(member) for member in rule.of)
            return f"({joined})" if len(rule.of) > 1 else joined
        case Not():
            return f"not {words(rule.of)}"
        case Price():
            return f"{rule.symbol} is {rule.side} {_plain(rule.level)}{_space(rule.currency)}"
        case Move():
            return f"{rule.symbol} moved {rule.side} {_percent(rule.level)} in {_days(rule.days)}"
        case Weight():
            return f"{rule.symbol} makes up {_than(rule.side)} {_percent(rule.level)} of the portfolio"
        case Drawdown():
            return f"the portfolio is more than {_percent(rule.level)} below its high of {_days(rule.days)}"
        case Stale():
            return f"the price of {rule.symbol} is older than {rule.hours:g} h"
        case Earnings():
            return f"{rule.symbol} reports within {_days(rule.days)}"


def title(name: str, rule: Rule, facts: Facts) -> str:
    """One sentence for a notification: the alert's name and the measures that hold."""
    said = [
        _measured(leaf, measure)
        for _, leaf, measure in measures(rule, facts)
        if not isinstance(measure, Undefined) and truth_of(leaf, facts) is Truth.TRUE
    ]
    text = f"{name}: {'; '.join(said) if said else words(rule)}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _measured(leaf: Leaf, measure: Measure) -> str:
    if isinstance(measure, Undefined):
        return words(leaf)
    match leaf:
        case Price():
            return f"{words(leaf)} (now {_plain(measure)})"
        case Move() | Weight() | Drawdown():
            return f"{words(leaf)} (now {_percent(float(measure))})"
        case Stale():
            return f"{words(leaf)} ({float(measure):.1f} h)"
        case Earnings():
            return f"{words(leaf)} (in {_days(int(measure))})"


def _plain(number: Decimal | float) -> str:
    return f"{number:f}" if isinstance(number, Decimal) else f"{number:g}"


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.4g} %"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _space(text: str) -> str:
    return f" {text}" if text else ""


def _than(side: str) -> str:
    return "more than" if side == "above" else "less than"
