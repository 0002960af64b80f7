"""RagService over the use cases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from stocktool.rag.v1 import rag_service_pb2 as pb
from stocktool.rag.v1 import rag_service_pb2_grpc as pb_grpc
from stocktool_kit.core.caller import Caller, current_caller
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, PageRequest

from stocktool_rag.application.delete_document import DeleteDocument
from stocktool_rag.application.library import shown_collection
from stocktool_rag.application.read_documents import ReadDocuments, ReadPage
from stocktool_rag.application.read_passages import ReadPassages
from stocktool_rag.application.search_documents import DEFAULT_TOP_K, Question, SearchDocuments
from stocktool_rag.domain.documents import Document, DocumentState
from stocktool_rag.domain.passages import PassageRef, PassageState, Quote, QuoteState, Words

Context = grpc.aio.ServicerContext[Any, Any]

_STATES = {
    DocumentState.STORED: pb.DOCUMENT_STATE_STORED,
    DocumentState.QUEUED: pb.DOCUMENT_STATE_QUEUED,
    DocumentState.PARSING: pb.DOCUMENT_STATE_PARSING,
    DocumentState.EMBEDDING: pb.DOCUMENT_STATE_EMBEDDING,
    DocumentState.READY: pb.DOCUMENT_STATE_READY,
    DocumentState.FAILED: pb.DOCUMENT_STATE_FAILED,
}


_WORDS = {
    PassageState.FOUND: pb.PASSAGE_STATE_FOUND,
    PassageState.DELETED: pb.PASSAGE_STATE_DELETED,
    PassageState.CHANGED: pb.PASSAGE_STATE_CHANGED,
    PassageState.NOT_READY: pb.PASSAGE_STATE_NOT_READY,
}
_QUOTES = {
    QuoteState.VERIFIED: pb.QUOTE_STATE_VERIFIED,
    QuoteState.UNVERIFIED: pb.QUOTE_STATE_UNVERIFIED,
    QuoteState.UNKNOWN: pb.QUOTE_STATE_UNKNOWN,
}


class RagServicer(pb_grpc.RagServiceServicer):
    """Converts, calls, converts."""

    def __init__(
        self,
        *,
        search: SearchDocuments,
        documents: ReadDocuments,
        read_page: ReadPage,
        read_passages: ReadPassages,
        delete: DeleteDocument,
    ) -> None:
        self._search = search
        self._documents = documents
        self._read_page = read_page
        self._read_passages = read_passages
        self._delete = delete

    async def Search(self, request: pb.SearchRequest, context: Context) -> pb.SearchResponse:
        """Passages, best first."""
        question = Question(
            request.query, request.top_k or DEFAULT_TOP_K, tuple(request.document_ids), request.collection
        )
        found = await self._search(current_caller(), question)
        hits = [
            pb.SearchHit(
                document_id=each.document.id,
                document_name=each.document.name,
                page=each.ranked.hit.page,
                chunk_id=each.ranked.hit.chunk_id,
                text=each.ranked.hit.text,
                score=each.ranked.score,
            )
            for each in found.hits
        ]
        return pb.SearchResponse(hits=hits, indexed=found.indexed)

    async def ListDocuments(self, request: pb.ListDocumentsRequest, context: Context) -> pb.ListDocumentsResponse:
        """Documents of a collection, newest first."""
        caller = current_caller()
        wanted = PageRequest(request.page_size or DEFAULT_PAGE_SIZE, request.page_token)
        page = await self._documents.list(caller, wanted, request.collection)
        return pb.ListDocumentsResponse(
            documents=[_document(document, caller) for document in page.items], next_page_token=page.next_page_token
        )

    async def GetDocument(self, request: pb.GetDocumentRequest, context: Context) -> pb.GetDocumentResponse:
        """One document."""
        caller = current_caller()
        document = await self._documents.get(caller, request.document_id)
        return pb.GetDocumentResponse(document=_document(document, caller))

    async def GetPage(self, request: pb.GetPageRequest, context: Context) -> pb.GetPageResponse:
        """The text of one page."""
        shown = await self._read_page(current_caller(), request.document_id, request.page)
        return pb.GetPageResponse(
            document_id=shown.document.id,
            document_name=shown.document.name,
            page=shown.page.number,
            pages=shown.document.pages or 0,
            text=shown.page.text,
        )

    async def ReadPassages(self, request: pb.ReadPassagesRequest, context: Context) -> pb.ReadPassagesResponse:
        """Words for references to them."""
        found = await self._read_passages(current_caller().owners, _refs(request.passages))
        return pb.ReadPassagesResponse(passages=[_words(each) for each in found])

    async def ReadSharedPassages(
        self, request: pb.ReadSharedPassagesRequest, context: Context
    ) -> pb.ReadSharedPassagesResponse:
        """Words for references to them, in what an owner has shared."""
        found = await self._read_passages([OwnerId(request.owner_id)], _refs(request.passages))
        return pb.ReadSharedPassagesResponse(passages=[_words(each) for each in found])

    async def CheckQuotes(self, request: pb.CheckQuotesRequest, context: Context) -> pb.CheckQuotesResponse:
        """Which quotes stand on their pages."""
        quotes = [Quote(each.document_id, each.page, each.text) for each in request.quotes]
        states = await self._read_passages.check(current_caller().owners, quotes)
        return pb.CheckQuotesResponse(states=[_QUOTES[state] for state in states])

    async def DeleteDocument(self, request: pb.DeleteDocumentRequest, context: Context) -> pb.DeleteDocumentResponse:
        """Remove a document everywhere."""
        await self._delete(current_caller(), request.document_id)
        return pb.DeleteDocumentResponse()


def _refs(messages: Iterable[pb.PassageRef]) -> list[PassageRef]:
    return [
        PassageRef(each.document_id, each.page, each.chunk_id, each.start, each.end, each.sha256) for each in messages
    ]


def _words(found: Words) -> pb.PassageText:
    return pb.PassageText(state=_WORDS[found.state], text=found.text)


def _document(document: Document, caller: Caller) -> pb.Document:
    return pb.Document(
        id=document.id,
        name=document.name,
        collection=shown_collection(caller, document.collection_id),
        state=_STATES[document.state],
        pages=document.pages,
        chunks=document.chunks,
        error=document.error,
        content_hash=document.content_hash,
        size_bytes=document.size_bytes,
        created_at=_timestamp(document.created_at),
        updated_at=_timestamp(document.updated_at),
        media_type=document.media_type,
    )


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
