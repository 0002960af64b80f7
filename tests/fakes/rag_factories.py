"""Valid objects of the rag service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_rag.application.ports import Indexed
from stocktool_rag.domain.chunks import Chunk
from stocktool_rag.domain.collections import private_collection
from stocktool_rag.domain.documents import Document, DocumentId, DocumentState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_caller(subject: str = "", *roles: str) -> Caller:
    """A signed-in user."""
    subject = subject or new_id("usr")
    return Caller(subject, owners=(OwnerId(subject),), roles=frozenset({"user", *roles}))


def a_document(owner: str = "usr_ada", **changes: Any) -> Document:
    """A document as it is when it was just taken in."""
    facts: dict[str, Any] = {
        "id": DocumentId(new_id("doc")),
        "owner_id": OwnerId(owner),
        "collection_id": private_collection(OwnerId(owner)).id,
        "name": "report.txt",
        "uploaded_by": owner,
        "state": DocumentState.STORED,
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Document(**(facts | changes))


def passages(document_id: str, count: int, *, dimension: int = 384, seed: int = 1, first: int = 0) -> Indexed:
    """So many passages with unit vectors that differ."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(first + count, dimension))[first:]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    chunks = [
        Chunk(f"{document_id}.{number}.1", DocumentId(document_id), number, f"passage {number} of {document_id}", "t")
        for number in range(first + 1, first + count + 1)
    ]
    return Indexed(chunks, vectors.astype(np.float16), "hash", "pipeline")
