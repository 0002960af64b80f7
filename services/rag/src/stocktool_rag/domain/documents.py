"""Documents and the states they pass through."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from stocktool_kit.core.errors import Conflict, FailedPrecondition, NotFound
from stocktool_kit.core.ids import OwnerId

from stocktool_rag.domain.profile import Profile

DocumentId = NewType("DocumentId", str)
"""`doc_...`, sorts by creation."""

CollectionId = NewType("CollectionId", str)
"""`knowledge`, or `col_...`."""

KNOWLEDGE = CollectionId("knowledge")
"""The collection administrators publish and everybody reads."""

KNOWLEDGE_OWNER = OwnerId("knowledge")
"""Owner of everything in `knowledge`; no token acts for it, roles decide."""

PRIVATE_ALIAS = "private"
"""What a caller says for the private collection of its own."""

MAX_NAME_LENGTH = 200
_DOCUMENT_ID = re.compile(r"doc_[0-9a-z]{26}")


class DocumentNotFound(NotFound):
    """No document by this id that the caller may see."""

    reason = "DOCUMENT_NOT_FOUND"

    def __init__(self, document_id: str) -> None:
        super().__init__("no document with this id", document_id=document_id[:64])


def is_document_id(text: str) -> bool:
    """Whether a document can have this id."""
    return _DOCUMENT_ID.fullmatch(text) is not None


def document_id(text: str) -> DocumentId:
    """Read an id a caller gave.

    Raises:
        DocumentNotFound: No document can have it; no store needs to be asked, nor can be troubled, by such text.
    """
    if not is_document_id(text):
        raise DocumentNotFound(text)
    return DocumentId(text)


class PageNotFound(NotFound):
    """The document has no such page."""

    reason = "PAGE_NOT_FOUND"


class DocumentNotReady(FailedPrecondition):
    """The document has not been read yet, or could not be."""

    reason = "DOCUMENT_NOT_READY"


class StaleDocument(Conflict):
    """Somebody else has written the document since it was read, or it is gone."""

    reason = "STALE_DOCUMENT"


class DocumentState(StrEnum):
    """How far a document has come."""

    STORED = "stored"
    QUEUED = "queued"
    PARSING = "parsing"
    EMBEDDING = "embedding"
    READY = "ready"
    FAILED = "failed"

    @property
    def is_settled(self) -> bool:
        """Whether no work is owed until somebody asks for it."""
        return self in {DocumentState.READY, DocumentState.FAILED}


# QUEUED can follow everything: a worker that takes over a dead one's document begins anew.
_NEXT: dict[DocumentState, frozenset[DocumentState]] = {
    DocumentState.STORED: frozenset({DocumentState.QUEUED}),
    DocumentState.QUEUED: frozenset({DocumentState.QUEUED, DocumentState.PARSING, DocumentState.FAILED}),
    DocumentState.PARSING: frozenset({DocumentState.QUEUED, DocumentState.EMBEDDING, DocumentState.FAILED}),
    DocumentState.EMBEDDING: frozenset({DocumentState.QUEUED, DocumentState.READY, DocumentState.FAILED}),
    DocumentState.READY: frozenset({DocumentState.QUEUED}),
    DocumentState.FAILED: frozenset({DocumentState.QUEUED}),
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document and what is known of it.

    Attributes:
        id: Its identifier.
        owner_id: Whose it is; `knowledge` for published ones.
        collection_id: Where it is searched.
        name: Name it was uploaded under; for display, never part of a key.
        uploaded_by: The user who is told about its progress.
        state: How far it has come.
        version: Rises by one with each write; every write is conditional on it.
        created_at: When it was uploaded.
        updated_at: When it was last written.
        received: Whether its bytes have arrived; an upload form that was never used is forgotten after a day.
        size_bytes: Size of the bytes, None until known.
        content_hash: SHA-256 of the bytes in hex, None until known.
        media_type: Found in the bytes, None until parsed.
        pages: Number of pages, None until parsed.
        chunks: Number of passages that can be searched, None while there is no index of it. A document that is indexed
            again stays searchable by its old passages.
        error: Why it failed, for its owner.
        sequencer: S3's mark of the write that was taken last; marks of one key order its events.
        request_id: The last request for a new indexing, a ULID; empty when there was none.
        pipeline: Version of the pipeline and embedder its index was made by.
        profile: What it is, None until it was read.
    """

    id: DocumentId
    owner_id: OwnerId
    collection_id: CollectionId
    name: str
    uploaded_by: str
    state: DocumentState
    version: int
    created_at: datetime
    updated_at: datetime
    received: bool = False
    size_bytes: int | None = None
    content_hash: str | None = None
    media_type: str | None = None
    pages: int | None = None
    chunks: int | None = None
    error: str | None = None
    sequencer: str = ""
    request_id: str = ""
    pipeline: str = ""
    profile: Profile | None = None

    @property
    def is_searchable(self) -> bool:
        """Whether its passages may appear among hits."""
        return self.chunks is not None

    def arrived(self, now: datetime, *, size_bytes: int, content_hash: str) -> Document:
        """Note that the bytes are in storage; whoever has moved it on meanwhile wins by the version."""
        return self._written(now, received=True, size_bytes=size_bytes, content_hash=content_hash)

    def queued(self, now: datetime, *, sequencer: str = "", request_id: str = "") -> Document:
        """Note that work on it is owed, for an event of its storage or on request."""
        return self._moved(
            DocumentState.QUEUED,
            now,
            received=True,
            error=None,
            sequencer=sequencer or self.sequencer,
            request_id=request_id or self.request_id,
        )

    def parsing(self, now: datetime, *, size_bytes: int, content_hash: str) -> Document:
        """Note that its text is being read from these bytes."""
        return self._moved(DocumentState.PARSING, now, size_bytes=size_bytes, content_hash=content_hash)

    def embedding(self, now: datetime, *, media_type: str, pages: int, profile: Profile) -> Document:
        """Note that its text is known and vectors are being made."""
        return self._moved(DocumentState.EMBEDDING, now, media_type=media_type, pages=pages, profile=profile)

    def ready(self, now: datetime, *, chunks: int, pipeline: str) -> Document:
        """Note that it can be searched by so many passages."""
        return self._moved(DocumentState.READY, now, chunks=chunks, pipeline=pipeline, error=None)

    def failed(self, now: datetime, error: str) -> Document:
        """Note that it cannot be taken, and why."""
        return self._moved(DocumentState.FAILED, now, error=error)

    def given_up(self, now: datetime, error: str) -> Document:
        """Note that we could not do it, again and again; its event asks for work when it is delivered once more."""
        return self._written(now, state=DocumentState.FAILED, error=error, sequencer="")

    def _moved(self, state: DocumentState, now: datetime, **changes: object) -> Document:
        if state not in _NEXT[self.state]:
            raise FailedPrecondition(f"a document that is {self.state} cannot become {state}", document_id=self.id)
        return self._written(now, state=state, **changes)

    def _written(self, now: datetime, **changes: object) -> Document:
        return replace(self, version=self.version + 1, updated_at=now, **changes)  # type: ignore[arg-type]  # by name


def clean_name(name: str) -> str:
    """Make a file name fit to be shown: no path, no control characters, at most 200 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(character for character in last if character.isprintable()).strip(" .")
    if len(shown) > MAX_NAME_LENGTH:
        stem, dot, suffix = shown.rpartition(".")
        keep = f"{dot}{suffix}" if stem and len(suffix) <= 10 else ""
        shown = shown[: MAX_NAME_LENGTH - len(keep)] + keep
    return shown or "document"
