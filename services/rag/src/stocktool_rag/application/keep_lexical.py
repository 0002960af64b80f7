"""Keeps the lexical index of a collection in step with the derived objects."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog
from stocktool_kit.core.errors import StockToolError

from stocktool_rag.application.ports import DerivedStore, LexicalIndex
from stocktool_rag.domain.documents import CollectionId, Document, DocumentId

log = structlog.get_logger()


class KeepLexical:
    """Fills what a collection's lexical index lacks and removes what it has too much.

    The question that finds a difference waits for it a little; what takes longer goes on beside it, and meanwhile
    documents are found by their vectors.

    Args:
        index: The index.
        derived: What it is filled from.
        patience_seconds: How long a question waits at most.
    """

    def __init__(self, index: LexicalIndex, derived: DerivedStore, *, patience_seconds: float = 1.0) -> None:
        self._index = index
        self._derived = derived
        self._patience_seconds = patience_seconds
        self._running: dict[CollectionId, asyncio.Task[None]] = {}

    async def __call__(self, collection_id: CollectionId, documents: Mapping[DocumentId, Document]) -> None:
        """Bring the index to hold these documents, or begin to.

        Args:
            collection_id: The collection.
            documents: All its searchable documents.
        """
        if await self._index.documents(collection_id) == _wanted(documents):
            return
        if collection_id in self._running:
            return  # it waits for nobody twice
        running = asyncio.create_task(self._fill(collection_id, documents))
        self._running[collection_id] = running
        running.add_done_callback(lambda _: self._running.pop(collection_id, None))
        await asyncio.wait({running}, timeout=self._patience_seconds)

    async def close(self) -> None:
        """End what still runs."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _fill(self, collection_id: CollectionId, documents: Mapping[DocumentId, Document]) -> None:
        present = await self._index.documents(collection_id)
        wanted = _wanted(documents)
        try:
            for document_id in present.keys() - wanted.keys():
                await self._index.remove(collection_id, document_id)
            for document_id, mark in wanted.items():
                if present.get(document_id) == mark:
                    continue
                document = documents[document_id]
                indexed = await self._derived.get(document.owner_id, document_id)
                if indexed is not None:
                    await self._index.put(collection_id, document_id, mark, indexed.chunks)
        except StockToolError as error:
            log.warning("lexical_index_left_behind", collection_id=collection_id, detail=error.message)


def _wanted(documents: Mapping[DocumentId, Document]) -> dict[DocumentId, str]:
    """Documents with a mark of what was made of them."""
    return {document.id: f"{document.content_hash}/{document.pipeline}" for document in documents.values()}
