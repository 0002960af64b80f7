"""The two searches that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from stocktool_kit.core.ids import OwnerId
from stocktool_rag.adapters.reference_data import accounting_lexicon, known_companies
from stocktool_rag.adapters.tantivy_index import TantivyIndex
from stocktool_rag.application.exact_search import ExactSearch
from stocktool_rag.application.keep_lexical import KeepLexical
from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import Embedder, Indexed
from stocktool_rag.application.search_documents import Question as Wanted
from stocktool_rag.application.search_documents import SearchDocuments
from stocktool_rag.domain.chunks import chunk_pages
from stocktool_rag.domain.documents import CollectionId, DocumentId, DocumentState
from stocktool_rag.domain.pages import PageText, title_of
from stocktool_rag.domain.profile import describe
from stocktool_rag.domain.ranking import Vectors

from tests.eval_rag.corpus import Question, Text
from tests.eval_rag.measures import Place
from tests.fakes.rag import FakeDerived, FakeDocuments, FakeIndex
from tests.fakes.rag_factories import a_caller, a_document

_HITS = 10
_SIZE, _OVERLAP = 1000, 200


class Engine(Protocol):
    """Something that finds pages."""

    async def answer(self, question: Question, *, within: bool) -> Sequence[Place]:
        """Pages for a question, best first; `within` its document alone."""
        ...


class UsualSetUp:
    """Pieces of 1,000 characters with 200 in common, nearest vectors first, nothing else."""

    def __init__(self, embedder: Embedder, places: Sequence[Place], vectors: Vectors) -> None:
        self._embedder = embedder
        self._places = places
        self._vectors = vectors

    @classmethod
    async def over(cls, texts: Sequence[Text], embedder: Embedder) -> UsualSetUp:
        """Index the texts."""
        pieces = [
            ((text.name, number), page[at : at + _SIZE])
            for text in texts
            for number, page in enumerate(text.pages, start=1)
            for at in range(0, max(1, len(page) - _OVERLAP), _SIZE - _OVERLAP)
        ]
        return cls(embedder, [place for place, _ in pieces], await embedder.embed([piece for _, piece in pieces]))

    async def answer(self, question: Question, *, within: bool) -> Sequence[Place]:
        scores = self._vectors @ await self._embedder.embed_query(question.text)
        order = [self._places[row] for row in np.argsort(-scores, kind="stable")]
        return [place for place in order if not within or place[0] == question.document][:_HITS]


class Service:
    """The use case of the service, over indexes in memory and on disk."""

    def __init__(self, search: SearchDocuments, names: Mapping[DocumentId, str]) -> None:
        self._search = search
        self._names = names
        self._ids = {name: document_id for document_id, name in names.items()}

    @classmethod
    async def over(cls, texts: Sequence[Text], embedder: Embedder, folder: Path) -> Service:
        """Index the texts as the worker does."""
        store, derived, index = FakeDocuments(), FakeDerived(), FakeIndex()
        companies, names = known_companies(), {}
        for text in texts:
            pages = [PageText(number, page, title_of(page)) for number, page in enumerate(text.pages, start=1)]
            profile = describe(text.name, pages, companies)
            document = a_document(_OWNER, name=text.name, received=True, state=DocumentState.EMBEDDING, profile=profile)
            chunks = chunk_pages(document.id, profile.header, pages)
            vectors = await embedder.embed([chunk.embedded_text for chunk in chunks])
            indexed = Indexed(chunks, vectors.astype(np.float16), "hash", "pipeline")
            await store.create(document)
            await derived.put(OwnerId(_OWNER), document.id, indexed)
            await index.put(document.collection_id, indexed)
            await store.save(document.ready(document.updated_at, chunks=len(chunks), pipeline="pipeline"))
            names[document.id] = text.name
        words = TantivyIndex(folder)
        search = SearchDocuments(
            library=Library(store),
            store=store,
            index=index,
            lexical=words,
            keep_lexical=KeepLexical(words, derived, patience_seconds=600),
            exact=ExactSearch(derived),
            embedder=embedder,
            lexicon=accounting_lexicon(),
            healing=_NoHealing(),
        )
        return cls(search, names)

    async def answer(self, question: Question, *, within: bool) -> Sequence[Place]:
        wanted = Wanted(question.text, _HITS, (self._ids[question.document],) if within else (), "private")
        found = await self._search(a_caller(_OWNER), wanted)
        return [(each.document.name, each.ranked.hit.page) for each in found.hits]


_OWNER = "usr_eval"


class _NoHealing:
    def request(self, collection_id: CollectionId) -> None:
        raise AssertionError(f"the index of {collection_id} is not whole")

    def used(self, collection_id: CollectionId) -> bool:
        return True
