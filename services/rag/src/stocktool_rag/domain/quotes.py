"""Whether quoted words really stand on a page."""

from __future__ import annotations

import re
import unicodedata

_HYPHENS = "\u2010\u2011\u00ad"
_SAME = str.maketrans(
    {
        **dict.fromkeys("\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    }
)
_BROKEN_WORD = re.compile(rf"(?<=[^\W\d_])[-{_HYPHENS}][ \t]*\n\s*(?=[^\W\d_])")
_HYPHEN = re.compile(rf"[-{_HYPHENS}]")
_WITHIN_NUMBER = re.compile(r"\d[.,]\|\d|\d\|[.,]\d")
_LEFT_OUT = re.compile(r"\s*(?:\[\s*(?:\u2026|\.\.\.)\s*\]|\u2026|\.{3})\s*")


def stands_on(quote: str, page: str) -> bool:
    """Whether a quote's words stand on a page, in a row and in its spelling.

    Spaces, line breaks, hyphens that break a word at a line's end, and kinds of dashes and quotation marks make no
    difference; capitals do not either, since a quote may begin a sentence. An ellipsis stands for words left out: what
    is before and after it must both stand there, in this order. A quote without a letter or digit stands nowhere.
    """
    whole = _plain(page)
    at = 0
    parts = [part for part in (_plain(part) for part in _LEFT_OUT.split(quote)) if part]
    if not any(character.isalnum() for part in parts for character in part):
        return False
    for part in parts:
        found = _find(part, whole, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _find(part: str, whole: str, start: int) -> int:
    """Where a part stands as whole words and numbers: "1.2" does not stand in "11.25"."""
    at = whole.find(part, start)
    while at >= 0:
        end = at + len(part)
        begins = not _goes_on(whole[max(at - 2, 0) : at], part[:2])
        if begins and not _goes_on(part[-2:], whole[end : end + 2]):
            return at
        at = whole.find(part, at + 1)
    return -1


def _goes_on(left: str, right: str) -> bool:
    """Whether a word or a number goes on from left to right; scripts without spaces have no such ends."""
    return _WITHIN_NUMBER.search(f"{left[-2:]}|{right[:2]}") is not None or (
        left[-1:].isascii() and left[-1:].isalnum() and right[:1].isascii() and right[:1].isalnum()
    )


def _plain(text: str) -> str:
    joined = _HYPHEN.sub("-", _BROKEN_WORD.sub("", text))
    return " ".join(unicodedata.normalize("NFKC", joined).translate(_SAME).casefold().split())
