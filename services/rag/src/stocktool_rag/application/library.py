"""Who may see and change what. Everything a caller names by id goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import PermissionDenied
from stocktool_kit.core.ids import OwnerId

from stocktool_rag.application.ports import DocumentStore
from stocktool_rag.domain.collections import (
    Collection,
    CollectionNotFound,
    knowledge_collection,
    private_collection,
)
from stocktool_rag.domain.documents import (
    KNOWLEDGE,
    KNOWLEDGE_OWNER,
    PRIVATE_ALIAS,
    CollectionId,
    Document,
    DocumentId,
    DocumentNotFound,
    document_id,
    is_document_id,
)


class Library:
    """Documents and collections as one caller sees them; what is another's does not exist."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    async def collection(self, caller: Caller, name: str) -> Collection:
        """The collection behind an id or the alias `private`.

        Raises:
            CollectionNotFound: The caller may not read it, or there is none.
        """
        own = private_collection(caller.owner)
        if name in {PRIVATE_ALIAS, own.id}:
            return own
        if name == KNOWLEDGE:
            return knowledge_collection()
        found = await self._store.get_collection(CollectionId(name))
        if found is None or not _may_read(caller, found.owner_id):
            raise CollectionNotFound(name)
        return found

    async def writable_collection(self, caller: Caller, name: str) -> Collection:
        """The same, for adding to it.

        Raises:
            CollectionNotFound: As above.
            PermissionDenied: The caller may only read it.
        """
        collection = await self.collection(caller, name)
        _require_write(caller, collection.owner_id)
        return collection

    async def collections(self, caller: Caller) -> Sequence[Collection]:
        """All the caller may read: its private one, those it made, and `knowledge`."""
        made = await self._store.collections_of(caller.owner)
        return [private_collection(caller.owner), *made, knowledge_collection()]

    async def document(self, caller: Caller, named: str) -> Document:
        """A document the caller may read.

        Raises:
            DocumentNotFound: There is none.
        """
        document = await self._store.get(document_id(named))
        if document is None or not _may_read(caller, document.owner_id):
            raise DocumentNotFound(named)
        return document

    async def documents(self, owners: Sequence[OwnerId], named: Iterable[str]) -> Mapping[str, Document]:
        """Those of the named documents that these owners may read; the others are not among them."""
        wanted = [DocumentId(each) for each in dict.fromkeys(named) if is_document_id(each)]
        found = await self._store.get_many(wanted) if wanted else {}
        return {each.id: each for each in found.values() if each.owner_id in owners or each.owner_id == KNOWLEDGE_OWNER}

    async def writable_document(self, caller: Caller, named: str) -> Document:
        """A document the caller may change.

        Raises:
            DocumentNotFound: There is none the caller may read.
            PermissionDenied: The caller may only read it.
        """
        document = await self.document(caller, named)
        _require_write(caller, document.owner_id)
        return document


def shown_collection(caller: Caller, collection_id: CollectionId) -> str:
    """A collection's id as the caller knows it."""
    return PRIVATE_ALIAS if collection_id == private_collection(caller.owner).id else collection_id


def _may_read(caller: Caller, owner: OwnerId) -> bool:
    return owner in caller.owners or owner == KNOWLEDGE_OWNER


def _require_write(caller: Caller, owner: OwnerId) -> None:
    if owner in caller.owners or (owner == KNOWLEDGE_OWNER and "admin" in caller.roles):
        return
    raise PermissionDenied("only administrators publish in this collection")
