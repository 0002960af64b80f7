"""Exact search over derived vectors: slower than an index, right whatever state the index is in."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

from stocktool_rag.application.ports import DerivedStore, Indexed
from stocktool_rag.domain.documents import Document, DocumentId
from stocktool_rag.domain.ranking import Hit, Vector, merge, nearest

_READERS = 4


class ExactSearch:
    """Compares a question with every passage of documents, keeping recently used documents in memory.

    Args:
        derived: Passages and vectors of documents.
        cache_bytes: Bound on what is kept, by the size of vectors and texts.
    """

    def __init__(self, derived: DerivedStore, *, cache_bytes: int = 64 << 20) -> None:
        self._derived = derived
        self._cache_bytes = cache_bytes
        self._cached: OrderedDict[tuple[DocumentId, str | None, str], tuple[Indexed, int]] = OrderedDict()
        self._size = 0
        self._readers = asyncio.Semaphore(_READERS)

    async def __call__(self, documents: Iterable[Document], vector: Vector, limit: int) -> list[Hit]:
        """The nearest passages of some documents, best first."""
        return merge(await asyncio.gather(*(self._of(document, vector, limit) for document in documents)), limit)

    async def around(self, document: Document, chunk_id: str, count: int) -> tuple[str, str]:
        """Text of so many passages before and after one, on its page."""
        indexed = await self._read(document)
        chunks = indexed.chunks if indexed is not None else ()
        at = next((number for number, chunk in enumerate(chunks) if chunk.id == chunk_id), None)
        if at is None:
            return "", ""
        page = chunks[at].page
        before = [chunk.text for chunk in chunks[max(0, at - count) : at] if chunk.page == page]
        after = [chunk.text for chunk in chunks[at + 1 : at + 1 + count] if chunk.page == page]
        return "\n".join(before), "\n".join(after)

    async def _of(self, document: Document, vector: Vector, limit: int) -> list[Hit]:
        async with self._readers:
            indexed = await self._read(document)
            if indexed is None:
                return []
            found = await asyncio.to_thread(nearest, vector, indexed.vectors, limit)
        chunks = indexed.chunks
        return [Hit(document.id, chunks[row].page, chunks[row].id, chunks[row].text, score) for row, score in found]

    async def _read(self, document: Document) -> Indexed | None:
        key = (document.id, document.content_hash, document.pipeline)
        if key in self._cached:
            self._cached.move_to_end(key)
            return self._cached[key][0]
        indexed = await self._derived.get(document.owner_id, document.id)
        if indexed is None:
            return None
        if (indexed.content_hash, indexed.pipeline) == (document.content_hash, document.pipeline):
            self._keep(key, indexed)
        return indexed

    def _keep(self, key: tuple[DocumentId, str | None, str], indexed: Indexed) -> None:
        size = indexed.vectors.nbytes + sum(len(chunk.text) + len(chunk.context) for chunk in indexed.chunks)
        if size > self._cache_bytes or key in self._cached:
            return
        self._cached[key] = (indexed, size)
        self._size += size
        while self._size > self._cache_bytes:
            _, (_, dropped) = self._cached.popitem(last=False)
            self._size -= dropped
