"""Vectors that were made before are kept, so that a second run costs seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from stocktool_rag.adapters.minilm import MiniLmEmbedder
from stocktool_rag.domain.ranking import Vector, Vectors

_BATCH = 64


class KeptVectors:
    """An `Embedder` in front of the real one.

    Args:
        file: Where vectors are kept.
    """

    name = MiniLmEmbedder.name
    dimension = MiniLmEmbedder.dimension

    def __init__(self, file: Path) -> None:
        self._file = file
        self._embedder = MiniLmEmbedder()
        self._kept: dict[str, Vector] = {}
        if file.is_file():
            with np.load(file, allow_pickle=False) as stored:
                self._kept = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    async def embed(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(f"{self.name}\n{text}".encode()).hexdigest() for text in texts]
        missing = [(key, text) for key, text in zip(keys, texts, strict=True) if key not in self._kept]
        for at in range(0, len(missing), _BATCH):
            part = missing[at : at + _BATCH]
            vectors = await self._embedder.embed([text for _, text in part])
            self._kept.update(zip((key for key, _ in part), vectors, strict=True))
        if missing:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(self._file, keys=np.array(list(self._kept)), vectors=np.stack(list(self._kept.values())))
        return np.stack([self._kept[key] for key in keys]) if keys else np.empty((0, self.dimension), np.float32)

    async def embed_query(self, text: str) -> Vector:
        vector: Vector = (await self.embed([text]))[0]
        return vector
