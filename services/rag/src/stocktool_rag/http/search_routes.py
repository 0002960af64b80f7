"""Routes of collections and search."""

from __future__ import annotations

from fastapi import APIRouter

from stocktool_rag.http.models import (
    CollectionIn,
    CollectionListOut,
    CollectionOut,
    ExplainIn,
    ExplanationOut,
    SearchIn,
    SearchOut,
)
from stocktool_rag.http.use_cases import Key, Reader, Uses, Writer

router = APIRouter(tags=["search"])


@router.post("/search")
async def search_documents(uses: Uses, body: SearchIn, caller: Reader) -> SearchOut:
    """Find the passages that fit a question best."""
    return SearchOut.of(await uses.search(caller, body.question()), parts=body.parts)


@router.post("/search:explain")
async def explain_search(uses: Uses, body: ExplainIn, caller: Reader) -> ExplanationOut:
    """Say why a page came where it came: what the question was understood to name, and the parts of each score."""
    return ExplanationOut.of(await uses.explain(caller, body.question(), body.document_id, body.page))


@router.get("/collections")
async def list_collections(uses: Uses, caller: Reader) -> CollectionListOut:
    """The collections the caller may read."""
    found = await uses.collections.list(caller)
    return CollectionListOut(items=[CollectionOut.of(collection, caller) for collection in found])


@router.post("/collections", status_code=201)
async def create_collection(uses: Uses, body: CollectionIn, caller: Writer, key: Key) -> CollectionOut:
    """Make a collection of the caller's own."""
    return CollectionOut.of(await uses.collections.create(caller, body.name, key), caller)
