"""Finding the figures of a text: amounts, percents, ratios and counts, each with its unit and the rounding it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Unit(StrEnum):
    """What a number counts."""

    MONEY = "money"
    PERCENT = "percent"
    PLAIN = "plain"


class Sign(StrEnum):
    """What the writing says about the sign: a mark, a word nearby, or nothing."""

    MINUS = "minus"
    PLUS = "plus"
    DOWN = "down"
    UP = "up"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as written.

    Attributes:
        start: First character, in code points.
        end: One past the last.
        text: The characters between.
        unit: What it counts.
        value: Magnitude, never negative; percents as fractions (0.123 for "12.3 %").
        quantum: Smallest step the writing can show, in the unit of `value`: 0.001 for "12.3 %".
        sign: What the text says of the sign.
        currency: ISO code of an amount, empty otherwise.
        noun: Lower-case word after a plain number ("shares"), empty otherwise.
        duration: Whether a plain number counts days, months or years.
    """

    start: int
    end: int
    text: str
    unit: Unit
    value: Decimal
    quantum: Decimal
    sign: Sign = Sign.NONE
    currency: str = ""
    noun: str = ""
    duration: bool = False

    @property
    def signed(self) -> Decimal:
        """The value with the sign a mark or word gives it."""
        return -self.value if self.sign in (Sign.MINUS, Sign.DOWN) else self.value


_SYMBOLS = {
    "US$": "USD",
    "C$": "CAD",
    "A$": "AUD",
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
}
_CODES = "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|INR|CNY|HKD|SGD|KRW|BRL|MXN|ZAR"
_NAMES = {"dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pounds": "GBP", "yen": "JPY"}
_SCALES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "mm": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "trillion": 12}

_SPACE = "[ \u00a0\u2009\u202f]"
_NUMBER = (
    r"(?P<number>"
    r"\d{1,3}(?:\.\d{3})+,\d{1,2}(?!\d)"  # 1.234,56
    r"|\d{1,3}(?:[,\u00a0\u2009\u202f']\d{3})+(?:\.\d+)?"  # 1,234.56
    r"|\d+(?:\.\d+)?"  # 1234.56
    r"|\.\d+)"
)
_FIGURE = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+\u2212\u2013]{_SPACE}?)?"
    rf"(?:(?P<before>US\$|C\$|A\$|[$€£¥₹]|\b(?:{_CODES})\b){_SPACE}?(?P<inner>[-\u2212])?)?"
    rf"{_NUMBER}"
    rf"(?:{_SPACE}?(?P<scale>thousand|million|billion|trillion|bn|mn|mm|[kKmMbB])(?![A-Za-z\d]))?"
    rf"(?:{_SPACE}?(?P<percent>%|\uff05|percentage points?|per ?cent\b|pct\b|pp\b)"
    rf"|{_SPACE}?(?P<basis>bps?\b|basis points?\b)"
    rf"|{_SPACE}?(?P<after>[€£¥₹]|(?:{_CODES})\b|dollars?\b|euros?\b|pounds\b|yen\b)"
    r"|(?P<times>[x\u00d7](?![A-Za-z\d])))?",
)

_MONTHS = (
    r"Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?"
)
# Characters that look like figures and are none: dates, times, citations, headings of lists, names with numbers.
_NOT_FIGURES = re.compile(
    rf"\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]\d{{2}}:\d{{2}}(?::\d{{2}})?(?:\.\d+)?Z?)?"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})\b\.?(?:,?\s+\d{{4}})?"
    rf"|\b(?:{_MONTHS})\b\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?"
    rf"|\b(?:{_MONTHS})\b\.?\s+\d{{4}}\b"
    r"|\b\d{1,2}/\d{1,2}/\d{2,4}\b|\b\d{1,2}\.\d{1,2}\.(?:19|20)\d{2}\b"
    r"|\b\d{1,2}:\d{2}(?::\d{2})?\b"
    r"|\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?"
    r"|\[\d+(?:\s*,\s*\d+)*\]"
    r"|(?m:^\s*(?:#+\s*)?\d{1,2}[.)](?=\s))"
    r"|\b(?:page|p\.|pages|pp\.|item|note|section|step|chapter|figure|table|no\.)\s*\d+(?:\s*[-\u2013]\s*\d+)?\b"
    r"|\b[QH][1-4]\b|\bFY\s?(?:19|20)?\d{2}\b|\b(?:10-[KQ]|8-K|20-F)\b"
    r"|\b(?:S&P|Russell|Nasdaq|NASDAQ|FTSE|STOXX|Stoxx|Nikkei|CAC|DAX|MSCI|Dow)\s?-?\d{2,4}\b"
    r"|\b(?:19|20)\d{2}\s?[-\u2013/]\s?(?:(?:19|20)\d{2}|\d{2})\b"
    r"|\b\d+-(?:day|week|month|year|minute|hour|for)s?\b"
    r"|\b(?:VaR|CVaR|confidence|level)\b[ (]{0,2}(?:of |at |level |the )*9[059](?:\.\d)?\s?%"
    r"|\b9[059](?:\.\d)?\s?%[\s-]*(?:one-day |daily |historical |1-day )*(?:VaR|CVaR|confidence|level|value at risk)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d{2}")
