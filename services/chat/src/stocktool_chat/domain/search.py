"""Finding conversations by the words said in them."""

from __future__ import annotations

import re
from collections.abc import Collection

_WORD = re.compile(r"\w{2,40}")
_MOST_WORDS = 400


def words_of(text: str) -> frozenset[str]:
    """Words of a text as they are searched: in lower case, once each, the first 400 of them."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(text.casefold()):
        found.setdefault(match.group())
        if len(found) == _MOST_WORDS:
            break
    return frozenset(found)


def matches(query: str, title: str, words: Collection[str]) -> bool:
    """Whether each word of a query begins a word that was said, or stands in the title."""
    heading = title.casefold()
    return all(
        wanted in heading or any(word.startswith(wanted) for word in words) for wanted in query.casefold().split()
    )
