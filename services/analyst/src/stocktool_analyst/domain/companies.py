"""Companies by the names people use for them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from stocktool_analyst.domain.vocabulary import word_set

_ALIASES: Mapping[str, str] = {
    "google": "GOOG",
    "alphabet": "GOOG",
    "facebook": "META",
    "meta": "META",
    "jp morgan": "JPM",
    "jpmorgan": "JPM",
    "jpmorgan chase": "JPM",
    "j.p. morgan": "JPM",
    "exxon": "XOM",
    "exxon mobil": "XOM",
    "bofa": "BAC",
    "ge": "GE",
    "gm": "GM",
    "master card": "MA",
    "wal-mart": "WMT",
    "under armour": "UAA",
    "alibaba": "BABA",
    "coke": "KO",
    "mcdonalds": "MCD",
    "s&p 500": "SPY",
    "s&p500": "SPY",
    "sp500": "SPY",
    "the s&p": "SPY",
    "disney": "DIS",
    "berkshire": "BRK-B",
    "johnson and johnson": "JNJ",
    "procter and gamble": "PG",
    "general electric": "GE",
    "wells fargo": "WFC",
    "goldman": "GS",
    "goldman sachs": "GS",
}
# Names that are English words too: only with a capital letter inside a sentence.
_WORDS = word_set(
    "ball block cooper dover everest flex fox news host mosaic progressive southern"
    " target trimble tyler waters williams"
    " coherent booking carnival cincinnati corning dow edison hartford key match visa gap regions ventas idex cme apa"
    " roper teradyne rollins republic loews aes aon best equity invitation realty public universal first electronic"
)
_POPULAR = word_set(
    "apple amazon microsoft alphabet google facebook alibaba starbucks walmart pfizer mastercard jpmorgan nvidia tesla"
    " netflix exxon chevron boeing citigroup disney oracle salesforce paypal qualcomm"
    " broadcom caterpillar costco comcast"
    " cisco intel adobe verizon honeywell pepsico mcdonalds airbnb palantir coinbase moderna blackrock"
)
_DEMO = word_set(
    "AAPL AMD AMZN BABA BAC BBY GE GM GOOG GOOGL JPM MA META PFE RRC SBUX T UAA WMT XOM SPY MSFT IBM FB NVDA TSLA NFLX"
    " QQQ VTI VOO"
)
# Symbols that are words, names of currencies or terms in small letters.
_NOT_IN_SMALL_LETTERS = word_set("MA T GE GM A ALL IT ON SO NOW LOW KEY CAT BALL DAY ARE HAS TAP FAST FB")


@dataclass(frozen=True, slots=True)
class Mention:
    """A symbol and the characters that speak of it."""

    symbol: str
    start: int
    end: int


@functools.cache
def _names() -> Mapping[str, str]:
    lines = files("stocktool_analyst").joinpath("data/companies.csv").read_text("utf-8").splitlines()[1:]
    named: dict[str, str] = {name.lower(): symbol for symbol, name in (line.split(",", 1) for line in reversed(lines))}
    return {**named, **_ALIASES}


@functools.cache
def _pattern() -> re.Pattern[str]:
    names = sorted((name for name in _names() if len(name) > 2 or name in _ALIASES), key=len, reverse=True)
    return re.compile(rf"(?<![\w&^-])(?:{'|'.join(map(re.escape, names))})(?:['\u2019]s)?(?![\w&-])", re.IGNORECASE)


@functools.cache
def known_symbols() -> frozenset[str]:
    """Symbols of the companies whose names are known."""
    return frozenset(_names().values()) | _DEMO


def mentions(text: str) -> list[Mention]:
    """Companies a text names, in order, with typing errors in the names of large ones forgiven."""
    return sorted(_mentions(text), key=lambda mention: mention.start)


def _mentions(text: str) -> Iterator[Mention]:
    taken: list[tuple[int, int]] = []
    for match in _pattern().finditer(text):
        spoken = re.sub(r"['\u2019]s$", "", match[0])
        symbol = _names()[spoken.lower()]
        if not _is_word(text, spoken, match.start()):
            taken.append(match.span())
            yield Mention(symbol, *match.span())
    for match in re.finditer(r"(?<![\w&^-])[A-Za-z]{3,}(?![\w&-])", text):
        if any(start <= match.start() < end for start, end in taken):
            continue
        symbol = _small_symbol(match[0]) or _misspelt(match[0])
        if symbol:
            yield Mention(symbol, *match.span())


def _is_word(text: str, spoken: str, start: int) -> bool:
    """Whether a name is meant as the English word it also is."""
    small = spoken.lower()
    if len(small) <= 2 or (len(small) <= 4 and small not in _ALIASES):
        return not spoken.isupper() and not (spoken[0].isupper() and start > 0 and small not in _WORDS)
    if small not in _WORDS:
        return False
    return not spoken[0].isupper() or not text[:start].strip() or text[:start].rstrip()[-1:] in ".?!"


def _small_symbol(word: str) -> str:
    symbol = word.upper()
    return symbol if word.islower() and symbol in _DEMO and symbol not in _NOT_IN_SMALL_LETTERS else ""


def _misspelt(word: str) -> str:
    small = word.lower()
    if len(small) < 4 or small in _NOT_MISSPELT:
        return ""
    allowed = 1 if len(small) < 8 else 2
    for name in sorted(_POPULAR):
        if name[0] == small[0] and abs(len(name) - len(small)) <= allowed and distance(small, name) <= allowed:
            return _names()[name]
    return ""


_NOT_MISSPELT = word_set("apply applies apples ample orange adore inter intern tests able apply")


def distance(left: str, right: str) -> int:
    """Fewest insertions, deletions, substitutions and swaps of neighbours between two words."""
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, start=1):
        row = [i]
        for j, b in enumerate(right, start=1):
            cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
