"""What a text says of each of its figures: whose, when, of what measure, before or after a change."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from stocktool_chat.domain.agreement import Claim
from stocktool_chat.domain.dates import Days, find_relative
from stocktool_chat.domain.evidence import EvidenceIndex
from stocktool_chat.domain.facets import sides_in, sides_said
from stocktool_chat.domain.figures import CURRENCIES, Figure, Unit
from stocktool_chat.domain.japanese_words import noun_after
from stocktool_chat.domain.measures import measures_in, stem, stems
from stocktool_chat.domain.sentences import Cell, Dating, Sentences, dating
from stocktool_chat.domain.subjects import Names, Subjects

_AMOUNT_HEADER = re.compile(
    r"\b(?:prices?|values?|worth|costs?|gains?|profits?|loss(?:es)?|amounts?|gross|net|tax(?:es)?|fees?|dividends?|income"
    r"|proceeds|total|close|paid|received)\b|評価額|株価|価格|取得|損益|利益|金額|配当|終値",
    re.IGNORECASE,
)
_PERCENT_HEADER = re.compile(r"%|\bper ?cent\b|\bpct\b", re.IGNORECASE)
_CURRENCY_HEADER = re.compile(rf"\b({'|'.join(sorted(CURRENCIES))})\b|([$€£])")
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP"}
_CITATION = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_NEXT_TO = re.compile(r"[ *_]*(?:annual |yearly |daily |times )?")
_WORTH = re.compile(r"\b(?:worth|fetch)\s+(?:about |around |some |roughly |nearly |almost )?[*_]*$", re.IGNORECASE)
_BOUGHT_FOR = re.compile(r"\bbought for\s+(?:about |only )?[*_]*$", re.IGNORECASE)
_IN_DIVIDENDS = re.compile(r"[\s*_]*in (?:gross |net )?dividends\b", re.IGNORECASE)
_TO = re.compile(r"\b(?:to|ended at|ends at)\s+[*_]*$")
_FROM = re.compile(r"\b(?:from|instead of|rather than|began at|started at)\s+[*_]*$")
_AGAINST = re.compile(r"\s*(?:against|versus|vs\.?|compared (?:with|to))\s+[*_]*")
_EDGE = re.compile(
    r"\b(?:(?P<before>began|begins?|opened|started|starts)|(?P<after>ended|ends|closed|finished))\b[^,;]{0,24}\bat\s+[*_]*$"
)
_EDGE_WORDS = "began begin begins opened started starts ended ends closed finished"
_EDGES = frozenset(stem(word) for word in _EDGE_WORDS.split())
_EACH_AFTER = re.compile(r"[\s*_]*(?:per share|a share|each|apiece|per unit)\b", re.IGNORECASE)
_EACH_BEFORE = re.compile(
    r"\b(?:trad(?:es?|ed|ing)|quot(?:es?|ed)|chang(?:es?|ed|ing) hands)(?: now)? (?:at|for)\s+[*_]*$"
)
_ALONE = re.compile(r"\s*(?:[,.;)|\u3001\u3002]|and\b|or\b|to\b|[-\u2013]|$)")
_JOINED = re.compile(r"[\s*_]*(?:[(/]|,(?=\s?[*_~+\u2212-]|\s?$))[\s*_~+]*")
_JOIN = re.compile(r"\s*(?:,|and|or|to|[-\u2013])+\s*(?:about |around )?")
_AFTER = re.compile(
    r"\b(?:after(?:wards)?|would|will|then|method|proposed|leaving|becomes?|ends? (?:at|up))\b", re.IGNORECASE
)
_BEFORE = re.compile(r"\b(?:before|now|today|currently)\b", re.IGNORECASE)
_BRANCH_BESIDE = re.compile(
    r"[\s*_)]{1,3}(?:(?P<before>before(?:hand)?|on new year's day|at the (?:start|beginning|outset))|(?P<now>now|today)"
    r"|(?P<after>after(?:wards)?|then|at the end|in the end))(?=[\s*_]*(?:[.,;)]|and\b|$))",
    re.IGNORECASE,
)
_PAUSE = re.compile("[,;:]")
_BEFORE_HEADER = re.compile(r"\b(?:before|now|today|current)\b", re.IGNORECASE)
_AFTER_HEADER = re.compile(r"\b(?:after|proposed|by the method)\b", re.IGNORECASE)
_FOLLOWING = re.compile(r"(?:[\s*_-]{1,4}[A-Za-z]+){1,3}")
_LETTERS = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class _Sentence:
    """What is the same for all figures of a sentence."""

    span: tuple[int, int]
    words: frozenset[str]
    cites: frozenset[int]
    days: tuple[Days, ...]
    sides: dict[tuple[int, int], frozenset[str]]
    named: tuple[list[str], list[str], bool]


class Context:
    """What is the same for all sentences of an answer.

    Attributes:
        names: How those that the results know may be called.
        branched: Whether a result tells of before and after a change.
        today: What "this year" is told from; None where it is not known.
    """

    def __init__(self, index: EvidenceIndex, today: date | None = None) -> None:
        self.names = Names(index)
        self.branched = any(each.branched for each in index.evidence)
        self.today = today


class _Reader:
    """Reads one text; holds what is looked at once per text or per sentence."""

    def __init__(self, text: str, figures: Sequence[Figure], context: Context, lead: str) -> None:
        self._text = text
        self._figures = figures
        self._lead = lead
        self._starts = [figure.start for figure in figures]
        self._sentences = Sentences(text)
        self._timed, self._at_time = _timed(text, figures, context.today)
        self._subjects = Subjects(self._sentences, figures, context.names)
        self._measures = measures_in(text)
        self._measures_at = [start for start, _, _ in self._measures]
        self._sides = sides_in(text)
        self._sides_at = [start for start, _, _ in self._sides]
        self._branched = context.branched
        self._read: dict[tuple[int, int], _Sentence] = {}

    def claims(self) -> list[Claim]:
        """The figures with what is said of them, in order."""
        claims = []
        currency, last = "", (0, 0)
        for place, figure in enumerate(self._figures):
            sentence = self._sentence(figure)
            if sentence.span != last:
                currency, last = "", sentence.span
            cell = self._sentences.cell(figure)
            read = figure if cell is None else _as_headed(figure, cell.header)
            if read.unit is Unit.MONEY:
                currency = read.currency
            elif read.unit is Unit.PLAIN and read.scaled:
                read = replace(read, currency=currency)  # "about 215 thousand dollars, of which 31 thousand is cash"
            claims.append(self._claim(place, figure, read, sentence, cell))
        return claims

    def _claim(self, place: int, figure: Figure, read: Figure, sentence: _Sentence, cell: Cell | None) -> Claim:
        words = sentence.words if cell is None else sentence.words | stems(cell.header)
        if figure.days is not None:
            return self._dated(figure, sentence, words)
        edge = "" if _EDGES.isdisjoint(words) else self._edge(figure, sentence.span[0])
        return Claim(
            figure=figure,
            read=read,
            sentence=sentence.span,
            subject=self._subjects.of(figure),
            words=words,
            measure=self._measure(figure, place, sentence.span) or self._measure_before(read, sentence.span),
            dating=self._dating(place, figure, sentence, edge),
            sides=self._said(figure, sentence, cell),
            edge=edge,
            others=self._others(place, figure, read, sentence, cell),
            header=cell.header if cell else "",
            joined=place > 0 and bool(_JOINED.fullmatch(self._text, self._figures[place - 1].end, figure.start)),
            branch=self._branch(figure, sentence.span[0], cell) if self._branched else "",
            nouns=self._nouns(figure),
            named=sentence.named,
            told=self._told(figure),
            cites=sentence.cites,
            days=sentence.days,
        )

    def _dated(self, figure: Figure, sentence: _Sentence, words: frozenset[str]) -> Claim:
        """A date: all that matters is whose it may be, and of what its sentence speaks."""
        return Claim(
            figure=figure,
            read=figure,
            sentence=sentence.span,
            subject=self._subjects.of(figure),
            words=words,
            measure="",
            dating=Dating(),
            branch="",
            nouns=(),
            named=sentence.named,
            cites=sentence.cites,
            days=sentence.days,
        )

    def _sentence(self, figure: Figure) -> _Sentence:
        span = self._sentences.around(figure.start, figure.end)
        if span not in self._read:
            text = self._text[slice(*span)]
            first, last = (bisect.bisect_left(self._starts, place) for place in span)
            marks = _CITATION.findall(text) if "[" in text else []
            self._read[span] = _Sentence(
                span,
                stems(text),
                frozenset(int(number) for mark in marks for number in mark.split(",")),
                tuple(other.days for other in self._figures[first:last] if other.days is not None),
                self._sides_of(span, self._figures[first:last]),
                self._subjects.named(*span),
            )
        return self._read[span]

    def _sides_of(self, span: tuple[int, int], figures: Sequence[Figure]) -> dict[tuple[int, int], frozenset[str]]:
        """The sides of opposites that the figures of a sentence are said to be of; empty where it names none."""
        low, high = (bisect.bisect_left(self._sides_at, place) for place in span)
        if low == high:
            return {}
        spans = [(figure.start, figure.end) for figure in figures if figure.days is None]
        return dict(zip(spans, sides_said(self._text, self._sides[low:high], spans), strict=True))

    def _said(self, figure: Figure, sentence: _Sentence, cell: Cell | None) -> frozenset[str]:
        """The sides of opposites that a figure is said to be of."""
        if cell is not None:
            return frozenset(side for _, _, side in sides_in(cell.header))
        if not sentence.sides or figure.days is not None:
            return frozenset()
        return sentence.sides[(figure.start, figure.end)]

    def _dating(self, place: int, figure: Figure, sentence: _Sentence, edge: str) -> Dating:
        if edge:  # "... $5 on 21 October and ended the month at $6": the month, not the day
            spans = [days for days in sentence.days if not days.is_day]
            if spans and len(spans) < len(sentence.days):
                return Dating((spans[-1],), firm=True)
        return dating(self._sentences, figure, self._timed, self._at_time[place])

    def _edge(self, figure: Figure, start: int) -> str:
        """Whether a figure is said to begin or to end a span."""
        if figure.unit not in (Unit.MONEY, Unit.PLAIN):
            return ""
        found = _EDGE.search(self._text, max(start, figure.start - 40), figure.start)
        return str(found.lastgroup) if found else ""

    def _others(
        self, place: int, figure: Figure, read: Figure, sentence: _Sentence, cell: Cell | None
    ) -> tuple[Figure, ...]:
        """Other units a bare number may have: that of its column, or of the figures it stands in line with."""
        if (
            read.unit is not Unit.PLAIN
            or read.scaled
            or figure.text[0].isalpha()
            or figure.text.endswith(("x", "\u00d7"))
        ):
            return ()
        if cell is not None:
            amount = _AMOUNT_HEADER.search(cell.header)
            return (replace(read, unit=Unit.MONEY, currency="", noun="", duration=False),) if amount else ()
        if not _ALONE.match(self._text, figure.end):
            return ()
        low, high = sentence.span
        line = [each for each in self._figures[max(0, place - 3) : place] if each.start >= low and each.days is None]
        following = self._figures[place + 1] if place + 1 < len(self._figures) else None
        if (
            following is not None
            and following.start < high
            and _JOIN.fullmatch(self._text, figure.end, following.start)
        ):
            line.append(following)
        like = next((each for each in reversed(line) if each.unit in (Unit.MONEY, Unit.PERCENT)), None)
        if like is None or like.scaled or like.text[0].isalpha():
            return ()
        if like.unit is Unit.MONEY:
            return (replace(read, unit=Unit.MONEY, currency=like.currency),)
        value, quantum = read.value / 100, read.quantum / 100
        return (replace(read, unit=Unit.PERCENT, value=value, quantum=quantum, points=like.points),)

    def _measure(self, figure: Figure, place: int, span: tuple[int, int]) -> str:
        """The measure a figure is said to be: named right after it, or before it with no other figure in between."""
        following = bisect.bisect_left(self._measures_at, figure.end)
        if following < len(self._measures):
            start, _, name = self._measures[following]
            if start < span[1] and _NEXT_TO.fullmatch(self._text, figure.end, start):
                return name
        others = self._figures[max(0, place - 3) : place]
        previous = max((other.end for other in others if other.unit is not Unit.DATE), default=0)
        low = max(previous, span[0])
        for at in range(following - 1, -1, -1):
            start, end, name = self._measures[at]
            if start < low:
                break
            if end <= figure.start:
                if ";" in self._text[end : figure.start]:
                    break
                if not (previous and _NEXT_TO.fullmatch(self._text, previous, start)):
                    return name
                # "20.7 % volatility against 20.3 %": what is set against it is of the same measure.
                return name if _AGAINST.fullmatch(self._text, end, figure.start) else ""
        return ""

    def _measure_before(self, figure: Figure, span: tuple[int, int]) -> str:
        """The measure a ratio's line is about, where its own sentence names none: "**Beta.** Yours is 0.93"."""
        if figure.unit is not Unit.PLAIN or figure.quantum == 1:
            return ""
        low = self._text.rfind("\n", 0, span[0]) + 1
        said = [each for each in self._measures if low <= each[0] < span[1]]
        if not said and not low:
            said = [(-1, 0, name) for _, _, name in measures_in(self._lead)]
        return said[-1][-1] if said and said[-1][0] < span[0] else ""

    def _branch(self, figure: Figure, start: int, cell: Cell | None) -> str:
        """Whether a figure is said of what was before a change or of what is after it; empty where nothing says."""
        if cell is not None:
            if _BEFORE_HEADER.search(cell.header):
                return "before"
            return "after" if _AFTER_HEADER.search(cell.header) else ""
        if beside := _BRANCH_BESIDE.match(self._text, figure.end):
            return str(beside.lastgroup)
        lead = self._text[start : figure.start]
        if _TO.search(lead) or _FROM.search(lead):
            return "after" if _TO.search(lead) else "before"
        after = max((match.start() for match in _AFTER.finditer(lead)), default=-1)
        before = max((match.start() for match in _BEFORE.finditer(lead)), default=-1)
        if after < 0 and (before < 0 or _PAUSE.search(lead, before)):
            return ""
        return "after" if after > before else "before"

    def _nouns(self, figure: Figure) -> tuple[str, ...]:
        """Stems of the next words after a bare number, which say what it counts."""
        if figure.unit is not Unit.PLAIN:
            return ()
        if noun := noun_after(self._text, figure.end):
            return (stem(noun),)
        following = _FOLLOWING.match(self._text, figure.end, figure.end + 48)
        return tuple(stem(word) for word in _LETTERS.findall(following[0])) if following else ()

    def _told(self, figure: Figure) -> str:
        """What kind of amount the words beside it say it is."""
        if figure.unit is not Unit.MONEY:
            return ""
        if _IN_DIVIDENDS.match(self._text, figure.end):
            return "dividends"
        lead = self._text[max(0, figure.start - 24) : figure.start]
        if _BOUGHT_FOR.search(lead):
            return "cost"
        if _EACH_AFTER.match(self._text, figure.end) or _EACH_BEFORE.search(lead):
            return "each"
        return "worth" if _WORTH.search(lead) else ""


