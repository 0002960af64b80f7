"""Figures in the words of documents and news, and the words around them to be quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from stocktool_chat.domain.figures import Sign, Unit, find_figures
from stocktool_chat.domain.measures import stems
from stocktool_chat.domain.sentences import Sentences, dating

_LONGEST = 4000
_QUOTE = 300
_SCALES = (("in thousands", 1_000), ("in millions", 1_000_000), ("in billions", 1_000_000_000))
_TICKER = re.compile(r"(?<![\w^])[A-Z]{2,5}(?:\.[A-Z]{1,2})?(?![\w])")


@dataclass(frozen=True, slots=True)
class QuotedValue:
    """A figure of a passage.

    Attributes:
        value: Signed; of a date the ordinal of its first day.
        symbol: The capitals that stand last before it, which may be a ticker.
        words: Stems of its sentence.
        days: First and last day it is said to be of, empty when nothing is said.
        at: Start and end of its sentence in the passage.
        rises: Whether the passage says that it goes up.
    """

    unit: Unit
    value: Decimal
    currency: str
    symbol: str
    words: frozenset[str]
    days: tuple[int, ...]
    at: tuple[int, int]
    rises: bool = False


def quoted_values(passage: str) -> Iterator[QuotedValue]:
    """The figures of a passage, each in the unit its words give; of a table "in millions", in that scale too."""
    # Passages are wrapped: a single line break is a space there.
    text = re.sub(r"(?<!\n)\n(?![\n#|*-])", " ", passage)
    lowered = text[:_LONGEST].lower()
    scale = next((Decimal(factor) for phrase, factor in _SCALES if phrase in lowered), Decimal(1))
    sentences = Sentences(text)
    figures = find_figures(text)
    for place, figure in enumerate(figures):
        start, end = sentences.around(figure.start, figure.end)
        words = stems(text[start:end])
        at = (start, end)
        if figure.days is not None:
            if figure.days.first:
                span = (figure.days.first, figure.days.last)
                yield QuotedValue(Unit.DATE, Decimal(figure.days.first), "", "", words, span, at)
            continue
        said = dating(sentences, figure, figures, place)
        days = (said.days[0].first, said.days[0].last) if said.firm and said.days[0].first else ()
        tickers = _TICKER.findall(text, start, figure.start)
        symbol = tickers[-1] if tickers else ""
        rises = figure.sign in (Sign.UP, Sign.PLUS)
        yield QuotedValue(figure.unit, figure.signed, figure.currency, symbol, words, days, at, rises)
        if scale != 1 and figure.unit in (Unit.MONEY, Unit.PLAIN):
            # A table "in millions of dollars": the cell 391,035 states 391,035 million.
            value = figure.signed * scale
            yield QuotedValue(Unit.MONEY, value, figure.currency or "USD", symbol, words, days, at)


def quote_of(passage: str, at: tuple[int, int]) -> str:
    """The sentence of a passage a figure stands in, in the passage's own words."""
    start, end = at
    quote = passage[start:end].strip()
    return quote if len(quote) <= _QUOTE else quote[: _QUOTE - 1].rstrip() + "…"
