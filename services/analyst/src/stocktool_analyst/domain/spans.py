"""Ranges of days in words: a range the words fix exactly, or the words that fix none."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from stocktool_analyst.domain.days import day_of, month_end, months_before, read_iso


class Period(StrEnum):
    """A range of days by name."""

    YEAR_TO_DATE = "year_to_date"
    ONE_MONTH = "one_month"
    ONE_YEAR = "one_year"
    SINCE_INCEPTION = "since_inception"


@dataclass(frozen=True, slots=True)
class Span:
    """A range of days.

    Attributes:
        start: First day, `YYYY-MM-DD`, empty when open.
        end: Last day, likewise.
        period: The range by name, for tools that know it; None when the days say it.
        vague: Words that name no exact day ("last summer"), empty when there are none.
        shift: Months to go on from the range asked about before, negative for back ("the year before" is -12); 0 when
            the words count from nothing.
    """

    start: str = ""
    end: str = ""
    period: Period | None = None
    vague: str = ""
    shift: int = 0

    def __bool__(self) -> bool:
        return bool(self.start or self.end or self.period or self.shift)


MONTHS_OF = {"year": 12, "quarter": 3, "month": 1}
"""How many months a unit of the calendar has."""
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_YEAR = r"(?:19|20)\d{2}"
_DAY = rf"{_YEAR}-\d{{2}}-\d{{2}}"
_SPOKEN_DAY = rf"(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? {_YEAR})"
_SMALL = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "nine": 9, "ten": 10, "twelve": 12, "a": 1}
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(_SMALL)}|couple of)"
_POINT = rf"(?:{_DAY}|{_SPOKEN_DAY}|{_MONTH} {_YEAR}|{_YEAR}|{_MONTH}(?! \d))"
_VAGUE = re.compile(
    r"\b(?:since|in|during|over|from|after|before) (?:the )?(?:last |this |past )?(?:summer"
    r"|winter|spring|autumn|christmas"
    r"|easter|holidays|lockdown|pandemic|covid|crash|crisis|election|war)\b|\brecently\b|\blately\b|\ba while\b"
)


def read_span(text: str, today: str) -> Span:
    """Read the first range of days in a text.

    Args:
        text: Lower-case words.
        today: The market's day; without it, ranges that count back from it are known by name only.
    """
    now = read_iso(today)
    for read in (
        _since_then,
        _ago,
        _between,
        _part_of_year,
        _open_ended,
        _named,
        _counted_back,
        _calendar,
        _single,
        _shifted,
    ):
        found = read(text, now)
        if found:
            return found
    vague = _VAGUE.search(text)
    return Span(vague=vague[0] if vague else "")


def read_day(text: str, today: str) -> str:
    """The single day a text names: "on 2024-11-20", "November 20, 2024", "yesterday"; empty when it names none."""
    written = re.search(rf"\b(?:{_DAY}|{_SPOKEN_DAY})\b", text)
    if written:
        found = _point(written[0], None)
        return found[0].isoformat() if found else ""
    now = read_iso(today)
    if now and re.search(r"\byesterday\b", text):
        return (now - timedelta(days=1)).isoformat()
    without_year = re.search(
        rf"\b(?:on )?(?:({_MONTH}) (\d{{1,2}})|(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH}))\b", text
    )
    if now and without_year:
        month = _MONTHS[(without_year[1] or without_year[4]).rstrip(".")]
        found_day = day_of(now.year, month, int(without_year[2] or without_year[3]))
        if found_day and found_day > now:
            found_day = day_of(now.year - 1, month, found_day.day)
        return found_day.isoformat() if found_day else ""
    return ""


def _between(text: str, now: date | None) -> Span | None:
    match = re.search(rf"\b(?:between|from) ({_POINT}) (?:and|to|until|till|through) ({_POINT})\b", text)
    if not match:
        return None
    last = _point(match[2], now)
    year = re.search(_YEAR, match[2])
    first_words = match[1] if re.search(_YEAR, match[1]) or not year else f"{match[1]} {year[0]}"
    first = _point(first_words, now)
    return Span(first[0].isoformat(), last[1].isoformat()) if first and last and first[0] <= last[1] else None


def _since_then(text: str, now: date | None) -> Span | None:
    """The day named before "since then"."""
    match = re.search(rf"\b({_POINT})\b.*\bsince (?:then|that day|that time)\b", text)
    found = _point(match[1], now) if match else None
    return Span(found[0].isoformat()) if found else None


def _ago(text: str, now: date | None) -> Span | None:
    """A single day counted back: "a year ago"."""
    match = re.search(rf"(?<!since )\b({_COUNT}) (day|week|month|year)s? ago\b", text)
    if match is None or now is None:
        return None
    number = _number(match[1])
    weeks = {"day": 1, "week": 7}.get(match[2])
    day = (
        now - timedelta(days=number * weeks)
        if weeks
        else months_before(now, number * (12 if match[2] == "year" else 1))
    )
    return Span(day.isoformat(), day.isoformat())


def _number(words: str) -> int:
    return 2 if words == "couple of" else int(words) if words.isdigit() else _SMALL[words]


def _part_of_year(text: str, now: date | None) -> Span | None:
    quarter = re.search(
        rf"\bq([1-4])(?: of)?(?: ({_YEAR}))?\b|\b(first|second|third|fourth) quarter(?: of)?(?: ({_YEAR}))?", text
    )
    words = ("first", "second", "third", "fourth")
    if quarter:
        number = int(quarter[1]) if quarter[1] else words.index(quarter[3]) + 1
        year = int(quarter[2] or quarter[4] or (now.year if now else 0))
        if not year:
            return None
        if now and not (quarter[2] or quarter[4]) and date(year, number * 3 - 2, 1) > now:
            year -= 1
        return Span(date(year, number * 3 - 2, 1).isoformat(), month_end(year, number * 3).isoformat())
    half = re.search(rf"\b(?:h([12])|(first|second) half(?: of)?)(?: ({_YEAR}))\b", text)
    if half:
        first = half[1] == "1" or half[2] == "first"
        year = int(half[3])
        return Span(f"{year}-01-01", f"{year}-06-30") if first else Span(f"{year}-07-01", f"{year}-12-31")
    return None


def _open_ended(text: str, now: date | None) -> Span | None:
    if re.search(r"since january(?! \d)", text):
        return Span(period=Period.YEAR_TO_DATE)
    since = re.search(rf"\b(?:since|from|after|starting) (?:the (?:start|beginning) of )?({_POINT})\b", text)
    until = re.search(
        rf"\b(?:until|till|through|up to|before|to) (?:the end of )?({_DAY}|{_SPOKEN_DAY}|{_MONTH} {_YEAR}|{_YEAR})\b",
        text,
    )
    first = _point(since[1], now) if since else None
    last = _point(until[1], now) if until else None
    if not first and not last:
        return None
    return Span(first[0].isoformat() if first else "", last[1].isoformat() if last else "")


_NAMED = (
    (Period.YEAR_TO_DATE, r"this year|(?:the )?year[ -]to[ -]date|\bytd\b|so far|since january|since new year"),
    (
        Period.ONE_MONTH,
        r"(?:last|past) (?:30|thirty) days|(?:past|last) (?:four|4) weeks|(?:past|last) (?:one |1 )month",
    ),
    (Period.ONE_MONTH, r"\bpast month\b|over the last month"),
    (
        Period.ONE_YEAR,
        r"(?:past|last) (?:twelve|12) months|(?:past|last) (?:one |1 |365 days|52 weeks)(?:year)?|\bpast year\b",
    ),
    (Period.ONE_YEAR, r"\b(?:over|for|in) (?:the )?(?:last|a|one|1) year\b|\b12 months\b|\b1y\b|\bone-year\b"),
    (
        Period.SINCE_INCEPTION,
        (
            r"since (?:inception|the (?:start|beginning)|i (?:started|began|opened|bought))|\boverall\b"
            r"|all[ -]time|in total\b|\bever\b|from the (?:start|beginning)|entire history|to date"
        ),
    ),
)


def _named(text: str, _: date | None) -> Span | None:
    return next((Span(period=period) for period, words in _NAMED if re.search(words, text)), None)


def _counted_back(text: str, now: date | None) -> Span | None:
    match = re.search(rf"\b(?:last|past|previous) ({_COUNT}) (day|week|month|year|quarter)s?\b", text)
    if not match or now is None:
        return None
    number = _number(match[1])
    if match[2] in {"day", "week"}:
        start = now - timedelta(days=number * (7 if match[2] == "week" else 1))
    else:
        start = months_before(now, number * {"month": 1, "quarter": 3, "year": 12}[match[2]])
    return Span(start.isoformat(), now.isoformat())


def _calendar(text: str, now: date | None) -> Span | None:
    """A year, quarter, month, week or day counted from the market's day: whole when past, so far when current."""
    if now is None:
        return Span(period=Period.ONE_YEAR) if re.search(r"\blast year\b", text) else None
    if re.search(r"\byear before last\b", text):
        return Span(f"{now.year - 2}-01-01", f"{now.year - 2}-12-31")
    match = re.search(r"\b(?:(last|previous)|this|current) (year|quarter|month|week)\b|\byesterday\b", text)
    if match is None:
        return None
    before = timedelta(days=1)
    first = {
        "year": date(now.year, 1, 1),
        "quarter": date(now.year, (now.month - 1) // 3 * 3 + 1, 1),
        "month": now.replace(day=1),
        "week": now - timedelta(days=now.weekday()),
    }.get(match[2] or "", now)
    if match[2] and not match[1]:
        return Span(first.isoformat(), now.isoformat())
    months = {"year": 12, "quarter": 3, "month": 1}.get(match[2] or "")
    start = months_before(first, months) if months else first - timedelta(days=7 if match[2] else 1)
    return Span(start.isoformat(), (first - before).isoformat())


def _single(text: str, now: date | None) -> Span | None:
    match = re.search(
        rf"\b({_MONTH} {_YEAR})\b|\b(?:in|during|for|of|on|was) ({_POINT})\b|\b({_DAY}|{_SPOKEN_DAY})\b"
        rf"|(?:^|\s)({_YEAR})(?=\W*$|'s| (?:return|result|performance|dividend|income|gain|sale|trade)s?\b)",
        text,
    )
    found = _point(next(part for part in match.groups() if part), now) if match else None
    return Span(found[0].isoformat(), found[1].isoformat()) if found else None


def _shifted(text: str, _: date | None) -> Span | None:
    """A range counted from the one asked about before: "the year before", "a month earlier", "the following year"."""
    match = re.search(
        r"\b(?:the|a|one) (?P<back>year|quarter|month) (?:before|prior|earlier)\b(?! (?:the|i|we|my|our|\d))"
        r"|\bthe (?:preceding|prior) (?P<prior>year|quarter|month)\b"
        r"|\b(?:the|a|one) (?P<on>year|quarter|month) (?:after|later)\b(?! (?:the|i|we|my|our|\d))"
        r"|\bthe (?:following|next) (?P<next>year|quarter|month)\b",
        text,
    )
    if match is None:
        return None
    back = match["back"] or match["prior"]
    months = MONTHS_OF[back or match["on"] or match["next"]]
    return Span(shift=-months if back else months)


def _point(words: str, now: date | None) -> tuple[date, date] | None:
    """First and last day of a day, a month or a year; a month without a year is the latest that has begun."""
    year = re.search(_YEAR, words)
    if re.fullmatch(_DAY, words):
        day = read_iso(words)
        return (day, day) if day else None
    named = re.search(rf"\b({_MONTH})(?![a-z])", words)
    if named is None:
        return (date(int(year[0]), 1, 1), date(int(year[0]), 12, 31)) if year else None
    month = _MONTHS[named[1].rstrip(".")]
    number = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", words)
    if year and number:
        day = day_of(int(year[0]), month, int(number[1]))
        return (day, day) if day else None
    if year is None and now is None:
        return None
    which = int(year[0]) if year else 0
    if now and not year:
        which = now.year if month <= now.month else now.year - 1
    return date(which, month, 1), month_end(which, month)
