"""Dates as answers write them: days, months, quarters, years and ranges of years, with or without a year."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from stocktool_chat.domain.words import beginnings, digits_at, matches


@dataclass(frozen=True, slots=True)
class Days:
    """The days a date phrase may mean.

    Attributes:
        first: Ordinal of the first day; 0 when the phrase names no year.
        last: Ordinal of the last day, included.
        months: Months of any year, when it names no year.
        day: Day of those months; 0 for all of them.
    """

    first: int
    last: int
    months: tuple[int, ...] = ()
    day: int = 0

    @property
    def is_day(self) -> bool:
        """Whether the phrase means one day of a year."""
        return self.day > 0 or (self.first > 0 and self.first == self.last)

    def span_at(self, ordinal: int) -> tuple[int, int]:
        """First and last day of what is meant, in the year of a day of it."""
        if self.first or self.day:
            return (self.first, self.last) if self.first else (ordinal, ordinal)
        year = date.fromordinal(ordinal).year
        span = _between(year, self.months[0], year, self.months[-1])
        return span.first, span.last

    def covers(self, ordinal: int) -> bool:
        """Whether a day is meant."""
        if self.first:
            return self.first <= ordinal <= self.last
        that = date.fromordinal(ordinal)
        return that.month in self.months and self.day in (0, that.day)

    def meets(self, first: int, last: int) -> bool:
        """Whether some day from first to last is meant."""
        if self.first:
            return self.first <= last and first <= self.last
        if last - first >= 366:
            return True
        return any(self.covers(ordinal) for ordinal in range(first, last + 1))

    def shared(self, first: int, last: int) -> float:
        """The part of the range from first to last that is meant, 0 to 1."""
        if not self.first:
            return float(self.meets(first, last))
        return max(0, min(last, self.last) - max(first, self.first) + 1) / (last - first + 1)


_MONTH_NAMES = {
    name: number
    for number in range(1, 13)
    for name in (calendar.month_name[number].lower(), calendar.month_abbr[number].lower())
} | {"sept": 9}
_MONTHS = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_SURE_MONTHS = (
    r"(?:January|February|April|June|July|August|September|October|November|December)"  # may, march: verbs too
)
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_YEAR = r"(?:19|20)\d{2}"
_DATE = re.compile(
    rf"(?<![\d\w.-])(?P<iso>{_YEAR}-\d{{2}}-\d{{2}})(?:[T ]\d{{2}}:\d{{2}}(?::\d{{2}})?(?:\.\d+)?Z?)?(?![\d-])"
    rf"|(?<![\d.,])(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>(?-i:{_MONTHS}))(?:,?\s+(?P<y1>{_YEAR})\b)?"
    rf"|\b(?P<m2>(?-i:{_MONTHS}))\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?![.,]?\d)(?:,?\s+(?P<y2>{_YEAR})\b)?"
    rf"|\b(?P<m3>(?-i:{_MONTHS}))(?:\s+of)?,?\s+(?P<y3>{_YEAR})\b"
    rf"|(?<![\w-])(?<!\b[Ee]ach )(?<!\b[Ee]very )(?P<m4>(?-i:{_SURE_MONTHS}))(?![\w-])"
    rf"|(?<=\b(?:[Ii]n|[Oo]f|[Bb]y) )(?P<m5>(?-i:{_MONTHS}))(?!\w)"
    rf"|(?<=\b(?:[Ss]ince|[Uu]ntil) )(?P<m6>(?-i:{_MONTHS}))(?!\w)"
    rf"|(?P<m7>(?-i:March|May))(?='s\b|:|\s(?:and|to|through)\s(?-i:{_MONTHS})|\s(?:was|is|saw|had|brought)\b)"
    rf"|\bQ(?P<q1>[1-4])(?:\s*(?:of\s+)?(?:FY\s?)?(?P<y4>{_YEAR}))?\b"
    rf"|\b(?P<y5>{_YEAR})\s?Q(?P<q2>[1-4])\b"
    rf"|\b(?P<q3>first|second|third|fourth) quarter(?:\s+of)?(?:\s+(?P<y6>{_YEAR}))?\b"
    rf"|\bH(?P<h1>[12])\s*(?P<y7>{_YEAR})\b|\b(?P<h2>first|second) half of (?P<y8>{_YEAR})\b"
    rf"|(?<![\d.,$€£¥-])(?P<from>{_YEAR})\s?[-\u2013/]\s?(?P<to>{_YEAR}|\d{{2}})(?![\d.,]\d|\d|\s?%)"
    rf"|(?P<yj>\d{{4}})年(?:(?P<mj>\d{{1,2}})月)?(?:(?P<dj>\d{{1,2}})日)?"
    rf"|(?<!\d)(?P<mk>\d{{1,2}})月(?:(?P<dk>\d{{1,2}})日)?"
    rf"|\bFY\s?(?P<fy>{_YEAR})\b"
    rf"|(?<![\d.,$€£¥+\u2212/-])(?<!\w)(?P<year>{_YEAR})(?![\d\w%-]|[.,]\d|\s?(?:%|[$€£¥](?!\d)|percent|USD|EUR"
    rf"|GBP|CHF|JPY))",
    re.IGNORECASE,
)

# What a date that begins with digits begins with: cheaper to ask than the whole pattern.
_MAYBE = re.compile(r"(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?[A-Za-z]|\d{1,4}[年月]")
_FIRST_WORDS = beginnings("jan feb mar apr may jun jul aug sep oct nov dec first second third fourth q h fy")


def find_dates(text: str) -> Iterator[tuple[int, int, Days]]:
    """Find date phrases: start, end, and the days meant. Impossible dates are passed over.

    A month without a year takes that of the date it is joined to: "between January and November 2024".
    """
    waiting: list[tuple[int, int, Days]] = []
    places = tuple(at for at in digits_at(text) if _MAYBE.match(text, at))
    for match in matches(_DATE, text, _FIRST_WORDS, places):
        days = _read({name: value for name, value in match.groupdict().items() if value is not None})
        if days is None:
            continue
        found = (match.start(), match.end() - match.group().endswith("."), days)
        if waiting and not _JOINS.fullmatch(text, waiting[-1][1], found[0]):
            yield from waiting
            waiting = []
        if days.first == 0 and len(days.months) == 1:
            waiting.append(found)
            continue
        year = date.fromordinal(days.first).year if days.first else 0
        yield from ((start, end, _in_year(each, year)) for start, end, each in waiting)
        waiting = []
        yield found
    yield from waiting


_JOINS = re.compile(r"\s*(?:,|and|to|until|through|[-\u2013])\s*(?:and\s+)?")


_RELATIVE = re.compile(
    r"\b(?P<which>this|last|the previous|the current) (?P<unit>year|month|quarter)\b|\byear[- ]to[- ]date\b|\bYTD\b"
    r"|(?P<japanese>今年|本年|年初来|昨年|去年|前年)",
    re.IGNORECASE,
)
_RELATIVE_FIRST = beginnings("this last the year ytd")
_JAPANESE_YEAR = re.compile("[今本昨去前]年|年初来")


def find_relative(text: str, today: date) -> Iterator[tuple[int, int, Days]]:
    """Find spans told from a day on, "this year" and the like: start, end, and the days meant."""
    also = () if text.isascii() else tuple(match.start() for match in _JAPANESE_YEAR.finditer(text))
    for match in matches(_RELATIVE, text, _RELATIVE_FIRST, also):
        said = match["japanese"] or (match["which"] or "").lower()
        back = said in ("last", "the previous", "昨年", "去年", "前年")
        length = {"month": 1, "quarter": 3}.get((match["unit"] or "").lower(), 12)
        month = (today.year * 12 + today.month - 1) // length * length - length * back
        yield match.start(), match.end(), _between(month // 12, month % 12 + 1, month // 12, month % 12 + length)


def _in_year(days: Days, year: int) -> Days:
    """A month or a day of a month, of the year it is said to be of; as it is where nothing says one."""
    try:
        return (
            _day(year, days.months[0], days.day) if days.day else _between(year, days.months[0], year, days.months[0])
        )
    except ValueError:  # 29 February of a year that has none, or year 0
        return days


def _read(found: dict[str, str]) -> Days | None:
    try:
        return _days(found)
    except ValueError:  # 31 February
        return None


def _days(found: dict[str, str]) -> Days | None:
    def number(*names: str) -> int:
        return next((int(found[name]) for name in names if name in found), 0)

    if "iso" in found:
        day = date.fromisoformat(found["iso"]).toordinal()
        return Days(day, day)
    if "from" in found:
        first, last = found["from"], found["to"]
        return _between(int(first), 1, int(last if len(last) == 4 else first[:2] + last), 12)
    year = number("y1", "y2", "y3", "y4", "y5", "y6", "y7", "y8", "yj", "fy", "year")
    month, day = _month(found), number("d1", "d2", "dj", "dk")
    if month:
        return _of_month(year, month, day)
    quarter = number("q1", "q2") or _QUARTERS.get(found.get("q3", "").lower(), 0)
    half = number("h1") or _QUARTERS.get(found.get("h2", "").lower(), 0)
    length = 3 if quarter else 6 if half else 12
    begin = ((quarter or half or 1) - 1) * length + 1
    if not year:
        return Days(0, 0, tuple(range(begin, begin + length)))
    return _between(year, begin, year, begin + length - 1)


def _of_month(year: int, month: int, day: int) -> Days | None:
    if month > 12 or day > 31:
        return None
    if not year:
        return Days(0, 0, (month,), day)
    return _day(year, month, day) if day else _between(year, month, year, month)


def _month(found: dict[str, str]) -> int:
    name = next((found[key] for key in ("m1", "m2", "m3", "m4", "m5", "m6", "m7") if key in found), "")
    return _MONTH_NAMES[name.rstrip(".").lower()] if name else int(found.get("mj") or found.get("mk") or 0)


def _day(year: int, month: int, day: int) -> Days:
    ordinal = date(year, month, day).toordinal()
    return Days(ordinal, ordinal)


def _between(year: int, month: int, last_year: int, last_month: int) -> Days:
    last = calendar.monthrange(last_year, last_month)[1]
    return Days(date(year, month, 1).toordinal(), date(last_year, last_month, last).toordinal())
