"""Collections: where documents are searched together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stocktool_kit.core.errors import NotFound
from stocktool_kit.core.ids import OwnerId

from stocktool_rag.domain.documents import KNOWLEDGE, KNOWLEDGE_OWNER, CollectionId


class CollectionNotFound(NotFound):
    """No collection by this id that the caller may see."""

    reason = "COLLECTION_NOT_FOUND"

    def __init__(self, collection_id: str) -> None:
        super().__init__("no collection with this id", collection_id=collection_id[:64])


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of documents with one owner; its index is its own, so that a search elsewhere cannot see into it."""

    id: CollectionId
    owner_id: OwnerId
    name: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """What a collection's index must hold.

    Attributes:
        number: Rises with each change of what can be searched.
        chunks: Passages of all documents that can be searched.
    """

    number: int = 0
    chunks: int = 0


def private_collection(owner: OwnerId) -> Collection:
    """The collection every owner has without making it; its id follows from the owner's."""
    return Collection(CollectionId(f"col_private_{owner}"), owner, "Private")


def knowledge_collection() -> Collection:
    """The collection administrators publish."""
    return Collection(KNOWLEDGE, KNOWLEDGE_OWNER, "Knowledge")
