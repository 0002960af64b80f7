"""Events of the ingest queue."""

from __future__ import annotations

from typing import Any

import pytest
from stocktool_kit.core.errors import InvalidArgument
from stocktool_rag.domain.documents import KNOWLEDGE_OWNER, DocumentState
from stocktool_rag.domain.events import (
    ObjectWritten,
    PurgeRequested,
    ReindexRequested,
    asks_for_work,
    compare_sequencers,
    object_written,
    original_key,
)
from stocktool_rag.worker.ingest import read_events

from tests.fakes.rag_factories import a_document


def test_keys_are_read_as_they_are_written() -> None:
    document = a_document()
    for owner in (document.owner_id, KNOWLEDGE_OWNER):
        event = object_written(original_key(owner, document.id), "0A")
        assert event is not None
        assert (event.owner_id, event.document_id) == (owner, document.id)


@pytest.mark.parametrize(
    "key", ["docs/usr_a/doc_1/other", "docs/doc_1/original", "derived/a/b/original", "docs//d/original"]
)
def test_other_objects_are_no_originals(key: str) -> None:
    assert object_written(key, "0A") is None


def test_sequencers_are_compared_filled_up_on_the_right() -> None:
    assert compare_sequencers("0055AED6DCD90281E5", "0055AED6DCD90281E6") < 0
    assert compare_sequencers("00A", "00a0") == 0
    assert compare_sequencers("1", "00FF") > 0
    assert compare_sequencers("", "01") < 0


@pytest.mark.parametrize(
    ("state", "event_sequencer", "wanted"),
    [
        (DocumentState.STORED, "05", True),
        (DocumentState.READY, "05", False),
        (DocumentState.FAILED, "05", False),
        (DocumentState.EMBEDDING, "05", True),  # its worker died
        (DocumentState.READY, "04", False),  # late
        (DocumentState.EMBEDDING, "04", False),
        (DocumentState.READY, "06", True),  # written anew
    ],
)
def test_only_news_and_unfinished_work_ask_for_work(state: DocumentState, event_sequencer: str, wanted: bool) -> None:
    chunks = 3 if state is DocumentState.READY else None
    document = a_document(state=state, sequencer="05", pipeline="p", chunks=chunks)
    event = ObjectWritten(document.owner_id, document.id, "key", event_sequencer)
    assert asks_for_work(document, event, "p") is wanted


def test_a_ready_document_of_an_older_pipeline_asks_for_work() -> None:
    document = a_document(state=DocumentState.READY, sequencer="05", pipeline="old", chunks=3)
    assert asks_for_work(document, ObjectWritten(document.owner_id, document.id, "key", "05"), "new")


def test_a_request_asks_for_work_once() -> None:
    document = a_document(state=DocumentState.READY, request_id="b", chunks=1)
    assert asks_for_work(document, ReindexRequested(document.id, "c"), "p")
    assert not asks_for_work(document, ReindexRequested(document.id, "b"), "p")
    assert not asks_for_work(document, ReindexRequested(document.id, "a"), "p")


def an_event(name: str, key: str) -> dict[str, Any]:
    return {"eventName": name, "s3": {"bucket": {"name": "b"}, "object": {"key": key, "sequencer": "0A"}}}


def test_messages_are_read() -> None:
    records = [
        an_event("ObjectCreated:Post", "docs/usr_ada/doc_1/original"),
        an_event("ObjectRemoved:Delete", "docs/usr_ada/doc_1/original"),
        an_event("ObjectCreated:Put", "derived/usr_ada/doc_1/index.npz"),
    ]
    assert [type(event) for event in read_events({"Records": records})] == [ObjectWritten]
    assert read_events({"Event": "s3:TestEvent"}) == []
    assert read_events({"request": "reindex", "document_id": "d", "request_id": "r"}) == [ReindexRequested("d", "r")]  # type: ignore[arg-type]
    purge = {"request": "purge", "document_id": "d", "owner_id": "o", "collection_id": "c"}
    assert read_events(purge) == [PurgeRequested("o", "c", "d")]  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [{}, {"request": "dance"}, {"request": "purge"}, {"Records": [{}]}])
def test_strange_messages_go_to_the_dead_letters(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        read_events(body)
