"""RagService over the use cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from stocktool.rag.v1 import rag_service_pb2 as pb
from stocktool.rag.v1 import rag_service_pb2_grpc as pb_grpc
from stocktool_kit.core.caller import Caller, current_caller
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, PageRequest

from stocktool_rag.application.delete_document import DeleteDocument
from stocktool_rag.application.library import shown_collection
from stocktool_rag.application.read_documents import ReadDocuments, ReadPage
from stocktool_rag.application.search_documents import DEFAULT_TOP_K, Question, SearchDocuments
from stocktool_rag.domain.documents import Document, DocumentState

Context = grpc.aio.ServicerContext[Any, Any]

_STATES = {
    DocumentState.STORED: pb.DOCUMENT_STATE_STORED,
    DocumentState.QUEUED: pb.DOCUMENT_STATE_QUEUED,
    DocumentState.PARSING: pb.DOCUMENT_STATE_PARSING,
    DocumentState.EMBEDDING: pb.DOCUMENT_STATE_EMBEDDING,
    DocumentState.READY: pb.DOCUMENT_STATE_READY,
    DocumentState.FAILED: pb.DOCUMENT_STATE_FAILED,
}


class RagServicer(pb_grpc.RagServiceServicer):
    """Converts, calls, converts."""

    def __init__(
        self, *, search: SearchDocuments, documents: ReadDocuments, read_page: ReadPage, delete: DeleteDocument
    ) -> None:
        self._search = search
        self._documents = documents
        self._read_page = read_page
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

    async def DeleteDocument(self, request: pb.DeleteDocumentRequest, context: Context) -> pb.DeleteDocumentResponse:
        """Remove a document everywhere."""
        await self._delete(current_caller(), request.document_id)
        return pb.DeleteDocumentResponse()


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
