"""Rules of alerts as trees: leaves that compare one measure with one level, joined by all, any and not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeAlias, TypeVar

from stocktool_kit.core.errors import FieldViolation, InvalidArgument

from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.portfolio import PortfolioId

MOST_LEAVES = 8
MOST_DEPTH = 4
MOST_DAYS = 250

_Level = TypeVar("_Level", Decimal, float)

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


def read_rule(value: object, pointer: str = "/rule") -> Rule:
    """Read a rule from JSON.

    Raises:
        InvalidArgument: It is no rule, too deep or too wide; each violation names its place and cure.
    """
    reader = _Reader()
    rule = reader.rule(value, pointer, 1)
    if rule is not None and not reader.violations and sum(1 for _ in leaves(rule)) > MOST_LEAVES:
        reader.refuse(pointer, f"has at most {MOST_LEAVES} conditions in all")
    if rule is None or reader.violations:
        first = reader.violations[0]
        raise InvalidArgument(f"{first.pointer} {first.detail}", reader.violations)
    return rule


@dataclass(slots=True)
class _Reader:
    """Reads one rule and gathers what is wrong with it."""

    violations: list[FieldViolation] = field(default_factory=list)

    def refuse(self, pointer: str, detail: str) -> None:
        self.violations.append(FieldViolation(pointer, detail))

    def rule(self, value: object, pointer: str, depth: int) -> Rule | None:
        if depth > MOST_DEPTH:
            self.refuse(pointer, f"is nested deeper than {MOST_DEPTH}")
            return None
        if not isinstance(value, Mapping):
            self.refuse(pointer, 'must be an object such as {"kind": "price", "symbol": "AAPL", "above": "240"}')
            return None
        kind = value.get("kind")
        readers: Mapping[str, Callable[[Mapping[str, object], str], Rule | None]] = {
            "price": self._price,
            "move": self._move,
            "weight": self._weight,
            "drawdown": self._drawdown,
            "stale": self._stale,
            "earnings": self._earnings,
        }
        if kind in ("all", "any"):
            return self._group(value, pointer, depth, Mode(kind))
        if kind == "not":
            self._only(value, pointer, "of")
            member = self.rule(value.get("of"), f"{pointer}/of", depth + 1)
            return None if member is None else Not(member)
        if not isinstance(kind, str) or kind not in readers:
            self.refuse(f"{pointer}/kind", f"must be one of {', '.join((*readers, 'all', 'any', 'not'))}")
            return None
        before = len(self.violations)
        leaf = readers[kind](value, pointer)
        return leaf if len(self.violations) == before else None

    def _group(self, value: Mapping[str, object], pointer: str, depth: int, mode: Mode) -> Rule | None:
        self._only(value, pointer, "of")
        members = value.get("of")
        if not isinstance(members, Sequence) or isinstance(members, str) or not 1 <= len(members) <= MOST_LEAVES:
            self.refuse(f"{pointer}/of", f"must be a list of 1 to {MOST_LEAVES} rules")
            return None
        read = [self.rule(member, f"{pointer}/of/{index}", depth + 1) for index, member in enumerate(members)]
        kept = tuple(member for member in read if member is not None)
        return Group(mode, kept) if len(kept) == len(read) else None

    def _price(self, value: Mapping[str, object], pointer: str) -> Rule:
        self._only(value, pointer, "symbol", "above", "below", "currency")
        side, level = self._side(value, pointer, self._amount, Decimal(0))
        currency = value.get("currency", "")
        if not isinstance(currency, str) or (currency and not (len(currency) == 3 and currency.isalpha())):
            self.refuse(f"{pointer}/currency", "must be a code such as USD, or be left out")
            currency = ""
        return Price(self._symbol(value, pointer), side, level, currency.upper())

    def _move(self, value: Mapping[str, object], pointer: str) -> Rule:
        self._only(value, pointer, "symbol", "days", "above", "below")
        side, level = self._side(value, pointer, self._fraction(-1.0, 100.0), 0.0)
        return Move(self._symbol(value, pointer), self._days(value, pointer), side, level)

    def _weight(self, value: Mapping[str, object], pointer: str) -> Rule:
        self._only(value, pointer, "portfolio_id", "symbol", "above", "below")
        side, level = self._side(value, pointer, self._fraction(0.0, 1.0), 0.0)
        return Weight(self._portfolio(value, pointer), self._symbol(value, pointer), side, level)

    def _drawdown(self, value: Mapping[str, object], pointer: str) -> Rule:
        self._only(value, pointer, "portfolio_id", "days", "above")
        level = self._fraction(0.0, 1.0)(value.get("above"), f"{pointer}/above")
        return Drawdown(self._portfolio(value, pointer), self._days(value, pointer), level)

    def _stale(self, value: Mapping[str, object], pointer: str) -> Rule:
        self._only(value, pointer, "symbol", "hours")
        hours = self._number(value.get("hours"), f"{pointer}/hours", 0.1, 8760.0, "a number of hours")
        return Stale(self._symbol(value, pointer), hours)

    def _earnings(self, value: Mapping[str, object], pointer: str) -> Rule:
        self._only(value, pointer, "symbol", "days")
        return Earnings(self._symbol(value, pointer), self._days(value, pointer, at_most=90))

    def _only(self, value: Mapping[str, object], pointer: str, *names: str) -> None:
        for name in value:
            if name not in ("kind", *names):
                self.refuse(f"{pointer}/{name}", f"is no field of this kind; it has {', '.join(names)}")

    def _symbol(self, value: Mapping[str, object], pointer: str) -> str:
        text = value.get("symbol")
        try:
            return parse_symbol(text if isinstance(text, str) else "", f"{pointer}/symbol")
        except InvalidArgument as error:
            self.violations += error.violations
            return ""

    def _portfolio(self, value: Mapping[str, object], pointer: str) -> PortfolioId:
        text = value.get("portfolio_id")
        if not isinstance(text, str) or not 1 <= len(text) <= 64 or not text.isprintable():
            self.refuse(f"{pointer}/portfolio_id", "must be the id of one of your portfolios")
            return PortfolioId("")
        return PortfolioId(text)

    def _days(self, value: Mapping[str, object], pointer: str, *, at_most: int = MOST_DAYS) -> int:
        days = value.get("days")
        if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= at_most:
            self.refuse(f"{pointer}/days", f"must be a whole number from 1 to {at_most}")
            return 1
        return days

    def _side(
        self, value: Mapping[str, object], pointer: str, read: Callable[[object, str], _Level], absent: _Level
    ) -> tuple[Side, _Level]:
        named = [side for side in Side if side.value in value]
        if len(named) != 1:
            self.refuse(pointer, "needs either above or below")
            return Side.ABOVE, absent
        return named[0], read(value[named[0].value], f"{pointer}/{named[0].value}")

    def _amount(self, value: object, pointer: str) -> Decimal:
        try:
            amount = Decimal(str(value)) if isinstance(value, str | int | float) else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if isinstance(value, bool) or not amount.is_finite() or not 0 < amount < Decimal("1e12"):
            self.refuse(pointer, "must be a price above zero, as in 240.50")
            return Decimal(1)
        if amount.as_tuple().exponent < -12:  # type: ignore[operator]  # a finite number's exponent is an integer
            self.refuse(pointer, "has more than 12 decimal places")
        return amount

    def _fraction(self, low: float, high: float) -> Callable[[object, str], float]:
        return lambda value, pointer: self._number(value, pointer, low, high, "a fraction (0.05 is five percent)")

    def _number(self, value: object, pointer: str, low: float, high: float, what: str) -> float:
        try:
            number = float(value) if isinstance(value, str | int | float) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        if isinstance(value, bool) or not low <= number <= high:
            self.refuse(pointer, f"must be {what} from {low:g} to {high:g}")
            return low
        return number
