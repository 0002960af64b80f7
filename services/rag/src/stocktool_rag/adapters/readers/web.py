"""HTML pages, messages and tables of plain text."""

from __future__ import annotations

import csv
import email
import email.policy
import io
from collections.abc import Iterator
from email.message import EmailMessage

from stocktool_rag.adapters.readers.sections import Sections, table_pages
from stocktool_rag.domain.identify import Unreadable, decode_text, delimiter_of
from stocktool_rag.domain.pages import PageText, tidy

_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "head", "iframe", "object"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "section",
        "article",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "br",
        "hr",
        "blockquote",
        "pre",
        "dl",
        "dt",
        "dd",
    }
    | {"header", "footer", "main", "aside", "nav", "form", "figure", "figcaption", "address", "details", "summary"}
)
_SHOWN_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MAX_DEPTH = 200


def html_pages(data: bytes) -> Iterator[PageText]:
    """Each heading of an HTML file opens a page; rows of tables stay lines."""
    yield from _html_sections(decode_text(data)).pages()


def message_pages(data: bytes) -> Iterator[PageText]:
    """A message as one page: who, when, about what, its text, and the names of what is attached."""
    message = email.message_from_bytes(data, _class=EmailMessage, policy=email.policy.default)
    try:
        lines = [f"{name}: {message[name]}" for name in _SHOWN_HEADERS if message[name]]
        subject = str(message["Subject"] or "")
        body = message.get_body(preferencelist=("plain", "html"))
        text = "" if body is None else str(body.get_content())
        if body is not None and body.get_content_subtype() == "html":
            text = "\n".join(page.text for page in _html_sections(text).pages())
        attached = [part.get_filename() or "without a name" for part in message.iter_attachments()]
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise Unreadable("the file looks like an e-mail message but is damaged") from error
    if attached:
        lines.append(f"Attached, not read: {', '.join(attached)}")
    yield PageText(1, tidy("\n".join([*lines, "", text])).replace("\f", "\n"), tidy(subject)[:120])


def csv_pages(data: bytes) -> Iterator[PageText]:
    """Pages of some rows each, each with the first row of all."""
    text = decode_text(data)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text) or ","))
    except csv.Error as error:
        raise Unreadable(f"the table cannot be read: {error}") from error
    yield from table_pages(rows, "")


def _html_sections(text: str) -> Sections:
    from selectolax.lexbor import LexborHTMLParser, LexborNode  # noqa: PLC0415

    sections = Sections()
    words: list[str] = []

    def flush() -> None:
        line = " ".join("".join(words).split())
        words.clear()
        if line:
            sections.line(line.removesuffix(" |"))

    def walk(node: LexborNode, depth: int) -> None:
        tag = node.tag
        if tag == "-text":
            words.append(node.text_content or "")
            return
        if tag is None or tag in _SILENT or tag.startswith(("-", "!")):
            return
        if tag in _HEADINGS:
            flush()
            if title := node.text(separator=" ").strip():
                sections.heading(title)
            return
        if depth > _MAX_DEPTH:
            words.append(node.text(separator=" "))
            return
        breaks = tag in _BLOCKS
        if breaks:
            flush()
        for child in node.iter(include_text=True):
            walk(child, depth + 1)
        if tag in {"td", "th"}:
            words.append(" | ")
        if breaks:
            flush()

    root = LexborHTMLParser(text).root
    if root is not None:
        walk(root, 0)
    flush()
    return sections
