"""Which language a message is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum


class Language(StrEnum):
    """A language the analyst reads and writes."""

    ENGLISH = "en"
    JAPANESE = "ja"


_JAPANESE = re.compile(r"[\u3041-\u30fe\u3400-\u9fff\uf900-\ufaff\uff66-\uff9d]")
_LATIN_WORD = re.compile(r"[a-z]{2}")


def language_of(text: str, earlier: Sequence[str] = ()) -> Language:
    """The language of a message: its own, or that of what was said before when it is no more than a symbol."""
    for words in (text, *reversed(earlier)):
        if _JAPANESE.search(words):
            return Language.JAPANESE
        if _LATIN_WORD.search(words):
            return Language.ENGLISH
    return Language.ENGLISH
