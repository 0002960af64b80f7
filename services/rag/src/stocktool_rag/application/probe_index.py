"""Asks the vector index questions whose answers are known."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from stocktool_rag.application.ports import DerivedStore, DocumentStore, Indexed, VectorIndex
from stocktool_rag.domain.documents import CollectionId, Document
from stocktool_rag.domain.ranking import nearest

_DOCUMENTS = 2
_QUESTIONS = 3
_NEIGHBOURS = 10
_NEAR_ENOUGH = 2e-3  # of a cosine: what 16-bit vectors may cost


class ProbeIndex:
    """Takes some stored passages and compares what the index finds near them, in their document, with the exact answer.

    One document at a time, so that its price does not grow with the collection.

    Args:
        store: Tells which documents there are.
        derived: Their vectors, the truth.
        index: What is probed.
        chance: Picks documents and passages.
    """

    def __init__(self, store: DocumentStore, derived: DerivedStore, index: VectorIndex, chance: random.Random) -> None:
        self._store = store
        self._derived = derived
        self._index = index
        self._chance = chance

    async def __call__(self, collection_id: CollectionId) -> float:
        """Recall of the index, 0 to 1; 1 when there is nothing to ask for.

        Raises:
            Unavailable: The index cannot be reached, or fails at questions.
        """
        documents = list(await self._store.all_searchable(collection_id))
        shares = []
        for document in self._chance.sample(documents, min(_DOCUMENTS, len(documents))):
            indexed = await self._derived.get(document.owner_id, document.id)
            if indexed is None or not len(indexed.vectors):
                continue
            rows = self._chance.sample(range(len(indexed.vectors)), min(_QUESTIONS, len(indexed.vectors)))
            shares += [await self._recall(collection_id, document, indexed, row) for row in rows]
        return sum(shares) / len(shares) if shares else 1.0

    async def _recall(self, collection_id: CollectionId, document: Document, indexed: Indexed, row: int) -> float:
        vector = indexed.vectors[row].astype(np.float32)
        exact = nearest(vector, indexed.vectors, _NEIGHBOURS)
        found = await self._index.query(collection_id, vector, _NEIGHBOURS, [document.id])
        return _shared([score for _, score in exact], [hit.score for hit in found])


def _shared(exact: Sequence[float], found: Sequence[float]) -> float:
    """Share of the exact neighbours that are matched by what was found; by nearness, since passages may be alike."""
    last = exact[-1] - _NEAR_ENOUGH
    return min(sum(score >= last for score in found), len(exact)) / len(exact)
