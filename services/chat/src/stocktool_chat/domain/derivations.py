"""Figures that a text computes from others: sums, differences and shares, recomputed from the exact values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from stocktool_chat.domain.figures import Figure, Unit
from stocktool_chat.domain.tool_values import ToolValue

_SUM = re.compile(r"\b(sum|total|together|combined|altogether|overall|in all|adds? up)\b", re.IGNORECASE)
_DIFFERENCE = re.compile(
    r"\b(difference|gap|spread|more than|less than|higher|lower|above|below|ahead|behind|outperform\w*|underperform\w*"
    r"|beat|beats|trail\w*|lagg?\w*|by|points?|excess|rose|fell|up|down|gained|lost|change\w*)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\b(share|portion|fraction|weight|of (?:your|the|its|that)|makes? up|accounts? for|represents?)\b", re.IGNORECASE
)
_MOST_OPERANDS = 24


@dataclass(frozen=True, slots=True)
class Derivation:
    """A recomputed operation: the first operand's call, and the operation over JSON paths."""

    call_id: str
    path: str


def derive(text: str, figure: Figure, matched: Sequence[tuple[Figure, ToolValue]]) -> Derivation | None:
    """Recompute a figure from two matched ones near it, if the text names the operation."""
    if figure.unit is Unit.PLAIN:
        return None
    start = text.rfind("\n\n", 0, figure.start) + 1
    end = text.find("\n\n", figure.end)
    near = [
        (other, value)
        for other, value in matched
        if start <= other.start and (end < 0 or other.end <= end) and other is not figure and not value.quoted
    ][:_MOST_OPERANDS]
    sentence = text[max(start, figure.start - 160) : figure.end + 60]
    for (_, left), (_, right) in itertools.permutations(near, 2):
        if left.unit is not right.unit or left.currency != right.currency or left.path == right.path:
            continue
        derived = _operation(figure, left, right, sentence)
        if derived is not None:
            return derived
    return None


def _operation(figure: Figure, left: ToolValue, right: ToolValue, sentence: str) -> Derivation | None:
    same_unit = left.unit is figure.unit and left.currency == figure.currency
    if same_unit and _SUM.search(sentence) and _close(figure, left.value + right.value):
        return Derivation(left.call_id, f"{left.path} + {right.path}")
    if same_unit and _DIFFERENCE.search(sentence) and left.value >= right.value:
        difference = left.value - right.value
        if _close(figure, difference):
            return Derivation(left.call_id, f"{left.path} - {right.path}")
    share = figure.unit is Unit.PERCENT and left.unit is Unit.MONEY and right.value != 0 and _SHARE.search(sentence)
    if share and abs(left.value) < abs(right.value) and _close(figure, left.value / right.value):
        return Derivation(left.call_id, f"{left.path} / {right.path}")
    return None


def _close(figure: Figure, value: Decimal) -> bool:
    return abs(abs(value) - figure.value) <= figure.quantum / 2 + figure.quantum / 1000
