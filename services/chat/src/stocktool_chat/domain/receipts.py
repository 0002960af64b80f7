"""Receipts: every figure of an answer is matched to the stored tool result it came from, or marked as unmatched."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from stocktool_chat.domain.derivations import derive
from stocktool_chat.domain.evidence import Evidence
from stocktool_chat.domain.figures import Figure, Sign, Unit, find_figures
from stocktool_chat.domain.tool_values import ToolValue


class Status(StrEnum):
    """How a figure stands to the results."""

    MATCHED = "matched"
    DERIVED = "derived"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One figure and where it comes from.

    Attributes:
        start: First character of the figure in the text, in code points.
        end: One past the last.
        value: The figure as written.
        status: How it is backed.
        call_id: Tool call, None when unmatched.
        path: JSON path in that call's result; for derived figures the operation with the paths of its operands.
    """

    start: int
    end: int
    value: str
    status: Status
    call_id: str | None = None
    path: str | None = None


def match_receipts(text: str, evidence: Sequence[Evidence]) -> list[Receipt]:
    """Match the figures of a text to results.

    Args:
        text: The final text.
        evidence: Results, the newest last.

    Returns:
        One receipt for each figure, in the order of the text. Small bare numbers and durations that match nothing are
        left out: "2 things stand out" and "12 months" are no claims.
    """
    figures = find_figures(text)
    if not figures:
        return []
    mentions = _Mentions(text, figures, evidence)
    found = {figure: _best(evidence, figure, mentions.symbols_of(figure), _context(text, figure)) for figure in figures}
    receipts = []
    for figure in figures:
        value = found[figure]
        if value is not None:
            status = Status.DERIVED if value.is_count or value.is_computed else Status.MATCHED
            receipts.append(Receipt(figure.start, figure.end, figure.text, status, value.call_id, value.path))
            continue
        derived = derive(text, figure, [(other, match) for other, match in found.items() if match is not None])
        if derived is not None:
            receipts.append(
                Receipt(figure.start, figure.end, figure.text, Status.DERIVED, derived.call_id, derived.path)
            )
        elif not _is_no_claim(figure):
            receipts.append(Receipt(figure.start, figure.end, figure.text, Status.UNMATCHED))
    return receipts


def agrees(figure: Figure, value: ToolValue) -> bool:
    """Whether a figure states a value: unit and currency agree, the sign too, and the value rounds to what is shown."""
    if not _same_unit(figure, value):
        return False
    tolerance = figure.quantum / 2
    tolerance += tolerance / 1000 + abs(value.value) / 10**12  # halves that binary floats cannot hold
    targets = [-figure.value] if figure.sign is Sign.MINUS else [figure.value]
    if figure.sign is Sign.DOWN:
        targets = [-figure.value]
        if value.magnitude:
            targets.append(figure.value)
    elif figure.sign is Sign.NONE and value.magnitude:
        targets.append(-figure.value)
    return any(abs(target - value.value) <= tolerance for target in targets)


def _same_unit(figure: Figure, value: ToolValue) -> bool:
    if figure.unit is Unit.MONEY:
        return value.unit is Unit.MONEY and figure.currency == value.currency
    if figure.unit is Unit.PERCENT:
        return value.unit is Unit.PERCENT and (not value.quoted or figure.unit is value.unit)
    if value.is_count:
        return figure.quantum == 1 and figure.value == value.value
    # A fraction may be written as it is ("a weight of 0.25"); an amount never without its currency.
    return value.unit is Unit.PLAIN or (value.unit is Unit.PERCENT and not value.quoted)


def _is_no_claim(figure: Figure) -> bool:
    if figure.unit is not Unit.PLAIN or figure.sign in (Sign.MINUS, Sign.PLUS):
        return False
    whole = figure.quantum == 1 and "," not in figure.text
    return figure.duration or (whole and figure.value <= 12 and figure.noun not in _CLAIMED_NOUNS)


