"""Puts references in place of a document's words, wherever in a turn they stand.

Results of document tools are known to be words of documents. Elsewhere, in the answer above all, a run of characters
that stands in a passage alike is taken for a quote when it is long enough that no two writers hit upon it: 24
characters besides spaces, 15 in scripts without spaces. What is shorter is the answer's own prose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.references import Piece, Quoted, QuoteRef, stored

_GRAM = 8
_PLACES = 32  # of one gram; a passage that repeats itself must not make the search slow
_LONG, _LONG_WIDE = 24, 15
_WIDE = "\u2e80"
CONTEXT = 400
"""How many characters before a text are worth knowing, to see that a quote goes on in it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of a document, and where it begins in its passage or page."""

    document_id: str
    page: int
    chunk_id: str
    text: str
    begins: int = 0

    def ref(self, start: int, end: int) -> QuoteRef:
        """A reference to a stretch of it."""
        digest = hashlib.sha256(self.text[start:end].encode()).hexdigest()
        return QuoteRef(self.document_id, self.page, self.chunk_id, self.begins + start, self.begins + end, digest)


def passages_of(result: JsonObject) -> list[Passage]:
    """The passages of documents in a tool's result."""
    hits = result.get("hits")
    found = []
    for each in hits if isinstance(hits, list) else [result]:
        match each:
            case {"document_id": str() as document_id, "page": int() as page, "text": str() as text, **more} if (
                text and page > 0
            ):
                chunk_id = more.get("chunk_id")
                found.append(Passage(document_id, page, chunk_id if isinstance(chunk_id, str) else "", text))
            case _:
                continue
    return found


@dataclass(frozen=True, slots=True)
class Squeezed:
    """A text without its white space, and where its characters stood."""

    text: str
    places: Sequence[int]

    @classmethod
    def of(cls, text: str) -> Squeezed:
        """Squeeze a text."""
        places = [at for at, character in enumerate(text) if not character.isspace()]
        return cls("".join(text[at] for at in places), places)


@dataclass(frozen=True, slots=True)
class Known:
    """A passage made ready to be looked for. Takes some 10 ms for 100,000 characters."""

    passage: Passage
    squeezed: Squeezed
    grams: Mapping[str, Sequence[int]] = field(repr=False)

    @classmethod
    def of(cls, passage: Passage) -> Known:
        """Make one ready."""
        squeezed = Squeezed.of(passage.text)
        grams: dict[str, list[int]] = {}
        for at in range(0, len(squeezed.text) - _GRAM + 1, _GRAM):
            places = grams.setdefault(squeezed.text[at : at + _GRAM], [])
            if len(places) < _PLACES:
                places.append(at)
        return cls(passage, squeezed, grams)


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters `start` to `end` of a squeezed text, which stand at `at` of a passage."""

    known: Known
    start: int
    end: int
    at: int


class Sealer:
    """Seals what a turn stores; it learns passages as tools give them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, str, int, int], Known] = {}

    def know(self, passages: Sequence[Known]) -> None:
        """Take passages that what follows may quote."""
        for each in passages:
            passage = each.passage
            key = (passage.document_id, passage.page, passage.chunk_id, passage.begins, len(passage.text))
            self._known.setdefault(key, each)

    def sealed(self, value: Json) -> Json:
        """Any JSON with its strings sealed; `quote`, and `text` beside a document's id, however short they are."""
        if not self._known:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            of_document = "document_id" in value
            return {
                key: self.whole(each)
                if isinstance(each, str) and (key == "quote" or (key == "text" and of_document))
                else self.sealed(each)
                for key, each in value.items()
            }
        if isinstance(value, Sequence):
            return [self.sealed(each) for each in value]
        return value

    def object(self, value: JsonObject) -> JsonObject:
        """The same of an object."""
        sealed = self.sealed(value)
        assert isinstance(sealed, Mapping)
        return sealed

    def whole(self, text: str) -> Json:
        """A text that is taken from a passage, in whole or but for an ellipsis at its end."""
        core = text.removesuffix("…").rstrip()
        if core:
            for known in self._known.values():
                at = known.passage.text.find(core)
                if at >= 0:
                    ref = known.passage.ref(at, at + len(core))
                    return stored([Quoted(ref, spaced=False, length=len(core)), text[len(core) :]])
        return self.text(text)

    def text(self, text: str, before: str = "") -> Json:
        """A text with its quotes sealed.

        Args:
            text: What is to be stored.
            before: What it follows: a quote that began there goes on here, however short the rest.
        """
        if not self._known or len(text) + len(before) < _LONG_WIDE:
            return text
        before = before[-CONTEXT:]
        whole = before + text
        squeezed = Squeezed.of(whole)
        pieces: list[Piece] = []
        done = len(before)
        for run in self._runs(whole, squeezed):
            if squeezed.places[run.end - 1] < done:
                continue
            for start, piece in _pieces(whole, squeezed, run, done):
                pieces += [whole[done:start], piece]
                done = start + piece.length
        pieces.append(whole[done:])
        return stored(pieces)

    def _runs(self, whole: str, squeezed: Squeezed) -> Iterator[_Run]:
        at, done = 0, 0
        last = len(squeezed.text) - _GRAM
        while at <= last:
            run = self._longest(squeezed.text, at, done)
            if run is not None:
                run = _at_words(whole, squeezed, run)
            if run is None or not _is_long(squeezed.text, run):
                at += 1
                continue
            yield run
            at = done = run.end

    def _longest(self, text: str, at: int, done: int) -> _Run | None:
        gram = text[at : at + _GRAM]
        best: _Run | None = None
        for known in self._known.values():
            other = known.squeezed.text
            for place in known.grams.get(gram, ()):
                start, there = at, place
                while start > done and there > 0 and text[start - 1] == other[there - 1]:
                    start, there = start - 1, there - 1
                end, beyond = at + _GRAM, place + _GRAM
                while end < len(text) and beyond < len(other) and text[end] == other[beyond]:
                    end, beyond = end + 1, beyond + 1
                if best is None or end - start > best.end - best.start:
                    best = _Run(known, start, end, there)
        return best