_DURATIONS = {
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "hour",
    "hours",
    "minutes",
    "quarters",
}
_DURATIONS |= {"trading", "calendar", "seconds", "minute", "second", "business"}

_DOWN = (
    r"fell|fall|falls|fallen|down|lost|lose|loses|losing|loss|losses|declined?|declines|dropped|drop|drops|decreased?"
    r"|decreases|shrank|slid|slipped|sank|negative|minus|cost you|lower|below|behind"
    r"|underperform(?:ed|s|ing)?|trail(?:ed|s|ing)?|lagged|shortfall"
)
_UP = (
    r"rose|rise|rises|risen|up|gained|gains?|increased?|increases|grew|grown|climbed|positive|plus|profit|higher|above|ahead"
    r"|outperform(?:ed|s|ing)?|beat|beats|jumped|surged|earned|advanced"
)
_DIRECTION = re.compile(rf"\b(?:(?P<down>{_DOWN})|(?P<up>{_UP}))\b", re.IGNORECASE)
_AFTER = re.compile(
    r"^[\s*_)]{0,3}(?:(?P<down>lower|below|behind|less|loss|decline|drop|decrease|down|drawdown|shortfall)"
    r"|(?P<up>higher|above|ahead|gain|profit|increase|rise|up))\b",
    re.IGNORECASE,
)
_JOINED = re.compile(r"[\s*_]*(?:\(|/|,|,?\s*(?:or|and))[\s*_(]*(?:about|by|[A-Z^.-]{1,8})?[\s*_(~]*")
_LEVEL = re.compile(r"\b(?:to|at|from|worth|now|stands?|trades?|closed?)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[.!?;](?=\s|$)|[\n|]|\b(?:while|whereas|but|although|though)\b", re.IGNORECASE)
_APPROXIMATE = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|nearly|almost|some|circa|close to)|[~≈])\s*$", re.IGNORECASE
)
_WORD = re.compile(r"[\s*_]{0,3}([A-Za-z]+)")


def find_figures(text: str) -> list[Figure]:
    """Find every figure, in order; dates, times, citations, list marks and names with numbers are passed over."""
    skipped = [match.span() for match in _NOT_FIGURES.finditer(text)]
    return list(_figures(text, skipped))


def _figures(text: str, skipped: list[tuple[int, int]]) -> Iterator[Figure]:
    pending = iter(skipped)
    hole = next(pending, None)
    previous_end = 0
    for match in _FIGURE.finditer(text):
        at = match.start("number")
        while hole is not None and hole[1] <= at:
            hole = next(pending, None)
        if hole is not None and hole[0] <= at:
            continue
        figure = _read(text, match, previous_end)
        if figure is not None:
            previous_end = match.end()
            yield figure


