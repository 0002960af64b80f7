"""One order out of what the indexes found: nearness, words, what a document is, and how much of a page fits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.ranking import Hit

# Among documents that are meant all is about the same, and words tell the pages apart; over everything, nearness of
# meaning is safer, and a word shared by chance must not lift a page far (measured by `make eval-rag`).
LEXICAL_WEIGHT = 0.22  # where documents are meant: of the best match, on the scale of cosines
OPEN_LEXICAL_WEIGHT = 0.3  # elsewhere: of a match beyond all bounds
_HALF_MATCH = 20.0  # BM25 score that is worth half of that
PAGE_WEIGHT = 0.25  # of what a page's second passage has above the last candidate
REPETITION = 0.9  # a further passage of a page counts so much of itself: five pages say more than one page five times
_SAME = 0.9  # share of common words from which passages with the same figures say the same
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a score is made of; they add up to it but for repetition.

    Attributes:
        dense: Cosine of the angle between question and passage.
        lexical: Common words, 0 to `OPEN_LEXICAL_WEIGHT`.
        boost: What the document's profile speaks for it.
        page: What other passages of its page speak for it.
    """

    dense: float
    lexical: float
    boost: float
    page: float = 0.0

    @property
    def total(self) -> float:
        """Their sum."""
        return self.dense + self.lexical + self.boost + self.page


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage with its place's reasons; `score` falls from one to the next."""

    hit: Hit
    score: float
    parts: Parts


def fuse(
    dense: Iterable[Hit], lexical: Iterable[Hit], boosts: Mapping[DocumentId, float], *, located: bool = False
) -> list[Ranked]:
    """Put candidates into one order, best first; each passage once.

    A passage that only its words have found was not among the nearest, so it counts as near as the last of those.

    Args:
        dense: Candidates by vectors; scores are cosines.
        lexical: Candidates by words; scores are BM25, comparable among each other.
        boosts: What profiles speak for documents.
        located: Whether the question is about documents it names.
    """
    hits: dict[str, Hit] = {}
    cosines: dict[str, float] = {}
    words: dict[str, float] = {}
    for hit in dense:
        hits.setdefault(hit.chunk_id, hit)
        cosines[hit.chunk_id] = max(hit.score, cosines.get(hit.chunk_id, -1.0))
    for hit in lexical:
        hits.setdefault(hit.chunk_id, hit)
        words[hit.chunk_id] = max(hit.score, words.get(hit.chunk_id, 0.0))
    floor = min(cosines.values(), default=0.0)
    best = max(words.values(), default=0.0) or 1.0

    def by_words(chunk_id: str) -> float:
        score = words.get(chunk_id, 0.0)
        return LEXICAL_WEIGHT * score / best if located else OPEN_LEXICAL_WEIGHT * score / (score + _HALF_MATCH)

    ranked = [
        _ranked(hit, Parts(cosines.get(chunk_id, floor), by_words(chunk_id), boosts.get(hit.document_id, 0.0)))
        for chunk_id, hit in hits.items()
    ]
    return _in_order(_with_pages(ranked))


def distinct(ranked: Sequence[Ranked], limit: int) -> list[Ranked]:
    """The best of an order, without what was said before; further passages of a page stand back a little."""
    chosen: list[Ranked] = []
    said: list[tuple[Counter[str], frozenset[str]]] = []
    pages: Counter[tuple[DocumentId, int]] = Counter()
    waiting = list(ranked)
    while waiting and len(chosen) < limit:
        at = max(
            range(min(len(waiting), 4 * limit)),
            key=lambda index: waiting[index].score * REPETITION ** pages[_page(waiting[index])],
        )
        candidate = waiting.pop(at)
        words = _said(candidate.hit.text)
        if any(_repeats(words, before) for before in said):
            continue
        score = candidate.score * REPETITION ** pages[_page(candidate)]
        chosen.append(replace(candidate, score=score))
        said.append(words)
        pages[_page(candidate)] += 1
    return chosen


def _ranked(hit: Hit, parts: Parts) -> Ranked:
    return Ranked(hit, parts.total, parts)


def _in_order(ranked: Iterable[Ranked]) -> list[Ranked]:
    return sorted(ranked, key=lambda each: (-each.score, each.hit.chunk_id))


def _with_pages(ranked: Sequence[Ranked]) -> list[Ranked]:
    if not ranked:
        return []
    last = min(each.score for each in ranked)
    scores: dict[tuple[DocumentId, int], list[float]] = {}
    for each in ranked:
        scores.setdefault(_page(each), []).append(each.score)
    seconds = {page: sorted(found)[-2] for page, found in scores.items() if len(found) > 1}
    return [
        _ranked(each.hit, replace(each.parts, page=PAGE_WEIGHT * (seconds[_page(each)] - last)))
        if _page(each) in seconds
        else each
        for each in ranked
    ]


def _page(ranked: Ranked) -> tuple[DocumentId, int]:
    return ranked.hit.document_id, ranked.hit.page


def _said(text: str) -> tuple[Counter[str], frozenset[str]]:
    words = _WORDS.findall(text.casefold())
    return Counter(words), frozenset(word for word in words if any(character.isdigit() for character in word))


def _repeats(one: tuple[Counter[str], frozenset[str]], other: tuple[Counter[str], frozenset[str]]) -> bool:
    """Whether two passages say the same: nearly the same words, exactly the same figures."""
    if one[1] != other[1]:
        return False
    union = (one[0] | other[0]).total()
    return union == 0 or (one[0] & other[0]).total() >= _SAME * union
