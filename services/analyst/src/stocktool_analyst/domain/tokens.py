"""Counting tokens by a rule: nothing is billed here, but budgets and summaries of a conversation go by these counts."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z]+|\d+|[^\sA-Za-z\d]")
_LETTERS = 4  # a token of English text has about four letters


def count_tokens(text: str) -> int:
    """Tokens of a text: one for every four letters begun in a word, one for each mark, kana or kanji."""
    return sum(-(-len(match[0]) // _LETTERS) for match in _WORD.finditer(text))


def tokens_of(*nodes: object) -> int:
    """Tokens of all text in JSON values, names of fields among them, at least one: what a model would read of them."""
    count = 0
    waiting = list(nodes)
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend((*each, *each.values()))
        elif isinstance(each, list):
            waiting.extend(each)
        elif each is not None:
            count += count_tokens(str(each))
    return max(1, count)
