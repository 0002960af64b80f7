"""What every `DocumentStore` promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.table import Table
from stocktool_kit.core.errors import AlreadyExists
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.testing.aws import emulated, own_table
from stocktool_kit.testing.clock import FakeClock
from stocktool_rag.adapters.dynamodb_documents import DynamoDBDocuments
from stocktool_rag.application.ports import DocumentStore
from stocktool_rag.domain.collections import Collection, IndexVersion
from stocktool_rag.domain.documents import CollectionId, Document, DocumentId, StaleDocument
from stocktool_rag.domain.profile import Profile

from tests.conftest import EmulatedAws
from tests.fakes.rag import FakeDocuments, FakeFence
from tests.fakes.rag_factories import NOW, a_document


def a_key(body_hash: str = "h") -> IdempotencyKey:
    return IdempotencyKey("usr_ada", "POST", "/api/rag/v1/documents", "k", body_hash)


async def ready(store: DocumentStore, document: Document, chunks: int, profile: Profile | None = None) -> Document:
    """Take a document through its states."""
    profile = profile or Profile(title="report", years=(2022, 2021), form="10-K")
    for step in (
        lambda one: one.queued(NOW, sequencer="01"),
        lambda one: one.parsing(NOW, size_bytes=3, content_hash="abc"),
        lambda one: one.embedding(NOW, media_type="text/plain", pages=2, profile=profile),
        lambda one: one.ready(NOW, chunks=chunks, pipeline="p"),
    ):
        document = step(document)
        await store.save(document)
    return document


class DocumentStoreContract:
    """The promises; `store` is empty."""

    async def test_a_document_comes_back_as_it_was(self, store: DocumentStore) -> None:
        document = await store.create(a_document())
        assert await store.get(document.id) == document
        document = await ready(store, document, chunks=7)
        assert await store.get(document.id) == document
        failed = document.queued(NOW).failed(NOW, "why not")
        await store.save(replace(failed, version=document.version + 1))
        assert (await store.get(document.id)) == replace(failed, version=document.version + 1)

    async def test_what_a_document_is_comes_back_whole(self, store: DocumentStore) -> None:
        full = Profile("report", "Acme Corp.", "ACM", ("acme",), (2022,), 3, "10-Q")
        document = await ready(store, await store.create(a_document()), 7, full)
        assert (await store.all_searchable(document.collection_id))[0].profile == full

    async def test_what_does_not_exist_is_none(self, store: DocumentStore) -> None:
        assert await store.get(DocumentId("doc_none")) is None
        assert await store.get_hidden(DocumentId("doc_none")) is None
        assert await store.get_many([DocumentId("doc_none")]) == {}
        assert await store.get_collection(CollectionId("col_none")) is None
        assert await store.index_version(CollectionId("col_none")) == IndexVersion()

    async def test_only_the_next_version_is_taken(self, store: DocumentStore) -> None:
        document = await store.create(a_document())
        queued = document.queued(NOW)
        await store.save(queued)
        with pytest.raises(StaleDocument):
            await store.save(queued)
        with pytest.raises(StaleDocument):
            await store.save(document.arrived(NOW, size_bytes=1, content_hash="x"))
        with pytest.raises(StaleDocument):
            await store.save(replace(a_document(), version=2))

    async def test_the_same_key_and_body_make_one_document(self, store: DocumentStore) -> None:
        first = await store.create(a_document(), a_key())
        assert await store.create(a_document(), a_key()) == first
        with pytest.raises(AlreadyExists):
            await store.create(a_document(), a_key("other"))

    async def test_the_index_version_follows_what_can_be_searched(self, store: DocumentStore) -> None:
        one, two = [await store.create(a_document()) for _ in range(2)]
        one, two = await ready(store, one, chunks=7), await ready(store, two, chunks=4)
        collection = one.collection_id
        assert (await store.index_version(collection)).chunks == 11
        one = await ready(store, one, chunks=5)
        assert (await store.index_version(collection)).chunks == 9
        before = await store.index_version(collection)
        await store.hide(two, "usr_ada")
        after = await store.index_version(collection)
        assert (after.chunks, after.number > before.number) == (5, True)
        assert [document.id for document in await store.all_searchable(collection)] == [one.id]

    async def test_a_hidden_document_is_seen_by_nobody_and_can_be_forgotten(self, store: DocumentStore) -> None:
        document = await ready(store, await store.create(a_document()), chunks=1)
        with pytest.raises(StaleDocument):
            await store.hide(replace(document, version=document.version - 1), "usr_ada")
        await store.forget(document.id)
        assert await store.get(document.id) == document
        await store.hide(document, "usr_ada")
        assert await store.get(document.id) is None
        assert await store.get_many([document.id]) == {}
        assert (await store.list(document.collection_id, PageRequest())).items == []
        hidden = await store.get_hidden(document.id)
        assert hidden is not None
        assert hidden.id == document.id
        with pytest.raises(StaleDocument):
            await store.hide(document, "usr_ada")
        with pytest.raises(StaleDocument):
            await store.save(document.queued(NOW))
        await store.forget(document.id)
        await store.forget(document.id)
        assert await store.get_hidden(document.id) is None

    async def test_a_list_is_newest_first_and_pages_without_gaps(self, store: DocumentStore) -> None:
        documents = [await store.create(a_document()) for _ in range(5)]
        for document in documents:
            await store.save(document.arrived(NOW, size_bytes=1, content_hash="x"))
        await store.create(a_document())  # reserved, its bytes never came
        await store.create(a_document("usr_bob"))
        collection = documents[0].collection_id
        first = await store.list(collection, PageRequest(3))
        second = await store.list(collection, PageRequest(3, first.next_page_token))
        newest_first = sorted((each.id for each in documents), reverse=True)  # ids sort by creation
        assert [each.id for each in (*first.items, *second.items)] == newest_first
        assert second.next_page_token == ""

    async def test_several_are_read_at_once(self, store: DocumentStore) -> None:
        one, two = [await store.create(a_document()) for _ in range(2)]
        found = await store.get_many([one.id, two.id, DocumentId("doc_none")])
        assert found == {one.id: one, two.id: two}

    async def test_collections_belong_to_their_owner(self, store: DocumentStore) -> None:
        made = Collection(CollectionId(new_id("col")), OwnerId("usr_ada"), "Fund papers", NOW)
        assert await store.create_collection(made, a_key()) == made
        assert await store.create_collection(replace(made, id=CollectionId(new_id("col"))), a_key()) == made
        assert await store.get_collection(made.id) == made
        assert await store.collections_of(OwnerId("usr_ada")) == [made]
        assert await store.collections_of(OwnerId("usr_bob")) == []


class TestFake(DocumentStoreContract):
    @pytest.fixture
    def store(self) -> DocumentStore:
        return FakeDocuments()


class TestDynamoDB(DocumentStoreContract):
    @pytest.fixture
    async def table(self, emulator: EmulatedAws) -> AsyncIterator[Table]:
        aws = emulated(emulator.endpoint_url)
        async with own_table(aws) as table:
            yield table
        aws.close()

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock(NOW)

    @pytest.fixture
    def store(self, table: Table, clock: FakeClock) -> DocumentStore:
        return DynamoDBDocuments(table, Leases(table, clock), "stocktool-audit", clock)

    async def test_a_worker_that_lost_its_lease_writes_nothing(
        self, store: DocumentStore, table: Table, clock: FakeClock
    ) -> None:
        document = await store.create(a_document())
        leases, rival = Leases(table, clock), Leases(table, clock)
        lease = await leases.acquire("document#1")
        queued = document.queued(NOW)
        await store.save(queued, fence=lease)
        clock.advance(60)
        taken = await rival.acquire("document#1")
        parsing = queued.parsing(NOW, size_bytes=1, content_hash="x")
        with pytest.raises(StaleDocument):
            await store.save(parsing, fence=lease)
        await store.save(parsing, fence=taken)
        assert await store.get(document.id) == parsing

    async def test_a_reservation_nobody_uses_is_forgotten(self, store: DocumentStore, clock: FakeClock) -> None:
        unused, used = [await store.create(a_document()) for _ in range(2)]
        await store.save(used.arrived(NOW, size_bytes=1, content_hash="x"))
        clock.advance(by=timedelta(days=2))
        assert await store.get(unused.id) is None
        assert await store.get(used.id) is not None


async def test_the_fake_refuses_a_lost_lease_too() -> None:
    store = FakeDocuments()
    document = await store.create(a_document())
    store.lost_leases.add(("document#1", 1))
    with pytest.raises(StaleDocument):
        await store.save(document.queued(NOW), fence=FakeFence("document#1", 1))
