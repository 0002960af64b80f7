"""What the use cases need from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Container, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_rag.domain.asking import Asked
from stocktool_rag.domain.chunks import Chunk
from stocktool_rag.domain.collections import Collection, IndexVersion
from stocktool_rag.domain.documents import CollectionId, Document, DocumentId
from stocktool_rag.domain.pages import PageText
from stocktool_rag.domain.ranking import Hit, Vector, Vectors

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What was read out of a file."""

    media_type: str
    pages: Sequence[PageText]


@dataclass(frozen=True, slots=True)
class Indexed:
    """The passages of one document with their vectors, row by row.

    Attributes:
        chunks: Passages in reading order.
        vectors: Unit vectors as 16-bit floats, one row per passage.
        content_hash: SHA-256 of the bytes they were made of.
        pipeline: Version of the pipeline and embedder that made them.
    """

    chunks: Sequence[Chunk]
    vectors: NDArray[np.float16]
    content_hash: str
    pipeline: str


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form a browser may post a file to: `fields` first, the file last as `file`."""

    url: str
    fields: Mapping[str, str]
    expires_in_seconds: int


class DocumentStore(Protocol):
    """Documents, collections and what the indexes must hold."""

    async def create(self, document: Document, key: IdempotencyKey | None = None) -> Document:
        """Store a new document with its audit entry; with a key that was used before, answer that one's document.

        Raises:
            Conflict: The key was used for another body.
        """
        ...

    async def get(self, document_id: DocumentId) -> Document | None:
        """Read a document; None when there is none or it is being deleted."""
        ...

    async def get_many(self, document_ids: Sequence[DocumentId]) -> Mapping[DocumentId, Document]:
        """Read several; those that do not exist are left out."""
        ...

    async def list(self, collection_id: CollectionId, page: PageRequest) -> Page[Document]:
        """Documents of a collection whose bytes have arrived, newest first."""
        ...

    async def all_searchable(self, collection_id: CollectionId) -> Sequence[Document]:
        """Every document of a collection whose passages may appear among hits."""
        ...

    async def save(self, document: Document, *, fence: Fence | None = None) -> None:
        """Store a document that was read at one version less; the index version follows its passages.

        Args:
            document: The document as it is to be.
            fence: The lease the writer must still hold.

        Raises:
            StaleDocument: It is gone, another version, or the lease is lost.
        """
        ...

    async def hide(self, document: Document, actor: str) -> None:
        """Make a document vanish for every reader, with the audit entry.

        Raises:
            StaleDocument: It was written since it was read, or is gone.
        """
        ...

    async def get_hidden(self, document_id: DocumentId) -> Document | None:
        """Read a document that is being deleted."""
        ...

    async def forget(self, document_id: DocumentId) -> None:
        """Remove the rows of a document that was hidden; nothing happens to one that was not."""
        ...

    async def create_collection(self, collection: Collection, key: IdempotencyKey | None = None) -> Collection:
        """Store a new collection with its audit entry; with a key that was used before, answer that one's."""
        ...

    async def earlier_collection(self, key: IdempotencyKey | None) -> Collection | None:
        """The collection that the same request made within 24 hours, None for a new one.

        Raises:
            Conflict: The key was used for another body.
        """
        ...

    async def get_collection(self, collection_id: CollectionId) -> Collection | None:
        """Read a collection that was made by `create_collection`."""
        ...

    async def collections_of(self, owner_id: OwnerId) -> Sequence[Collection]:
        """The collections an owner made."""
        ...

    async def index_version(self, collection_id: CollectionId) -> IndexVersion:
        """What a collection's index must hold."""
        ...


class OriginalStore(Protocol):
    """The bytes of documents."""

    async def put(self, owner: OwnerId, document_id: DocumentId, source: BinaryIO, size_bytes: int) -> None:
        """Store the bytes of an open file; storage then tells the ingest queue."""
        ...

    async def form(self, owner: OwnerId, document_id: DocumentId, max_bytes: int) -> UploadForm:
        """Sign a form for exactly this document."""
        ...

    async def download(self, owner: OwnerId, document_id: DocumentId, path: Path) -> bool:
        """Copy the bytes into a file; False when there are none."""
        ...

    async def delete(self, owner: OwnerId, document_id: DocumentId) -> None:
        """Delete the bytes in all their versions."""
        ...


