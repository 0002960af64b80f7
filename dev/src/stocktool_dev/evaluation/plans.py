"""Whether a tool call is one that was expected: by the arguments that matter, however they are written."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from stocktool_dev.evaluation.questions import Call

Span = tuple[date | None, date]
"""First and last day; without a first it goes back to where data begin."""

_PERIODS = {"year_to_date": "ytd", "one_year": "1y", "one_month": "1m", "since_inception": "max"}


def fits(wanted: Call, name: str, arguments: Mapping[str, Any], today: date) -> bool:
    """Whether a call is the wanted one.

    Args:
        wanted: What was expected.
        name: The tool that was called.
        arguments: What it was given.
        today: The market's day, which ends open spans.
    """
    if name not in wanted.tools:
        return False
    for key, expected in wanted.arguments.items():
        if key == "span":
            if given_span(arguments, today) != span(str(expected), today):
                return False
        elif key == "covers":
            first, last = given_span(arguments, today)
            if not (first or date.min) <= date.fromisoformat(expected) <= last:
                return False
        elif not same(expected, arguments.get(key)):
            return False
    return True


def span(text: str, today: date) -> Span:
    """Read `ytd`, `1y`, `1m`, `max`, a year, or two days with `..` between them, the second left out for today."""
    match text:
        case "ytd":
            return date(today.year, 1, 1), today
        case "1y":
            return _months_before(today, 12), today
        case "1m":
            return _months_before(today, 1), today
        case "max":
            return None, today
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 1, 1), min(date(int(text), 12, 31), today)
    first, _, last = text.partition("..")
    return _day(first), min(_day(last) or today, today)


def given_span(arguments: Mapping[str, Any], today: date) -> Span:
    """The span a call asks for."""
    first, last = _day(arguments.get("start")), min(_day(arguments.get("end")) or today, today)
    if first is None and arguments.get("period"):
        return span(_PERIODS.get(str(arguments["period"]), "max"), today)
    return first, last


def same(expected: Any, given: Any) -> bool:
    """Whether a value says the same: numbers by size, words without case, lists and objects by what they must hold.

    A text that begins with `~` is a pattern to be found.
    """
    if isinstance(expected, Mapping):
        return isinstance(given, Mapping) and all(same(value, given.get(name)) for name, value in expected.items())
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        listed = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
        return all(any(same(each, other) for other in listed) for each in expected)
    if given is None or isinstance(expected, bool) or isinstance(given, bool):
        return expected is given
    return _same_text(str(expected), str(given))


def _same_text(expected: str, given: str) -> bool:
    if expected.startswith("~"):
        return re.search(expected[1:], given, re.IGNORECASE) is not None
    number, other = _number(expected), _number(given)
    if number is not None and other is not None:
        return number == other
    return expected.casefold() == given.casefold()


def _number(value: str) -> Decimal | None:
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
