"""A write sent twice at once to the documents: wherever its twin comes between, both are answered the same."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from itertools import count

from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.testing.clock import FakeClock
from stocktool_rag.application.library import Library
from stocktool_rag.application.read_documents import MOST_COLLECTIONS, Collections
from stocktool_rag.application.upload_document import UploadDocument
from stocktool_rag.domain.collections import Collection
from stocktool_rag.domain.documents import PRIVATE_ALIAS, Document

from tests.fakes.rag import FakeAnnouncer, FakeDocuments, FakeOriginals
from tests.fakes.rag_factories import a_caller
from tests.fakes.twins import Between, outcome

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ADA = a_caller("usr_ada")


def a_key(path: str) -> IdempotencyKey:
    return IdempotencyKey(ADA.owner, "POST", path, "k", "h")


async def test_a_file_uploaded_twice_at_once_is_one_document() -> None:
    for call in count(1):
        store, originals, between = FakeDocuments(), FakeOriginals(), Between()
        announcer, clock = FakeAnnouncer(), FakeClock(NOW)

        async def upload(
            documents: FakeDocuments, files: FakeOriginals, announcer: FakeAnnouncer = announcer
        ) -> Document:
            use = UploadDocument(Library(documents), documents, files, announcer, clock)  # noqa: B023
            return await use(
                ADA, name="a.txt", collection=PRIVATE_ALIAS, source=io.BytesIO(b"text"), key=a_key("/documents")
            )

        between.run(lambda upload=upload, s=store, o=originals: upload(s, o), before_call=call)  # type: ignore[misc]
        slower = await outcome(upload(between.over(store), between.over(originals)))
        if between.found is None:
            assert call > 1
            return
        assert slower == between.found, f"before call {call}"
        assert (slower[0], len(store.rows), len(originals.objects)) == ("answered", 1, 1)


async def test_the_last_collection_made_twice_at_once_is_one() -> None:
    for call in count(1):
        store, between, clock = FakeDocuments(), Between(), FakeClock(NOW)
        for number in range(MOST_COLLECTIONS - 1):
            await Collections(Library(store), store, clock).create(ADA, f"c{number}")

        async def create(documents: FakeDocuments) -> Collection:
            return await Collections(Library(documents), documents, clock).create(ADA, "c", a_key("/collections"))  # noqa: B023

        between.run(lambda create=create, store=store: create(store), before_call=call)  # type: ignore[misc]
        slower = await outcome(create(between.over(store)))
        if between.found is None:
            assert call > 1
            return
        assert slower == between.found, f"before call {call}"
        assert (slower[0], len(store.collections)) == ("answered", MOST_COLLECTIONS)
