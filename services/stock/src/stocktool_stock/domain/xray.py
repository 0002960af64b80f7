"""The X-ray's rules: what they are called, when they warn and fail, and what they found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from stocktool_kit.core.errors import FieldViolation, InvalidArgument
from stocktool_kit.core.money import Money

from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.risk import Figure


class Unit(StrEnum):
    """What a value counts."""

    FRACTION = "fraction"
    COUNT = "count"
    RATIO = "ratio"


class State(StrEnum):
    """How a rule came out."""

    PASS = "pass"  # noqa: S105 - a state, no secret
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its default limits; a value beyond one warns, or fails. `least`: a value below does."""

    id: str
    title: str
    unit: Unit
    warn: float
    fail: float
    formula: str
    advice: str
    least: bool = False

    def state(self, value: float) -> State:
        """How a value comes out."""
        sign = -1.0 if self.least else 1.0
        if sign * value > sign * self.fail:
            return State.FAIL
        return State.WARN if sign * value > sign * self.warn else State.PASS


@dataclass(frozen=True, slots=True)
class Behind:
    """A position, slice or account behind a finding: its own figure, and its value where it has one."""

    key: str
    figure: float
    value: Money | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found; the value is undefined when data are missing."""

    rule: Rule
    value: Figure
    behind: tuple[Behind, ...] = ()

    @property
    def state(self) -> State:
        """How it came out."""
        return State.UNKNOWN if isinstance(self.value, Undefined) else self.rule.state(self.value)


F, C, R = Unit.FRACTION, Unit.COUNT, Unit.RATIO

RULES: tuple[Rule, ...] = (
    Rule(
        "single_holding", "One holding weighs much", F, 0.15, 0.25,
        "largest market value / total", "Sell a part of it, or put new money elsewhere.",
    ),
    Rule(
        "top_five", "Five holdings weigh most", F, 0.6, 0.8,
        "sum of the five largest market values / total", "Add holdings, or a broad fund.",
    ),
    Rule(
        "sector", "One sector weighs much", F, 0.35, 0.5,
        "largest sector / total; cash, funds and unknown ones apart", "Put new money into other sectors.",
    ),
    Rule(
        "country", "One country weighs much", F, 0.8, 0.95,
        "largest country / total; cash, funds and unknown ones apart", "Add companies or funds of other countries.",
    ),
    Rule(
        "currency", "Much is in foreign currencies", F, 0.5, 0.75,
        "value priced or held as cash in other currencies than the base / total",
        "Hedge, or buy what is priced in the base currency.",
    ),
    Rule(
        "cash_drag", "Much cash lies idle", F, 0.1, 0.2,
        "cash / total", "Invest it, or give cash a target of its own.",
    ),
    Rule(
        "fees", "Fees eat returns", F, 0.005, 0.01,
        "all fees paid / years since the first entry (at least 1) / total",
        "Trade less often and in larger pieces, or change the broker.",
    ),
    Rule(
        "stale_prices", "Prices are old", F, 0.0, 0.1,
        "value of holdings with a stale price / total", "Refresh prices; enter them by hand where no market has them.",
    ),
    Rule(
        "unpriced", "Holdings have no price", C, 0.0, 0.0,
        "number of holdings without any price; they are missing from the total", "Enter a price by hand.",
    ),
    Rule(
        "unbooked_splits", "Splits are not booked", C, 0.0, 0.0,
        "number of splits of the market in a held range that no account booked",
        "Book them on their day, so that quantities are right.",
    ),
    Rule(
        "unknown_sector", "Little is known of some holdings", F, 0.1, 0.3,
        "value of holdings without a sector / total", "Add sector and country to custom instruments.",
    ),
    Rule(
        "correlation_cluster", "Holdings move together", F, 0.5, 0.7,
        "value of the heaviest group of holdings chained by correlations of at least correlation_level / total",
        "Replace some of them with what moves on its own.",
    ),
    Rule(
        "drawdown", "The portfolio is under its high", F, 0.1, 0.2,
        "1 - growth index / its highest so far; the index of time-weighted daily returns since the first entry",
        "See that the plan still fits; a fall is no reason to sell by itself.",
    ),
    Rule(
        "single_loss", "A position lost much", F, 0.2, 0.4,
        "largest (cost - market value) / cost", "Ask whether it would be bought today; its loss may lower taxes.",
    ),
    Rule(
        "volatility", "Values swing widely", F, 0.2, 0.3,
        "standard deviation of daily returns of today's weights over the window (n - 1) x sqrt(252)",
        "Add what swings less: bonds, cash, broad funds.",
    ),
    Rule(
        "value_at_risk", "A bad day costs much", F, 0.02, 0.035,
        "minus the 5 % quantile of daily returns of today's weights over the window",
        "Lower the weight of what swings.",
    ),
    Rule(
        "beta", "The market's moves are magnified", R, 1.2, 1.5,
        "cov(r, b) / var(b) of today's weights over the window", "Add what follows the market less.",
    ),
    Rule(
        "effective_number", "Too few holdings count", R, 8.0, 4.0,
        "1 / sum of squared weights among the holdings", "Spread over more holdings, or a fund.", least=True,
    ),
    Rule(
        "single_risk", "One holding brings most of the risk", F, 0.4, 0.6,
        "largest w (C w) / w'C w over the window", "Lower its weight; weight alone does not show its risk.",
    ),
    Rule(
        "negative_cash", "An account is overdrawn", C, 0.0, 0.0,
        "number of account balances under zero", "Book a missing deposit, or pay in.",
    ),
    Rule(
        "single_account", "One account has nearly everything", F, 0.9, 0.98,
        "largest account / total", "Spread over brokers, within what deposit insurance covers.",
    ),
    Rule(
        "tiny_positions", "Positions are too small to matter", C, 3.0, 8.0,
        "number of holdings under tiny_weight of the total", "Sell them, or bring them to a weight that counts.",
    ),
    Rule(
        "target_drift", "Weights drifted from the targets", F, 0.05, 0.1,
        "largest |weight - target|", "Rebalance; the plan shows the trades.",
    ),
)  # fmt: skip
BY_ID: Mapping[str, Rule] = {rule.id: rule for rule in RULES}
PARAMETERS: Mapping[str, float] = {"correlation_level": 0.8, "tiny_weight": 0.005}
"""Numbers rules use beside their limits."""
_LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits that differ from the defaults, by name: `sector` fails, `sector_warn` warns, and the parameters."""

    changed: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def names(cls) -> list[str]:
        """Every name there is."""
        return [*(name for rule in RULES for name in (rule.id, f"{rule.id}_warn")), *PARAMETERS]

    @classmethod
    def known(cls, values: Mapping[str, float]) -> Thresholds:
        """Those that still exist."""
        every = set(cls.names())
        return cls({name: value for name, value in values.items() if name in every})

    @classmethod
    def read(cls, values: Mapping[str, float], pointer: str = "/thresholds") -> Thresholds:
        """Check thresholds.

        Raises:
            InvalidArgument: One is not known, or no number that makes sense; each violation names its place.
        """
        every = set(cls.names())
        found: list[FieldViolation] = []
        for name, value in values.items():
            if name not in every:
                found.append(FieldViolation(f"{pointer}/{name}", f"is none of {', '.join(cls.names())}"))
            elif not math.isfinite(value) or not 0 <= value <= _LARGEST:
                found.append(FieldViolation(f"{pointer}/{name}", f"must be between 0 and {_LARGEST:g}"))
        thresholds = cls(dict(values))
        if not found:
            found = [
                FieldViolation(f"{pointer}/{rule.id}_warn", "must warn before it fails")
                for rule in map(thresholds.rule, BY_ID)
                if (rule.warn < rule.fail if rule.least else rule.warn > rule.fail)
            ]
        if found:
            raise InvalidArgument(f"{found[0].pointer} {found[0].detail}", found)
        return thresholds

    def over(self, more: Thresholds) -> Thresholds:
        """These, with others that go before them."""
        return Thresholds({**self.changed, **more.changed})

    def rule(self, rule_id: str) -> Rule:
        """A rule with these limits; a limit to fail without one to warn moves that in proportion."""
        rule = BY_ID[rule_id]
        fail = self.changed.get(rule_id, rule.fail)
        scaled = rule.warn * fail / rule.fail if rule.fail else min(rule.warn, fail)
        return replace(rule, fail=fail, warn=self.changed.get(f"{rule_id}_warn", scaled))

    def parameter(self, name: str) -> float:
        """A number beside the limits."""
        return self.changed.get(name, PARAMETERS[name])
