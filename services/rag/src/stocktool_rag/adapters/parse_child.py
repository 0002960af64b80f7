"""The program that reads one document's pages and nothing else, in a process of its own.

`python -I -m stocktool_rag.adapters.parse_child <name> <memory bytes> <cpu seconds> <max pages> <max characters>`
with the document on standard input. Writes JSON lines: the media type, then the pages, then the end; or an error. It
inherits no environment, so a document that takes it over finds no credentials; its limits cost one document, never the
worker.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterable, Iterator

from stocktool_rag.adapters.readers import office, web
from stocktool_rag.domain.identify import MediaType, Unreadable, decode_text, identify
from stocktool_rag.domain.pages import PageText, markdown_pages, plain_pages, tidy, title_of

_READERS: dict[MediaType, Callable[[bytes], Iterable[PageText]]] = {
    MediaType.WORD: office.word_pages,
    MediaType.EXCEL: office.sheet_pages,
    MediaType.POWERPOINT: office.slide_pages,
    MediaType.HTML: web.html_pages,
    MediaType.MESSAGE: web.message_pages,
    MediaType.CSV: web.csv_pages,
    MediaType.MARKDOWN: lambda data: markdown_pages(decode_text(data)),
    MediaType.TEXT: lambda data: plain_pages(decode_text(data)),
}
_PASSWORD_NEEDED = 4  # FPDF_ERR_PASSWORD


def main(arguments: list[str]) -> int:
    """Read the document; the exit status is 0 also for one that cannot be read, since that is an answer."""
    name, memory, cpu, max_pages, max_characters = arguments[0], *map(int, arguments[1:5])
    _limit(memory, cpu)
    data = sys.stdin.buffer.read()
    try:
        media_type = identify(data, name)
        _write(media_type=media_type.value)
        count = _write_pages(media_type, data, max_pages, max_characters)
    except Unreadable as error:
        _write(error=error.reason)
    except MemoryError:
        _write(error="the document needs more memory to be read than is allowed")
    else:
        _write(end=count)
    sys.stdout.flush()
    return 0


def _write_pages(media_type: MediaType, data: bytes, max_pages: int, max_characters: int) -> int:
    count = characters = 0
    said_something = False
    for page in _pages(media_type, data, max_pages):
        count += 1
        characters += len(page.text)
        said_something = said_something or bool(page.text.strip())
        if count > max_pages:
            raise Unreadable(f"the document has more than {max_pages} pages or headings")
        if characters > max_characters:
            raise Unreadable(f"the document has more than {max_characters} characters of text")
        _write(page=page.number, text=page.text, title=page.title)
    if not said_something:
        raise Unreadable("the document has no text; scanned pages are not read")
    return count


def _pages(media_type: MediaType, data: bytes, max_pages: int) -> Iterable[PageText]:
    if media_type is MediaType.PDF:
        return _pdf_pages(data, max_pages)
    return _READERS[media_type](data)


def _pdf_pages(data: bytes, max_pages: int) -> Iterator[PageText]:
    import pypdfium2 as pdfium  # type: ignore[import-untyped]  # noqa: PLC0415 - plain text needs none of it

    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD_NEEDED:
            raise Unreadable("the PDF is protected by a password") from error
        raise Unreadable("the file says it is a PDF but cannot be read as one: it is damaged or not a PDF") from error
    if len(document) == 0:
        raise Unreadable("the PDF has no pages")
    if len(document) > max_pages:
        raise Unreadable(f"the document has more than {max_pages} pages")
    for number in range(1, len(document) + 1):
        try:
            page = document[number - 1]
            content = page.get_textpage()
            text = tidy(content.get_text_bounded())
            content.close()
            page.close()
        except pdfium.PdfiumError:
            text = ""  # one damaged page does not cost the others, and keeps its number
        yield PageText(number, text.replace("\f", "\n"), title_of(text))


def _limit(memory: int, cpu: int) -> None:
    for what, amount in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(what, (amount, amount))
        except (ValueError, OSError):
            continue  # macOS refuses some of them; the parent's own time limit holds everywhere


def _write(**line: object) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
