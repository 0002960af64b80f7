"""Figures written in words: counts, fractions of a whole, and multiples such as "doubled"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from stocktool_chat.domain.words import beginnings, matches

_COUNTS = {
    word: number
    for number, word in enumerate(
        [
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ],
        start=2,
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_PARTS = {
    word: number
    for number, word in enumerate(
        ["third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], start=3
    )
}
_FEW = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_MULTIPLES = {
    "doubled": Decimal(2),
    "doubling": Decimal(2),
    "twice": Decimal(2),
    "tripled": Decimal(3),
    "tripling": Decimal(3),
    "trebled": Decimal(3),
    "thrice": Decimal(3),
    "quadrupled": Decimal(4),
    "quintupled": Decimal(5),
    "halved": Decimal("0.5"),
    "halving": Decimal("0.5"),
}
_COUNT = "|".join(sorted(_COUNTS, key=len, reverse=True))
_PART = "|".join(_PARTS)
_NEAR = r"about|around|roughly|nearly|almost|over|under|than|just|exactly|approximately|by"
_WORDS = re.compile(
    rf"\b(?:(?P<multiple>{'|'.join(_MULTIPLES)})\b(?!(?<=ice)(?!\s+(?:that|as|the|its|your|what|of|more)\b))"
    rf"|(?P<few>a|one|two|three|four)[ -](?P<part>{_PART})s?"
    rf"|(?P<half>half)(?!\s+(?:a|an|of (?:19|20)\d\d|years?)\b)"
    rf"|(?P<count>{_COUNT})(?P<scale>(?:[ -](?:hundred|thousand|million|billion|trillion))*)"
    rf"(?:\s(?P<unit>percentage points?|per ?cent|basis points?|dollars|euros|pounds|yen))?)(?![\w-])",
    re.IGNORECASE,
)
_FIRST_WORDS = beginnings(" ".join((*_COUNTS, *_MULTIPLES, *_FEW, "half")))
_WHOLE = re.compile(r"\s+of\s+(?:the|your|its|it|all|everything|that|what)\b", re.IGNORECASE)
_LEAD = re.compile(rf"(?:\b(?:{_NEAR})\s+)$", re.IGNORECASE)
_BOUND = re.compile(
    r"\b(?:(?P<over>more than|over|above|at least|well over)|(?P<under>less than|under|below|just under)"
    r"|(?P<near>about|around|roughly|nearly|almost|close to|approximately|some))\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A figure in words.

    Attributes:
        start: First character.
        end: One past the last.
        kind: "multiple", "fraction" or "count".
        value: Its number: 2 for "doubled", 1/3 for "a third", 9 for "nine".
        scale: Power of ten of a scale word.
        unit: Unit word after a count, lower case, or empty.
        bound: "over", "under", "near" or empty, as the words before say.
    """

    start: int
    end: int
    kind: str
    value: Decimal
    scale: int = 0
    unit: str = ""
    bound: str = ""


_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}


def find_words(text: str) -> Iterator[WrittenNumber]:
    """Find figures in words, in order; "one", ordinals, and "a quarter" of a year are none."""
    for match in matches(_WORDS, text, _FIRST_WORDS):
        start, end = match.span()
        before = text[max(0, start - 24) : start]
        bound = _bound(before)
        if match["multiple"]:
            yield WrittenNumber(start, end, "multiple", _MULTIPLES[match["multiple"].lower()], bound=bound)
        elif match["part"]:
            if not (text[end : end + 4].startswith(" of ") or _LEAD.search(before)):
                continue
            value = Decimal(_FEW[match["few"].lower()]) / _PARTS[match["part"].lower()]
            yield WrittenNumber(start, end, "fraction", value, bound=bound)
        elif match["half"]:
            if _LEAD.search(before) or _WHOLE.match(text, end):
                yield WrittenNumber(start, end, "fraction", Decimal("0.5"), bound=bound)
        else:
            scale = sum(_SCALES[word] for word in re.split("[ -]", match["scale"].lower()) if word)
            value = Decimal(_COUNTS[match["count"].lower()])
            yield WrittenNumber(start, end, "count", value, scale, (match["unit"] or "").lower(), bound)


def _bound(before: str) -> str:
    found = _BOUND.search(before)
    return (found.lastgroup or "") if found else ""
