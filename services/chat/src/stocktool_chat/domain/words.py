"""The words of a text with their places, for patterns that can only begin at certain words.

A pattern of many alternatives costs at every character it is tried at; tried only where one of its first words stands,
it costs almost nothing.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

_WORD = re.compile(r"[A-Za-z]+")
_DIGITS = re.compile(r"(?<!\d)\d")


@functools.lru_cache(maxsize=16)
def words_at(text: str) -> tuple[tuple[int, str], ...]:
    """Each word's place and its lower-case form; a word ends where its letters end."""
    return tuple((match.start(), match.group().lower()) for match in _WORD.finditer(text))


@functools.lru_cache(maxsize=16)
def _by_beginning(text: str) -> dict[str, list[int]]:
    """Places of words by their first three letters."""
    begun: dict[str, list[int]] = {}
    for at, word in words_at(text):
        begun.setdefault(word[:3], []).append(at)
    return begun


@functools.lru_cache(maxsize=16)
def digits_at(text: str) -> tuple[int, ...]:
    """Where runs of digits begin."""
    return tuple(match.start() for match in _DIGITS.finditer(text))


def beginnings(words: str) -> frozenset[str]:
    """The first three letters of words given in one line: what `matches` is told a pattern may begin with."""
    return frozenset(word[:3] for word in words.split())


def matches(
    pattern: re.Pattern[str], text: str, first: frozenset[str], also: tuple[int, ...] = ()
) -> Iterator[re.Match[str]]:
    """Find a pattern's matches like `finditer`, where it begins at a word of `first` or at one of the places `also`."""
    begun = _by_beginning(text)
    places = sorted({*also, *(at for letters in first if letters in begun for at in begun[letters])})
    end = 0
    for at in places:
        if at >= end:
            match = pattern.match(text, at)
            if match is not None:
                yield match
                end = max(match.end(), at + 1)
