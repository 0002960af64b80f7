"""Finds passages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument, Unavailable

from stocktool_rag.application.catalogue import Catalogue
from stocktool_rag.application.exact_search import ExactSearch
from stocktool_rag.application.keep_lexical import KeepLexical
from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import DocumentStore, Embedder, Healing, LexicalIndex, VectorIndex
from stocktool_rag.domain.asking import SAME_COMPANY, Asked, favour, understand
from stocktool_rag.domain.collections import Collection, IndexVersion
from stocktool_rag.domain.documents import Document, DocumentId, DocumentNotFound, document_id
from stocktool_rag.domain.fusion import Ranked, distinct, fuse
from stocktool_rag.domain.lexicon import Lexicon
from stocktool_rag.domain.ranking import Hit, Vector

log = structlog.get_logger()

MAX_QUERY_CHARACTERS = 4000
MAX_TOP_K = 50
MAX_DOCUMENTS = 100
DEFAULT_TOP_K = 5
MAX_NEIGHBOURS = 3
_CANDIDATES = 80  # of each index; a question for more hits asks for more
_FAVOURED = 6  # documents that are searched on their own, since all others together could push them out


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for.

    Attributes:
        query: The question in the user's words.
        top_k: How many hits at most.
        document_ids: Only these documents; empty means all.
        collection: Only this collection; empty means all the caller may read.
        neighbours: How many passages before and after each hit, on the same page, to give with it.
        only_named: Leave out documents of other companies when the question names one that is there.
    """

    query: str
    top_k: int = DEFAULT_TOP_K
    document_ids: Sequence[str] = ()
    collection: str = ""
    neighbours: int = 0
    only_named: bool = False

    def __post_init__(self) -> None:
        if not self.query.strip():
            raise InvalidArgument.of("/query", "must say what to look for")
        if len(self.query) > MAX_QUERY_CHARACTERS:
            raise InvalidArgument.of("/query", f"must be at most {MAX_QUERY_CHARACTERS} characters")
        if not 1 <= self.top_k <= MAX_TOP_K:
            raise InvalidArgument.of("/top_k", f"must be between 1 and {MAX_TOP_K}")
        if not 0 <= self.neighbours <= MAX_NEIGHBOURS:
            raise InvalidArgument.of("/neighbours", f"must be between 0 and {MAX_NEIGHBOURS}")
        if len(self.document_ids) > MAX_DOCUMENTS:
            raise InvalidArgument.of("/document_ids", f"must name at most {MAX_DOCUMENTS} documents")


@dataclass(frozen=True, slots=True)
class FoundHit:
    """A passage with the document it stands in.

    Attributes:
        ranked: The passage and its score.
        document: Its document.
        before: Text of the passages before it on its page, if asked for.
        after: Text of those after it.
    """

    ranked: Ranked
    document: Document
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first.

    Attributes:
        hits: Each with the document it stands in.
        indexed: False when an index was left behind and its collection was searched exactly instead.
    """

    hits: Sequence[FoundHit]
    indexed: bool


@dataclass(frozen=True, slots=True)
class Considered:
    """All that was weighed for a question.

    Attributes:
        asked: The question as it was understood.
        ranked: Candidates of all collections, best first.
        documents: The documents they stand in, as rows that may be shown.
        boosts: What profiles speak for documents.
        indexed: As in `Found`.
    """

    asked: Asked
    ranked: Sequence[Ranked]
    documents: Mapping[DocumentId, Document]
    boosts: Mapping[DocumentId, float]
    indexed: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What each collection is asked for; `also` as in `consider`."""

    asked: Asked
    vector: Vector
    limit: int
    document_ids: Sequence[DocumentId]
    also: Sequence[DocumentId]


@dataclass(frozen=True, slots=True)
class _Candidates:
    dense: Sequence[Hit]
    lexical: Sequence[Hit]
    boosts: Mapping[DocumentId, float]
    indexed: bool


_NOTHING = _Candidates((), (), {}, indexed=True)


