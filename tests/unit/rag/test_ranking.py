"""The order of hits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.fusion import LEXICAL_WEIGHT, PAGE_WEIGHT, Parts, Ranked, distinct, fuse
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


def test_nearness_words_and_profile_add_up() -> None:
    near, far = a_hit("doc_1.1.1", 0.6), replace(a_hit("doc_1.2.1", 0.5), page=2)
    ranked = fuse([near, far], [replace(far, score=8.0)], {}, located=True)
    assert [each.hit.chunk_id for each in ranked] == ["doc_1.2.1", "doc_1.1.1"]
    parts = {each.hit.chunk_id: each.parts for each in ranked}
    assert parts["doc_1.1.1"] == Parts(0.6, 0.0, 0.0)
    assert parts["doc_1.2.1"] == Parts(0.5, LEXICAL_WEIGHT, 0.0)
    boosted = fuse([near, far], [], {DocumentId("doc_1"): 0.3})
    assert [round(each.score, 6) for each in boosted] == [0.9, 0.8]


def test_words_count_less_where_no_document_is_meant() -> None:
    near, far = a_hit("doc_1.1.1", 0.6), replace(a_hit("doc_1.2.1", 0.5), page=2)
    ranked = fuse([near, far], [replace(far, score=5.0)], {})
    assert [each.hit.chunk_id for each in ranked] == ["doc_1.1.1", "doc_1.2.1"]
    assert ranked[1].parts.lexical == pytest.approx(0.3 * 5 / 25)


def test_what_only_words_found_counts_as_near_as_the_last_candidate() -> None:
    ranked = fuse([a_hit("a", 0.6), a_hit("b", 0.3)], [replace(a_hit("c", 0.0), score=5.0)], {})
    assert {each.hit.chunk_id: each.parts.dense for each in ranked}["c"] == 0.3


def test_a_page_gains_from_its_second_passage() -> None:
    two = [replace(a_hit(f"p.{n}", 0.5), page=7) for n in (1, 2)]
    ranked = fuse([*two, replace(a_hit("q", 0.5), page=8), replace(a_hit("r", 0.1), page=9)], [], {})
    assert [each.hit.chunk_id for each in ranked] == ["p.1", "p.2", "q", "r"]
    assert ranked[0].parts.page == pytest.approx(PAGE_WEIGHT * 0.4)


def test_what_was_said_before_is_left_out_but_other_figures_are_not() -> None:
    text = "The board declared a dividend of {} per share to be paid in the spring to all holders of record"
    hits = [
        a_hit("a", 0.9, text.format("1.25")),
        a_hit("b", 0.8, text.format("1.25").upper()),
        a_hit("c", 0.7, text.format("1.30")),
    ]
    assert [each.hit.chunk_id for each in distinct(fuse(hits, [], {}), 5)] == ["a", "c"]


def test_further_passages_of_a_page_stand_back() -> None:
    hits = [replace(a_hit(f"p.{n}", 0.6 - n / 100), page=7) for n in range(3)] + [replace(a_hit("q", 0.55), page=8)]
    chosen = distinct([Ranked(hit, hit.score, Parts(hit.score, 0, 0)) for hit in hits], 4)
    assert [each.hit.chunk_id for each in chosen] == ["p.0", "q", "p.1", "p.2"]
    assert [each.score for each in chosen] == sorted((each.score for each in chosen), reverse=True)
