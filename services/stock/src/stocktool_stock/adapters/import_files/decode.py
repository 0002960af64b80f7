"""From bytes to text: marks of UTF-8 and UTF-16, then UTF-8, then what the bytes look like."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from stocktool_stock.domain.imports.options import MAX_BYTES, unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 200_000
_OTHERS = ["cp1250", "cp1251", "cp932", "gb18030", "big5"]
# Most spreadsheets of the West write cp1252, and on the few bytes outside ASCII of a table detection by frequency is a
# lottery. Read so, other encodings show signs within words (op³ata) or words of nothing but accents.
_NOT_WESTERN = re.compile("[A-Za-z][\u00a1-\u00bf\u00d7\u00f7][A-Za-z]|[\u00c0-\u00ff]{4}|\ufffd")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def decode(content: bytes) -> tuple[str, str]:
    """Text and name of its encoding.

    Raises:
        UnreadableFile: Too large, or no text.
    """
    if len(content) > MAX_BYTES:
        raise unreadable(f"has more than {MAX_BYTES // 1_000_000} MB")
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _decoded(content, name)
    wide = _unmarked_utf16(content)
    if wide:
        return _decoded(content, wide)
    if len(_CONTROLS.findall(content[:_SAMPLE])) > 2:
        raise unreadable("is no text: export it as CSV, JSON, OFX or QIF, not as a spreadsheet, PDF or archive")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    sample = _around_the_unusual(content)
    if not _NOT_WESTERN.search(sample.decode("cp1252", "replace")):
        return _decoded(content, "cp1252")
    best = from_bytes(sample, cp_isolation=_OTHERS).best()
    return _decoded(content, "cp1252" if best is None else best.encoding)


def _around_the_unusual(content: bytes) -> bytes:
    """A sample that has bytes outside ASCII in it, since only these tell encodings apart."""
    lines = [line for line in content[: 20 * _SAMPLE].splitlines() if not line.isascii()]
    return b"\n".join(lines)[:_SAMPLE] or content[:_SAMPLE]


def _unmarked_utf16(content: bytes) -> str:
    """UTF-16 without its mark: every other byte of a table in Latin letters is nought."""
    sample = content[:2000]
    if len(sample) < 4 or len(sample) % 2:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 * half and odd < 0.1 * half else ""


def _decoded(content: bytes, name: str) -> tuple[str, str]:
    try:
        return content.decode(name), name.removesuffix("-sig")
    except UnicodeDecodeError as error:
        raise unreadable(f"is no {name} text from byte {error.start} on") from error