class DerivedStore(Protocol):
    """What was made of documents: the truth behind every index."""

    async def put_pages(self, owner: OwnerId, document_id: DocumentId, pages: Sequence[PageText]) -> None:
        """Store the text of all pages."""
        ...

    async def get_pages(
        self, owner: OwnerId, document_id: DocumentId, numbers: Container[int]
    ) -> Mapping[int, PageText] | None:
        """Read pages by their numbers, those that are there; None when the document has no pages at all."""
        ...

    async def put(self, owner: OwnerId, document_id: DocumentId, indexed: Indexed) -> None:
        """Store passages and vectors as one."""
        ...

    async def get(self, owner: OwnerId, document_id: DocumentId) -> Indexed | None:
        """Read passages and vectors; None when there are none."""
        ...

    async def delete(self, owner: OwnerId, document_id: DocumentId) -> None:
        """Delete all of it in all versions."""
        ...


class VectorIndex(Protocol):
    """A projection of `DerivedStore`, one per collection, that answers fast. It may lose everything at any time."""

    async def put(self, collection_id: CollectionId, indexed: Indexed) -> None:
        """Make the index hold exactly these passages of their document.

        Raises:
            Unavailable: The index cannot be reached, or is broken.
        """
        ...

    async def remove(self, collection_id: CollectionId, document_id: DocumentId) -> None:
        """Forget a document."""
        ...

    async def count(self, collection_id: CollectionId) -> int:
        """How many passages it holds."""
        ...

    async def query(
        self, collection_id: CollectionId, vector: Vector, limit: int, document_ids: Sequence[DocumentId] = ()
    ) -> list[Hit]:
        """The nearest passages, best first; of all documents when none are named."""
        ...

    async def drop(self, collection_id: CollectionId) -> None:
        """Forget a whole collection."""
        ...

    async def ping(self) -> None:
        """Answer when it works.

        Raises:
            Unavailable: It does not.
        """
        ...


class LexicalIndex(Protocol):
    """A projection of `DerivedStore` that finds passages by their words; one per collection, gone at any time."""

    async def documents(self, collection_id: CollectionId) -> Mapping[DocumentId, str]:
        """The documents it holds, each with the mark it was put under."""
        ...

    async def put(
        self, collection_id: CollectionId, document_id: DocumentId, mark: str, chunks: Sequence[Chunk]
    ) -> None:
        """Make the index hold exactly these passages of a document."""
        ...

    async def remove(self, collection_id: CollectionId, document_id: DocumentId) -> None:
        """Forget a document."""
        ...

    async def query(
        self, collection_id: CollectionId, asked: Asked, limit: int, document_ids: Sequence[DocumentId] = ()
    ) -> list[Hit]:
        """Passages with the words of a question, best first, scored by BM25; of all documents when none are named."""
        ...


class Embedder(Protocol):
    """Makes vectors of texts."""

    name: str
    dimension: int

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed passages, in order."""
        ...

    async def embed_query(self, text: str) -> Vector:
        """Embed a question."""
        ...


class Parser(Protocol):
    """Reads text out of files."""

    async def parse(self, path: Path, name: str) -> ParsedDocument:
        """Read the pages of a file; its name is the one it was uploaded under.

        Raises:
            Unreadable: It cannot be taken; the reason is for its owner.
        """
        ...


class Announcer(Protocol):
    """Tells a user's browser that a document has changed."""

    async def announce(self, document: Document) -> None:
        """Send a hint; never fails, since the row is the truth."""
        ...

    async def announce_deleted(self, document: Document) -> None:
        """Send the hint that it is gone."""
        ...


class IngestQueue(Protocol):
    """Work for the ingest worker that is not caused by storage."""

    async def request_reindex(self, document_id: DocumentId, request_id: str) -> None:
        """Ask for a new indexing."""
        ...

    async def request_purge(self, document: Document) -> None:
        """Ask that a deletion is completed a little later, should its caller not come to it."""
        ...


class Fence(Protocol):
    """A lease that is held."""

    @property
    def name(self) -> str:
        """What it is on."""
        ...

    @property
    def fence(self) -> int:
        """Fencing number, higher than that of every earlier holder."""
        ...

    async def guard(self, work: Awaitable[Result]) -> Result:
        """Run work, and cancel it when the lease is lost.

        Raises:
            Conflict: The lease was lost before the work was done.
        """
        ...


class Leases(Protocol):
    """At most one worker per document or index at a time."""

    def hold(self, name: str) -> AbstractAsyncContextManager[Fence]:
        """Hold a lease for a block, renewed meanwhile.

        Raises:
            Conflict: Somebody else holds it; try again later.
        """
        ...


class Healing(Protocol):
    """Told of an index that does not hold what it must."""

    def request(self, collection_id: CollectionId) -> None:
        """Have it looked after in the background."""
        ...

    def used(self, collection_id: CollectionId) -> bool:
        """Note that it is searched; whether its index can be trusted, as far as is known."""
        ...
