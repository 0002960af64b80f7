"""Makes a stored file searchable: read, cut, embed, index."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import structlog
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Unavailable

from stocktool_rag.application.delete_document import Purge
from stocktool_rag.application.ports import (
    Announcer,
    DerivedStore,
    DocumentStore,
    Embedder,
    Fence,
    Indexed,
    Leases,
    OriginalStore,
    Parser,
    VectorIndex,
)
from stocktool_rag.domain.chunks import CHUNKER_VERSION, chunk_pages
from stocktool_rag.domain.documents import Document, StaleDocument
from stocktool_rag.domain.events import IngestEvent, ObjectWritten, PurgeRequested, ReindexRequested, asks_for_work
from stocktool_rag.domain.identify import Unreadable
from stocktool_rag.domain.pages import PageText
from stocktool_rag.domain.profile import Companies, Profile, describe

log = structlog.get_logger()

_NOTHING_LEFT = "the file is no longer in storage"
_GAVE_UP = "an error of ours kept it from being indexed; try to index it again later"


def pipeline_of(embedder: Embedder) -> str:
    """Name of everything that decides what passages and vectors come out of the same bytes."""
    return f"{CHUNKER_VERSION}/{embedder.name}"


class IngestDocument:
    """Handles one event of the ingest queue, so that duplicates, late events and crashed predecessors do no harm."""

    def __init__(
        self,
        *,
        store: DocumentStore,
        originals: OriginalStore,
        derived: DerivedStore,
        index: VectorIndex,
        parser: Parser,
        embedder: Embedder,
        announcer: Announcer,
        leases: Leases,
        purge: Purge,
        companies: Companies,
        clock: Clock,
    ) -> None:
        self._store = store
        self._originals = originals
        self._derived = derived
        self._index = index
        self._parser = parser
        self._embedder = embedder
        self._announcer = announcer
        self._leases = leases
        self._purge = purge
        self._companies = companies
        self._clock = clock
        self._pipeline = pipeline_of(embedder)

    async def __call__(self, event: IngestEvent) -> None:
        """Do what the event asks for, if it still asks for anything.

        Raises:
            Conflict: Not now: another worker has the document.
            Unavailable: Not now: a store cannot be reached.
        """
        if isinstance(event, PurgeRequested):
            await self._purge.complete(event)
            return
        if await self._wanted(event) is None:
            return
        async with self._leases.hold(f"document#{event.document_id}") as fence:
            document = await self._wanted(event)  # again: the holder before us may have done it
            if document is None:
                return
            try:
                await fence.guard(self._ingest(document, event, fence))
            except StaleDocument:
                if await self._store.get(document.id) is not None:
                    raise Unavailable("the document was changed meanwhile", document_id=document.id) from None
                log.info("document_deleted_meanwhile", document_id=document.id)
                await self._purge(document.owner_id, document.collection_id, document.id)

    async def give_up(self, event: IngestEvent) -> None:
        """Say that the last attempt has failed, so that nobody waits for a document nobody works on."""
        if isinstance(event, PurgeRequested):
            return
        document = await self._wanted(event)
        if document is None:
            return
        given_up = document.given_up(self._clock.now(), _GAVE_UP)
        await self._store.save(given_up)
        await self._announcer.announce(given_up)

    async def _wanted(self, event: ObjectWritten | ReindexRequested) -> Document | None:
        document = await self._store.get(event.document_id)
        if document is None:
            if isinstance(event, ObjectWritten):
                # The row is written before its bytes, so bytes without a row are those of a deleted document.
                await self._originals.delete(event.owner_id, event.document_id)
            return None
        if isinstance(event, ObjectWritten) and event.owner_id != document.owner_id:
            log.warning("event_of_another_owner", document_id=document.id)
            return None
        return document if asks_for_work(document, event, self._pipeline) else None

    async def _ingest(self, document: Document, event: ObjectWritten | ReindexRequested, fence: Fence) -> None:
        if isinstance(event, ObjectWritten):
            document = document.queued(self._clock.now(), sequencer=event.sequencer)
        else:
            document = document.queued(self._clock.now(), request_id=event.request_id)
        await self._save(document, fence)
        try:
            document, indexed = await self._made(document, fence, anew=isinstance(event, ReindexRequested))
        except Unreadable as error:
            state = await self._store.get(document.id)
            if state is None:
                raise StaleDocument("the document was deleted meanwhile") from error
            await self._save(state.failed(self._clock.now(), error.reason), fence)
            log.info("document_refused", document_id=document.id, reason=error.reason)
            return
        try:
            await self._index.put(document.collection_id, indexed)
        except Unavailable:
            # The index is a projection. Search finds the document by the derived objects until it has been rebuilt.
            log.warning("index_left_behind", document_id=document.id, collection_id=document.collection_id)
        ready = document.ready(self._clock.now(), chunks=len(indexed.chunks), pipeline=self._pipeline)
        await self._save(ready, fence)
        log.info("document_ready", document_id=document.id, pages=ready.pages, chunks=ready.chunks)

    async def _made(self, document: Document, fence: Fence, *, anew: bool) -> tuple[Document, Indexed]:
        with tempfile.TemporaryDirectory(prefix="stocktool-rag-") as folder:
            path = Path(folder) / "original"
            if not await self._originals.download(document.owner_id, document.id, path):
                document = document.parsing(self._clock.now(), size_bytes=0, content_hash="")
                await self._save(document, fence)
                raise Unreadable(_NOTHING_LEFT)
            size_bytes, content_hash = await asyncio.to_thread(_measure, path)
            document = document.parsing(self._clock.now(), size_bytes=size_bytes, content_hash=content_hash)
            await self._save(document, fence)
            made = None if anew else await self._made_before(document)
            kind, count, profile = document.media_type, document.pages, document.profile
            if made is not None and kind is not None and count is not None and profile is not None:
                document = document.embedding(self._clock.now(), media_type=kind, pages=count, profile=profile)
                await self._save(document, fence)
                return document, made
            parsed = await self._parser.parse(path, document.name)
        await self._derived.put_pages(document.owner_id, document.id, parsed.pages)
        profile = await asyncio.to_thread(describe, document.name, parsed.pages, self._companies)
        document = document.embedding(
            self._clock.now(), media_type=parsed.media_type, pages=len(parsed.pages), profile=profile
        )
        await self._save(document, fence)
        indexed = await self._embedded(document, parsed.pages, profile)
        await self._derived.put(document.owner_id, document.id, indexed)
        return document, indexed

    async def _made_before(self, document: Document) -> Indexed | None:
        """What a predecessor made of the same bytes by the same pipeline, so that its work is not done twice."""
        made = await self._derived.get(document.owner_id, document.id)
        if made is None or made.content_hash != document.content_hash or made.pipeline != self._pipeline:
            return None
        return made

    async def _embedded(self, document: Document, pages: Sequence[PageText], profile: Profile) -> Indexed:
        chunks = await asyncio.to_thread(chunk_pages, document.id, profile.header, pages)
        vectors = await self._embedder.embed([chunk.embedded_text for chunk in chunks])
        return Indexed(chunks, vectors.astype(np.float16), document.content_hash or "", self._pipeline)

    async def _save(self, document: Document, fence: Fence) -> None:
        await self._store.save(document, fence=fence)
        await self._announcer.announce(document)


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return path.stat().st_size, digest
