"""Citations: which passages of documents an answer refers to as [1], [2], ..."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stocktool_chat.domain.json_types import Json, JsonObject

_MARK = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_QUOTE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Citation:
    """One passage and the number it goes by."""

    index: int
    document_id: str
    page: int | None
    quote: str


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


def _passage(hit: Json) -> Citation | None:
    if not isinstance(hit, Mapping):
        return None
    index, document_id, page, text = (hit.get(key) for key in ("citation", "document_id", "page", "text"))
    if not isinstance(index, int) or not isinstance(document_id, str) or not isinstance(text, str):
        return None
    quote = text if len(text) <= _QUOTE_LENGTH else text[: _QUOTE_LENGTH - 1].rstrip() + "…"
    return Citation(index, document_id, page if isinstance(page, int) and page > 0 else None, quote)
