"""Numbers as people and brokers write them: `1,234.56`, `1.234,56`, `1 234,56`, `1'234.56`, `(12.50)`, `12.50-`, `$5`.

Whether a comma or a point is the decimal sign is decided over all numbers of a file, from those that leave no doubt.
Where none does (a file of nothing but `1.234`) it is asked for, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache


class DecimalSign(StrEnum):
    """What stands before the decimals."""

    POINT = "point"
    COMMA = "comma"


class BadNumber(ValueError):
    """A text that is no number, or one of two readings; the message says what would do."""


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How the numbers of a file are read.

    Attributes:
        decimal: The decimal sign, None where the file shows none or both.
        mixed: Whether it shows both.
    """

    decimal: DecimalSign | None
    mixed: bool = False


_MAX_LENGTH = 60
_NOTHING = frozenset(
    {"", "-", "--", "---", "n/a", "na", "nan", "null", "none", "not available", "processing", "\u2013", "\u2014"}
)
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'\u2019`]")
_CURRENCY = re.compile(
    r"^(?:[A-Z]{2,3}\s?)?[$€£¥₹₽₩₪฿₺₫₴₦]|^[A-Z]{3}(?=[\s\d+\-(.,])|[$€£¥₹₽₩₪฿₺₫₴₦]$|(?<=[\d\s)-])[A-Z]{3}$"
)
_BODY = re.compile(r"^[0-9]+(?:[.,][0-9]+)*[.,]?$|^[.,][0-9]+$", re.ASCII)
_EXPONENT = re.compile(r"^([0-9]+(?:[.,][0-9]+)?)[eE]([+-]?[0-9]{1,2})$", re.ASCII)
_GROUPED = re.compile(r"^[0-9]{1,3}(?: [0-9]{2,3})* [0-9]{3}$", re.ASCII)  # Indian thousands come in twos
_AMBIGUOUS = re.compile(r"^[1-9][0-9]{0,2}[.,][0-9]{3}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Parts:
    """A number without its dressing."""

    negative: bool
    percent: bool
    body: str
    exponent: int = 0


_SIMPLE = re.compile(r"^-?(?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,2})?$", re.ASCII)
"""What most numbers look like, and what can be read in one way alone."""


def decide_style(texts: Iterable[str], given: DecimalSign | None = None) -> NumberStyle:
    """Decide the decimal sign of a file from its numbers; texts that are none do not count."""
    if given is not None:
        return NumberStyle(given)
    shown: set[DecimalSign] = set()
    for text in texts:
        if _SIMPLE.match(text):
            if "." in text:
                shown.add(DecimalSign.POINT)
            continue
        try:
            parts = _undress(text)
        except BadNumber:
            continue
        sign = None if parts is None else _evidence(parts.body)
        if sign is not None:
            shown.add(sign)
            if len(shown) == 2:
                return NumberStyle(None, mixed=True)
    return NumberStyle(None, mixed=True) if len(shown) == 2 else NumberStyle(next(iter(shown), None))


@lru_cache(maxsize=65_536)
def read_number(text: str, style: NumberStyle) -> Decimal | None:
    """Read a number, None where the text says that there is none (empty, `--`, `n/a`).

    A percentage is read as the fraction it is: `5 %` is 0.05.

    Raises:
        BadNumber: It is no number, or its decimal sign is in doubt.
    """
    if style.decimal is not DecimalSign.COMMA and _SIMPLE.match(text):
        return Decimal(text)
    parts = _undress(text)
    if parts is None:
        return None
    sign = _evidence(parts.body) or style.decimal
    if sign is None and _AMBIGUOUS.match(parts.body):
        raise BadNumber(
            f"{parts.body} can be read in two ways: say which sign the decimals have (decimal=point or comma)"
        )
    if style.decimal is not None and not style.mixed and sign is not style.decimal:
        raise BadNumber(f"{parts.body} contradicts the decimal {style.decimal} of the other numbers")
    point, thousands = (",", ".") if sign is DecimalSign.COMMA else (".", ",")
    if thousands in parts.body and not _GROUPED.match(parts.body.replace(thousands, " ").partition(point)[0]):
        raise BadNumber(f"{parts.body} is no number: thousands stand in groups of three")
    whole, _, decimals = parts.body.replace(thousands, "").partition(point)
    number = Decimal(f"{whole or '0'}.{decimals}" if decimals else whole or "0").scaleb(parts.exponent)
    if parts.percent:
        number = number.scaleb(-2)
    return -number if parts.negative else number


def _undress(text: str) -> _Parts | None:
    """Take off spaces, currency, brackets and signs."""
    if len(text) > _MAX_LENGTH:
        raise BadNumber(f"has more than {_MAX_LENGTH} characters")
    rest = text.strip().strip("\u200e\u200f").replace("\u2212", "-").replace("\u2012", "-")
    if rest.lower() in _NOTHING:
        return None
    negative = percent = False
    for _ in range(4):  # signs, brackets and currencies come in any order: ($5.00), -$5.00, $-5.00, 5.00- EUR
        before = rest
        rest = _CURRENCY.sub("", rest, count=1).strip()
        if rest.startswith("(") and rest.endswith(")"):
            rest, negative = rest[1:-1].strip(), not negative
        if rest.startswith("-"):
            rest, negative = rest[1:].strip(), not negative
        elif rest.endswith("-"):
            rest, negative = rest[:-1].strip(), not negative
        if rest.startswith("+"):
            rest = rest[1:].strip()
        if rest.endswith("%") and not percent:
            rest, percent = rest[:-1].strip(), True
        if rest == before:
            break
    body = _SPACES.sub("", rest)
    scientific = _EXPONENT.match(body)
    if scientific:
        return _Parts(negative, percent, scientific[1], int(scientific[2]))
    if not _BODY.match(body):
        raise BadNumber(f"{text.strip()[:40]!r} is no number")
    return _Parts(negative, percent, body)


def _evidence(body: str) -> DecimalSign | None:
    """The decimal sign that a number shows, None where it shows none.

    Raises:
        BadNumber: It cannot be a number under either.
    """
    points, commas = body.count("."), body.count(",")
    if points and commas:
        last = DecimalSign.POINT if body.rfind(".") > body.rfind(",") else DecimalSign.COMMA
        if (points if last is DecimalSign.POINT else commas) > 1:
            raise BadNumber(f"{body} is no number: it has two decimal signs")
        return last
    if points + commas == 0:
        return None
    if points + commas > 1:  # 1.234.567: thousands, so that the other one is the decimal sign
        return DecimalSign.COMMA if points else DecimalSign.POINT
    if _AMBIGUOUS.match(body):
        return None
    return DecimalSign.POINT if points else DecimalSign.COMMA
