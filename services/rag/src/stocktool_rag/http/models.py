"""Bodies of requests and answers."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from stocktool_kit.core.caller import Caller
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_rag.application.library import shown_collection
from stocktool_rag.application.read_documents import ShownPage
from stocktool_rag.application.search_documents import DEFAULT_TOP_K, Found
from stocktool_rag.application.upload_document import StartedUpload
from stocktool_rag.domain.collections import Collection
from stocktool_rag.domain.documents import KNOWLEDGE_OWNER, MAX_NAME_LENGTH, PRIVATE_ALIAS, Document, DocumentState


class StoredDocumentOut(ResponseModel):
    """A document that was taken in."""

    id: str = Field(examples=["doc_01kam3v0q2x8r6w1h5n7t9c4bd"])
    name: str
    state: DocumentState = Field(description="Always `stored`; what follows is told by `GET /documents/{id}`.")

    @classmethod
    def of(cls, document: Document) -> StoredDocumentOut:
        """Say that it is stored, whatever the worker has made of it meanwhile."""
        return cls(id=document.id, name=document.name, state=DocumentState.STORED)


class DocumentOut(ResponseModel):
    """A document and what is known of it."""

    id: str
    name: str
    collection: str = Field(description="`private`, `knowledge`, or a collection's id.")
    state: DocumentState
    pages: int | None = Field(description="Pages; of text without pages, its headings. Null until it was read.")
    chunks: int | None = Field(description="Passages that can be searched. Null while there are none.")
    error: str | None = Field(description="Why it failed.")
    content_hash: str | None = Field(description="SHA-256 of its bytes in hex.")
    size_bytes: int | None
    media_type: str | None = Field(description="Found in its bytes.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, document: Document, caller: Caller) -> DocumentOut:
        """Show a document to a caller."""
        return cls(
            id=document.id,
            name=document.name,
            collection=shown_collection(caller, document.collection_id),
            state=document.state,
            pages=document.pages,
            chunks=document.chunks,
            error=document.error,
            content_hash=document.content_hash,
            size_bytes=document.size_bytes,
            media_type=document.media_type,
            created_at=document.created_at,
            updated_at=document.updated_at,
        )


class DocumentListOut(ResponseModel):
    """One page of documents."""

    items: list[DocumentOut]
    next_page_token: str


class UploadIn(RequestModel):
    """A file that is to be sent straight to storage."""

    name: str = Field(min_length=1, max_length=4 * MAX_NAME_LENGTH, description="Its name, for display.")
    collection: str = Field(default=PRIVATE_ALIAS, min_length=1, max_length=64)


class UploadOut(ResponseModel):
    """The form to send the file with: `multipart/form-data`, the fields first, the file last as `file`."""

    document: StoredDocumentOut
    url: str
    fields: dict[str, str]
    expires_in_seconds: int
    max_bytes: int

    @classmethod
    def of(cls, started: StartedUpload) -> UploadOut:
        """Show a form."""
        return cls(
            document=StoredDocumentOut.of(started.document),
            url=started.form.url,
            fields=dict(started.form.fields),
            expires_in_seconds=started.form.expires_in_seconds,
            max_bytes=started.max_bytes,
        )


class PageOut(ResponseModel):
    """The text a citation points to."""

    document_id: str
    document_name: str
    page: int
    pages: int
    title: str
    text: str

    @classmethod
    def of(cls, shown: ShownPage) -> PageOut:
        """Show a page."""
        return cls(
            document_id=shown.document.id,
            document_name=shown.document.name,
            page=shown.page.number,
            pages=shown.document.pages or 0,
            title=shown.page.title,
            text=shown.page.text,
        )


class CollectionIn(RequestModel):
    """A collection to be made."""

    name: str = Field(min_length=1, max_length=100)


class CollectionOut(ResponseModel):
    """A collection the caller may read."""

    id: str = Field(description="`private`, `knowledge`, or an id.")
    name: str
    writable: bool = Field(description="Whether the caller may add documents.")
    created_at: datetime | None = Field(description="Null for those that are always there.")

    @classmethod
    def of(cls, collection: Collection, caller: Caller) -> CollectionOut:
        """Show a collection to a caller."""
        return cls(
            id=shown_collection(caller, collection.id),
            name=collection.name,
            writable=collection.owner_id != KNOWLEDGE_OWNER or "admin" in caller.roles,
            created_at=collection.created_at,
        )


class CollectionListOut(ResponseModel):
    """All collections of a caller."""

    items: list[CollectionOut]
    next_page_token: str = ""


class SearchIn(RequestModel):
    """What to look for."""

    query: str = Field(description="The question, 1 to 4,000 characters.")
    top_k: int = Field(default=DEFAULT_TOP_K, description="How many hits at most, 1 to 50.")
    document_ids: list[str] = Field(default=[], description="Only these documents, at most 100.")
    collection: str = Field(default="", max_length=64, description="Only this one; empty: own ones and `knowledge`.")


class HitOut(ResponseModel):
    """One passage."""

    document_id: str
    document_name: str
    page: int = Field(description="Page it stands on, from 1; of text without pages, the ordinal of its heading.")
    chunk_id: str
    text: str
    score: float = Field(description="Cosine similarity to the question; higher is better.")


class SearchOut(ResponseModel):
    """What was found, best first."""

    hits: list[HitOut]
    indexed: bool = Field(description="False while an index is rebuilt and its collection is searched exactly.")

    @classmethod
    def of(cls, found: Found) -> SearchOut:
        """Show hits."""
        hits = [
            HitOut(
                document_id=document.id,
                document_name=document.name,
                page=hit.page,
                chunk_id=hit.chunk_id,
                text=hit.text,
                score=hit.score,
            )
            for hit, document in found.hits
        ]
        return cls(hits=hits, indexed=found.indexed)
