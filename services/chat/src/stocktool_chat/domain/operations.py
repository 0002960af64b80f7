"""The operations a figure may be derived by, each recomputed from exact values with its operands kept."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from stocktool_chat.domain.figures import Unit
from stocktool_chat.domain.tool_values import ToolValue

_MOST_PARTS = 12


@dataclass(frozen=True, slots=True)
class Derivation:
    """A recomputed operation.

    Attributes:
        operation: "sum", "difference", "percent change", "share", "ratio", "average", "product", "per unit", "rest" or
            "annualised".
        operands: The values, in the order of the path.
        path: The operation over JSON paths.
        value: Its outcome, signed.
        unit: Unit of the outcome; MULTIPLE of a ratio.
        currency: Of an amount.
    """

    operation: str
    operands: tuple[ToolValue, ...]
    path: str
    value: Decimal
    unit: Unit
    currency: str


Stated: TypeAlias = ToolValue | Derivation
"""What a figure was found to state: a value, or what was derived from values."""


def kind_of(each: Stated) -> tuple[Unit, str]:
    """Unit and currency, which both operands of a sum share."""
    return each.unit, each.currency


def same_place(left: Stated, right: Stated) -> bool:
    """Whether both are the same value of the same place."""
    if isinstance(left, Derivation) or isinstance(right, Derivation):
        return left is right
    return (left.call_id, left.path, left.value) == (right.call_id, right.path, right.value)


def sums(parts: Sequence[Stated], *, of_all: bool = False) -> Iterator[Derivation]:
    """Sums of any two parts and of the first three, four and more; or of all of them alone."""
    if len(parts) < 2 or len({kind_of(part) for part in parts}) > 1:
        return
    groups: Iterator[tuple[Stated, ...]] = iter([tuple(parts)])
    if not of_all:
        longer = (tuple(parts[:size]) for size in range(3, min(len(parts), _MOST_PARTS) + 1))
        groups = itertools.chain(itertools.combinations(parts, 2), longer)
    for group in groups:
        total = sum((part.value for part in group), Decimal(0))
        yield Derivation("sum", _operands(*group), " + ".join(map(_path, group)), total, *kind_of(group[0]))


def averages(parts: Sequence[Stated]) -> Iterator[Derivation]:
    """Means of the first two, three and more parts."""
    for size in range(2, min(len(parts), _MOST_PARTS) + 1):
        group = parts[:size]
        path = f"({' + '.join(map(_path, group))}) / {size}"
        mean = sum((part.value for part in group), Decimal(0)) / size
        yield Derivation("average", _operands(*group), path, mean, *kind_of(group[0]))


def difference(left: Stated, right: Stated) -> Derivation:
    """Left less right."""
    path = f"{_path(left)} - {_path(right)}"
    return Derivation("difference", _operands(left, right), path, left.value - right.value, *kind_of(left))


def distance(left: Stated, right: Stated, side: int) -> Iterator[Derivation]:
    """The larger less the smaller, if the left one lies to the side that is said: 1 above, -1 below, 0 either."""
    if side and left.value != right.value and (left.value < right.value) != (side < 0):
        return
    yield difference(left, right) if left.value >= right.value else difference(right, left)


def ratio(left: Stated, right: Stated) -> Derivation:
    """Left over right, as a multiple."""
    path = f"{_path(left)} / {_path(right)}"
    return Derivation("ratio", _operands(left, right), path, left.value / right.value, Unit.MULTIPLE, "")


def growth(value: ToolValue) -> Derivation:
    """One and a return, as a multiple."""
    return Derivation("ratio", (value,), f"1 + {value.path}", 1 + value.value, Unit.MULTIPLE, "")


def share(part: Stated, whole: Stated) -> Derivation:
    """Part over whole, as a fraction."""
    path = f"{_path(part)} / {_path(whole)}"
    return Derivation("share", _operands(part, whole), path, part.value / whole.value, Unit.PERCENT, "")


def percent_change(first: Stated, last: Stated) -> Derivation:
    """Last over first, less one."""
    path = f"{_path(last)} / {_path(first)} - 1"
    return Derivation("percent change", _operands(last, first), path, last.value / first.value - 1, Unit.PERCENT, "")


def product(count: Stated, price: Stated) -> Derivation:
    """Count times price."""
    path = f"{_path(count)} * {_path(price)}"
    return Derivation("product", _operands(count, price), path, count.value * price.value, *kind_of(price))


def per_unit(amount: ToolValue, count: ToolValue) -> Derivation:
    """Amount over count."""
    path = f"{amount.path} / {count.path}"
    return Derivation("per unit", (amount, count), path, amount.value / count.value, *kind_of(amount))


def rest(part: ToolValue) -> Derivation:
    """One less a fraction."""
    return Derivation("rest", (part,), f"1 - {part.path}", 1 - part.value, Unit.PERCENT, "")


def annualised(value: ToolValue, days: int) -> Derivation:
    """The yearly rate that gives a return over so many days."""
    rate = Decimal(float(1 + value.value) ** (365 / days) - 1)
    return Derivation("annualised", (value,), f"(1 + {value.path}) ^ (365 / {days}) - 1", rate, Unit.PERCENT, "")


def _operands(*parts: Stated) -> tuple[ToolValue, ...]:
    return tuple(
        itertools.chain.from_iterable(part.operands if isinstance(part, Derivation) else (part,) for part in parts)
    )


def _path(each: Stated) -> str:
    return f"({each.path})" if isinstance(each, Derivation) else each.path
