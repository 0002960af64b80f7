"""Deletes documents so that nothing of them is left."""

from __future__ import annotations

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.ids import OwnerId

from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import (
    Announcer,
    DerivedStore,
    DocumentStore,
    IngestQueue,
    OriginalStore,
    VectorIndex,
)
from stocktool_rag.domain.documents import CollectionId, Document, DocumentId, StaleDocument, document_id
from stocktool_rag.domain.events import PurgeRequested

_ATTEMPTS = 5


class Purge:
    """Removes bytes, derived objects, passages and rows of a document no reader sees any more; may be repeated."""

    def __init__(
        self, store: DocumentStore, originals: OriginalStore, derived: DerivedStore, index: VectorIndex
    ) -> None:
        self._store = store
        self._originals = originals
        self._derived = derived
        self._index = index

    async def __call__(self, owner: OwnerId, collection_id: CollectionId, document_id: DocumentId) -> None:
        """Remove everything; the rows last, so that a failure before leaves a way to begin anew.

        Raises:
            Unavailable: A store cannot be reached.
        """
        await self._originals.delete(owner, document_id)
        await self._derived.delete(owner, document_id)
        await self._index.remove(collection_id, document_id)
        await self._store.forget(document_id)

    async def complete(self, request: PurgeRequested) -> None:
        """Complete a deletion its caller may not have come to; a document that was not hidden after all stays."""
        if await self._store.get(request.document_id) is None:
            await self(request.owner_id, request.collection_id, request.document_id)


class DeleteDocument:
    """Hides a document from every reader at once, then removes it everywhere."""

    def __init__(
        self, library: Library, store: DocumentStore, purge: Purge, queue: IngestQueue, announcer: Announcer
    ) -> None:
        self._library = library
        self._store = store
        self._purge = purge
        self._queue = queue
        self._announcer = announcer

    async def __call__(self, caller: Caller, named: str) -> None:
        """Delete a document; one whose deletion was cut short is deleted on.

        Raises:
            DocumentNotFound: The caller sees none by this id.
            PermissionDenied: It may only read it.
            Unavailable: Hidden, but not removed everywhere yet; it will be.
        """
        document = await self._hidden(caller, named) or await self._hide(caller, named)
        await self._purge(document.owner_id, document.collection_id, document.id)
        await self._announcer.announce_deleted(document)

    async def _hidden(self, caller: Caller, named: str) -> Document | None:
        document = await self._store.get_hidden(document_id(named))
        return document if document is not None and document.owner_id in caller.owners else None

    async def _hide(self, caller: Caller, named: str) -> Document:
        for _ in range(_ATTEMPTS):
            document = await self._library.writable_document(caller, named)
            # Before the row is hidden, with a delay: whatever happens to this process, the removal is completed.
            await self._queue.request_purge(document)
            try:
                await self._store.hide(document, caller.subject)
            except StaleDocument:
                continue  # a worker moves it on at this moment; look again
            return document
        raise StaleDocument("the document is being changed all the time; try again", document_id=named)
