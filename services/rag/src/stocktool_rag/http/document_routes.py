"""Routes of documents."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, UploadFile
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageRequest

from stocktool_rag.domain.documents import PRIVATE_ALIAS
from stocktool_rag.http.models import DocumentListOut, DocumentOut, PageOut, StoredDocumentOut, UploadIn, UploadOut
from stocktool_rag.http.use_cases import Key, Reader, Uses, Writer

router = APIRouter(tags=["documents"])

PageSize = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)]
CollectionForm = Annotated[str, Form(min_length=1, max_length=64)]


@router.post("/documents", status_code=202)
async def upload_document(
    uses: Uses,
    caller: Writer,
    key: Key,
    file: UploadFile,
    collection: CollectionForm = PRIVATE_ALIAS,
) -> StoredDocumentOut:
    """Store a file; it is read and indexed in the background."""
    document = await uses.upload(caller, name=file.filename or "", collection=collection, source=file.file, key=key)
    return StoredDocumentOut.of(document)


@router.post("/uploads", status_code=201)
async def start_upload(
    uses: Uses,
    body: UploadIn,
    caller: Writer,
    key: Key,
) -> UploadOut:
    """Get a form that sends a large file straight to storage."""
    return UploadOut.of(await uses.start_upload(caller, name=body.name, collection=body.collection, key=key))


@router.get("/documents")
async def list_documents(
    uses: Uses,
    caller: Reader,
    collection: Annotated[str, Query(max_length=64)] = PRIVATE_ALIAS,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: str = "",
) -> DocumentListOut:
    """List the documents of a collection, newest first."""
    page = await uses.documents.list(caller, PageRequest(page_size, page_token), collection)
    return DocumentListOut(
        items=[DocumentOut.of(document, caller) for document in page.items], next_page_token=page.next_page_token
    )


@router.get("/documents/{document_id}")
async def get_document(uses: Uses, document_id: str, caller: Reader) -> DocumentOut:
    """One document and its state."""
    return DocumentOut.of(await uses.documents.get(caller, document_id), caller)


@router.delete("/documents/{document_id}", status_code=204)
async def delete_document(uses: Uses, document_id: str, caller: Writer) -> None:
    """Delete a document everywhere; no later answer cites it."""
    await uses.delete(caller, document_id)


@router.post("/documents/{document_id}:reindex", status_code=202)
async def reindex_document(uses: Uses, document_id: str, caller: Writer) -> DocumentOut:
    """Index a document anew; it stays searchable meanwhile."""
    return DocumentOut.of(await uses.reindex(caller, document_id), caller)


@router.get("/documents/{document_id}/pages/{number}")
async def get_page(uses: Uses, document_id: str, number: int, caller: Reader) -> PageOut:
    """The text of one page, for the citation view."""
    return PageOut.of(await uses.read_page(caller, document_id, number))
