"""Reads rules of alerts from JSON, naming the place of whatever is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from stocktool_kit.core.errors import FieldViolation, InvalidArgument

from stocktool_stock.domain.alert_rules import (
    MOST_DAYS,
    MOST_DEPTH,
    MOST_LEAVES,
    Drawdown,
    Earnings,
    Group,
    Mode,
    Move,
    Not,
    Price,
    Rule,
    Side,
    Stale,
    Weight,
    leaves,
)
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.portfolio import PortfolioId

_Level = TypeVar("_Level", Decimal, float)


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
