"""What is in a collection, as of its index version."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from stocktool_rag.application.ports import DocumentStore
from stocktool_rag.domain.collections import IndexVersion
from stocktool_rag.domain.documents import CollectionId, Document, DocumentId

_KEPT = 64


class Catalogue:
    """The searchable documents of collections, read again when the collection's index version has changed."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._kept: OrderedDict[CollectionId, tuple[int, Mapping[DocumentId, Document]]] = OrderedDict()

    async def of(self, collection_id: CollectionId, version: IndexVersion) -> Mapping[DocumentId, Document]:
        """Documents by id.

        Args:
            collection_id: The collection.
            version: Its index version as just read.
        """
        kept = self._kept.get(collection_id)
        if kept is not None and kept[0] == version.number:
            self._kept.move_to_end(collection_id)
            return kept[1]
        documents = {document.id: document for document in await self._store.all_searchable(collection_id)}
        self._kept[collection_id] = (version.number, documents)
        self._kept.move_to_end(collection_id)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return documents
