"""What the routes call, and with whom; bootstrap puts the use cases on the app's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.http.auth import requires
from stocktool_kit.http.idempotency import idempotency_key

from stocktool_rag.application.delete_document import DeleteDocument
from stocktool_rag.application.explain_search import ExplainSearch
from stocktool_rag.application.read_documents import Collections, ReadDocuments, ReadPage
from stocktool_rag.application.reindex_document import ReindexDocument
from stocktool_rag.application.search_documents import SearchDocuments
from stocktool_rag.application.upload_document import StartUpload, UploadDocument


@dataclass(frozen=True, slots=True)
class UseCases:
    """The use cases behind the routes."""

    upload: UploadDocument
    start_upload: StartUpload
    documents: ReadDocuments
    read_page: ReadPage
    delete: DeleteDocument
    reindex: ReindexDocument
    collections: Collections
    search: SearchDocuments
    explain: ExplainSearch


def _use_cases(request: Request) -> UseCases:
    found: UseCases = request.app.state.use_cases
    return found


Uses = Annotated[UseCases, Depends(_use_cases)]
Reader = Annotated[Caller, requires("documents.read")]
Writer = Annotated[Caller, requires("documents.write")]
Key = Annotated[IdempotencyKey | None, idempotency_key()]  # after the caller, whose identity is part of it
