"""all-MiniLM-L6-v2 through onnxruntime, by a graph of our own."""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import structlog
from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.errors import Internal

from stocktool_rag.domain.ranking import Vector, Vectors

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]  # ships no types
    import tokenizers

log = structlog.get_logger()

VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
MAX_TOKENS = 256
_FOLDER = Path(__file__).parent
_BATCH = 16  # texts per turn on a thread, so that a question waits for a few passages, never for a whole document


class EmbedderCorrupt(Internal):
    """The installed weights or the vocabulary are not the ones this code was made for."""

    reason = "EMBEDDER_CORRUPT"


class MiniLmEmbedder:
    """Makes unit vectors of 384 dimensions.

    The model is loaded at the first use, off the event loop, once. Texts go through one at a time and unpadded: on a
    CPU that is faster than a batch, whose short members would be computed at the length of its longest. One thread per
    text, since a busy machine makes two threads in one text slower than one; several texts may go side by side.

    Args:
        threads: How many texts are computed at a time.
    """

    name = "minilm-l6-v2-fused-int8"
    dimension = 384

    def __init__(self, threads: int = 1) -> None:
        self._limiter = Limiter(threads)
        self._threads = threads
        self._lock = threading.Lock()
        self._model: _Model | None = None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed passages, in order; text past 256 tokens has no influence."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        starts = iter(range(0, len(texts), _BATCH))

        async def work() -> None:
            for at in starts:
                vectors[at : at + _BATCH] = await run_blocking(self._limiter, self._embed, texts[at : at + _BATCH])

        async with asyncio.TaskGroup() as group:
            for _ in range(self._threads):
                group.create_task(work())
        await run_blocking(self._limiter, _give_back_memory)
        return vectors

    async def embed_query(self, text: str) -> Vector:
        """Embed a question; this model uses the same form for questions and passages."""
        vectors: Vectors = await run_blocking(self._limiter, self._embed, [text])
        vector: Vector = vectors[0]
        return vector

    def _embed(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            if self._model is None:
                self._model = _Model()
        return np.stack([self._model.vector(text) for text in texts])


class _Model:
    """The loaded graph and the tokenizer."""

    def __init__(self) -> None:
        self._tokenizer = _tokenizer(_FOLDER / "vocab.txt")
        self._session = _session(_FOLDER / "model.onnx")
        _give_back_memory()
        log.info("embedder_loaded", embedder=MiniLmEmbedder.name)

    def vector(self, text: str) -> Vector:
        """One unit vector: the mean over all tokens, scaled to length one, as the model was trained."""
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        (vectors,) = self._session.run(None, {"input_ids": ids})
        vector: Vector = np.asarray(vectors, dtype=np.float32)[0]
        return vector


def _session(path: Path) -> onnxruntime.InferenceSession:
    import onnxruntime  # noqa: PLC0415 - 25 MB, like the ones below, that a process nobody asks never needs

    _verified(path, (_FOLDER / "model.onnx.sha256").read_text().strip())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # the arena keeps the largest shape ever seen; unpadded texts have many shapes
    # By path, not by the bytes just checked: onnxruntime would keep a second copy (measured: 189 against 156 MB).
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _tokenizer(path: Path) -> tokenizers.Tokenizer:
    """BERT's uncased tokenizer. Words such as `[MASK]` in a document stay words: only we add special tokens."""
    from tokenizers import Tokenizer  # noqa: PLC0415
    from tokenizers.models import WordPiece  # noqa: PLC0415
    from tokenizers.normalizers import BertNormalizer  # noqa: PLC0415
    from tokenizers.pre_tokenizers import BertPreTokenizer  # noqa: PLC0415
    from tokenizers.processors import TemplateProcessing  # noqa: PLC0415

    words = _verified(path, VOCABULARY_SHA256).decode("utf-8").split("\n")
    vocabulary = {word: number for number, word in enumerate(words) if word}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106 - a word of the vocabulary
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(word, vocabulary[word]) for word in ("[CLS]", "[SEP]")]
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _give_back_memory() -> None:
    """Hand freed memory back: glibc keeps what loading and long texts needed, 64 MB of 156 (measured)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
    if trim is not None:
        trim(0)


def _verified(path: Path, sha256: str) -> bytes:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise EmbedderCorrupt("the embedder's files are not the ones this version was made for", file=path.name)
    return data
