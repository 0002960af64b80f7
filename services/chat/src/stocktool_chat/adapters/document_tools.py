"""Tools about the user's documents."""

from __future__ import annotations

from stocktool.rag.v1 import rag_service_pb2 as pb

from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.adapters.tool_session import Session, Tool
from stocktool_chat.domain.json_types import JsonObject


async def search_documents(session: Session, wanted: args.SearchDocuments) -> JsonObject:
    """Passages of the user's documents."""
    request = pb.SearchRequest(query=wanted.query, top_k=wanted.limit or 5, document_ids=wanted.document_ids or ())
    answer = await session.ask.documents.Search(request)
    return {"hits": [to_plain(hit) for hit in answer.hits]}


async def read_page(session: Session, wanted: args.ReadPage) -> JsonObject:
    """A page of a document."""
    request = pb.GetPageRequest(document_id=wanted.document_id, page=wanted.page)
    return to_plain(await session.ask.documents.GetPage(request))


TOOLS = (
    Tool("search_documents", "Finds passages in the user's own documents; each has a citation number to refer to.",
         args.SearchDocuments, search_documents, pb.SearchResponse),
    Tool("read_page", "The whole text of one page of a document.", args.ReadPage, read_page, pb.GetPageResponse),
)  # fmt: skip
