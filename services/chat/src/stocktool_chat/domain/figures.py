"""Finding the figures of a text: amounts, percents, ratios, counts, dates and words such as "doubled"."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stocktool_chat.domain.dates import Days, find_dates
from stocktool_chat.domain.directions import Sign, direction
from stocktool_chat.domain.japanese_words import is_word_letter
from stocktool_chat.domain.number_words import WrittenNumber, find_words
from stocktool_chat.domain.words import beginnings, digits_at, matches

__all__ = ["Figure", "Sign", "Unit", "find_figures"]


class Unit(StrEnum):
    """What a number counts."""

    MONEY = "money"
    PERCENT = "percent"
    PLAIN = "plain"
    MULTIPLE = "multiple"
    DATE = "date"


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One figure as written.

    Attributes:
        start: First character, in code points.
        end: One past the last.
        text: The characters between.
        unit: What it counts.
        value: Magnitude, never negative; percents as fractions (0.123 for "12.3 %"), 2 for "doubled", 0 for dates.
        quantum: Smallest step the writing can show, in the unit of `value`: 0.001 for "12.3 %".
        sign: What the text says of the sign.
        currency: ISO code of an amount, empty otherwise.
        noun: Lower-case word after a plain number ("shares"), empty otherwise.
        duration: Whether a plain number counts days, months or years.
        points: Whether it is a distance between two percentages: percentage points or basis points.
        scaled: Whether it is written with a scale: "12 thousand", "1.2m".
        digits: Significant digits shown.
        bound: "over", "under" or "near" where the words before say so, of multiples and fractions in words.
        days: What a date means.
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
    points: bool = False
    scaled: bool = False
    digits: int = 0
    bound: str = ""
    days: Days | None = None

    @property
    def signed(self) -> Decimal:
        """The value with the sign a mark or word gives it."""
        return -self.value if self.sign in (Sign.MINUS, Sign.DOWN) else self.value

    def states(self, magnitude: Decimal) -> bool:
        """Whether a magnitude rounds to what is shown, and keeps to "more than" or "nearly" of a figure in words."""
        slack = self.quantum / 2
        slack += slack / 1000 + magnitude / 10**12  # halves that binary floats cannot hold
        match self.bound:
            case "over":
                return self.value <= magnitude <= self.value + 10 * slack
            case "under":
                return self.value - 4 * slack <= magnitude <= self.value
            case _:
                return abs(magnitude - self.value) <= slack * (1 + (self.bound == "near"))


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
CURRENCIES = frozenset(_CODES.split("|"))
_JAPANESE_NAMES = {"円": "JPY", "米ドル": "USD", "ドル": "USD", "ユーロ": "EUR", "ポンド": "GBP"}
_NAMES = {
    **_JAPANESE_NAMES,
    "dollar": "USD",
    "dollars": "USD",
    "euro": "EUR",
    "euros": "EUR",
    "pounds": "GBP",
    "yen": "JPY",
    "cent": "USD",
    "cents": "USD",
}
_SCALES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "mm": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "trillion": 12}
_SCALES |= {"千": 3, "万": 4, "百万": 6, "億": 8, "十億": 9, "兆": 12}

_SPACE = "[ \u00a0\u2009\u202f]"
_NUMBER = (
    r"(?P<number>"
    r"\d{1,3}(?:\.\d{3})+,\d{1,2}(?!\d)"  # 1.234,56
    r"|\d{1,3}(?:[,\u00a0\u2009\u202f']\d{3})+(?:\.\d+)?"  # 1,234.56
    r"|\d+(?:\.\d+)?"  # 1234.56
    r"|\.\d+)"
)
_FIGURE = re.compile(
    rf"(?=[(+\u2212\u2013\d.$\u20ac\u00a3\u00a5\u20b9A-Z-])(?P<open>\()?(?P<sign>[-+\u2212\u2013]{_SPACE}?)?"
    rf"(?:(?P<before>US\$|C\$|A\$|[$€£¥₹]|\b(?:{_CODES})\b){_SPACE}?(?P<inner>[-\u2212])?)?"
    rf"{_NUMBER}"
    rf"(?:{_SPACE}?(?P<scale>thousand|million|billion|trillion|bn|mn|mm|[kKmMbB]|百万|十億|[千万億兆])(?![A-Za-z\d]))?"
    rf"(?:{_SPACE}?(?P<points>(?:%[- ]?|percentage )points?\b|pp\b|(?:%|\uff05|パーセント)?ポイント)"
    rf"|{_SPACE}?(?P<percent>%|\uff05|パーセント|per ?cent\b(?!age)|pct\b)"
    rf"|{_SPACE}?(?P<basis>bps?\b|basis points?\b)"
    rf"|{_SPACE}?(?P<after>[€£¥₹]|(?:{_CODES})\b|dollars?\b|euros?\b|pounds\b|yen\b|cents?\b"
    rf"|{'|'.join(_JAPANESE_NAMES)})"
    r"|(?P<times>[x\u00d7](?![A-Za-z\d])))?",
)
_POINTS_LATER = re.compile(r"\s+(?:(?:percentage|%)[ -])?points?\b")

# Characters that look like figures and are none: times, citations, headings of lists, names with numbers.
_NOT_FIGURES = re.compile(
    r"\b\d{1,2}/\d{1,2}/\d{2,4}\b|\b\d{1,2}\.\d{1,2}\.(?:19|20)\d{2}\b"
    r"|\b\d{1,2}:\d{2}(?::\d{2})?\b"
    r"|\[\d+(?:\s*,\s*\d+)*\]"
    r"|\b(?:page|p\.|pages|pp\.|item|note|section|step|chapter|figure|table|no\.)\s*\d+(?:\s*[-\u2013]\s*\d+)?\b"
    r"|\b(?:10-[KQ]|8-K|20-F|401\(k\))(?!\w)"
    r"|\b(?:S&P|Russell|Nasdaq|NASDAQ|FTSE|STOXX|Stoxx|Nikkei|CAC|DAX|MSCI|Dow)\s?-?\d{2,4}\b"
    r"|\b\d+-(?:day|week|month|year|minute|hour|for)s?\b"
    r"|\b(?:next|last|past|trailing|coming|previous) (?:\d+|two|three|six|nine|twelve)\b(?= (?:days|weeks"
    r"|months|years))"
    r"|\b(?:VaR|CVaR|confidence|level)\b[ (]{0,2}(?:of |at |level |the )*9[059](?:\.\d)?\s?%"
    r"|\b9[059](?:\.\d)?\s?%[\s-]*(?:one-day |daily |historical |1-day )*(?:VaR|CVaR|confidence|level|value at risk)"
    r"|\bone \w+ in (?:\d+|four|five|ten|twenty)\b"
    r"|(?:\b(?:as in|such as|for example|e\.g\.|ask(?: next)?|try)[:,]?\s*)[\"\u201c][^\"\u201d\n]*[\"\u201d]"
    r"(?:,? or [\"\u201c][^\"\u201d\n]*[\"\u201d])*"
    r"|[\"\u201c][^\"\u201d\n]*\?[\"\u201d]"
    r"|\u300c[^\u300d\n]*[?\uff1f]\u300d"
    r"|(?:\u300c[^\u300d\n]*\u300d(?:または|や|、)?)+の?ように(?:聞|尋|質問)"
    r"|\b24/7\b|\b(?:COVID-19)\b",
    re.IGNORECASE,
)
_MAYBE_NONE = re.compile(r"\d{1,4}(?:[/:(-]|\.\d{1,2}\.|(?:\.\d)?\s?%|\()")
_OPENING = re.compile('[\\["\u201c\u300c]')
_LIST_MARK = re.compile(r"(?m)^\s*(?:#+\s*)?\d{1,2}[.)](?=\s)")
_FIRST_WORDS = beginnings(
    "page p pages pp item note section step chapter figure table no s russell nasdaq ftse stoxx nikkei cac dax"
    " msci dow next"
    " last past trailing coming previous var cvar confidence level one covid as such for e ask try"
)
_DURATIONS_WORDS = (
    "day days week weeks month months year years hour hours minutes quarters trading calendar seconds minute"
    " second business"
)
_DURATIONS = frozenset(_DURATIONS_WORDS.split())
_COUNTED_WORDS = (
    "shares share positions position holdings holding transactions trades accounts lots units documents chunks"
    " pages employees stores observations returns entries"
)
_COUNTED = frozenset(_COUNTED_WORDS.split())
_APPROXIMATE = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|nearly|almost|some|circa|close to)|[~≈])\s*$", re.IGNORECASE
)
_WORD = re.compile(r"[\s*_]{0,3}([A-Za-z]+)")
_LOSS_BEFORE = re.compile(
    r"(?:^|[|\n]|\b(?:at|of|is|was|worth|by|to|loss|gain|result|change|profit|return)|[:=])[\s*_]*$", re.IGNORECASE
)


def find_figures(text: str) -> list[Figure]:
    """Find every figure, in order; times, citations, list marks and names with numbers are passed over."""
    taken = [match.span() for match in matches(_NOT_FIGURES, text, _FIRST_WORDS, (*_maybe(text), *_marks(text)))]
    taken += [match.span() for match in _LIST_MARK.finditer(text)]
    others = sorted([*_dates(text), *_words(text)], key=lambda figure: figure.start)
    taken.sort()
    starts = [start for start, _ in taken]
    free = [figure for figure in others if not _within(figure.start, starts, taken)]
    taken = sorted([*taken, *((figure.start, figure.end) for figure in free)])
    return sorted([*free, *_numbers(text, taken)], key=lambda figure: figure.start)


def _maybe(text: str) -> tuple[int, ...]:
    """Digits that may begin what is no figure."""
    return tuple(at for at in digits_at(text) if _MAYBE_NONE.match(text, at))


def _within(place: int, starts: list[int], spans: list[tuple[int, int]]) -> bool:
    at = bisect.bisect_right(starts, place) - 1
    return at >= 0 and place < spans[at][1]


def _marks(text: str) -> tuple[int, ...]:
    """Where brackets and quotation marks open."""
    return tuple(match.start() for match in _OPENING.finditer(text))


def _dates(text: str) -> Iterator[Figure]:
    for start, end, days in find_dates(text):
        written = text[start:end]
        if len(written) == 4 and written.isdigit():
            follower = _WORD.match(text, end)
            if follower and follower.group(1).lower() in _COUNTED:
                continue  # 2024 shares
        yield Figure(start, end, written, Unit.DATE, Decimal(0), Decimal(0), days=days)


def _words(text: str) -> Iterator[Figure]:
    previous_end = 0
    for word in find_words(text):
        yield _written(text, word, direction(text, word.start, word.end, previous_end))
        previous_end = word.end


def _written(text: str, word: WrittenNumber, sign: Sign) -> Figure:
    written = text[word.start : word.end]
    if word.kind == "multiple":
        return Figure(
            word.start, word.end, written, Unit.MULTIPLE, word.value, word.value / 10, digits=2, bound=word.bound
        )
    if word.kind == "fraction":
        return Figure(
            word.start, word.end, written, Unit.PERCENT, word.value, word.value / 10, sign, digits=2, bound=word.bound
        )
    shift, unit, currency, points = word.scale, Unit.PLAIN, "", False
    if word.unit in _NAMES:
        unit, currency = Unit.MONEY, _NAMES[word.unit]
    elif word.unit:
        unit, points = Unit.PERCENT, "point" in word.unit
        shift -= 4 if word.unit.startswith("basis") else 2
    follower = _WORD.match(text, word.end)
    noun = follower.group(1).lower() if follower and unit is Unit.PLAIN else ""
    value, quantum = word.value.scaleb(shift), Decimal(1).scaleb(shift)
    return Figure(
        word.start,
        word.end,
        written,
        unit,
        value,
        quantum,
        sign,
        currency,
        noun,
        noun in _DURATIONS,
        points=points,
        scaled=bool(word.scale),
        digits=len(str(word.value)),
        bound=word.bound,
    )


def _numbers(text: str, taken: list[tuple[int, int]]) -> Iterator[Figure]:
    pending = iter(taken)
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
    has_unit = bool(group["percent"] or group["after"] or group["basis"] or group["points"])
    if _inside_a_word(text, first, end, has_unit=has_unit):
        return None
    accounting = _is_accounting(text, match)
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
    points = bool(group["basis"] or group["points"])
    if unit is Unit.PLAIN and not group["scale"] and (later := _POINTS_LATER.match(text, end)):
        unit, points, end = Unit.PERCENT, True, later.end()
    if group["basis"]:
        shift -= 4
    elif unit is Unit.PERCENT or (group["after"] or "").lower().startswith("cent"):
        shift -= 2
    value = Decimal(digits).scaleb(shift)
    decimals = len(digits.partition(".")[2])
    quantum = Decimal(1).scaleb(shift - decimals)
    if decimals == 0 and not group["scale"] and _APPROXIMATE.search(text, max(0, first - 20), first):
        quantum = quantum.scaleb(len(digits) - len(digits.rstrip("0")) if digits.strip("0") else 0)

    follower = _WORD.match(text, match.end())
    noun = follower.group(1).lower() if follower and unit is Unit.PLAIN else ""
    if minus:
        sign = Sign.MINUS
    elif plus:
        sign = Sign.PLUS
    else:
        sign = direction(text, start, match.end(), previous_end)
    return Figure(
        start,
        end,
        text[start:end],
        unit,
        value,
        quantum,
        sign,
        currency,
        noun,
        noun in _DURATIONS,
        points=points,
        scaled=bool(group["scale"]),
        digits=len(str(int(value / quantum))) if quantum else 0,
    )


def _inside_a_word(text: str, start: int, end: int, *, has_unit: bool) -> bool:
    """Whether the digits belong to a name: "COVID19", "A4", "3M", "7th"."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if is_word_letter(before) or before in ("_", "/", "#", "^", "."):
        return before not in (".", "/") or text[start - 2 : start - 1].isalnum()
    if before in ("-", "\u2010", "\u2011") and is_word_letter(text[start - 2 : start - 1].lstrip("0123456789")):
        return True
    return not has_unit and bool(after) and ((after.isalpha() and after.isascii()) or after == "_")


