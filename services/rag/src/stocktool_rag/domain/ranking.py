"""Hits and their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stocktool_rag.domain.documents import DocumentId

Vector = NDArray[np.float32]
"""One unit vector."""

Vectors = NDArray[np.float32]
"""Unit vectors as rows; stored as 16-bit floats."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found; `score` is the cosine of its angle to the question, higher is better."""

    document_id: DocumentId
    page: int
    chunk_id: str
    text: str
    score: float


def merge(hit_lists: Iterable[Sequence[Hit]], limit: int) -> list[Hit]:
    """Bring the hits of several indexes into one order, best first; a passage found twice, or said twice, stays once.

    The lists share one embedder, so their scores are comparable. Equal scores are ordered by id, so that the same
    question gives the same answer.
    """
    merged: list[Hit] = []
    seen: set[str] = set()
    for hit in sorted((hit for hits in hit_lists for hit in hits), key=lambda hit: (-hit.score, hit.chunk_id)):
        words = _SPACE.sub(" ", hit.text).strip().casefold()
        if hit.chunk_id in seen or words in seen:
            continue
        seen.update((hit.chunk_id, words))
        merged.append(hit)
        if len(merged) == limit:
            break
    return merged


def nearest(query: Vector, vectors: NDArray[np.float16], limit: int) -> list[tuple[int, float]]:
    """Rows nearest to a query with their cosines, best first; exact, whatever the state of an index."""
    if not len(vectors):
        return []
    scores = vectors.astype(np.float32) @ query
    rows = np.argsort(-scores, kind="stable")[:limit]
    return [(int(row), float(scores[row])) for row in rows]
