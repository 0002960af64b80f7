"""States of documents and their names."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_kit.core.errors import FailedPrecondition
from stocktool_rag.domain.documents import MAX_NAME_LENGTH, DocumentState, clean_name
from stocktool_rag.domain.profile import Profile

from tests.fakes.rag_factories import NOW, a_document


def test_a_document_passes_its_states_in_order() -> None:
    later = NOW + timedelta(seconds=5)
    document = a_document().queued(later, sequencer="0A")
    assert (document.state, document.received, document.version, document.updated_at) == ("queued", True, 2, later)
    document = document.parsing(later, size_bytes=10, content_hash="h").embedding(
        later, media_type="text/plain", pages=3, profile=Profile(title="report")
    )
    assert not document.is_searchable
    document = document.ready(later, chunks=9, pipeline="p")
    assert (document.state, document.version, document.is_searchable) == ("ready", 5, True)


def test_a_document_that_is_indexed_again_stays_searchable() -> None:
    document = a_document(state=DocumentState.READY, chunks=4).queued(NOW, request_id="r")
    assert document.is_searchable
    failed = document.failed(NOW, "no")
    assert (failed.error, failed.is_searchable) == ("no", True)
    assert failed.queued(NOW).error is None


def test_a_step_cannot_be_left_out() -> None:
    with pytest.raises(FailedPrecondition):
        a_document().ready(NOW, chunks=1, pipeline="p")
    with pytest.raises(FailedPrecondition):
        a_document(state=DocumentState.READY).failed(NOW, "late")
    with pytest.raises(FailedPrecondition):
        a_document(state=DocumentState.READY).parsing(NOW, size_bytes=1, content_hash="h")


def test_a_successor_of_a_dead_worker_may_begin_anew_from_every_state() -> None:
    for state in DocumentState:
        assert a_document(state=state).queued(NOW).state is DocumentState.QUEUED


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\report.pdf", "report.pdf"),
        ("a\u0000b\u202ec\n.txt", "abc.txt"),
        ("...", "document"),
        ("", "document"),
        ("отчёт 2025.pdf", "отчёт 2025.pdf"),
    ],
)
def test_names_are_made_fit_to_be_shown(given_name: str, shown: str) -> None:
    assert clean_name(given_name) == shown


@given(st.text(max_size=500))
def test_every_name_becomes_short_printable_and_without_a_path(name: str) -> None:
    shown = clean_name(name)
    assert 1 <= len(shown) <= MAX_NAME_LENGTH
    assert shown.isprintable()
    assert "/" not in shown
    assert clean_name("x" * 400 + ".pdf").endswith(".pdf")
