"""In-memory ports of the rag service; trusted because they pass the contracts of the real adapters."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Container, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from stocktool_kit.core.errors import AlreadyExists, Conflict, Unavailable
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token
from stocktool_rag.application.ports import Fence, Indexed, ParsedDocument, UploadForm
from stocktool_rag.domain.asking import Asked
from stocktool_rag.domain.chunks import Chunk
from stocktool_rag.domain.collections import Collection, IndexVersion
from stocktool_rag.domain.documents import (
    CollectionId,
    Document,
    DocumentId,
    DocumentNotFound,
    DocumentState,
    StaleDocument,
)
from stocktool_rag.domain.identify import Unreadable, decode_text, identify
from stocktool_rag.domain.pages import PageText, plain_pages
from stocktool_rag.domain.ranking import Hit, Vector, Vectors, nearest

Result = TypeVar("Result")


class FakeDocuments:
    """A `DocumentStore`."""

    def __init__(self) -> None:
        self.rows: dict[DocumentId, Document] = {}
        self.hidden: set[DocumentId] = set()
        self.collections: dict[CollectionId, Collection] = {}
        self.versions: dict[CollectionId, IndexVersion] = {}
        self.keys: dict[str, tuple[str, DocumentId]] = {}
        self.collection_keys: dict[str, tuple[str, CollectionId]] = {}
        self.lost_leases: set[tuple[str, int]] = set()

    async def create(self, document: Document, key: IdempotencyKey | None = None) -> Document:
        if key is not None:
            body_hash, earlier = self.keys.setdefault(key.record_id, (key.body_hash, document.id))
            if body_hash != key.body_hash:
                raise AlreadyExists("this Idempotency-Key was used for another request; use a new one")
            if earlier != document.id:
                found = await self.get(earlier)
                if found is None:
                    raise DocumentNotFound(earlier)
                return found
        self.rows[document.id] = document
        return document

    async def get(self, document_id: DocumentId) -> Document | None:
        return None if document_id in self.hidden else self.rows.get(document_id)

    async def get_hidden(self, document_id: DocumentId) -> Document | None:
        return self.rows.get(document_id) if document_id in self.hidden else None

    async def get_many(self, document_ids: Sequence[DocumentId]) -> Mapping[DocumentId, Document]:
        found = [await self.get(document_id) for document_id in document_ids]
        return {document.id: document for document in found if document is not None}

    async def list(self, collection_id: CollectionId, page: PageRequest) -> Page[Document]:
        before = decode_token(page.page_token)["after"] if page.page_token else None
        rows = sorted((row for row in self._of(collection_id) if row.received), key=lambda row: row.id, reverse=True)
        rows = [row for row in rows if before is None or row.id < before]
        items = rows[: page.page_size]
        return Page(items, encode_token({"after": items[-1].id}) if len(rows) > len(items) else "")

    async def all_searchable(self, collection_id: CollectionId) -> Sequence[Document]:
        return [row for row in self._of(collection_id) if row.is_searchable]

    async def save(self, document: Document, *, fence: Fence | None = None) -> None:
        before = await self.get(document.id)
        if before is None or before.version != document.version - 1:
            raise StaleDocument("the document was changed meanwhile")
        if fence is not None and (fence.name, fence.fence) in self.lost_leases:
            raise StaleDocument("the lease is lost")
        self.rows[document.id] = document
        if document.state is DocumentState.READY:
            self._index_change(document.collection_id, (document.chunks or 0) - (before.chunks or 0))

    async def hide(self, document: Document, actor: str) -> None:
        if await self.get(document.id) != document:
            raise StaleDocument("the document was changed meanwhile")
        self.hidden.add(document.id)
        if document.chunks is not None:
            self._index_change(document.collection_id, -document.chunks)

    async def forget(self, document_id: DocumentId) -> None:
        if document_id in self.hidden:
            self.hidden.discard(document_id)
            del self.rows[document_id]

    async def create_collection(self, collection: Collection, key: IdempotencyKey | None = None) -> Collection:
        if key is not None:
            body_hash, earlier = self.collection_keys.setdefault(key.record_id, (key.body_hash, collection.id))
            if body_hash != key.body_hash:
                raise AlreadyExists("this Idempotency-Key was used for another request; use a new one")
            if earlier != collection.id:
                return self.collections[earlier]
        self.collections[collection.id] = collection
        return collection

    async def earlier_collection(self, key: IdempotencyKey | None) -> Collection | None:
        found = None if key is None else self.collection_keys.get(key.record_id)
        if key is None or found is None:
            return None
        if found[0] != key.body_hash:
            raise AlreadyExists("this Idempotency-Key was used for another request; use a new one")
        return self.collections[found[1]]

    async def get_collection(self, collection_id: CollectionId) -> Collection | None:
        return self.collections.get(collection_id)

    async def collections_of(self, owner_id: OwnerId) -> Sequence[Collection]:
        return [each for each in self.collections.values() if each.owner_id == owner_id]

    async def index_version(self, collection_id: CollectionId) -> IndexVersion:
        return self.versions.get(collection_id, IndexVersion())

    def _of(self, collection_id: CollectionId) -> Sequence[Document]:
        return [row for row in self.rows.values() if row.collection_id == collection_id and row.id not in self.hidden]

    def _index_change(self, collection_id: CollectionId, chunks: int) -> None:
        before = self.versions.get(collection_id, IndexVersion())
        self.versions[collection_id] = IndexVersion(before.number + 1, before.chunks + chunks)


class FakeOriginals:
    """An `OriginalStore`."""

    def __init__(self) -> None:
        self.objects: dict[tuple[OwnerId, DocumentId], bytes] = {}

    async def put(self, owner: OwnerId, document_id: DocumentId, source: BinaryIO, size_bytes: int) -> None:
        source.seek(0)
        self.objects[owner, document_id] = source.read()

    async def form(self, owner: OwnerId, document_id: DocumentId, max_bytes: int) -> UploadForm:
        return UploadForm("http://127.0.0.1/bucket", {"key": f"docs/{owner}/{document_id}/original"}, 600)

    async def download(self, owner: OwnerId, document_id: DocumentId, path: Path) -> bool:
        body = self.objects.get((owner, document_id))
        if body is None:
            return False
        path.write_bytes(body)  # noqa: ASYNC240 - a test's few bytes
        return True

    async def delete(self, owner: OwnerId, document_id: DocumentId) -> None:
        self.objects.pop((owner, document_id), None)


class FakeDerived:
    """A `DerivedStore`."""

    def __init__(self) -> None:
        self.pages: dict[tuple[OwnerId, DocumentId], Sequence[PageText]] = {}
        self.indexes: dict[tuple[OwnerId, DocumentId], Indexed] = {}

    async def put_pages(self, owner: OwnerId, document_id: DocumentId, pages: Sequence[PageText]) -> None:
        self.pages[owner, document_id] = pages

    async def get_pages(
        self, owner: OwnerId, document_id: DocumentId, numbers: Container[int]
    ) -> Mapping[int, PageText] | None:
        pages = self.pages.get((owner, document_id))
        return None if pages is None else {page.number: page for page in pages if page.number in numbers}

    async def put(self, owner: OwnerId, document_id: DocumentId, indexed: Indexed) -> None:
        self.indexes[owner, document_id] = indexed

    async def get(self, owner: OwnerId, document_id: DocumentId) -> Indexed | None:
        return self.indexes.get((owner, document_id))

    async def delete(self, owner: OwnerId, document_id: DocumentId) -> None:
        self.pages.pop((owner, document_id), None)
        self.indexes.pop((owner, document_id), None)


class FakeIndex:
    """A `VectorIndex`; `down` makes every call fail, `broken` every question, `blind` answers with the farthest."""

    def __init__(self) -> None:
        self.rows: dict[CollectionId, dict[str, tuple[Hit, Vector]]] = {}
        self.down = False
        self.broken = False
        self.blind = False

    async def put(self, collection_id: CollectionId, indexed: Indexed) -> None:
        self._reach()
        if not indexed.chunks:
            return
        await self.remove(collection_id, indexed.chunks[0].document_id)
        rows = self.rows.setdefault(collection_id, {})
        for chunk, vector in zip(indexed.chunks, indexed.vectors, strict=True):
            rows[chunk.id] = (Hit(chunk.document_id, chunk.page, chunk.id, chunk.text, 0), vector.astype(np.float32))

    async def remove(self, collection_id: CollectionId, document_id: DocumentId) -> None:
        self._reach()
        rows = self.rows.get(collection_id, {})
        for chunk_id in [chunk_id for chunk_id, (hit, _) in rows.items() if hit.document_id == document_id]:
            del rows[chunk_id]

    async def count(self, collection_id: CollectionId) -> int:
        self._reach()
        return len(self.rows.get(collection_id, {}))

    async def query(
        self, collection_id: CollectionId, vector: Vector, limit: int, document_ids: Sequence[DocumentId] = ()
    ) -> list[Hit]:
        self._reach()
        if self.broken:
            raise Unavailable("the index fails at questions")
        rows = [
            row
            for row in self.rows.get(collection_id, {}).values()
            if not document_ids or row[0].document_id in document_ids
        ]
        if not rows:
            return []
        vectors = np.stack([vector for _, vector in rows]).astype(np.float16)
        order = nearest(vector, vectors, len(rows))
        return [
            Hit(hit.document_id, hit.page, hit.chunk_id, hit.text, score)
            for row, score in (order[::-1] if self.blind else order)[:limit]
            for hit in [rows[row][0]]
        ]

    async def drop(self, collection_id: CollectionId) -> None:
        self._reach()
        self.rows.pop(collection_id, None)
        self.broken = self.blind = False

    async def ping(self) -> None:
        self._reach()

    def _reach(self) -> None:
        if self.down:
            raise Unavailable("the index is down")


class FakeLexical:
    """A `LexicalIndex` that counts common words; `down` makes every question fail."""

    def __init__(self) -> None:
        self.down = False
        self.rows: dict[CollectionId, dict[DocumentId, tuple[str, Sequence[Chunk]]]] = {}

    async def documents(self, collection_id: CollectionId) -> Mapping[DocumentId, str]:
        return {document_id: mark for document_id, (mark, _) in self.rows.get(collection_id, {}).items()}

    async def put(
        self, collection_id: CollectionId, document_id: DocumentId, mark: str, chunks: Sequence[Chunk]
    ) -> None:
        self.rows.setdefault(collection_id, {})[document_id] = (mark, chunks)

    async def remove(self, collection_id: CollectionId, document_id: DocumentId) -> None:
        self.rows.get(collection_id, {}).pop(document_id, None)

    async def query(
        self, collection_id: CollectionId, asked: Asked, limit: int, document_ids: Sequence[DocumentId] = ()
    ) -> list[Hit]:
        if self.down:
            raise Unavailable("the lexical index is down")
        words = set(" ".join((asked.text, *asked.expansions, *asked.dates)).casefold().split())
        hits = [
            Hit(
                document_id,
                chunk.page,
                chunk.id,
                chunk.text,
                float(len(words & set(chunk.embedded_text.casefold().split()))),
            )
            for document_id, (_, chunks) in self.rows.get(collection_id, {}).items()
            if not document_ids or document_id in document_ids
            for chunk in chunks
        ]
        return sorted((hit for hit in hits if hit.score), key=lambda hit: (-hit.score, hit.chunk_id))[:limit]


class FakeEmbedder:
    """An `Embedder` whose vectors count words, so that texts with common words are near each other."""

    name = "words"
    dimension = 64

    def __init__(self) -> None:
        self.embedded = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return np.stack([self._vector(text) for text in texts]) if texts else np.empty((0, 64), np.float32)

    async def embed_query(self, text: str) -> Vector:
        return self._vector(text)

    def _vector(self, text: str) -> Vector:
        vector = np.full(self.dimension, 1e-3, np.float32)
        for word in text.casefold().split():
            vector[int(hashlib.sha256(word.strip(".,?").encode()).hexdigest(), 16) % self.dimension] += 1
        unit: Vector = vector / np.linalg.norm(vector)
        return unit


class FakeParser:
    """A `Parser` of plain text."""

    async def parse(self, path: Path, name: str) -> ParsedDocument:
        data = path.read_bytes()  # noqa: ASYNC240 - a test's few bytes
        media_type = identify(data, name)
        text = decode_text(data)
        if not text.strip():
            raise Unreadable("the file is empty")
        return ParsedDocument(media_type, plain_pages(text))


class FakeAnnouncer:
    """An `Announcer` that remembers."""

    def __init__(self) -> None:
        self.states: list[str] = []

    async def announce(self, document: Document) -> None:
        self.states.append(document.state.value)

    async def announce_deleted(self, document: Document) -> None:
        self.states.append("deleted")


class FakeIngestQueue:
    """An `IngestQueue` that remembers."""

    def __init__(self) -> None:
        self.reindexed: list[tuple[DocumentId, str]] = []
        self.purged: list[DocumentId] = []

    async def request_reindex(self, document_id: DocumentId, request_id: str) -> None:
        self.reindexed.append((document_id, request_id))

    async def request_purge(self, document: Document) -> None:
        self.purged.append(document.id)


@dataclass
class FakeFence:
    """A lease that is held."""

    name: str
    fence: int

    async def guard(self, work: Awaitable[Result]) -> Result:
        return await work


@dataclass
class FakeLeases:
    """Leases of one process."""

    held: set[str] = field(default_factory=set)
    number: int = 0

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[FakeFence]:
        if name in self.held:
            raise Conflict("somebody else is at work on this")
        self.held.add(name)
        self.number += 1
        try:
            yield FakeFence(name, self.number)
        finally:
            self.held.discard(name)
