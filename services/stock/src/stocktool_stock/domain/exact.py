"""Arithmetic that loses no digit of a ledger, and figures that do not exist."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, DivisionByZero, InvalidOperation, Overflow, localcontext

_CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])


def exact() -> AbstractContextManager[Context]:
    """A block in which products of ledger numbers keep all their digits (60; Python's default is 28)."""
    return localcontext(_CONTEXT)


@dataclass(frozen=True, slots=True)
class Undefined:
    """A figure that does not exist, and why."""

    reason: str


def number_or_none(figure: float | Undefined) -> float | None:
    """The number, None when there is none."""
    return None if isinstance(figure, Undefined) else figure
