"""Pages: the unit of citation. PDFs have them; of other texts each heading opens one."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ATX_HEADING = re.compile(r"^(#{1,6}) +(.+?)(?: +#+)? *$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_MAX_TITLE = 120


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of one page.

    Attributes:
        number: From 1; for text without pages the ordinal of its heading.
        text: Everything on it, in reading order, lines separated by `\\n`.
        title: Its heading or first telling line, empty when there is none.
    """

    number: int
    text: str
    title: str = ""


def plain_pages(text: str) -> list[PageText]:
    """Split plain text at form feeds; without any it is one page."""
    return [PageText(number, part, title_of(part)) for number, part in enumerate(tidy(text).split("\f"), start=1)]


def markdown_pages(text: str) -> list[PageText]:
    """Split Markdown at its headings; what stands before the first one is a page of its own if it says anything."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    for line in tidy(text).replace("\f", "\n").split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        heading = None if fenced else _ATX_HEADING.match(line)
        if heading is None:
            sections[-1][1].append(line)
        else:
            sections.append((heading[2][:_MAX_TITLE], [line]))
    if len(sections) > 1 and not any(line.strip() for line in sections[0][1]):
        del sections[0]
    return [
        PageText(number, body, title or title_of(body))
        for number, (title, lines) in enumerate(sections, start=1)
        for body in ["\n".join(lines).strip("\n")]
    ]


def tidy(text: str) -> str:
    """Unify line ends and drop characters that cannot be shown, line by line; the words stay as they are."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\u00ad", "")
    return "".join(character for character in unified if character.isprintable() or character in "\n\t\f")


def title_of(text: str) -> str:
    """The first line that reads like words, at most 120 characters; empty when there is none."""
    for line in text.split("\n"):
        words = line.strip(" #*_\t")
        if sum(character.isalpha() for character in words) >= 3:
            return words[:_MAX_TITLE]
    return ""
