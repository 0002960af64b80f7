"""What every `LexicalIndex` promises."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.core.ids import new_ulid
from stocktool_rag.adapters.tantivy_index import TantivyIndex
from stocktool_rag.application.ports import LexicalIndex
from stocktool_rag.domain.asking import Asked, understand
from stocktool_rag.domain.chunks import Chunk
from stocktool_rag.domain.documents import CollectionId, DocumentId
from stocktool_rag.domain.lexicon import Lexicon

from tests.fakes.rag import FakeLexical

ONE, TWO = DocumentId("doc_1"), DocumentId("doc_2")


@pytest.fixture
def collection() -> CollectionId:
    return CollectionId(f"col_{new_ulid()}")


def passages(document_id: DocumentId, *texts: str, context: str = "") -> list[Chunk]:
    return [
        Chunk(f"{document_id}.{page}.1", document_id, page, text, context) for page, text in enumerate(texts, start=1)
    ]


def asked(text: str) -> Asked:
    return understand(text, Lexicon({"buyback": ("treasury stock",)}))


class LexicalIndexContract:
    """The promises."""

    async def test_passages_with_more_of_the_words_come_first(
        self, index: LexicalIndex, collection: CollectionId
    ) -> None:
        await index.put(collection, ONE, "a", passages(ONE, "green lamp", "green lamp on a tower", "a cat"))
        hits = await index.query(collection, asked("green tower"), 10)
        assert [(hit.chunk_id, hit.page, hit.document_id) for hit in hits] == [
            ("doc_1.2.1", 2, ONE),
            ("doc_1.1.1", 1, ONE),
        ]
        assert hits[0].text == "green lamp on a tower"
        assert hits[0].score > hits[1].score > 0
        assert len(await index.query(collection, asked("green tower"), 1)) == 1

    async def test_the_context_counts_but_is_not_shown(self, index: LexicalIndex, collection: CollectionId) -> None:
        await index.put(collection, ONE, "a", passages(ONE, "a lamp", context="Acme 2021"))
        hits = await index.query(collection, asked("acme"), 10)
        assert [hit.text for hit in hits] == ["a lamp"]

    async def test_other_words_for_the_same_are_found(self, index: LexicalIndex, collection: CollectionId) -> None:
        await index.put(collection, ONE, "a", passages(ONE, "we bought treasury stock", "we sold lamps"))
        assert [hit.page for hit in await index.query(collection, asked("buyback"), 10)] == [1]

    async def test_marks_tell_what_is_there(self, index: LexicalIndex, collection: CollectionId) -> None:
        assert await index.documents(collection) == {}
        await index.put(collection, ONE, "a", passages(ONE, "lamp"))
        await index.put(collection, TWO, "b", passages(TWO, "lamp"))
        await index.put(collection, ONE, "c", passages(ONE, "cat"))
        assert await index.documents(collection) == {ONE: "c", TWO: "b"}
        assert [hit.document_id for hit in await index.query(collection, asked("lamp"), 10)] == [TWO]
        await index.remove(collection, TWO)
        await index.remove(collection, TWO)
        assert await index.documents(collection) == {ONE: "c"}
        assert await index.query(collection, asked("lamp"), 10) == []

    async def test_documents_can_be_asked_alone(self, index: LexicalIndex, collection: CollectionId) -> None:
        await index.put(collection, ONE, "a", passages(ONE, "lamp", "lamp"))
        await index.put(collection, TWO, "b", passages(TWO, "lamp"))
        assert {hit.document_id for hit in await index.query(collection, asked("lamp"), 10, [TWO])} == {TWO}

    async def test_collections_do_not_see_each_other(self, index: LexicalIndex, collection: CollectionId) -> None:
        await index.put(collection, ONE, "a", passages(ONE, "lamp"))
        assert await index.query(CollectionId(f"{collection}-other"), asked("lamp"), 10) == []

    @pytest.mark.parametrize(
        "text",
        ["", "?", "AND OR NOT", 'body:"x', "(" * 50, "+-^~*\\", "\u0000", "\u043b\u0430\u043c\u043f\u0430", "x" * 4000],
    )
    async def test_no_question_is_an_error(self, index: LexicalIndex, collection: CollectionId, text: str) -> None:
        await index.put(collection, ONE, "a", passages(ONE, "lamp"))
        assert await index.query(collection, asked(text), 10) == []


class TestFake(LexicalIndexContract):
    @pytest.fixture
    def index(self) -> LexicalIndex:
        return FakeLexical()


class TestTantivy(LexicalIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[LexicalIndex]:
        index = TantivyIndex(tmp_path / "words")
        yield index
        index.close()

    async def test_words_are_found_in_their_other_forms(self, index: LexicalIndex, collection: CollectionId) -> None:
        await index.put(collection, ONE, "a", passages(ONE, "dividends were declared", "lamps"))
        assert [hit.page for hit in await index.query(collection, asked("dividend declares"), 10)] == [1]

    async def test_a_folder_that_cannot_be_written_is_unavailable(
        self, tmp_path: Path, collection: CollectionId
    ) -> None:
        index = TantivyIndex(tmp_path / "words")
        shutil.rmtree(tmp_path / "words")
        (tmp_path / "words").write_text("a file")
        with pytest.raises(Unavailable):
            await index.put(collection, ONE, "a", passages(ONE, "lamp"))
        assert await index.query(collection, asked("lamp"), 5) == []