def _is_long(text: str, run: _Run) -> bool:
    length = run.end - run.start
    return length >= _LONG or (length >= _LONG_WIDE and text[run.start] >= _WIDE)


def _at_words(whole: str, squeezed: Squeezed, run: _Run) -> _Run | None:
    """A run without the parts of words at its ends; one that reaches the end of the text may go on in the next."""
    start, end = run.start, run.end
    while start < end and _within_word(whole, squeezed.places[start]):
        start += 1
    while end > start and end < len(squeezed.text) and _within_word(whole, squeezed.places[end - 1] + 1):
        end -= 1
    return None if start == end else _Run(run.known, start, end, run.at + start - run.start)


def _within_word(text: str, at: int) -> bool:
    """Whether a word goes on at a place; scripts without spaces have none that does."""
    return 0 < at < len(text) and all(each.isalnum() and each < _WIDE for each in text[at - 1 : at + 1])


def _pieces(whole: str, squeezed: Squeezed, run: _Run, done: int) -> Iterator[tuple[int, Quoted]]:
    """References for a run from `done` on: one if its spaces are the passage's or single ones, else one a line."""
    passage, theirs = run.known.passage, run.known.squeezed.places
    first = next(at for at in range(run.start, run.end) if squeezed.places[at] >= done)
    from_, to = squeezed.places[first], squeezed.places[run.end - 1] + 1
    there, beyond = theirs[run.at + first - run.start], theirs[run.at + run.end - 1 - run.start] + 1
    mine, original = whole[from_:to], passage.text[there:beyond]
    if mine == original:
        yield from_, Quoted(passage.ref(there, beyond), spaced=False, length=len(mine))
    elif mine == " ".join(original.split()):
        yield from_, Quoted(passage.ref(there, beyond), spaced=True, length=len(mine))
    else:
        start = first
        for at in range(first + 1, run.end + 1):
            ends = at == run.end
            if (
                not ends
                and whole[squeezed.places[at - 1] : squeezed.places[at] + 1]
                == (passage.text[theirs[run.at + at - 1 - run.start] : theirs[run.at + at - run.start] + 1])
            ):
                continue
            begins, stops = squeezed.places[start], squeezed.places[at - 1] + 1
            there = theirs[run.at + start - run.start]
            yield begins, Quoted(passage.ref(there, there + stops - begins), spaced=False, length=stops - begins)
            start = at
