"""The order of hits."""

from __future__ import annotations

import numpy as np
from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.ranking import Hit, merge, nearest


def a_hit(chunk_id: str, score: float, text: str = "") -> Hit:
    return Hit(DocumentId("doc_1"), 1, chunk_id, text or f"text of {chunk_id}", score)


def test_lists_are_merged_by_score() -> None:
    merged = merge([[a_hit("a", 0.9), a_hit("b", 0.2)], [a_hit("c", 0.5)], []], 2)
    assert [hit.chunk_id for hit in merged] == ["a", "c"]


def test_a_passage_stays_once_however_often_it_was_found_or_said() -> None:
    same = "The  dividend\nis 2 EUR."
    hits = [a_hit("a", 0.9, same), a_hit("b", 0.8, "the dividend is 2 EUR."), a_hit("a", 0.9, same), a_hit("c", 0.1)]
    assert [hit.chunk_id for hit in merge([hits], 10)] == ["a", "c"]


def test_equal_scores_have_a_fixed_order() -> None:
    assert [hit.chunk_id for hit in merge([[a_hit("b", 0.5)], [a_hit("a", 0.5)]], 10)] == ["a", "b"]


def test_nearest_is_exact() -> None:
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(50, 8)).astype(np.float16)
    query = rng.normal(size=8).astype(np.float32)
    expected = sorted(((float(row.astype(np.float32) @ query), at) for at, row in enumerate(vectors)), reverse=True)[:5]
    found = nearest(query, vectors, 5)
    assert [row for row, _ in found] == [at for _, at in expected]
    assert nearest(query, np.empty((0, 8), np.float16), 5) == []
