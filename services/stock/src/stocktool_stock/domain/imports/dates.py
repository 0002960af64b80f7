"""Days as brokers write them. Whether 03/04/2024 is in March or in April is decided over the whole column.

A column in which nothing decides it is asked about (`date_order`), not guessed. Days with points (3.4.2024) begin with
the day: no country writes the month first there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import lru_cache

from stocktool_stock.domain.values import value


class DateOrder(StrEnum):
    """What comes first in 03/04/2024."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


class BadDate(ValueError):
    """A text that is no day, or one of two; the message says what would do."""


@dataclass(frozen=True, slots=True)
class DateStyle:
    """How the days of a column are read; `mixed` where some can only be the one and some only the other."""

    order: DateOrder | None
    mixed: bool = False


@value(frozen=True, slots=True)
class Moment:
    """A day, and its time as `HH:MM:SS` where the text has one."""

    day: date
    time: str = ""


_MAX_LENGTH = 64
_TIME = (
    r"(?:[T ,;]+(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_ISO = re.compile(rf"^(?P<year>\d{{4}})(?P<sep>[-/.]?)(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}}){_TIME}$", re.ASCII)
_NUMERIC = re.compile(
    rf"^(?P<a>\d{{1,2}})(?P<sep>[-/. ])\s?(?P<b>\d{{1,2}})(?:(?P=sep)|')\s?(?P<year>\d{{4}}|\d{{2}}){_TIME}$", re.ASCII
)
_DAY_MONTH = re.compile(
    rf"^(?P<day>\d{{1,2}})\.?[-/ ]?(?P<name>[A-Za-zäÄ]{{3,9}})\.?[-/ ,]*(?P<year>\d{{4}}|\d{{2}}){_TIME}$"
)
_MONTH_DAY = re.compile(
    rf"^(?P<name>[A-Za-zäÄ]{{3,9}})\.?[-/ ]?(?P<day>\d{{1,2}})[-/ ,]+(?P<year>\d{{4}}|\d{{2}}){_TIME}$"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar mär mrz maer", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez"), 1
    )
    for name in names.split()
}


def decide_order(texts: Iterable[str], given: DateOrder | None = None) -> DateStyle:
    """Decide the order of a column from the days that leave no doubt."""
    if given is not None:
        return DateStyle(given)
    shown: set[DateOrder] = set()
    for text in texts:
        match = _NUMERIC.match(text.strip()) if len(text) <= _MAX_LENGTH else None
        order = None if match is None else _evidence(match)
        if order is not None:
            shown.add(order)
            if len(shown) == 2:
                return DateStyle(None, mixed=True)
    return DateStyle(next(iter(shown), None))


@lru_cache(maxsize=16_384)
def read_moment(text: str, style: DateStyle, zone: tzinfo | None = None) -> Moment | None:
    """Read a day, None for an empty text.

    Args:
        text: As the file has it.
        style: Of its column.
        zone: Zone that instants with a zone of their own are turned into; by default they keep the day they are
            written with.

    Raises:
        BadDate: It is no day, or one of two.
    """
    rest = text.strip()
    if not rest:
        return None
    if len(rest) > _MAX_LENGTH:
        raise BadDate(f"has more than {_MAX_LENGTH} characters")
    match = _ISO.match(rest)
    if match:
        return _moment(match, int(match["year"]), int(match["month"]), int(match["day"]), zone)
    match = _NUMERIC.match(rest)
    if match:
        return _numeric(match, style, zone)
    match = _DAY_MONTH.match(rest) or _MONTH_DAY.match(rest)
    month = _MONTHS.get(match["name"].lower()[:3]) if match else None
    if match is None or month is None:
        raise BadDate(f"{rest[:40]!r} is no date: write it as YYYY-MM-DD")
    return _moment(match, _year(match["year"]), month, int(match["day"]), zone)


def _evidence(match: re.Match[str]) -> DateOrder | None:
    a, b = int(match["a"]), int(match["b"])
    if a > 12 >= b:
        return DateOrder.DAY_FIRST
    if b > 12 >= a:
        return DateOrder.MONTH_FIRST
    if match["sep"] == ".":
        return DateOrder.DAY_FIRST
    return None


def _numeric(match: re.Match[str], style: DateStyle, zone: tzinfo | None) -> Moment:
    a, b = int(match["a"]), int(match["b"])
    shown = _evidence(match)
    order = shown or style.order
    if order is None and a == b:
        order = DateOrder.DAY_FIRST
    if order is None:
        raise BadDate(
            f"{match[0][:20]} can be read in two ways: say which comes first (date_order=day_first or month_first)"
        )
    if style.order is not None and shown is not None and shown is not style.order and match["sep"] != ".":
        raise BadDate(f"{match[0][:20]} contradicts the order of the other dates ({style.order.replace('_', ' ')})")
    day, month = (a, b) if order is DateOrder.DAY_FIRST else (b, a)
    return _moment(match, _year(match["year"]), month, day, zone)


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _moment(match: re.Match[str], year: int, month: int, day: int, zone: tzinfo | None) -> Moment:
    try:
        on = date(year, month, day)
        if match["hour"] is None:
            return Moment(on)
        hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
        if match["half"]:
            if not 1 <= hour <= 12:
                raise BadDate(f"{match[0][:40]!r} is no time of day")
            hour = hour % 12 + (12 if match["half"].lower() == "pm" else 0)
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if match["zone"] and zone is not None:
            at = at.replace(tzinfo=_offset(match["zone"])).astimezone(zone)
    except (ValueError, OverflowError) as error:
        raise BadDate(f"{match[0][:40]!r} is no date: write it as YYYY-MM-DD") from error
    return Moment(at.date(), at.strftime("%H:%M:%S"))


def _offset(text: str) -> timezone:
    if text in ("Z", "UTC", "GMT"):
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
