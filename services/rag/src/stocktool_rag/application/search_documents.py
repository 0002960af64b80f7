"""Finds passages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument, Unavailable

from stocktool_rag.application.exact_search import ExactSearch
from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import DocumentStore, Embedder, Healing, VectorIndex
from stocktool_rag.domain.collections import Collection
from stocktool_rag.domain.documents import Document, DocumentId, DocumentNotFound, document_id
from stocktool_rag.domain.ranking import Hit, Vector, merge

log = structlog.get_logger()

MAX_QUERY_CHARACTERS = 4000
MAX_TOP_K = 50
MAX_DOCUMENTS = 100
DEFAULT_TOP_K = 5
_SPARE = 10  # hits asked for beyond those wanted, since passages said twice or just deleted are dropped


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for.

    Attributes:
        query: The question in the user's words.
        top_k: How many hits at most.
        document_ids: Only these documents; empty means all.
        collection: Only this collection; empty means all the caller may read.
    """

    query: str
    top_k: int = DEFAULT_TOP_K
    document_ids: Sequence[str] = ()
    collection: str = ""

    def __post_init__(self) -> None:
        if not self.query.strip():
            raise InvalidArgument.of("/query", "must say what to look for")
        if len(self.query) > MAX_QUERY_CHARACTERS:
            raise InvalidArgument.of("/query", f"must be at most {MAX_QUERY_CHARACTERS} characters")
        if not 1 <= self.top_k <= MAX_TOP_K:
            raise InvalidArgument.of("/top_k", f"must be between 1 and {MAX_TOP_K}")
        if len(self.document_ids) > MAX_DOCUMENTS:
            raise InvalidArgument.of("/document_ids", f"must name at most {MAX_DOCUMENTS} documents")


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first.

    Attributes:
        hits: Each with the document it stands in.
        indexed: False when an index was left behind and its collection was searched exactly instead.
    """

    hits: Sequence[tuple[Hit, Document]]
    indexed: bool


class SearchDocuments:
    """Searches the vector index of each collection, or the derived vectors where the index cannot be trusted."""

    def __init__(
        self,
        *,
        library: Library,
        store: DocumentStore,
        index: VectorIndex,
        exact: ExactSearch,
        embedder: Embedder,
        healing: Healing,
    ) -> None:
        self._library = library
        self._store = store
        self._index = index
        self._exact = exact
        self._embedder = embedder
        self._healing = healing

    async def __call__(self, caller: Caller, question: Question) -> Found:
        """Find passages among what the caller may read.

        Raises:
            CollectionNotFound: The question names one the caller does not see.
            DocumentNotFound: The question names one the caller does not see.
        """
        collections = await self._collections(caller, question)
        document_ids = tuple(document_id(named) for named in dict.fromkeys(question.document_ids))
        if document_ids:
            named = await self._named(document_ids, collections)
            collections = [each for each in collections if any(d.collection_id == each.id for d in named)]
        vector = await self._embedder.embed_query(question.query)
        limit = question.top_k + _SPARE
        answers = await asyncio.gather(
            *(self._search(collection, vector, limit, document_ids) for collection in collections)
        )
        hits = merge((hits for hits, _ in answers), limit)
        shown = await self._shown(hits, collections)
        return Found(shown[: question.top_k], all(indexed for _, indexed in answers))

    async def _collections(self, caller: Caller, question: Question) -> Sequence[Collection]:
        if question.collection:
            return [await self._library.collection(caller, question.collection)]
        return await self._library.collections(caller)

    async def _named(self, document_ids: Sequence[DocumentId], collections: Sequence[Collection]) -> Sequence[Document]:
        readable = {collection.id for collection in collections}
        documents = await self._store.get_many(document_ids)
        for wanted in document_ids:
            if wanted not in documents or documents[wanted].collection_id not in readable:
                raise DocumentNotFound(wanted)
        return list(documents.values())

    async def _search(
        self, collection: Collection, vector: Vector, limit: int, document_ids: Sequence[DocumentId]
    ) -> tuple[list[Hit], bool]:
        wanted = await self._store.index_version(collection.id)
        if wanted.chunks == 0:
            return [], True
        try:
            present = await self._index.count(collection.id)
            if present != wanted.chunks:
                self._healing.request(collection.id)
            # More passages than wanted are those of a document on its way in or out; the rows decide what is shown.
            if present >= wanted.chunks:
                return await self._index.query(collection.id, vector, limit, document_ids), True
        except Unavailable as error:
            log.warning("index_unavailable", collection_id=collection.id, detail=error.message)
            self._healing.request(collection.id)
        return await self._exact(collection.id, vector, limit, document_ids), False

    async def _shown(self, hits: Sequence[Hit], collections: Sequence[Collection]) -> list[tuple[Hit, Document]]:
        """The hits whose documents still may be shown; rows of the index alone prove nothing."""
        readable = {collection.id for collection in collections}
        documents = await self._store.get_many(list(dict.fromkeys(hit.document_id for hit in hits)))
        return [
            (hit, document)
            for hit in hits
            if (document := documents.get(hit.document_id)) is not None
            and document.is_searchable
            and document.collection_id in readable
        ]
