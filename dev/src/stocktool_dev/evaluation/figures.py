"""Finding a figure in the words of an answer, by reading of our own: the mesh's matcher is not asked about itself."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from stocktool_dev.evaluation.questions import Kind

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(
    r"(?P<sign>[-\u2212+](?=[$€£¥]?\d))?[$€£¥]?(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"\s?(?P<unit>%|percent(?!age)|per cent|パーセント|thousand\b|million\b|billion\b|k\b|m\b|bn\b|千|万|億)?",
    re.IGNORECASE,
)
_SCALES = {
    "thousand": 1e3, "k": 1e3, "千": 1e3, "万": 1e4, "million": 1e6, "m": 1e6, "億": 1e8, "billion": 1e9, "bn": 1e9
}  # fmt: skip
_PERCENT = {"%", "percent", "per cent", "パーセント"}
_LOSS = re.compile(
    r"\b(?:los[ets]\w*|loss\w*|fell|fall\w*|down|drop\w*|declin\w*|behind|below|drawdown|negative|minus|worst|hurt)\b"
    r"|損|下落|下回|減|マイナス|低下|安",
    re.IGNORECASE,
)
_MONTHS = tuple(calendar.month_name)[1:]
# A figure may be told shorter than it is known, but not so short that it says little.
_FLOORS = {"percent": 0.05, "money": 0.5, "number": 0.05}
_COARSEST = 0.01


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as a text shows it.

    Attributes:
        value: With its sign and scale; of a percent the number before the sign.
        half_unit: Half of its last digit: how far the true value may be.
        percent: Whether it is one.
        unsigned: Whether it has no sign of its own.
    """

    value: float
    half_unit: float
    percent: bool
    unsigned: bool


def numbers(line: str) -> Iterator[Shown]:
    """The numbers of a line; days are none."""
    for found in _NUMBER.finditer(_ISO.sub(" ", line)):
        digits, unit = found["digits"].replace(",", ""), (found["unit"] or "").lower()
        scale = _SCALES.get(unit, 1.0)
        decimals = len(digits.partition(".")[2])
        sign = -1 if found["sign"] in {"-", "\u2212"} else 1
        yield Shown(sign * float(digits) * scale, 0.5 * 10**-decimals * scale, unit in _PERCENT, found["sign"] is None)


def stands_in(text: str, kind: Kind, value: float | date, beside: str = "") -> bool:
    """Whether a text tells a figure, rounded as it may be and with its sign.

    Args:
        text: The answer.
        kind: How the figure is told.
        value: The figure: of a percent the fraction.
        beside: A pattern the figure's line has to hold as well; empty: any line will do.
    """
    lines = [line for line in text.splitlines() if not beside or re.search(beside, line, re.IGNORECASE)]
    if isinstance(value, date):
        return any(re.search(_day_pattern(value), line, re.IGNORECASE) for line in lines)
    true = value * 100 if kind == "percent" else value
    return any(_says(shown, kind, true, line) for line in lines for shown in numbers(line))


def _says(shown: Shown, kind: Kind, true: float, line: str) -> bool:
    if shown.percent != (kind == "percent"):
        return False
    coarse = shown.half_unit > max(_COARSEST * abs(true), _FLOORS[kind])
    near = 1e-9 if coarse else shown.half_unit * (1 + 1e-6) + 1e-9
    if abs(shown.value - true) <= near:
        return True
    return shown.unsigned and true < 0 and abs(shown.value + true) <= near and _LOSS.search(line) is not None


def _day_pattern(day: date) -> str:
    month = _MONTHS[day.month - 1]
    name = rf"{month[:3]}(?:{month[3:]})?\.?"
    return (
        rf"{day.isoformat()}|\b{day.day}(?:st|nd|rd|th)? (?:of )?{name},? {day.year}"
        rf"|{name} {day.day}(?:st|nd|rd|th)?,? {day.year}|{day.year}年{day.month}月{day.day}日"
    )
