"""What a question says besides its topic: a company, a period, a form, dates; and the terms it might be answered in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.lexicon import Lexicon
from stocktool_rag.domain.profile import Profile, squashed

_WORD = re.compile(r"\w+(?:[-'&.]\w+)*")
_YEAR = re.compile(r"(?<![\d.,$€£])(?:fy\s*|')?((?:19|20)\d\d)(?![\d,]|\.\d)", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"\bfy\s*'?(\d\d)\b", re.IGNORECASE)
_QUARTER = re.compile(r"\bq([1-4])\b|\b([1-4])q\b|\b(first|second|third|fourth) (?:fiscal )?quarter\b", re.IGNORECASE)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("10-K", re.compile(r"\b10[- ]?k\b|\bannual (?:report|filing)\b", re.IGNORECASE)),
    ("10-Q", re.compile(r"\b10[- ]?q\b|\bquarterly (?:report|filing)\b", re.IGNORECASE)),
    ("8-K", re.compile(r"\b8[- ]?k\b", re.IGNORECASE)),
    ("20-F", re.compile(r"\b20[- ]?f\b", re.IGNORECASE)),
    ("earnings release", re.compile(r"\bearnings (?:press )?release\b|\bpress release\b", re.IGNORECASE)),
    ("proxy statement", re.compile(r"\bproxy\b", re.IGNORECASE)),
    ("prospectus", re.compile(r"\bprospectus\b", re.IGNORECASE)),
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_ISO_DATE = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b")
_DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?({'|'.join(m[:3] for m in _MONTHS)})[a-z]*\.?,? ((?:19|20)\d\d)\b",
    re.IGNORECASE,
)

SAME_COMPANY = 0.30
SAME_YEAR = 0.12
NEXT_YEAR = 0.04  # a report shows the year before beside its own
SAME_QUARTER = 0.05
SAME_FORM = 0.04


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, understood as far as needed.

    Attributes:
        text: The question.
        years: Years it names.
        quarter: Quarter it names, or None.
        form: Form it names, or empty.
        expansions: Phrases its answer may use instead of its own words, each with a weight up to 1.
        dates: Its dates as reports write them.
    """

    text: str
    years: tuple[int, ...]
    quarter: int | None
    form: str
    expansions: Mapping[str, float]
    dates: tuple[str, ...]


def understand(text: str, lexicon: Lexicon) -> Asked:
    """Read a question."""
    years = [int(year) for year in _YEAR.findall(text)]
    years += [2000 + int(year) if int(year) < 70 else 1900 + int(year) for year in _SHORT_YEAR.findall(text)]
    quarter = _QUARTER.search(text)
    number = None
    if quarter:
        number = int(quarter[1] or quarter[2] or 0) or _ORDINALS[quarter[3].casefold()]
    form = next((form for form, pattern in _FORMS if pattern.search(text)), "")
    return Asked(text, tuple(dict.fromkeys(years)), number, form, lexicon.expand(text), _dates(text))


def favour(asked: Asked, profiles: Mapping[DocumentId, Profile]) -> dict[DocumentId, float]:
    """How much each document's profile speaks for it, 0 where nothing does.

    A company counts when the question names it; the period only among documents that could be meant: those of the
    named company, or all when none is named.
    """
    words = _plain(asked.text)
    upper = set(re.findall(r"\b[A-Z][A-Z.]{1,5}\b", asked.text))
    named = {each for each, profile in profiles.items() if _names(profile, words, upper)}
    boosts: dict[DocumentId, float] = {}
    for document_id, profile in profiles.items():
        if named and document_id not in named:
            continue
        boost = (SAME_COMPANY if document_id in named else 0.0) + _period_boost(asked, profile)
        if asked.form and profile.form == asked.form:
            boost += SAME_FORM
        if boost:
            boosts[document_id] = boost
    return boosts


def _names(profile: Profile, words: str, upper: set[str]) -> bool:
    if profile.ticker and len(profile.ticker) > 1 and profile.ticker in upper:
        return True
    return any(f" {alias} " in words for alias in profile.aliases) or (
        len(company := squashed(profile.company)) > 5 and company in words.replace(" ", "")
    )


def _plain(text: str) -> str:
    """Words in lower case with single spaces around and between; possessives dropped."""
    shown = text.casefold().replace("\u2019", "'").replace("'s ", " ").replace("s' ", "s ")
    plain = " ".join(re.findall(r"\w+", shown))
    return f" {plain} {' '.join(_WORD.findall(shown))} "


def _period_boost(asked: Asked, profile: Profile) -> float:
    if not asked.years or not profile.years:
        return 0.0
    own = profile.years[0]
    boost = 0.0
    if any(year in profile.years for year in asked.years):
        boost = SAME_YEAR
    elif own - 1 in asked.years:
        boost = NEXT_YEAR
    if boost == SAME_YEAR and asked.quarter is not None and asked.quarter == profile.quarter:
        boost += SAME_QUARTER
    return boost


def _dates(text: str) -> tuple[str, ...]:
    found: Sequence[tuple[str, str, str]] = [
        (year, _MONTHS[int(month) - 1], day) for year, month, day in _ISO_DATE.findall(text) if 1 <= int(month) <= 12
    ]
    found = [
        *found,
        *(
            (year, next(full for full in _MONTHS if full.startswith(month.casefold())), day)
            for day, month, year in _DAY_FIRST.findall(text)
        ),
    ]
    return tuple(f"{month} {int(day)} {year}" for year, month, day in found)