def _timed(text: str, figures: Sequence[Figure], today: date | None) -> tuple[Sequence[Figure], Sequence[int]]:
    """The figures with phrases such as "this year" among them, which are none, and where the figures stand there."""
    zero = Decimal(0)
    phrases = (
        []
        if today is None
        else [
            Figure(start, end, text[start:end], Unit.DATE, zero, zero, days=days)
            for start, end, days in find_relative(text, today)
        ]
    )
    if not phrases:
        return figures, range(len(figures))
    both = sorted([*figures, *phrases], key=lambda figure: figure.start)
    places = {id(figure): place for place, figure in enumerate(both)}
    return both, [places[id(figure)] for figure in figures]


def read_claims(text: str, figures: Sequence[Figure], context: Context, lead: str = "") -> list[Claim]:
    """Read what a text says of its figures.

    Args:
        text: The text: whole sentences.
        figures: Its figures, in order.
        context: What the results know of, and the day.
        lead: What stands before the text on its first line.
    """
    return _Reader(text, figures, context, lead).claims()


def _as_headed(figure: Figure, header: str) -> Figure:
    """A bare number of a table, read in the unit its column is headed with."""
    if figure.unit is not Unit.PLAIN or not header:
        return figure
    if _PERCENT_HEADER.search(header):
        value, quantum = figure.value / 100, figure.quantum / 100
        return replace(figure, unit=Unit.PERCENT, value=value, quantum=quantum, noun="", duration=False)
    money = _CURRENCY_HEADER.search(header)
    if money:
        return replace(figure, unit=Unit.MONEY, currency=money[1] or _SYMBOLS[money[2]], noun="", duration=False)
    return figure
