"""Says why a page came where it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stocktool_kit.core.caller import Caller

from stocktool_rag.application.library import Library
from stocktool_rag.application.search_documents import MAX_TOP_K, Question, SearchDocuments
from stocktool_rag.domain.asking import Asked
from stocktool_rag.domain.documents import Document, DocumentNotReady, PageNotFound
from stocktool_rag.domain.fusion import Ranked, distinct


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a page came where it came.

    Attributes:
        asked: The question as it was understood.
        document: The page's document.
        boost: What the document's profile speaks for it.
        rank: Place of the page among all pages found, from 1; None when nothing of it was found.
        passages: What was found on it, best first.
        first: The passage that came first, None when nothing was found.
        indexed: False when an index was left behind and its collection was searched exactly instead.
    """

    asked: Asked
    document: Document
    boost: float
    rank: int | None
    passages: Sequence[Ranked]
    first: Ranked | None
    indexed: bool


class ExplainSearch:
    """Searches as `SearchDocuments` does, with the page's document among the candidates in any case."""

    def __init__(self, library: Library, search: SearchDocuments) -> None:
        self._library = library
        self._search = search

    async def __call__(self, caller: Caller, question: Question, document_id: str, page: int) -> Explanation:
        """Explain the place of a page.

        Raises:
            DocumentNotFound: The caller sees none by this id.
            DocumentNotReady: It cannot be searched yet.
            PageNotFound: It has no such page.
        """
        document = await self._library.document(caller, document_id)
        if document.pages is None or not document.is_searchable:
            raise DocumentNotReady(f"the document is {document.state}", document_id=document.id, state=document.state)
        if not 1 <= page <= document.pages:
            raise PageNotFound(f"the document has {document.pages} pages", document_id=document.id, page=page)
        within = replace(question, top_k=MAX_TOP_K)
        considered = await self._search.consider(caller, within, also=[document.id])
        pages = list(dict.fromkeys((each.hit.document_id, each.hit.page) for each in considered.ranked))
        wanted = (document.id, page)
        return Explanation(
            considered.asked,
            document,
            considered.boosts.get(document.id, 0.0),
            pages.index(wanted) + 1 if wanted in pages else None,
            [each for each in considered.ranked if (each.hit.document_id, each.hit.page) == wanted],
            next(iter(distinct(considered.ranked, 1)), None),
            considered.indexed,
        )
