"""Asks for a document to be indexed anew."""

from __future__ import annotations

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import FailedPrecondition
from stocktool_kit.core.ids import new_ulid

from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import Announcer, DocumentStore, IngestQueue
from stocktool_rag.domain.documents import Document, StaleDocument


class ReindexDocument:
    """Puts a document into the ingest queue again; its old passages stay searchable until the new ones are there."""

    def __init__(
        self, library: Library, store: DocumentStore, queue: IngestQueue, announcer: Announcer, clock: Clock
    ) -> None:
        self._library = library
        self._store = store
        self._queue = queue
        self._announcer = announcer
        self._clock = clock

    async def __call__(self, caller: Caller, document_id: str) -> Document:
        """Ask for it and answer the document as it is now.

        Raises:
            DocumentNotFound: The caller sees none by this id.
            PermissionDenied: It may only read it.
            FailedPrecondition: Its bytes have not arrived yet.
        """
        document = await self._library.writable_document(caller, document_id)
        if not document.received:
            raise FailedPrecondition("the file has not arrived yet", document_id=document.id)
        # The message first: a state nobody works on would be a promise without anybody to keep it.
        await self._queue.request_reindex(document.id, new_ulid())
        if not document.state.is_settled:
            return document
        queued = document.queued(self._clock.now())
        try:
            await self._store.save(queued)
        except StaleDocument:
            return await self._library.document(caller, document_id)
        await self._announcer.announce(queued)
        return queued
