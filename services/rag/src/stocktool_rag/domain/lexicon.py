"""Accounting terms: what is asked in one word is often said in others. Generic, about no company and no document."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping

_WEIGHT = 0.5


class Lexicon:
    """Phrases that may stand in an answer, by the terms of questions.

    Args:
        entries: Terms of questions, in lower case, each with the phrases its answers use.
    """

    def __init__(self, entries: Mapping[str, tuple[str, ...]]) -> None:
        self._entries = dict(entries)
        words = sorted(entries, key=len, reverse=True)
        joined = "|".join(re.escape(word) for word in words)
        self._terms = re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE) if words else None

    @classmethod
    def read(cls, lines: Iterable[str]) -> Lexicon:
        """Read rows `asked,said`, several terms in a field separated by `|`."""
        entries: dict[str, tuple[str, ...]] = {}
        for row in csv.DictReader(lines):
            said = tuple(row["said"].split("|"))
            for term in row["asked"].split("|"):
                entries[term] = (*entries.get(term, ()), *said)
        return cls(entries)

    def expand(self, question: str) -> Mapping[str, float]:
        """Phrases an answer may use, with the weight of each against a word of the question."""
        if self._terms is None:
            return {}
        found = dict.fromkeys(match.casefold() for match in self._terms.findall(question))
        return {phrase: _WEIGHT for term in found for phrase in self._entries[term]}
