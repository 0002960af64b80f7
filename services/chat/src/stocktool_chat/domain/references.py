"""Words of documents as records keep them: by reference, so that they are gone with the document.

A text that holds such words is stored as `{"$words": [...]}`: its own words as they are, those of a document as
`{"$quote": {document_id, page, chunk_id, start, end, sha256}}`. Older records, whose texts are plain, stay readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from stocktool_chat.domain.json_types import Json, JsonObject

WORDS = "$words"
QUOTE = "$quote"


@dataclass(frozen=True, slots=True)
class QuoteRef:
    """Where words of a document stand, and which they were.

    Attributes:
        chunk_id: The passage they stand in, as rag names it; empty: the page.
        start: First character within the passage or page, in code points.
        end: The one after the last.
        sha256: Of these characters in UTF-8, in hex.
    """

    document_id: str
    page: int
    chunk_id: str
    start: int
    end: int
    sha256: str


class Fate(StrEnum):
    """What became of words that were referred to."""

    SHOWN = "shown"
    DELETED = "deleted"
    CHANGED = "changed"
    UNAVAILABLE = "unavailable"


PLACEHOLDERS = {
    Fate.DELETED: "[quote deleted with its document]",
    Fate.CHANGED: "[quote gone: the page reads otherwise now]",
    Fate.UNAVAILABLE: "[quote not available at the moment]",
}
_WORST = (Fate.DELETED, Fate.CHANGED, Fate.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Words:
    """What a reference gave; the text is empty unless it is shown."""

    fate: Fate
    text: str = ""


Found = Mapping[QuoteRef, Words]
_MISSING = Words(Fate.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A stretch of a stored text that is kept by reference.

    Attributes:
        spaced: Whether every run of white space in it was written as one space.
        length: Of the stretch as it was written, in code points.
    """

    ref: QuoteRef
    spaced: bool
    length: int

    def to_json(self) -> JsonObject:
        """As it is stored."""
        extra: JsonObject = {"spaced": True, "length": self.length} if self.spaced else {}
        return {QUOTE: asdict(self.ref), **extra}

    def text(self, words: Words) -> str:
        """Words that were found, as they were written here."""
        return " ".join(words.text.split()) if self.spaced else words.text


Piece = str | Quoted


def pieces_of(value: Json) -> list[Piece] | None:
    """The pieces of a stored text; None when it is none that holds references."""
    if not isinstance(value, Mapping) or set(value) != {WORDS}:
        return None
    parts = value[WORDS]
    if not isinstance(parts, list):
        return None
    pieces = [part if isinstance(part, str) else _quoted(part) for part in parts]
    return None if any(piece is None for piece in pieces) else [piece for piece in pieces if piece is not None]


def stored(pieces: Iterable[Piece]) -> Json:
    """Pieces as they are stored: plain text when none of them is a reference; texts beside each other become one."""
    parts: list[Json] = []
    for piece in pieces:
        if isinstance(piece, Quoted):
            parts.append(piece.to_json())
        elif parts and isinstance(parts[-1], str):
            parts[-1] += piece
        elif piece:
            parts.append(piece)
    if any(not isinstance(part, str) for part in parts):
        return {WORDS: parts}
    return "".join(part for part in parts if isinstance(part, str))


def concatenated(texts: Iterable[Json]) -> Json:
    """Stored texts one after the other, as one stored text."""
    return stored(piece for text in texts for piece in (pieces_of(text) or [text if isinstance(text, str) else ""]))


def own_words(text: Json) -> str:
    """A stored text without the words it keeps by reference."""
    pieces = pieces_of(text)
    if pieces is None:
        return text if isinstance(text, str) else ""
    return " ".join(piece for piece in pieces if isinstance(piece, str))


