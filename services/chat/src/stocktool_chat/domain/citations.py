"""Citations: which passages of documents an answer refers to as [1], [2], ..."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stocktool_chat.domain.json_types import Json, JsonObject

_MARK = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_QUOTE_LENGTH = 500
_QUOTATION = re.compile(
    r'"(?P<a>[^"\n]{12,1000})"|\u201c(?P<b>[^\u201c\u201d]{12,1000})\u201d|\u300c(?P<c>[^\u300c\u300d]{4,1000})\u300d'
    r"|(?P<d>(?:^>[^\n]*(?:\n|\Z))+)",
    re.MULTILINE,
)
_PARAGRAPH = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Citation:
    """One passage and the number it goes by."""

    index: int
    document_id: str
    page: int | None
    quote: str


@dataclass(frozen=True, slots=True)
class PageQuote:
    """Words that are said to stand on a page."""

    document_id: str
    page: int
    text: str


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words the answer itself puts between quotation marks, or sets off, with the number of their source.

    Attributes:
        start: First character of the words in the text, in code points.
        end: The one after the last.
        text: The words, without the marks of a set-off block.
        index: The citation.
    """

    start: int
    end: int
    text: str
    index: int


def passages(results: Mapping[str, JsonObject]) -> Iterator[Citation]:
    """Passages of document tools, numbered as `number_passages` wrote them into the results."""
    for result in results.values():
        hits = result.get("hits")
        candidates = hits if isinstance(hits, list) else [result] if "page" in result else []
        for hit in candidates:
            found = _passage(hit)
            if found is not None:
                yield found


def number_passages(result: JsonObject, first: int) -> tuple[JsonObject, int]:
    """Write `citation` numbers into a document tool's result, from `first` on; answers the next free number.

    Numbers are given by us, across all calls of a turn, so that [2] means one passage only.
    """
    hits = result.get("hits")
    if isinstance(hits, list):
        numbered: list[Json] = []
        for hit in hits:
            numbered.append({"citation": first, **hit} if isinstance(hit, Mapping) else hit)
            first += 1
        return {**result, "hits": numbered}, first
    if "document_id" in result and "text" in result:
        return {"citation": first, **result}, first + 1
    return result, first


def without_chunk_ids(result: JsonObject) -> JsonObject:
    """A result as the model sees it: how rag names its passages is ours to know, and takes tokens."""
    hits = result.get("hits")
    if not isinstance(hits, list):
        return result
    kept = [
        {key: value for key, value in hit.items() if key != "chunk_id"} if isinstance(hit, Mapping) else hit
        for hit in hits
    ]
    return {**result, "hits": kept}


def cited(text: str, results: Mapping[str, JsonObject]) -> list[Citation]:
    """The passages a text refers to, in the order of its first mention; numbers nobody gave are passed over."""
    known = {passage.index: passage for passage in passages(results)}
    order: dict[int, Citation] = {}
    for match in _MARK.finditer(text):
        for number in match.group(1).split(","):
            index = int(number)
            if index in known:
                order.setdefault(index, known[index])
    return list(order.values())


def quotations(text: str, known: Sequence[Citation]) -> list[Quotation]:
    """The words an answer quotes, each with the citation it is nearest to.

    That is the next one after it in its paragraph, else the last one before it there. A block that is set off may name
    its source in the paragraph below it, or in that above. Words without a citation near them are nobody's quote.
    """
    indexes = {citation.index for citation in known}
    marks = [
        (match.start(), int(number))
        for match in _MARK.finditer(text)
        for number in match.group(1).split(",")
        if int(number) in indexes
    ]
    found = []
    breaks = [0, *(match.end() for match in _PARAGRAPH.finditer(text)), len(text)]
    for match in _QUOTATION.finditer(text) if marks else ():
        start, end = match.span(match.lastgroup or 0)
        number = bisect.bisect_right(breaks, start) - 1
        index = _next_to(match.start(), match.end(), _within(marks, breaks, number))
        if index is None and match["d"]:
            below, above = _within(marks, breaks, number + 1), _within(marks, breaks, number - 1)
            index = below[0][1] if below else above[-1][1] if above else None
        if index is not None:
            words = "\n".join(line.lstrip("> ") for line in text[start:end].splitlines()).strip()
            found.append(Quotation(start, end, words, index))
    return found


def _within(marks: Sequence[tuple[int, int]], breaks: Sequence[int], number: int) -> list[tuple[int, int]]:
    """The marks of one paragraph."""
    if not 0 <= number < len(breaks) - 1:
        return []
    return [mark for mark in marks if breaks[number] <= mark[0] < breaks[number + 1]]


def _next_to(start: int, end: int, marks: Sequence[tuple[int, int]]) -> int | None:
    after = [index for at, index in marks if at >= end]
    before = [index for at, index in marks if at < start]
    return after[0] if after else before[-1] if before else None


def _passage(hit: Json) -> Citation | None:
    if not isinstance(hit, Mapping):
        return None
    index, document_id, page, text = (hit.get(key) for key in ("citation", "document_id", "page", "text"))
    if not isinstance(index, int) or not isinstance(document_id, str) or not isinstance(text, str):
        return None
    quote = text if len(text) <= _QUOTE_LENGTH else text[: _QUOTE_LENGTH - 1].rstrip() + "…"
    return Citation(index, document_id, page if isinstance(page, int) and page > 0 else None, quote)
