"""What each page of a document is headed by, for the context of its passages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from stocktool_rag.domain.pages import PageText, title_of

_LOOKED_AT = 14  # lines of a page among which its heading is looked for
_RUNNING_SHARE = 0.3  # a first or last line on so many pages is printed on all of them and heads none
_MAX_HEADING = 90
_SECTION = re.compile(
    r"^(?:item\s+\d{1,2}[a-c]?\b|note\s+\d{1,2}\b|part\s+[ivx]+\b|chapter\s+\d+|article\s+\d+)", re.IGNORECASE
)
_CONTENTS = re.compile(r"\.{4,}|(?:\.\s){4,}")


def page_headings(pages: Sequence[PageText]) -> list[str]:
    """A line for each page: the section it stands in, if its document counts sections, and its own heading."""
    lines = [[line.strip() for line in page.text.split("\n") if line.strip()] for page in pages]
    running = _running(lines)
    section = ""
    headings = []
    for page, shown in zip(pages, lines, strict=True):
        own = [line for line in shown if _bare(line) not in running]
        opened = next((line for line in own if _SECTION.match(line) and _is_heading(line)), "")
        heading = page.title if _bare(page.title) not in running else ""
        if running or len(pages) > 2:
            heading = next((line for line in own[:_LOOKED_AT] if _is_heading(line)), "") or title_of("\n".join(own))
        parts = dict.fromkeys(part for part in (section if not opened else "", opened, heading) if part)
        headings.append(" · ".join(part[:_MAX_HEADING] for part in parts))
        section = opened or section
    return headings


def _running(pages: Sequence[Sequence[str]]) -> set[str]:
    """Lines that are printed at the top or foot of many pages, without their digits."""
    seen = Counter(bare for lines in pages for bare in {_bare(line) for line in (*lines[:2], *lines[-2:])})
    enough = max(3, len(pages) * _RUNNING_SHARE)
    return {bare for bare, count in seen.items() if count >= enough}


def _bare(line: str) -> str:
    return re.sub(r"[\W\d_]+", "", line.casefold())


def _is_heading(line: str) -> bool:
    letters = [character for character in line if character.isalpha()]
    if len(letters) < 4 or len(line) > _MAX_HEADING or line[-1] in ".,;:" or _CONTENTS.search(line):
        return False
    if len(letters) < 0.6 * len(line.replace(" ", "")):
        return False
    words = [word for word in re.findall(r"[^\W\d_]+", line) if len(word) > 3]
    capitals = sum(word[0].isupper() for word in words)
    return line.isupper() or bool(_SECTION.match(line)) or bool(words and capitals == len(words))
