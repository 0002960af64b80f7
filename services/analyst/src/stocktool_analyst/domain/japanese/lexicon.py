"""Words of a text without spaces: at each place the longest word of a lexicon, so that none is read inside another."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TypeAlias

from stocktool_analyst.domain.clauses import Hint
from stocktool_analyst.domain.companies import distance
from stocktool_analyst.domain.definitions import TERMS, Term
from stocktool_analyst.domain.japanese import words
from stocktool_analyst.domain.topics import Topic

_SHORT = 4  # letters of a word in katakana that must stand alone


@dataclass(frozen=True, slots=True)
class Company:
    """A word that names a company or fund."""

    symbol: str


@dataclass(frozen=True, slots=True)
class Split:
    """A word that says by what something is split."""

    by: str


@dataclass(frozen=True, slots=True)
class Weak:
    """A word that says a topic where no other word does."""

    topic: Topic


@dataclass(frozen=True, slots=True)
class Figure:
    """A word for a figure whose way can be explained."""

    name: str


Tag: TypeAlias = "Topic | Hint | Company | Split | Weak | Term | Figure"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the lexicon where it stands in a text."""

    start: int
    end: int
    tags: tuple[Tag, ...]


def read_tokens(text: str) -> list[Token]:
    """The words of a text that the lexicon holds, in order; misspelt names of companies among them."""
    lexicon, longest = _lexicon()
    found: list[Token] = []
    at = 0
    while at < len(text):
        for length in range(min(longest, len(text) - at), 0, -1):
            tags = lexicon.get(text[at : at + length])
            if tags is not None and not _inside_katakana(text, at, at + length, tags):
                found.append(Token(at, at + length, tags))
                at += length
                break
        else:
            end = katakana_end(text, at)
            if symbol := _misspelt(text[at:end]):
                found.append(Token(at, end, (Company(symbol),)))
            at = max(end, at + 1)
    return found


def katakana_end(text: str, start: int) -> int:
    """Where the run of katakana that starts at a place ends; the place itself when none starts there."""
    end = start
    while end < len(text) and is_katakana(text[end]):
        end += 1
    return end


def is_katakana(letter: str) -> bool:
    """Whether a letter belongs to a word in katakana; the long vowel and the middle dot do."""
    return "\u30a1" <= letter <= "\u30fe"


def _inside_katakana(text: str, start: int, end: int, tags: tuple[Tag, ...]) -> bool:
    """Whether a name or a short word is only a part of a longer one: "meta" in "metal", "my" in "Microsoft"."""
    short = end - start < _SHORT and all(map(is_katakana, text[start:end]))
    if not short and not any(isinstance(tag, Company) for tag in tags):
        return False
    left = start > 0 and is_katakana(text[start]) and is_katakana(text[start - 1])
    return left or (end < len(text) and is_katakana(text[end - 1]) and is_katakana(text[end]))


# A question that names a figure is about the tool that gives it.
_TOPIC_OF: Mapping[str, Topic] = {
    "get_risk": Topic.RISK,
    "get_performance": Topic.PERFORMANCE,
    "get_holdings": Topic.HOLDINGS,
    "get_income": Topic.INCOME,
}


@functools.cache
def _lexicon() -> tuple[Mapping[str, tuple[Tag, ...]], int]:
    found: dict[str, list[Tag]] = {}

    def add(spellings: str, tag: Tag) -> None:
        for word in spellings.split():
            found.setdefault(word, []).append(tag)

    for topic, spellings in words.TOPICS.items():
        add(spellings, topic)
    for topic, spellings in words.WEAK.items():
        add(spellings, Weak(topic))
    for hint, spellings in words.HINTS.items():
        add(spellings, hint)
    for by, spellings in words.SPLITS.items():
        add(spellings, Split(by))
    for name, spellings in words.FIGURES.items():
        add(spellings, Figure(name))
    for term in TERMS:
        add(words.TERMS.get(term.name, ""), term)
        for word in words.TERMS.get(term.name, "").split():
            if term.tool in _TOPIC_OF and not any(isinstance(tag, Topic) for tag in found[word]):
                found[word].append(_TOPIC_OF[term.tool])
    for word, tags in found.items():
        # A word that only hints would hide the shorter one that says the topic.
        if not any(isinstance(tag, Topic | Weak) for tag in tags):
            shorter = (found.get(word[:length], ()) for length in range(len(word) - 1, 0, -1))
            tags.extend(next(([tag for tag in each if isinstance(tag, Topic)] for each in shorter if each), []))
    for word in words.MEANINGLESS.split():
        found.setdefault(word, [])
    for name, symbol in companies().items():
        found.setdefault(name, []).append(Company(symbol))
    return {word: tuple(tags) for word, tags in found.items()}, max(map(len, found))


@functools.cache
def companies() -> Mapping[str, str]:
    """Symbols by the Japanese names of companies and funds."""
    lines = files("stocktool_analyst").joinpath("data/companies_ja.csv").read_text("utf-8").splitlines()[1:]
    return dict(line.split(",", 1) for line in lines)


@functools.cache
def _katakana_names() -> tuple[tuple[str, str], ...]:
    return tuple((name, symbol) for name, symbol in sorted(companies().items()) if all(map(is_katakana, name)))


@functools.lru_cache(maxsize=256)
def _misspelt(word: str) -> str:
    """Symbol of the company a word in katakana misspells by a letter or, in a long one, by two; empty for none."""
    if len(word) < 4 or len(word) > 20:
        return ""
    allowed = 1 if len(word) < 8 else 2
    near = [
        (distance(word, name), name, symbol)
        for name, symbol in _katakana_names()
        if len(name) >= 4 and name[0] == word[0] and abs(len(name) - len(word)) <= allowed
    ]
    least = min(near, default=(allowed + 1, "", ""))
    return least[2] if least[0] <= allowed else ""
