"""Whether a rule holds, given the measures of its leaves. Pure: the live evaluation and the backtest are this code.

Three-valued by Kleene's strong logic: a measure that does not exist makes its leaf undefined, and a rule fires only
when it is true whatever the undefined leaves are.

Source:
    S. C. Kleene, Introduction to Metamathematics (1952), section 64.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum

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
    Side,
    Stale,
    Weight,
)
from stocktool_stock.domain.exact import Undefined

Measure = Decimal | float | Undefined
"""A price in its currency, a fraction, hours, or days; or why there is none."""

Facts = Mapping[Leaf, Measure]


class Truth(Enum):
    """One of three."""

    TRUE = "true"
    FALSE = "false"
    UNDEFINED = "undefined"


NOT_MEASURED = Undefined("was not measured")


def truth_of(rule: Rule, facts: Facts, slack: float = 0.0) -> Truth:
    """Judge a rule.

    Args:
        rule: The rule.
        facts: A measure for each leaf.
        slack: Part of each level by which leaves are made easier to be true; under `not`, harder. A rule that is
            false with slack is false by that margin, so that noise around a level does not make it flicker.
    """
    match rule:
        case Not():
            return _NOT[truth_of(rule.of, facts, -slack)]
        case Group():
            found = {truth_of(member, facts, slack) for member in rule.of}
            decisive = Truth.FALSE if rule.mode is Mode.ALL else Truth.TRUE
            if decisive in found:
                return decisive
            return Truth.UNDEFINED if Truth.UNDEFINED in found else _NOT[decisive]
        case _:
            measure = facts.get(rule, NOT_MEASURED)
            if isinstance(measure, Undefined):
                return Truth.UNDEFINED
            return Truth.TRUE if _passes(rule, measure, slack) else Truth.FALSE


def missing(rule: Rule, facts: Facts, pointer: str = "/rule") -> dict[str, str]:
    """Why leaves are undefined, by their place."""
    found = measures(rule, facts, pointer)
    return {place: measure.reason for place, _, measure in found if isinstance(measure, Undefined)}


def measures(rule: Rule, facts: Facts, pointer: str = "/rule") -> Iterator[tuple[str, Leaf, Measure]]:
    """Every leaf with its place and its measure."""
    match rule:
        case Group():
            for index, member in enumerate(rule.of):
                yield from measures(member, facts, f"{pointer}/of/{index}")
        case Not():
            yield from measures(rule.of, facts, f"{pointer}/of")
        case _:
            yield pointer, rule, facts.get(rule, NOT_MEASURED)


_NOT = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNDEFINED: Truth.UNDEFINED}


def _passes(leaf: Leaf, measure: Decimal | float, slack: float) -> bool:
    match leaf:
        case Price():
            margin = abs(leaf.level) * Decimal(repr(slack))
            price = measure if isinstance(measure, Decimal) else Decimal(repr(measure))
            return price > leaf.level - margin if leaf.side is Side.ABOVE else price < leaf.level + margin
        case Move() | Weight():
            return _beyond(float(measure), leaf.side, leaf.level, slack)
        case Drawdown():
            return _beyond(float(measure), Side.ABOVE, leaf.level, slack)
        case Stale():
            return _beyond(float(measure), Side.ABOVE, leaf.hours, slack)
        case Earnings():
            return 0 <= measure <= leaf.days + leaf.days * slack


def _beyond(measure: float, side: Side, level: float, slack: float) -> bool:
    margin = abs(level) * slack
    return measure > level - margin if side is Side.ABOVE else measure < level + margin