def refs_in(value: Json) -> Iterator[QuoteRef]:
    """All references within a stored value."""
    pieces = pieces_of(value)
    if pieces is not None:
        yield from (piece.ref for piece in pieces if isinstance(piece, Quoted))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from refs_in(each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from refs_in(each)


class Spans:
    """Where places of a text stand once some of its quotes became placeholders.

    Attributes:
        placeholder: What the text ends with, if that is one.
    """

    def __init__(self, start: int = 0) -> None:
        self.placeholder = ""
        self._gone: list[tuple[int, int, int, int]] = []  # [start, end) as written, and as shown
        self._written = self._shown = start

    @property
    def written(self) -> int:
        """How long the text was as it was written, up to here."""
        return self._written

    def take(self, written: int, shown: int, *, gone: bool) -> None:
        """Go on by a piece of these lengths."""
        if gone:
            self._gone.append((self._written, self._written + written, self._shown, self._shown + shown))
        self._written += written
        self._shown += shown

    def moved(self, start: int, end: int) -> tuple[int, int]:
        """A span as shown; one within a quote that is gone is that of its placeholder."""
        return self._place(start, last=False), self._place(end, last=True)

    def _place(self, at: int, *, last: bool) -> int:
        shift = 0
        for start, end, new_start, new_end in self._gone:
            if at < start or (at == start and last):
                break
            if at < end or (at == end and last):
                return new_end if last else new_start
            shift = new_end - end
        return at + shift


def length_of(text: Json) -> int:
    """How long a stored text was as it was written, in code points."""
    pieces = pieces_of(text)
    if pieces is None:
        return len(text) if isinstance(text, str) else 0
    return sum(len(piece) if isinstance(piece, str) else piece.length for piece in pieces)


def filled_text(text: Json, found: Found, spans: Spans | None = None) -> str:
    """A stored text with its words, or with a placeholder where they are gone.

    Args:
        text: As stored.
        found: What the references gave; those that are not there are not available.
        spans: Takes how places move.
    """
    pieces = pieces_of(text)
    if pieces is None:
        plain = text if isinstance(text, str) else ""
        pieces = [plain]
    shown: list[str] = []
    spans = Spans() if spans is None else spans
    for piece in pieces:
        if isinstance(piece, str):
            said, written, gone = piece, len(piece), False
        else:
            words = found.get(piece.ref, _MISSING)
            gone, written = words.fate is not Fate.SHOWN, piece.length
            said = PLACEHOLDERS[words.fate] if gone else piece.text(words)
        if gone and said == spans.placeholder:
            said = ""  # one quote that was written on several lines, or in several batches, is one placeholder
        elif gone or said.strip():
            spans.placeholder = said if gone else ""
        spans.take(written, len(said), gone=gone)
        shown.append(said)
    return "".join(shown)


def fate_of(text: Json, found: Found) -> Fate:
    """The worst that became of the words of a text."""
    fates = {found.get(ref, _MISSING).fate for ref in refs_in(text)}
    return next((fate for fate in _WORST if fate in fates), Fate.SHOWN)


def filled(value: Json, found: Found) -> Json:
    """A stored value with its words. A `quote` that is gone is empty, and its object says so under `state`."""
    if pieces_of(value) is not None:
        return filled_text(value, found)
    if isinstance(value, Mapping):
        plain: dict[str, Json] = {key: filled(each, found) for key, each in value.items()}
        if (fate := fate_of(value.get("quote"), found)) is not Fate.SHOWN:
            plain |= {"quote": "", "state": fate.value}
        return plain
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [filled(each, found) for each in value]
    return value


def filled_object(value: JsonObject, found: Found) -> JsonObject:
    """The same of an object."""
    plain = filled(value, found)
    assert isinstance(plain, Mapping)
    return plain


def filled_summary(summary: JsonObject, found: Found) -> JsonObject:
    """A turn's fold with its words; the spans of receipts and quotations follow its text."""
    if not any(True for _ in refs_in(summary)):
        return summary
    spans = Spans()
    text = filled_text(summary.get("text"), found, spans)
    rest = filled_object({key: value for key, value in summary.items() if key != "text"}, found)
    moved = {name: [with_spans(each, spans) for each in _list(rest.get(name))] for name in ("receipts", "citations")}
    return {**rest, "text": text, **moved}


def with_spans(entry: Json, spans: Spans) -> Json:
    """A receipt or citation whose spans follow a text."""
    if not isinstance(entry, Mapping):
        return entry
    moved: dict[str, Json] = dict(entry)
    if "span" in entry:
        moved["span"] = _moved(entry["span"], spans)
    if "quotations" in entry:
        moved["quotations"] = [with_spans(each, spans) for each in _list(entry["quotations"])]
    return moved


def _moved(span: Json, spans: Spans) -> Json:
    match span:
        case [int() as start, int() as end]:
            return list(spans.moved(start, end))
        case _:
            return span


def _list(value: Json) -> Sequence[Json]:
    return value if isinstance(value, list) else []


def _quoted(part: Json) -> Quoted | None:
    """Read a reference; None for what only looks like one."""
    if not isinstance(part, Mapping) or not isinstance(part.get(QUOTE), Mapping):
        return None
    match part[QUOTE]:
        case {
            "document_id": str() as document_id,
            "page": int() as page,
            "chunk_id": str() as chunk_id,
            "start": int() as start,
            "end": int() as end,
            "sha256": str() as sha256,
        } if 0 <= start < end and page > 0:
            spaced, length = part.get("spaced") is True, part.get("length")
            ref = QuoteRef(document_id, page, chunk_id, start, end, sha256)
            return Quoted(ref, spaced, length if spaced and isinstance(length, int) else end - start)
        case _:
            return None
