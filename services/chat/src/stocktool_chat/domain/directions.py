"""Which way the words around a figure say it goes: up, down, or neither."""

from __future__ import annotations

import bisect
import functools
import re
from dataclasses import dataclass
from enum import StrEnum

from stocktool_chat.domain.japanese_words import direction_of
from stocktool_chat.domain.words import beginnings, matches, words_at


class Sign(StrEnum):
    """What the writing says about the sign: a mark, a word nearby, or nothing."""

    MINUS = "minus"
    PLUS = "plus"
    DOWN = "down"
    UP = "up"
    COST = "cost"  # "costs $500": a price, or what was lost
    NONE = "none"


_DOWN = (
    r"fell|fall|falls|fallen|down|lost|lose|loses|losing|loss|losses|declined?|declines|dropped|drop|drops|decreased?"
    r"|decreases|shrank|slid|slipped|sank|negative|minus|shed|sheds|tumbled|plunged|plummeted|dipped|slumped"
    r"|took away|takes away|hurt"
    r"|detracted|(?:lower|below|behind)(?=\s+by\b)"
    r"|underperform(?:ed|s|ing)?|trail(?:ed|s)|lagged|shortfall"
)
_UP = (
    r"rose|rise|rises|risen|up|gained|gains?|increased?|increases|grew|grown|climbed|positive|plus|profit"
    r"|(?:higher|above|ahead)(?=\s+by\b)"
    r"|outperform(?:ed|s|ing)?|beat|beats|jumped|surged|earned|advanced|soared|rallied"
)
_NOUNS = frozenset({"loss", "losses", "gain", "gains", "profit", "shortfall"})
_COST = r"costs?(?!\s+(?:of|basis))"
_DIRECTION = re.compile(rf"\b(?:(?P<down>{_DOWN})|(?P<up>{_UP})|(?P<cost>{_COST}))\b", re.IGNORECASE)
_AFTER = re.compile(
    r"(?:[\s*_]{0,3}(?:,?\s?or|\()\s?(?:about )?[$\u20ac\u00a3]?[\d.,]+\s?%?\)?)?[\s*_)]{0,3}"
    r"(?:(?P<down>in the red|under water"
    r"|underwater|lower|below|behind|less(?=\s+than\b|[\s*_]*[.,;)]|$)|loss|decline|drop|decrease"
    r"|down|drawdown|shortfall)"
    r"|(?P<up>in the black|to the good|higher|above|ahead|gain|profit|increase|rise|up))\b",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"[\s*_]*(?:\(|/|,|,?\s*(?:or|and)(?: [a-z]+){0,4} (?:another|a further)"
    r"|,?\s*(?:or|and))[\s*_(]*(?:about|by|[A-Z^.-]{1,8})?[\s*_(~]*"
)
_LEVEL = re.compile(r"\b(?:to|at|from|worth|now|stands?|trades?|closed?)\b", re.IGNORECASE)
_STAND = re.compile(r"\b(?:from|worth|valued|trades?|closed?)\b", re.IGNORECASE)
_PART = re.compile(r"[\s*_]{0,3}of (?:the|your|its) (?:whole |entire |total )?(?:portfolio|total|value|fund)\b")
_STOP = re.compile(r"[.!?;](?=\s|$)|[\n|]")
_CONJUNCTIONS = frozenset({"while", "whereas", "but", "although", "though"})
_FIRST_WORDS = beginnings(
    "fell fall down lost lose loss decline drop decrease shrank slid slipped sank negative minus cost took takes hurt"
    " detracted shed tumbled plunged plummeted dipped slumped lower below behind underperform trail lagged shortfall"
    " rose rise up gain increase grew grown climbed positive plus profit higher above ahead outperform beat jumped"
    " surged earned advanced soared rallied"
)


@dataclass(frozen=True, slots=True)
class _Course:
    """Where the words of a text that give a direction stand, and where its clauses begin."""

    places: list[int]
    words: list[re.Match[str]]
    clauses: list[int]


@functools.lru_cache(maxsize=16)
def _course(text: str) -> _Course:
    words = list(matches(_DIRECTION, text, _FIRST_WORDS))
    breaks = [match.end() for match in _STOP.finditer(text)]
    breaks += [at + len(word) for at, word in words_at(text) if word in _CONJUNCTIONS]
    return _Course([word.start() for word in words], words, sorted(breaks))


def direction(text: str, start: int, end: int, previous_end: int) -> Sign:
    """Which way the nearest word says a figure goes, within its clause.

    A word speaks for the first figure after it, and for those joined to that one ("fell $500 (3 %)"). It does not
    speak for a level: "fell 3 % to $237", "up from $8,000".
    """
    if not text.isascii():
        told = direction_of(text, start, end)
        if told:
            return Sign(told)
    behind = _AFTER.match(text, end, end + 32)
    if behind:
        return Sign.DOWN if behind["down"] else Sign.UP
    if _PART.match(text, end):
        return Sign.NONE  # "you would lose $500, or 1.3 % of the portfolio"
    course = _course(text)
    at = bisect.bisect_left(course.places, start) - 1
    clause = bisect.bisect_right(course.clauses, start) - 1
    low = max(0, start - 120, course.clauses[clause] if clause >= 0 else 0)
    if at < 0 or course.places[at] < low:
        return Sign.NONE
    word = course.words[at]
    spoken_for = previous_end > word.end() and not _JOINED.fullmatch(text, previous_end, start)
    # A loss may stand at an amount; what has fallen stands at a level.
    level = _STAND if word.group().lower() in _NOUNS else _LEVEL
    if spoken_for or level.search(text, max(word.end(), previous_end), start):
        return Sign.NONE
    return Sign(str(word.lastgroup))
