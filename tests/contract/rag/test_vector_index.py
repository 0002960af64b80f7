"""What every `VectorIndex` promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.core.ids import new_ulid
from stocktool_rag.adapters.chroma_index import ChromaIndex
from stocktool_rag.application.ports import VectorIndex
from stocktool_rag.domain.documents import CollectionId, DocumentId

from tests.fakes.rag import FakeIndex
from tests.fakes.rag_chroma import ChromaServer, chroma_server
from tests.fakes.rag_factories import passages

ONE, TWO = DocumentId("doc_1"), DocumentId("doc_2")


@pytest.fixture
def collection() -> CollectionId:
    return CollectionId(f"col_{new_ulid()}")


class VectorIndexContract:
    """The promises."""

    async def test_the_nearest_passage_comes_first(self, index: VectorIndex, collection: CollectionId) -> None:
        indexed = passages(ONE, 30)
        await index.put(collection, indexed)
        hits = await index.query(collection, indexed.vectors[11].astype(np.float32), 4)
        assert (hits[0].chunk_id, hits[0].page, hits[0].document_id) == ("doc_1.12.1", 12, ONE)
        assert hits[0].text == "passage 12 of doc_1"
        assert hits[0].score == pytest.approx(1, abs=1e-3)
        exact = indexed.vectors.astype(np.float32) @ indexed.vectors[11].astype(np.float32)
        assert [hit.score for hit in hits] == pytest.approx(sorted(exact, reverse=True)[:4], abs=2e-3)

    async def test_putting_again_replaces_and_doubles_nothing(
        self, index: VectorIndex, collection: CollectionId
    ) -> None:
        await index.put(collection, passages(ONE, 8))
        await index.put(collection, passages(TWO, 3))
        await index.put(collection, passages(ONE, 8))
        assert await index.count(collection) == 11
        await index.put(collection, passages(ONE, 2))
        assert await index.count(collection) == 5

    async def test_documents_can_be_asked_alone(self, index: VectorIndex, collection: CollectionId) -> None:
        await index.put(collection, passages(ONE, 5))
        await index.put(collection, passages(TWO, 5, seed=2))
        vector = passages(ONE, 5).vectors[0].astype(np.float32)
        hits = await index.query(collection, vector, 50, [TWO])
        assert {hit.document_id for hit in hits} == {TWO}
        assert len(hits) == 5

    async def test_a_removed_document_is_gone(self, index: VectorIndex, collection: CollectionId) -> None:
        await index.put(collection, passages(ONE, 5))
        await index.put(collection, passages(TWO, 5))
        await index.remove(collection, ONE)
        await index.remove(collection, ONE)
        assert await index.count(collection) == 5

    async def test_collections_do_not_see_each_other(self, index: VectorIndex, collection: CollectionId) -> None:
        await index.put(collection, passages(ONE, 5))
        other = CollectionId(f"{collection}-other")
        vector = passages(ONE, 1).vectors[0].astype(np.float32)
        assert await index.query(other, vector, 5) == []
        assert await index.count(other) == 0

    async def test_a_dropped_collection_is_empty_and_can_be_filled(
        self, index: VectorIndex, collection: CollectionId
    ) -> None:
        await index.put(collection, passages(ONE, 5))
        await index.drop(collection)
        await index.drop(collection)
        assert await index.count(collection) == 0
        await index.put(collection, passages(ONE, 3))
        assert await index.count(collection) == 3


class TestFake(VectorIndexContract):
    @pytest.fixture
    def index(self) -> VectorIndex:
        return FakeIndex()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with chroma_server(tmp_path_factory.mktemp("chroma")) as server:
        yield server


class TestChroma(VectorIndexContract):
    @pytest.fixture
    def index(self, server: ChromaServer) -> Iterator[VectorIndex]:
        index = ChromaIndex("127.0.0.1", server.port, "tests")
        yield index
        index.close()

    async def test_another_process_may_make_the_collection_anew(
        self, index: VectorIndex, server: ChromaServer, collection: CollectionId
    ) -> None:
        await index.put(collection, passages(ONE, 5))
        other = ChromaIndex("127.0.0.1", server.port, "tests")
        await other.drop(collection)
        assert await index.count(collection) == 0
        await other.put(collection, passages(ONE, 2))
        assert await index.count(collection) == 2
        other.close()


async def test_a_server_that_is_down_is_unavailable(tmp_path: Path, collection: CollectionId) -> None:
    with chroma_server(tmp_path) as server:
        index = ChromaIndex("127.0.0.1", server.port, "tests", timeout_seconds=2)
        await index.put(collection, passages(ONE, 5))
        server.stop()
        with pytest.raises(Unavailable):
            await index.count(collection)
        server.start()
        assert await index.count(collection) == 5
        index.close()
