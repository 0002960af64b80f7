"""Requests of ours in the ingest queue, beside storage's events."""

from __future__ import annotations

from stocktool_kit.aws.queue import Queue

from stocktool_rag.domain.documents import Document, DocumentId

PURGE_DELAY_SECONDS = 30  # long after the deletion that asks for it has hidden the row, or never will
REINDEX, PURGE = "reindex", "purge"


class SqsIngestQueue:
    """An `IngestQueue`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def request_reindex(self, document_id: DocumentId, request_id: str) -> None:
        """Ask for a new indexing."""
        await self._queue.send({"request": REINDEX, "document_id": document_id, "request_id": request_id})

    async def request_purge(self, document: Document) -> None:
        """Ask that a deletion is completed a little later."""
        body = {
            "request": PURGE,
            "owner_id": document.owner_id,
            "collection_id": document.collection_id,
            "document_id": document.id,
        }
        await self._queue.send(body, delay_seconds=PURGE_DELAY_SECONDS)
