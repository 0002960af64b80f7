"""What was made of documents, in S3 under `derived/<owner>/<document>/`.

`pages.json.gz` holds the text of the pages. `index.npz` holds passages and vectors in one object, written at once, so
that a reader sees both of one making or neither.
"""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import Container, Mapping, Sequence

import numpy as np
import orjson
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.core.errors import NotFound
from stocktool_kit.core.ids import OwnerId

from stocktool_rag.application.ports import Indexed
from stocktool_rag.domain.chunks import Chunk
from stocktool_rag.domain.documents import DocumentId
from stocktool_rag.domain.events import derived_prefix
from stocktool_rag.domain.pages import PageText


class S3Derived:
    """A `DerivedStore`."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def put_pages(self, owner: OwnerId, document_id: DocumentId, pages: Sequence[PageText]) -> None:
        """Store the text of all pages."""
        rows = [{"number": page.number, "title": page.title, "text": page.text} for page in pages]
        body = await asyncio.to_thread(lambda: gzip.compress(orjson.dumps(rows), compresslevel=5, mtime=0))
        await self._bucket.put(_pages_key(owner, document_id), body, content_type="application/gzip")

    async def get_pages(
        self, owner: OwnerId, document_id: DocumentId, numbers: Container[int]
    ) -> Mapping[int, PageText] | None:
        """Read pages by their numbers; None when there are no pages at all."""
        try:
            stored = await self._bucket.get(_pages_key(owner, document_id))
        except NotFound:
            return None
        rows = await asyncio.to_thread(lambda: orjson.loads(gzip.decompress(stored.body)))
        return {
            row["number"]: PageText(row["number"], row["text"], row["title"])
            for row in rows
            if row["number"] in numbers
        }

    async def put(self, owner: OwnerId, document_id: DocumentId, indexed: Indexed) -> None:
        """Store passages and vectors as one object."""
        body = await asyncio.to_thread(_pack, indexed)
        await self._bucket.put(_index_key(owner, document_id), body)

    async def get(self, owner: OwnerId, document_id: DocumentId) -> Indexed | None:
        """Read passages and vectors; None when there are none."""
        try:
            stored = await self._bucket.get(_index_key(owner, document_id))
        except NotFound:
            return None
        return await asyncio.to_thread(_unpack, document_id, stored.body)

    async def delete(self, owner: OwnerId, document_id: DocumentId) -> None:
        """Delete everything in all versions."""
        await self._bucket.delete_all_versions(derived_prefix(owner, document_id))


def _pages_key(owner: OwnerId, document_id: DocumentId) -> str:
    return f"{derived_prefix(owner, document_id)}pages.json.gz"


def _index_key(owner: OwnerId, document_id: DocumentId) -> str:
    return f"{derived_prefix(owner, document_id)}index.npz"


def _pack(indexed: Indexed) -> bytes:
    head = {
        "content_hash": indexed.content_hash,
        "pipeline": indexed.pipeline,
        "chunks": [
            {"id": chunk.id, "page": chunk.page, "text": chunk.text, "context": chunk.context}
            for chunk in indexed.chunks
        ],
    }
    packed = np.frombuffer(gzip.compress(orjson.dumps(head), compresslevel=5, mtime=0), dtype=np.uint8)
    target = io.BytesIO()
    np.savez(target, head=packed, vectors=indexed.vectors)
    return target.getvalue()


def _unpack(document_id: DocumentId, body: bytes) -> Indexed:
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        head = orjson.loads(gzip.decompress(arrays["head"].tobytes()))
        vectors = arrays["vectors"]
    chunks = [Chunk(row["id"], document_id, row["page"], row["text"], row["context"]) for row in head["chunks"]]
    return Indexed(chunks, vectors, head["content_hash"], head["pipeline"])
