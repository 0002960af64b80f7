"""What a file is, told by its bytes. The name decides only between forms of plain text, and convicts false PDFs."""

from __future__ import annotations

import re
from enum import StrEnum


class MediaType(StrEnum):
    """Kinds of files that can be read."""

    PDF = "application/pdf"
    MARKDOWN = "text/markdown"
    TEXT = "text/plain"


class Unreadable(Exception):
    """The file cannot be taken; its text is the reason shown to the owner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_PDF_HEADER_WITHIN = 1024  # readers accept bytes before the header, so do we
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"{\\rtf", "an RTF document"),
)
_MARKDOWN_NAME = re.compile(r"\.(md|markdown)$", re.IGNORECASE)
_TEXT_NAME = re.compile(r"\.(txt|text|log)$", re.IGNORECASE)
_PDF_NAME = re.compile(r"\.pdf$", re.IGNORECASE)
_HEADING = re.compile(r"^#{1,6} \S", re.MULTILINE)


def identify(data: bytes, name: str) -> MediaType:
    """Tell what the bytes are.

    Raises:
        Unreadable: They are empty, of a kind that is not read, or not the PDF their name promises.
    """
    if not data.strip():
        raise Unreadable("the file is empty")
    if b"%PDF-" in data[:_PDF_HEADER_WITHIN]:
        return MediaType.PDF
    kind = next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
    if _PDF_NAME.search(name):
        raise Unreadable(f"the file is named .pdf but is not a PDF: it is {kind or 'something else'}")
    if kind is not None:
        raise Unreadable(f"the file is {kind}; only PDF, Markdown and plain text are read")
    text = decode_text(data)
    if not text.strip():
        raise Unreadable("the file is empty")  # a byte order mark alone
    if _MARKDOWN_NAME.search(name) or (not _TEXT_NAME.search(name) and _HEADING.search(text)):
        return MediaType.MARKDOWN
    return MediaType.TEXT


def decode_text(data: bytes) -> str:
    """Read bytes as text: UTF-8, UTF-16 with its mark, else Windows-1252.

    Raises:
        Unreadable: They are no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise Unreadable("the file starts like UTF-16 text but is damaged") from error
    if b"\x00" in data:
        raise Unreadable("the file is binary; only PDF, Markdown and plain text are read")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in data)
    if controls > len(data) // 100:
        raise Unreadable("the file is binary; only PDF, Markdown and plain text are read")
    return data.decode("cp1252", errors="replace")
