"""Rules of alerts as trees: leaves that compare one measure with one level, joined by all, any and not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from stocktool_stock.domain.portfolio import PortfolioId

MOST_LEAVES = 8
MOST_DEPTH = 4
MOST_DAYS = 250

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


class Side(StrEnum):
    """On which side of its level a measure makes a leaf true; equal is neither."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Price:
    """Last price in its own currency; `currency` empty takes whatever the quote is in."""

    symbol: str
    side: Side
    level: Decimal
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """Change from the close of `days` sessions ago to the last price, as a fraction."""

    symbol: str
    days: int
    side: Side
    level: float


@dataclass(frozen=True, slots=True)
class Weight:
    """Share of a portfolio's total that a symbol makes up; 0 when it is not held."""

    portfolio_id: PortfolioId
    symbol: str
    side: Side
    level: float


@dataclass(frozen=True, slots=True)
class Drawdown:
    """Fall of a portfolio's time-weighted index from its highest close of the last `days` sessions, above `level`."""

    portfolio_id: PortfolioId
    days: int
    level: float


@dataclass(frozen=True, slots=True)
class Stale:
    """The last price is more than `hours` old, by the market's clock."""

    symbol: str
    hours: float


@dataclass(frozen=True, slots=True)
class Earnings:
    """Earnings are due within `days` calendar days, today included."""

    symbol: str
    days: int


Leaf = Price | Move | Weight | Drawdown | Stale | Earnings


class Mode(StrEnum):
    """How a group joins its members."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Group:
    """Members that must all, or of which any must, be true."""

    mode: Mode
    of: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when its member is false."""

    of: Rule


Rule: TypeAlias = "Leaf | Group | Not"


def leaves(rule: Rule) -> Iterator[Leaf]:
    """Every leaf, from left to right."""
    match rule:
        case Group(of=members):
            for member in members:
                yield from leaves(member)
        case Not(of=member):
            yield from leaves(member)
        case _:
            yield rule


def symbols_of(rule: Rule) -> list[str]:
    """Symbols the rule is about, in order of the alphabet; a drawdown names none."""
    return sorted({leaf.symbol for leaf in leaves(rule) if not isinstance(leaf, Drawdown)})


def portfolios_of(rule: Rule) -> list[PortfolioId]:
    """Portfolios the rule is about."""
    return sorted({leaf.portfolio_id for leaf in leaves(rule) if isinstance(leaf, Weight | Drawdown)})


def rule_json(rule: Rule) -> dict[str, Json]:  # noqa: PLR0911 - one return per kind is the clearest
    """A rule as JSON, as `read_rule` takes it."""
    match rule:
        case Group():
            return {"kind": rule.mode.value, "of": [rule_json(member) for member in rule.of]}
        case Not():
            return {"kind": "not", "of": rule_json(rule.of)}
        case Price():
            body: dict[str, Json] = {"kind": "price", "symbol": rule.symbol, rule.side.value: f"{rule.level:f}"}
            return body | ({"currency": rule.currency} if rule.currency else {})
        case Move():
            return {"kind": "move", "symbol": rule.symbol, "days": rule.days, rule.side.value: rule.level}
        case Weight():
            return {
                "kind": "weight",
                "portfolio_id": rule.portfolio_id,
                "symbol": rule.symbol,
                rule.side.value: rule.level,
            }
        case Drawdown():
            return {"kind": "drawdown", "portfolio_id": rule.portfolio_id, "days": rule.days, "above": rule.level}
        case Stale():
            return {"kind": "stale", "symbol": rule.symbol, "hours": rule.hours}
        case Earnings():
            return {"kind": "earnings", "symbol": rule.symbol, "days": rule.days}
