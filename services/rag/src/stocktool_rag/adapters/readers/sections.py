"""Pages of files that have none: headings open them, or so many rows make one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stocktool_rag.domain.pages import PageText, tidy, title_of

_ROWS = 40
_MAX_TITLE = 120


class Sections:
    """Collects lines; each heading opens a page."""

    def __init__(self) -> None:
        self._sections: list[tuple[str, list[str]]] = [("", [])]

    def heading(self, text: str) -> None:
        """Open a page."""
        title = " ".join(text.split())
        self._sections.append((title, [title]))

    def line(self, text: str) -> None:
        """Add to the open page."""
        self._sections[-1][1].append(text)

    def pages(self) -> Iterator[PageText]:
        """The pages; what stands before the first heading is one if it says anything."""
        sections = self._sections
        if len(sections) > 1 and not any(line.strip() for line in sections[0][1]):
            sections = sections[1:]
        for number, (title, lines) in enumerate(sections, start=1):
            text = tidy("\n".join(lines)).replace("\f", "\n").strip("\n")
            yield PageText(number, text, (tidy(title) or title_of(text))[:_MAX_TITLE])


def table_pages(rows: Sequence[Sequence[str]], name: str, *, first: int = 1) -> Iterator[PageText]:
    """Pages of 40 rows, each headed by the table's first row; empty rows are left out.

    Args:
        rows: Cells as text.
        name: What the table is called.
        first: Number of the first page.
    """
    lines = [" | ".join(" ".join(cell.split()) for cell in row).strip(" |") for row in rows]
    lines = [tidy(line).replace("\f", " ") for line in lines if line]
    if not lines:
        return
    head, body = lines[0], lines[1:]
    for number, at in enumerate(range(0, max(len(body), 1), _ROWS), start=first):
        yield PageText(number, "\n".join([head, *body[at : at + _ROWS]]), (name or title_of(head))[:_MAX_TITLE])
