"""Chunks: passages small enough for the embedder, each within one page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.headings import page_headings
from stocktool_rag.domain.pages import PageText

CHUNKER_VERSION = "lines-2"
TARGET_CHARACTERS = 900
_EARLY_BREAK = 600  # past this a blank line ends the chunk: a paragraph's end is a better cut than a full measure
_SMALL_TAIL = 200  # a rest shorter than this joins the chunk before it
_MAX_CONTEXT = 200
_ORDINAL = re.compile(r"[1-9]\d{0,5}", re.ASCII)
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage.

    Attributes:
        id: `<document>.<page>.<ordinal>`; the same bytes give the same ids.
        document_id: Document it stands in.
        page: Page it stands on, from 1.
        text: The passage as displayed.
        context: What the document is and what heads the page; embedded before the text, never displayed.
    """

    id: str
    document_id: DocumentId
    page: int
    text: str
    context: str

    @property
    def embedded_text(self) -> str:
        """What the embedder gets: a passage alone rarely says what it is about."""
        return f"{self.context}\n{self.text}" if self.context else self.text


def chunk_pages(document_id: DocumentId, header: str, pages: Sequence[PageText]) -> list[Chunk]:
    """Cut pages into chunks of some 900 characters on their lines, in reading order.

    Args:
        document_id: The document.
        header: What it is, in one line.
        pages: Its pages.
    """
    headings = page_headings(pages)
    return [
        Chunk(f"{document_id}.{page.number}.{ordinal}", document_id, page.number, text, _context(header, heading))
        for page, heading in zip(pages, headings, strict=True)
        for ordinal, text in enumerate(passages(page.text), start=1)
    ]


def passage(page_text: str, chunk_id: str) -> str | None:
    """The passage of a page that goes by an id; None when the page has none by it (any more)."""
    ordinal = chunk_id.rpartition(".")[2]
    cut = passages(page_text)
    return cut[int(ordinal) - 1] if _ORDINAL.fullmatch(ordinal) and int(ordinal) <= len(cut) else None


def passages(text: str) -> list[str]:
    """Cut one page; the same text gives the same passages."""
    cut: list[str] = []
    lines: list[str] = []
    size = 0
    for line in _short_lines(text):
        if lines and (size + _extent(line) > TARGET_CHARACTERS or (not line and size >= _EARLY_BREAK)):
            cut.append("\n".join(lines))
            lines, size = [], 0
        if line or (lines and lines[-1]):
            lines.append(line)
            size += _extent(line) + 1
    if any(lines):
        cut.append("\n".join(lines))
    cut = [each.strip() for each in cut if each.strip()]
    if len(cut) > 1 and len(cut[-1]) < _SMALL_TAIL:
        tail = cut.pop()
        cut[-1] = f"{cut[-1]}\n{tail}"
    return cut


def _extent(line: str) -> int:
    """Length of a line as the embedder feels it: a figure is as many tokens as a word of twice its length."""
    return len(line) + sum(character.isdigit() for character in line)


def _short_lines(text: str) -> Iterator[str]:
    """The lines of a page, right-stripped, none longer than a chunk: long ones are cut after sentences, then words."""
    for line in text.split("\n"):
        rest = line.rstrip()
        if len(rest) <= TARGET_CHARACTERS:
            yield rest
            continue
        piece = ""
        for sentence in _SENTENCE_END.split(rest):
            if piece and len(piece) + 1 + len(sentence) > TARGET_CHARACTERS:
                yield piece
                piece = ""
            piece = f"{piece} {sentence}" if piece else sentence
            while len(piece) > TARGET_CHARACTERS:
                cut = piece.rfind(" ", 1, TARGET_CHARACTERS) + 1 or TARGET_CHARACTERS
                yield piece[:cut].rstrip()
                piece = piece[cut:].lstrip()
        if piece:
            yield piece


def _context(header: str, heading: str) -> str:
    parts = [part for part in (header.strip(), heading.strip()) if part]
    return " · ".join(dict.fromkeys(parts))[:_MAX_CONTEXT]
