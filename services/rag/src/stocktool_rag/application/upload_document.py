"""Takes new documents in."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_id

from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import Announcer, DocumentStore, OriginalStore, UploadForm
from stocktool_rag.domain.collections import Collection
from stocktool_rag.domain.documents import Document, DocumentId, DocumentState, StaleDocument, clean_name

_BLOCK = 1 << 20


class UploadDocument:
    """Stores a file that came with the request. Storage's own event then starts its ingestion."""

    def __init__(
        self, library: Library, store: DocumentStore, originals: OriginalStore, announcer: Announcer, clock: Clock
    ) -> None:
        self._library = library
        self._store = store
        self._originals = originals
        self._announcer = announcer
        self._clock = clock

    async def __call__(
        self, caller: Caller, *, name: str, collection: str, source: BinaryIO, key: IdempotencyKey | None = None
    ) -> Document:
        """Store an open file and answer its document.

        The row comes before the bytes, so that their event always finds it. A repetition with the same key and the same
        bytes answers the same document, and stores the bytes if the first attempt did not come to it.

        Raises:
            CollectionNotFound: The caller sees no such collection.
            PermissionDenied: It may not add to it.
            Conflict: The key was used for other bytes.
        """
        target = await self._library.writable_collection(caller, collection)
        size_bytes, content_hash = await asyncio.to_thread(_measure, source)
        wanted = _new_document(caller, target, name, self._clock.now())
        document = await self._store.create(wanted, key.with_body_hash(content_hash) if key else None)
        if document.received:
            return document
        await self._originals.put(document.owner_id, document.id, source, size_bytes)
        arrived = document.arrived(self._clock.now(), size_bytes=size_bytes, content_hash=content_hash)
        try:
            await self._store.save(arrived)
        except StaleDocument:
            return await self._overtaken(document)
        await self._announcer.announce(arrived)
        return arrived

    async def _overtaken(self, document: Document) -> Document:
        """The worker or the request's twin was quicker, which is fine; or it was deleted, and its bytes must follow."""
        now = await self._store.get(document.id)
        if now is None:
            await self._originals.delete(document.owner_id, document.id)
        return now or document


@dataclass(frozen=True, slots=True)
class StartedUpload:
    """A document that waits for its bytes, and the form to send them with."""

    document: Document
    form: UploadForm
    max_bytes: int


class StartUpload:
    """Prepares an upload that goes from the browser straight to storage."""

    def __init__(
        self, library: Library, store: DocumentStore, originals: OriginalStore, clock: Clock, max_bytes: int
    ) -> None:
        self._library = library
        self._store = store
        self._originals = originals
        self._clock = clock
        self._max_bytes = max_bytes

    async def __call__(
        self, caller: Caller, *, name: str, collection: str, key: IdempotencyKey | None = None
    ) -> StartedUpload:
        """Reserve a document and sign a form for it; a reservation nobody uses is forgotten after a day.

        Raises:
            CollectionNotFound: The caller sees no such collection.
            PermissionDenied: It may not add to it.
        """
        target = await self._library.writable_collection(caller, collection)
        document = await self._store.create(_new_document(caller, target, name, self._clock.now()), key)
        form = await self._originals.form(document.owner_id, document.id, self._max_bytes)
        return StartedUpload(document, form, self._max_bytes)


def _new_document(caller: Caller, target: Collection, name: str, now: datetime) -> Document:
    return Document(
        id=DocumentId(new_id("doc")),
        owner_id=target.owner_id,
        collection_id=target.id,
        name=clean_name(name),
        uploaded_by=caller.subject,
        state=DocumentState.STORED,
        version=1,
        created_at=now,
        updated_at=now,
    )


def _measure(source: BinaryIO) -> tuple[int, str]:
    """Size and SHA-256 of an open file."""
    digest = hashlib.sha256()
    size = 0
    source.seek(0)
    while block := source.read(_BLOCK):
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest()