class SearchDocuments:
    """Searches each collection by vectors and by words, and weighs both with what the documents are.

    Vectors are asked of the index, or of the derived objects where the index cannot be trusted. Documents the question
    seems to mean are searched on their own besides, so that they are among the candidates however much else there is.
    """

    def __init__(
        self,
        *,
        library: Library,
        store: DocumentStore,
        index: VectorIndex,
        lexical: LexicalIndex,
        keep_lexical: KeepLexical,
        exact: ExactSearch,
        embedder: Embedder,
        lexicon: Lexicon,
        healing: Healing,
    ) -> None:
        self._library = library
        self._store = store
        self._index = index
        self._lexical = lexical
        self._keep_lexical = keep_lexical
        self._exact = exact
        self._embedder = embedder
        self._lexicon = lexicon
        self._healing = healing
        self._catalogue = Catalogue(store)

    async def __call__(self, caller: Caller, question: Question) -> Found:
        """Find passages among what the caller may read.

        Raises:
            CollectionNotFound: The question names one the caller does not see.
            DocumentNotFound: The question names one the caller does not see.
        """
        considered = await self.consider(caller, question)
        hits = [
            await self._with_neighbours(ranked, considered.documents[ranked.hit.document_id], question.neighbours)
            for ranked in distinct(considered.ranked, question.top_k)
        ]
        return Found(hits, considered.indexed)

    async def consider(self, caller: Caller, question: Question, also: Sequence[DocumentId] = ()) -> Considered:
        """Weigh all candidates for a question.

        Args:
            caller: Who asks.
            question: What for.
            also: Documents to be searched on their own even if nothing speaks for them.

        Raises:
            CollectionNotFound: The question names one the caller does not see.
            DocumentNotFound: The question names one the caller does not see.
        """
        collections = await self._collections(caller, question)
        document_ids = tuple(document_id(named) for named in dict.fromkeys(question.document_ids))
        if document_ids:
            named = await self._named(document_ids, collections)
            collections = [each for each in collections if any(d.collection_id == each.id for d in named)]
        asked = understand(question.query, self._lexicon)
        vector = await self._embedder.embed_query(question.query)
        wanted = _Wanted(asked, vector, max(_CANDIDATES, 2 * question.top_k), document_ids, also)
        found = await asyncio.gather(*(self._candidates(each, wanted) for each in collections))
        boosts = {document: boost for each in found for document, boost in each.boosts.items()}
        meant = {document for document, boost in boosts.items() if boost >= SAME_COMPANY}
        ranked = fuse(
            [hit for each in found for hit in each.dense],
            [hit for each in found for hit in each.lexical],
            boosts,
            located=bool(meant or document_ids),
        )
        documents = await self._shown(ranked, collections)
        ranked = [
            each
            for each in ranked
            if each.hit.document_id in documents
            and not (question.only_named and meant and each.hit.document_id not in meant)
        ]
        return Considered(asked, ranked, documents, boosts, all(each.indexed for each in found))

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

    async def _candidates(self, collection: Collection, wanted: _Wanted) -> _Candidates:
        version = await self._store.index_version(collection.id)
        if version.chunks == 0:
            return _NOTHING
        documents = await self._catalogue.of(collection.id, version)
        searched = documents
        if wanted.document_ids:
            searched = {each: documents[each] for each in wanted.document_ids if each in documents}
        profiles = {each.id: each.profile for each in searched.values() if each.profile is not None}
        boosts = favour(wanted.asked, profiles)
        favoured = [*_most_favoured(boosts), *(each for each in wanted.also if each in searched)]
        (dense, indexed), near, words = await asyncio.gather(
            self._dense(collection, version, searched, wanted),
            self._exact([searched[each] for each in favoured], wanted.vector, wanted.limit),
            self._by_words(collection, documents, wanted, favoured),
        )
        return _Candidates([*dense, *near], words, boosts, indexed)

    async def _dense(
        self, collection: Collection, version: IndexVersion, searched: Mapping[DocumentId, Document], wanted: _Wanted
    ) -> tuple[list[Hit], bool]:
        try:
            present = await self._index.count(collection.id)
            if present != version.chunks:
                self._healing.request(collection.id)
            # More passages than wanted are those of a document on its way in or out; the rows decide what is shown.
            if present >= version.chunks and self._healing.used(collection.id):
                found = await self._index.query(collection.id, wanted.vector, wanted.limit, wanted.document_ids)
                return found, True
        except Unavailable as error:
            log.warning("index_unavailable", collection_id=collection.id, detail=error.message)
            self._healing.request(collection.id)
        return await self._exact(searched.values(), wanted.vector, wanted.limit), False

    async def _by_words(
        self,
        collection: Collection,
        documents: Mapping[DocumentId, Document],
        wanted: _Wanted,
        favoured: Sequence[DocumentId],
    ) -> list[Hit]:
        try:
            await self._keep_lexical(collection.id, documents)
            hits = await self._lexical.query(collection.id, wanted.asked, wanted.limit, wanted.document_ids)
            if favoured:
                hits += await self._lexical.query(collection.id, wanted.asked, wanted.limit, favoured)
        except Unavailable as error:
            log.warning("lexical_index_unavailable", collection_id=collection.id, detail=error.message)
            return []
        return hits

    async def _shown(
        self, ranked: Sequence[Ranked], collections: Sequence[Collection]
    ) -> Mapping[DocumentId, Document]:
        """The documents that still may be shown; rows of an index alone prove nothing."""
        readable = {collection.id for collection in collections}
        documents = await self._store.get_many(list(dict.fromkeys(each.hit.document_id for each in ranked)))
        return {
            document.id: document
            for document in documents.values()
            if document.is_searchable and document.collection_id in readable
        }

    async def _with_neighbours(self, ranked: Ranked, document: Document, count: int) -> FoundHit:
        if not count:
            return FoundHit(ranked, document)
        before, after = await self._exact.around(document, ranked.hit.chunk_id, count)
        return FoundHit(ranked, document, before, after)


def _most_favoured(boosts: Mapping[DocumentId, float]) -> list[DocumentId]:
    """The few documents most spoken for; none when something speaks for many of them alike."""
    best = sorted(boosts, key=lambda each: (-boosts[each], each))
    return best[:_FAVOURED] if len(best) <= _FAVOURED or boosts[best[0]] >= SAME_COMPANY else []
