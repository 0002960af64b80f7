"""Sets of words, written as words."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """The words of a text, once each."""
    return frozenset(words.split())