_CLAIMED_NOUNS = frozenset(
    {
        "shares",
        "share",
        "positions",
        "position",
        "holdings",
        "transactions",
        "trades",
        "accounts",
        "lots",
        "units",
        "documents",
    }
)


def _best(
    evidence: Sequence[Evidence], figure: Figure, symbols: frozenset[str], context: frozenset[str]
) -> ToolValue | None:
    widest = max(figure.quantum, figure.value / 100)
    candidates = [
        value
        for each in evidence
        for value in each.near(figure.value, widest)
        if (not symbols or not value.symbol or value.symbol in symbols) and agrees(figure, value)
    ]
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    return max(candidates, key=lambda value: _preference(figure, value, symbols, context))


def _preference(
    figure: Figure, value: ToolValue, symbols: frozenset[str], context: frozenset[str]
) -> tuple[float, ...]:
    words = _words_of(value.path)
    return (
        not value.is_count or figure.noun in words,
        value.symbol in symbols if symbols else not value.symbol,
        len(words & context),
        not value.quoted,
        not re.search(r"(series|values|dates|lots)\b", value.path),
        -float(abs(abs(value.value) - figure.value)),
        -len(value.path),
    )


@functools.lru_cache(maxsize=8192)
def _words_of(path: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"[^a-z]+", path.lower()) if len(word) > 2)


def _context(text: str, figure: Figure) -> frozenset[str]:
    line_start = max(text.rfind("\n", 0, figure.start) + 1, figure.start - 80)
    window = text[line_start : figure.end + 24].lower()
    words = set(re.findall(r"[a-z]{3,}", window))
    for phrase, key in (("time-weighted", "twr"), ("money-weighted", "xirr"), ("worth", "value"), ("gained", "gain")):
        if phrase in window:
            words.add(key)
    return frozenset(words)


class _Mentions:
    """Where the text speaks of which symbol."""

    def __init__(self, text: str, figures: Sequence[Figure], evidence: Sequence[Evidence]) -> None:
        symbols = frozenset[str]().union(*(each.symbols for each in evidence))
        spoken = {symbol: symbol for symbol in symbols}
        for each in evidence:
            spoken.update((name, symbol) for name, symbol in each.names.items() if symbol in symbols and len(name) > 2)
        self._figures_at = [figure.start for figure in figures]
        self._ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        self._found: list[tuple[int, str]] = []
        if spoken:
            pattern = "|".join(re.escape(name) for name in sorted(spoken, key=len, reverse=True))
            for match in re.finditer(rf"(?<![A-Za-z0-9^])(?:{pattern})(?![A-Za-z0-9])", text):
                self._found.append((match.start(), spoken[match.group()]))

    def symbols_of(self, figure: Figure) -> frozenset[str]:
        """Symbols the figure may belong to: the group named last before it, else any of its sentence."""
        here = self._sentence_of(figure)
        before = [mention for mention in here if mention[0] < figure.start]
        if not before:
            return frozenset(symbol for _, symbol in here)
        group: set[str] = set()
        edge = before[-1][0]
        for at, symbol in reversed(before):
            if group and self._figure_between(at, edge):
                break  # that symbol has had its own figure
            group.add(symbol)
            edge = at
        return frozenset(group)

    def _sentence_of(self, figure: Figure) -> Sequence[tuple[int, str]]:
        """Mentions in the figure's sentence."""
        first = bisect.bisect_right(self._ends, figure.start)
        last = bisect.bisect_right(self._ends, figure.end)
        start = self._ends[first - 1] if first else 0
        low = bisect.bisect_left(self._found, (start, ""))
        high = bisect.bisect_left(self._found, (self._ends[last], "")) if last < len(self._ends) else len(self._found)
        return self._found[low:high]

    def _figure_between(self, low: int, high: int) -> bool:
        at = bisect.bisect_right(self._figures_at, low)
        return at < len(self._figures_at) and self._figures_at[at] < high


_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\n")
