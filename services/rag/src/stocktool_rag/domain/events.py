"""What the ingest queue says, and whether it asks for work."""

from __future__ import annotations

from dataclasses import dataclass

from stocktool_kit.core.ids import OwnerId

from stocktool_rag.domain.documents import KNOWLEDGE_OWNER, CollectionId, Document, DocumentId


@dataclass(frozen=True, slots=True)
class ObjectWritten:
    """An original was written to storage.

    Attributes:
        owner_id: Owner by its key.
        document_id: Document by its key.
        key: The key.
        sequencer: Orders the writes of one key.
    """

    owner_id: OwnerId
    document_id: DocumentId
    key: str
    sequencer: str


@dataclass(frozen=True, slots=True)
class ReindexRequested:
    """Somebody wants a document indexed anew; `request_id` is a ULID."""

    document_id: DocumentId
    request_id: str


@dataclass(frozen=True, slots=True)
class PurgeRequested:
    """A document was to be deleted; once it is hidden or gone, nothing of it may be left."""

    owner_id: OwnerId
    collection_id: CollectionId
    document_id: DocumentId


IngestEvent = ObjectWritten | ReindexRequested | PurgeRequested


def original_key(owner: OwnerId, document: DocumentId) -> str:
    """Where the bytes of a document lie. Ids only: a user's text never becomes part of a key."""
    return f"knowledge/{document}/original" if owner == KNOWLEDGE_OWNER else f"docs/{owner}/{document}/original"


def derived_prefix(owner: OwnerId, document: DocumentId) -> str:
    """Where everything made of a document lies."""
    return f"derived/{owner}/{document}/"


def object_written(key: str, sequencer: str) -> ObjectWritten | None:
    """Read the key of a storage event; None when it is no original of a document."""
    match key.split("/"):
        case ["docs", owner, document, "original"] if owner and document:
            return ObjectWritten(OwnerId(owner), DocumentId(document), key, sequencer)
        case ["knowledge", document, "original"] if document:
            return ObjectWritten(KNOWLEDGE_OWNER, DocumentId(document), key, sequencer)
        case _:
            return None


def asks_for_work(document: Document, event: ObjectWritten | ReindexRequested, pipeline: str) -> bool:
    """Whether an event still asks for something, so that duplicates and late ones change nothing."""
    if isinstance(event, ReindexRequested):
        return event.request_id > document.request_id or (
            event.request_id == document.request_id and not document.state.is_settled
        )
    order = compare_sequencers(event.sequencer, document.sequencer)
    if order < 0:
        return False
    if order > 0:
        return True
    return not document.state.is_settled or (document.is_searchable and document.pipeline != pipeline)


def compare_sequencers(left: str, right: str) -> int:
    """Order two sequencers of one key.

    Source:
        Amazon S3 User Guide, "Event message structure": compare as text, the shorter one filled up with zeros on its
        right.
    """
    width = max(len(left), len(right))
    a, b = left.upper().ljust(width, "0"), right.upper().ljust(width, "0")
    return (a > b) - (a < b)