def _is_accounting(text: str, match: re.Match[str]) -> bool:
    """Whether brackets mean minus: "a result of ($500)", a cell "(500)"; not "a loss (3 %)" nor "5 % ($500)"."""
    end = match.end()
    if not match["open"] or match["sign"] or text[end : end + 1] != ")":
        return False
    before = text[max(0, match.start() - 24) : match.start()]
    if match["before"] or match["after"]:
        return bool(_LOSS_BEFORE.search(before)) or match.start() == 0
    return bool(re.search(r"\|\s*$", before)) and bool(re.match(r"\)\s*\|", text[end : end + 8]))


def _is_minus(text: str, match: re.Match[str]) -> bool:
    sign = (match["sign"] or "").strip()
    if match["inner"]:
        return True
    if sign not in ("-", "\u2212", "\u2013"):
        return False
    before = text[match.start("sign") - 1 : match.start("sign")]
    spaced = len(match["sign"]) > 1
    # A dash between two figures is a range, and one with spaces around it is punctuation.
    return not (is_word_letter(before) or before in ("%", ")", "$")) and not (
        spaced and (before.isspace() or not before)
    )


def _plain_digits(number: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d{1,2}", number):
        return number.replace(".", "").replace(",", ".")
    return re.sub("[,'\u00a0\u2009\u202f]", "", number)


def _unit_of(group: dict[str, str | None]) -> tuple[Unit, str]:
    before, after = group["before"], group["after"]
    if group["percent"] or group["basis"] or group["points"]:
        return Unit.PERCENT, ""
    mark = before or after
    if mark:
        return Unit.MONEY, _SYMBOLS.get(mark) or _NAMES.get(mark.lower()) or mark
    return Unit.PLAIN, ""
