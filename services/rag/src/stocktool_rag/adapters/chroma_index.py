"""The vector index in a Chroma server, through its HTTP API.

Spoken with urllib3, which boto3 has loaded already. The client of the `chromadb` package costs 54 to 70 MB and seconds
of imports in each process (measured; httpx 23 MB), and would attach an embedding function of its own to collections.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import orjson
import urllib3
from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.errors import NotFound, Unavailable

from stocktool_rag.application.ports import Indexed
from stocktool_rag.domain.documents import CollectionId, DocumentId
from stocktool_rag.domain.ranking import Hit, Vector

_BASE = "/api/v2/tenants/default_tenant/databases/default_database/collections"
_BATCH = 500  # rows in one write; the server takes 5,461
_THREADS = 8

Answer = TypeVar("Answer")


class IndexUnavailable(Unavailable):
    """The vector index cannot be reached or is broken; it can be made anew from the derived objects."""

    reason = "INDEX_UNAVAILABLE"


class _Missing(NotFound):
    """The server does not know this collection."""


class ChromaIndex:
    """A `VectorIndex`.

    One collection per tenant collection and embedder: a search cannot see another tenant's rows whatever its filter
    says, and a new embedder fills collections of its own. No embedding function is attached; vectors are always given.

    Args:
        host: Host of the server.
        port: Its port.
        embedder: Name of the embedder, part of every collection's name.
        timeout_seconds: Limit of one call.
    """

    def __init__(self, host: str, port: int, embedder: str, *, timeout_seconds: float = 5.0) -> None:
        self._embedder = embedder
        self._limiter = Limiter(_THREADS)
        self._pool = urllib3.HTTPConnectionPool(
            host,
            port,
            maxsize=_THREADS,
            timeout=urllib3.Timeout(connect=1.0, read=timeout_seconds),
            retries=False,
        )
        self._ids: dict[CollectionId, str] = {}

    async def put(self, collection_id: CollectionId, indexed: Indexed) -> None:
        """Write the passages, then remove rows of their document that are not among them."""
        if not indexed.chunks:
            return
        await self._on(collection_id, lambda server_id: self._put(server_id, indexed), create=True)

    async def remove(self, collection_id: CollectionId, document_id: DocumentId) -> None:
        """Forget a document; no error when it, or its collection, is not there."""
        try:
            await self._on(collection_id, lambda server_id: self._delete(server_id, _of(document_id)))
        except _Missing:
            return

    async def count(self, collection_id: CollectionId) -> int:
        """How many passages the index holds; none when the collection is not there."""
        try:
            return await self._on(collection_id, lambda server_id: int(self._call("GET", f"/{server_id}/count")))
        except _Missing:
            return 0

    async def query(
        self, collection_id: CollectionId, vector: Vector, limit: int, document_ids: Sequence[DocumentId] = ()
    ) -> list[Hit]:
        """The nearest passages, best first."""
        body: dict[str, Any] = {
            "query_embeddings": [vector.tolist()],
            "n_results": limit,
            "include": ["documents", "metadatas", "distances"],
        }
        if document_ids:
            body["where"] = {"document_id": {"$in": list(document_ids)}}
        try:
            answer = await self._on(collection_id, lambda server_id: self._call("POST", f"/{server_id}/query", body))
        except _Missing:
            return []
        rows = zip(
            answer["ids"][0], answer["documents"][0], answer["metadatas"][0], answer["distances"][0], strict=True
        )
        return [
            Hit(DocumentId(metadata["document_id"]), int(metadata["page"]), chunk_id, text, 1.0 - float(distance))
            for chunk_id, text, metadata, distance in rows
        ]

    async def drop(self, collection_id: CollectionId) -> None:
        """Forget a whole collection, broken or not."""
        try:
            await run_blocking(self._limiter, self._call, "DELETE", f"/{self._name(collection_id)}")
        except _Missing:
            pass
        finally:
            self._ids.pop(collection_id, None)

    async def ping(self) -> None:
        """Answer when the server does."""
        await run_blocking(self._limiter, self._request, "GET", "/api/v2/heartbeat", None)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _put(self, server_id: str, indexed: Indexed) -> None:
        document_id = indexed.chunks[0].document_id
        for at in range(0, len(indexed.chunks), _BATCH):
            chunks = indexed.chunks[at : at + _BATCH]
            vectors = indexed.vectors[at : at + _BATCH].astype("<f4")
            self._call(
                "POST",
                f"/{server_id}/upsert",
                {
                    "ids": [chunk.id for chunk in chunks],
                    "embeddings": [base64.b64encode(row.tobytes()).decode() for row in vectors],
                    "documents": [chunk.text for chunk in chunks],
                    "metadatas": [{"document_id": chunk.document_id, "page": chunk.page} for chunk in chunks],
                },
            )
        wanted = {chunk.id for chunk in indexed.chunks}
        present = self._call("POST", f"/{server_id}/get", {"where": _of(document_id), "include": []})["ids"]
        surplus = [chunk_id for chunk_id in present if chunk_id not in wanted]
        for at in range(0, len(surplus), _BATCH):
            self._call("POST", f"/{server_id}/delete", {"ids": surplus[at : at + _BATCH]})

    def _delete(self, server_id: str, where: Mapping[str, object]) -> None:
        self._call("POST", f"/{server_id}/delete", {"where": where})

    async def _on(
        self, collection_id: CollectionId, function: Callable[[str], Answer], *, create: bool = False
    ) -> Answer:
        """Run calls on a collection; once again when its id has changed, since somebody made it anew."""

        def attempt() -> Answer:
            known = self._ids.get(collection_id)
            if known is not None:
                try:
                    return function(known)
                except _Missing:
                    self._ids.pop(collection_id, None)
            server_id = self._ids[collection_id] = self._find(collection_id, create=create)
            return function(server_id)

        return await run_blocking(self._limiter, attempt)

    def _find(self, collection_id: CollectionId, *, create: bool) -> str:
        name = self._name(collection_id)
        if not create:
            return str(self._call("GET", f"/{name}")["id"])
        wanted = {
            "name": name,
            "get_or_create": True,
            "configuration": {"hnsw": {"space": "cosine"}, "embedding_function": {"type": "legacy"}},
        }
        return str(self._call("POST", "", wanted)["id"])

    def _name(self, collection_id: CollectionId) -> str:
        return f"{collection_id}-{self._embedder}"

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        return self._request(method, _BASE + path, body)

    def _request(self, method: str, path: str, body: Mapping[str, object] | None) -> Any:
        try:
            answer = self._pool.request(
                method,
                path,
                body=None if body is None else orjson.dumps(body),
                headers={"content-type": "application/json"},
            )
        except urllib3.exceptions.HTTPError as error:
            raise IndexUnavailable("the vector index cannot be reached") from error
        if answer.status == 404:
            raise _Missing("no such collection in the vector index")
        if answer.status >= 400:
            raise IndexUnavailable("the vector index refused", status=answer.status, detail=answer.data[:200].decode())
        return orjson.loads(answer.data) if answer.data else None


def _of(document_id: DocumentId) -> dict[str, object]:
    return {"document_id": {"$eq": document_id}}
