"""Reading what is there: documents, pages, collections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_id
from stocktool_kit.core.once import once
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import DerivedStore, DocumentStore
from stocktool_rag.domain.collections import Collection
from stocktool_rag.domain.documents import (
    PRIVATE_ALIAS,
    CollectionId,
    Document,
    DocumentNotReady,
    PageNotFound,
)
from stocktool_rag.domain.pages import PageText

MOST_COLLECTIONS = 50
_MAX_COLLECTION_NAME = 100


class ReadDocuments:
    """Lists and gives documents."""

    def __init__(self, library: Library, store: DocumentStore) -> None:
        self._library = library
        self._store = store

    async def get(self, caller: Caller, document_id: str) -> Document:
        """One document.

        Raises:
            DocumentNotFound: The caller sees none by this id.
        """
        return await self._library.document(caller, document_id)

    async def list(self, caller: Caller, page: PageRequest, collection: str = "") -> Page[Document]:
        """Documents of one collection, by default the caller's private one, newest first.

        Raises:
            CollectionNotFound: The caller sees no such collection.
        """
        target = await self._library.collection(caller, collection or PRIVATE_ALIAS)
        return await self._store.list(target.id, page)


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page with the document it stands in."""

    document: Document
    page: PageText


class ReadPage:
    """Gives the text a citation points to."""

    def __init__(self, library: Library, derived: DerivedStore) -> None:
        self._library = library
        self._derived = derived

    async def __call__(self, caller: Caller, document_id: str, number: int) -> ShownPage:
        """The text of one page.

        Raises:
            DocumentNotFound: The caller sees no such document.
            DocumentNotReady: It has not been read yet.
            PageNotFound: It has fewer pages.
        """
        document = await self._library.document(caller, document_id)
        if document.pages is None:
            raise DocumentNotReady(f"the document is {document.state}", document_id=document.id, state=document.state)
        if not 1 <= number <= document.pages:
            raise PageNotFound(f"the document has {document.pages} pages", document_id=document.id, page=number)
        pages = await self._derived.get_pages(document.owner_id, document.id, {number})
        page = (pages or {}).get(number)
        if page is None:
            raise DocumentNotReady("the document is being read anew", document_id=document.id)
        return ShownPage(document, page)


class Collections:
    """Lists and makes collections."""

    def __init__(self, library: Library, store: DocumentStore, clock: Clock) -> None:
        self._library = library
        self._store = store
        self._clock = clock

    async def list(self, caller: Caller) -> Sequence[Collection]:
        """All the caller may read."""
        return await self._library.collections(caller)

    async def create(self, caller: Caller, name: str, key: IdempotencyKey | None = None) -> Collection:
        """Make a collection of the caller's own.

        Raises:
            InvalidArgument: The name is empty or too long, or the caller has too many.
        """
        shown = "".join(character for character in name if character.isprintable()).strip()
        if not 1 <= len(shown) <= _MAX_COLLECTION_NAME:
            raise InvalidArgument.of("/name", f"must be 1 to {_MAX_COLLECTION_NAME} characters")

        async def attempt() -> Collection:
            if len(await self._store.collections_of(caller.owner)) >= MOST_COLLECTIONS:
                problem = f"there are {MOST_COLLECTIONS} collections already; no more can be made"
                raise InvalidArgument.of("/name", problem)
            collection = Collection(CollectionId(new_id("col")), caller.owner, shown, self._clock.now())
            return await self._store.create_collection(collection, key)

        return await once(lambda: self._store.earlier_collection(key), attempt)