def _read(text: str, match: re.Match[str], previous_end: int) -> Figure | None:
    group = match.groupdict()
    start, end = match.start(), match.end()
    first = match.start("before") if group["before"] else match.start("number")
    if _inside_a_word(text, first, end, has_unit=bool(group["percent"] or group["after"] or group["basis"])):
        return None
    closed = bool(group["open"]) and text[end : end + 1] == ")"
    accounting = closed and not group["sign"] and bool(group["before"])
    minus = accounting or _is_minus(text, match)
    plus = (group["sign"] or "").strip() == "+"
    if accounting:
        end += 1
    else:
        start = match.start("sign") if (minus and group["sign"]) or plus else first

    number = group["number"]
    digits = _plain_digits(number)
    shift = _SCALES[group["scale"].lower()] if group["scale"] else 0
    unit, currency = _unit_of(group)
    if group["basis"]:
        shift -= 4
    elif unit is Unit.PERCENT:
        shift -= 2
    value = Decimal(digits).scaleb(shift)
    decimals = len(digits.partition(".")[2])
    quantum = Decimal(1).scaleb(shift - decimals)
    if decimals == 0 and not group["scale"] and _APPROXIMATE.search(text[:first]):
        quantum = quantum.scaleb(len(digits) - len(digits.rstrip("0")) if digits.strip("0") else 0)

    follower = _WORD.match(text, match.end())
    noun = follower.group(1).lower() if follower and unit is Unit.PLAIN else ""
    bare = unit is Unit.PLAIN and not group["times"] and not group["scale"] and not minus and not plus
    if bare and _YEAR.fullmatch(number) and noun not in _COUNTED:
        return None
    if minus:
        sign = Sign.MINUS
    elif plus:
        sign = Sign.PLUS
    else:
        sign = _direction(text, start, match.end(), previous_end)
    return Figure(start, end, text[start:end], unit, value, quantum, sign, currency, noun, noun in _DURATIONS)


_COUNTED = {
    "shares",
    "share",
    "positions",
    "holdings",
    "transactions",
    "trades",
    "accounts",
    "lots",
    "units",
    "documents",
}
_COUNTED |= {"chunks", "pages", "employees", "stores", "observations", "returns"}


def _inside_a_word(text: str, start: int, end: int, *, has_unit: bool) -> bool:
    """Whether the digits belong to a name: "COVID19", "A4", "3M", "7th"."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() or before in ("_", "/", "#", "^", "."):
        return before not in (".", "/") or text[start - 2 : start - 1].isalnum()
    if before in ("-", "\u2010", "\u2011") and text[start - 2 : start - 1].isalpha():
        return True
    return not has_unit and bool(after) and ((after.isalpha() and after.isascii()) or after == "_")


def _is_minus(text: str, match: re.Match[str]) -> bool:
    sign = (match["sign"] or "").strip()
    if match["inner"]:
        return True
    if sign not in ("-", "\u2212", "\u2013"):
        return False
    before = text[match.start("sign") - 1 : match.start("sign")]
    spaced = len(match["sign"]) > 1
    # A dash between two figures is a range, and one with spaces around it is punctuation.
    return not (before.isalnum() or before in ("%", ")", "$")) and not (spaced and (before.isspace() or not before))


def _plain_digits(number: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d{1,2}", number):
        return number.replace(".", "").replace(",", ".")
    return re.sub("[,'\u00a0\u2009\u202f]", "", number)


def _unit_of(group: dict[str, str | None]) -> tuple[Unit, str]:
    before, after = group["before"], group["after"]
    if group["percent"] or group["basis"]:
        return Unit.PERCENT, ""
    mark = before or after
    if mark:
        return Unit.MONEY, _SYMBOLS.get(mark) or _NAMES.get(mark.lower()) or mark
    return Unit.PLAIN, ""


def _direction(text: str, start: int, end: int, previous_end: int) -> Sign:
    """Which way the nearest word says a figure goes, within its clause.

    A word speaks for the first figure after it, and for those joined to that one ("fell $500 (3 %)"). It does not
    speak for a level: "fell 3 % to $237", "up from $8,000".
    """
    behind = _AFTER.match(text[end : end + 24])
    if behind:
        return Sign.DOWN if behind["down"] else Sign.UP
    low = max(0, start - 120)
    boundaries = [boundary.end() for boundary in _CLAUSE.finditer(text, low, start)]
    words = list(_DIRECTION.finditer(text, boundaries[-1] if boundaries else low, start))
    if not words:
        return Sign.NONE
    word = words[-1]
    spoken_for = previous_end > word.end() and not _JOINED.fullmatch(text, previous_end, start)
    if spoken_for or _LEVEL.search(text, max(word.end(), previous_end), start):
        return Sign.NONE
    return Sign.DOWN if word["down"] else Sign.UP
