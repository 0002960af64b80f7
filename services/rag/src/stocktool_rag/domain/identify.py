"""What a file is, told by its bytes. The name decides only between forms of plain text, and convicts false PDFs."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from enum import StrEnum


class MediaType(StrEnum):
    """Kinds of files that can be read."""

    PDF = "application/pdf"
    WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    POWERPOINT = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    HTML = "text/html"
    MESSAGE = "message/rfc822"
    CSV = "text/csv"
    MARKDOWN = "text/markdown"
    TEXT = "text/plain"


class Unreadable(Exception):
    """The file cannot be taken; its text is the reason shown to the owner."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


READ = "PDF, Word, Excel, PowerPoint, HTML, e-mail, CSV, Markdown and plain text"
_PDF_HEADER_WITHIN = 1024  # readers accept bytes before the header, so do we
_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = {
    "word/document.xml": MediaType.WORD,
    "xl/workbook.xml": MediaType.EXCEL,
    "xl/workbook.bin": MediaType.EXCEL,
    "ppt/presentation.xml": MediaType.POWERPOINT,
}
_MAX_MEMBERS = 10_000
_MAX_UNPACKED = 400 << 20
_BOMB_RATIO, _BOMB_FROM = 100, 50 << 20  # prose packs ten to one; a bomb a thousand to one
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (_ZIP, "a zip archive or an Office document"),
    (b"PK\x05\x06", "an empty zip archive"),
    (_COMPOUND, "an old Office document"),
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
_CSV_NAME = re.compile(r"\.(csv|tsv)$", re.IGNORECASE)
_HTML_NAME = re.compile(r"\.x?html?$", re.IGNORECASE)
_HEAD = 4096
_HTML = re.compile(r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL)
_MESSAGE = re.compile(r"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+\r?\n")
_MESSAGE_HEADER = re.compile(r"^(From|To|Subject|Date|Received|MIME-Version|Message-ID):", re.MULTILINE | re.IGNORECASE)
_DELIMITERS = ",;\t|"
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
    if data.startswith(_ZIP):
        return _office(data)
    if data.startswith(_COMPOUND) and "EncryptedPackage".encode("utf-16-le") in data:
        raise Unreadable("the document is protected by a password")
    if kind is not None:
        raise Unreadable(f"the file is {kind}; {READ} are read")
    text = decode_text(data)
    if not text.strip():
        raise Unreadable("the file is empty")  # a byte order mark alone
    return _kind_of_text(text, name)


def _kind_of_text(text: str, name: str) -> MediaType:
    if _MESSAGE.match(text) and len(set(_MESSAGE_HEADER.findall(text[:_HEAD]))) > 1:
        return MediaType.MESSAGE
    if _HTML.search(text[:_HEAD]) or (_HTML_NAME.search(name) and "</" in text):
        return MediaType.HTML
    if _CSV_NAME.search(name) or (not _TEXT_NAME.search(name) and _is_table(text)):
        return MediaType.CSV
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
        raise Unreadable(f"the file is binary; {READ} are read")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in data)
    if controls > len(data) // 100:
        raise Unreadable(f"the file is binary; {READ} are read")
    return data.decode("cp1252", errors="replace")


def delimiter_of(text: str) -> str | None:
    """What parts the cells of a table in plain text; None when its first lines do not agree on anything."""
    lines = [line for line in text[:_HEAD].split("\n")[:20] if line.strip()]
    if len(text) > _HEAD:
        lines = lines[:-1]  # it may be cut
    for delimiter in sorted(_DELIMITERS, key=lambda each: -text[:_HEAD].count(each)):
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=delimiter)}
        except csv.Error:
            continue
        if len(widths) == 1 and widths.pop() > 1:
            return delimiter
    return None


def _is_table(text: str) -> bool:
    """Whether text without a telling name is a table: several lines of at least three cells each."""
    delimiter = delimiter_of(text)
    first = text.split("\n", 1)[0]
    return delimiter is not None and text.count("\n") >= 3 and first.count(delimiter) >= 2


def _office(data: bytes) -> MediaType:
    """Tell an Office file by its members; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable("the file starts like a zip archive or an Office document but is damaged") from error
    unpacked = sum(member.file_size for member in members)
    if (
        len(members) > _MAX_MEMBERS
        or unpacked > _MAX_UNPACKED
        or (unpacked > _BOMB_FROM and unpacked > _BOMB_RATIO * len(data))
    ):
        raise Unreadable("the file unpacks to far more than it is: it looks like a zip bomb")
    names = {member.filename for member in members}
    kind = next((kind for name, kind in _OFFICE.items() if name in names), None)
    if kind is None:
        raise Unreadable(f"the file is a zip archive; {READ} are read")
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable("the document is protected by a password")
    if any(name.rsplit("/", 1)[-1].lower() == "vbaproject.bin" for name in names):
        raise Unreadable("the document carries macros; save it without them and upload it again")
    return kind
