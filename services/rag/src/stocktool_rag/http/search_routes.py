"""Routes of collections and search."""

from __future__ import annotations

from fastapi import APIRouter

from stocktool_rag.application.search_documents import Question
from stocktool_rag.http.models import CollectionIn, CollectionListOut, CollectionOut, SearchIn, SearchOut
from stocktool_rag.http.use_cases import Key, Reader, Uses, Writer

router = APIRouter(tags=["search"])


@router.post("/search")
async def search_documents(uses: Uses, body: SearchIn, caller: Reader) -> SearchOut:
    """Find the passages that fit a question best."""
    question = Question(body.query, body.top_k, body.document_ids, body.collection)
    return SearchOut.of(await uses.search(caller, question))


@router.get("/collections")
async def list_collections(uses: Uses, caller: Reader) -> CollectionListOut:
    """The collections the caller may read."""
    found = await uses.collections.list(caller)
    return CollectionListOut(items=[CollectionOut.of(collection, caller) for collection in found])


@router.post("/collections", status_code=201)
async def create_collection(uses: Uses, body: CollectionIn, caller: Writer, key: Key) -> CollectionOut:
    """Make a collection of the caller's own."""
    return CollectionOut.of(await uses.collections.create(caller, body.name, key), caller)
