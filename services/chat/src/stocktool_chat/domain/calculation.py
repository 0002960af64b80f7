"""Arithmetic over figures of earlier results: exact, in a small grammar, with currencies that must agree."""

from __future__ import annotations

import ast
import decimal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stocktool_kit.core.errors import InvalidArgument

from stocktool_chat.domain.figures import Unit
from stocktool_chat.domain.tool_values import ToolValue

LONGEST = 200
_MOST_EXPONENT = 100
# Fifty digits are exact for sums and products of amounts; whatever outgrows them or the exponent is refused.
_CONTEXT = decimal.Context(
    prec=50,
    Emin=-200,
    Emax=200,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
_CURE = "use + - * / **, parentheses, numbers, the names given, and abs, min, max and sum"


class CalculationRefused(InvalidArgument):
    """The expression is none, or joins what cannot be joined."""

    reason = "CALCULATION_REFUSED"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its currency, empty for a bare number."""

    value: Decimal
    currency: str = ""


def calculate(expression: str, operands: Mapping[str, ToolValue]) -> Quantity:
    """Work an expression out.

    Args:
        expression: At most 200 characters over the operands' names.
        operands: What the names stand for.

    Raises:
        CalculationRefused: It is no expression of the grammar, a name is unknown, currencies disagree, or the result
            does not exist.
    """
    if len(expression) > LONGEST:
        raise CalculationRefused(f"the expression is longer than {LONGEST} characters")
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise CalculationRefused(f"this is no expression; {_CURE}") from error
    known = {
        name: Quantity(value.value, value.currency if value.unit is Unit.MONEY else "")
        for name, value in operands.items()
    }
    try:
        with decimal.localcontext(_CONTEXT):
            return _Reader(expression.strip(), known).read(tree.body)
    except decimal.DivisionByZero as error:
        raise CalculationRefused("this divides by zero, so it has no value") from error
    except decimal.DecimalException as error:
        raise CalculationRefused("this has no value, or one beyond all bounds") from error


class _Reader:
    """Reads a parsed expression; whatever is not named here is refused."""

    def __init__(self, text: str, known: Mapping[str, Quantity]) -> None:
        self._text = text
        self._known = known

    def read(self, node: ast.expr) -> Quantity:
        match node:
            case ast.BinOp(left=left, op=operator, right=right):
                return self._joined(operator, self.read(left), self.read(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.read(operand)
                return Quantity(-inner.value, inner.currency)
            case ast.Name(id=name) if name in self._known:
                return self._known[name]
            case ast.Name(id=name):
                raise CalculationRefused(f"{name!r} is not among the values given: {', '.join(self._known)}")
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
                return Quantity(self._number(node))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS and args:
                return _of_likes(name, [self.read(arg) for arg in args])
            case _:
                raise CalculationRefused(f"this is no part of an expression; {_CURE}")

    def _number(self, node: ast.Constant) -> Decimal:
        """As it was written: a binary float would not be exact."""
        written = ast.get_source_segment(self._text, node) or ""
        try:
            return Decimal(written.replace("_", ""))
        except decimal.InvalidOperation as error:
            raise CalculationRefused(f"{written[:20]!r} is no decimal number") from error

    @staticmethod
    def _joined(operator: ast.operator, left: Quantity, right: Quantity) -> Quantity:
        match operator:
            case ast.Add() | ast.Sub():
                _alike(left, right)
                value = left.value + right.value if isinstance(operator, ast.Add) else left.value - right.value
                return Quantity(value, left.currency)
            case ast.Mult():
                if left.currency and right.currency:
                    raise CalculationRefused("two amounts cannot be multiplied; one factor must be a bare number")
                return Quantity(left.value * right.value, left.currency or right.currency)
            case ast.Div():
                if right.currency:
                    _alike(left, right)
                    return Quantity(left.value / right.value)
                return Quantity(left.value / right.value, left.currency)
            case ast.Pow():
                if left.currency or right.currency or abs(right.value) > _MOST_EXPONENT:
                    raise CalculationRefused(f"powers are of bare numbers, with exponents up to {_MOST_EXPONENT}")
                return Quantity(left.value**right.value)
            case _:
                raise CalculationRefused(f"this operation is not known; {_CURE}")


_FUNCTIONS: Mapping[str, Callable[[list[Decimal]], Decimal]] = {
    "abs": lambda values: abs(values[0]),
    "min": min,
    "max": max,
    "sum": lambda values: sum(values, Decimal(0)),
}


def _of_likes(name: str, quantities: list[Quantity]) -> Quantity:
    if name == "abs" and len(quantities) != 1:
        raise CalculationRefused("abs takes one value")
    for other in quantities[1:]:
        _alike(quantities[0], other)
    return Quantity(_FUNCTIONS[name]([each.value for each in quantities]), quantities[0].currency)


def _alike(left: Quantity, right: Quantity) -> None:
    if left.currency != right.currency:
        sides = " and ".join(
            f"an amount in {each.currency}" if each.currency else "a bare number" for each in (left, right)
        )
        raise CalculationRefused(f"{sides} cannot be joined; both sides must be of one currency")
