"""The lexical index: one tantivy index per collection in a folder of this process, filled when it is asked for."""

from __future__ import annotations

import re
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import tantivy
from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.errors import Unavailable

from stocktool_rag.domain.asking import Asked
from stocktool_rag.domain.chunks import Chunk
from stocktool_rag.domain.documents import CollectionId, DocumentId
from stocktool_rag.domain.ranking import Hit

_THREADS = 4
_OPEN = 64  # collections kept; the one not asked for longest is dropped
_WRITER_BYTES = 16 << 20
_MAX_WORDS = 64
_HEADER_WEIGHT = 0.4
_DATE_WEIGHT = 1.0
_WORD = re.compile(r"\w+")
_STOP_TEXT = (
    "a an and are as at be by can could did do does for from had has have how i if in into is it its me my of on "
    "or our s shall should so than that the their them there these they this those to was we were what when where "
    "which who whom whose why will with would you your much many any between during under over"
)
_STOP = frozenset(_STOP_TEXT.split())


Answer = TypeVar("Answer")


class LexicalIndexUnavailable(Unavailable):
    """The lexical index is broken or its disk is full; questions are answered by vectors meanwhile."""

    reason = "LEXICAL_INDEX_UNAVAILABLE"


@dataclass
class _Collection:
    """An open index; one writer at a time."""

    index: Any
    folder: Path
    held: dict[DocumentId, str] = field(default_factory=dict)
    writing: threading.Lock = field(default_factory=threading.Lock)


class TantivyIndex:
    """A `LexicalIndex`.

    Args:
        folder: Where its files lie; emptied at the beginning, since the derived objects are the truth.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._limiter = Limiter(_THREADS)
        self._lock = threading.Lock()
        self._open: OrderedDict[CollectionId, _Collection] = OrderedDict()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)

    async def documents(self, collection_id: CollectionId) -> Mapping[DocumentId, str]:
        """The documents it holds, each with the mark it was put under."""
        with self._lock:
            found = self._open.get(collection_id)
            return dict(found.held) if found is not None else {}

    async def put(
        self, collection_id: CollectionId, document_id: DocumentId, mark: str, chunks: Sequence[Chunk]
    ) -> None:
        """Make the index hold exactly these passages of a document."""
        await self._run(self._put, collection_id, document_id, mark, chunks)

    async def remove(self, collection_id: CollectionId, document_id: DocumentId) -> None:
        """Forget a document."""
        await self._run(self._put, collection_id, document_id, None, ())

    async def query(
        self, collection_id: CollectionId, asked: Asked, limit: int, document_ids: Sequence[DocumentId] = ()
    ) -> list[Hit]:
        """Passages with the words of a question, best first; of all documents when none are named."""
        return await self._run(self._query, collection_id, asked, limit, document_ids)

    def close(self) -> None:
        """Remove the files."""
        self._open.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _run(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        try:
            return await run_blocking(self._limiter, function, *arguments)
        except (ValueError, OSError) as error:  # tantivy's own errors are ValueErrors
            raise LexicalIndexUnavailable("the lexical index cannot be used", detail=str(error)[:200]) from error

    def _collection(self, collection_id: CollectionId) -> _Collection:
        with self._lock:
            found = self._open.get(collection_id)
            if found is None:
                folder = self._folder / collection_id
                folder.mkdir(parents=True)
                found = self._open[collection_id] = _Collection(tantivy.Index(_schema(), path=str(folder)), folder)
            self._open.move_to_end(collection_id)
            if len(self._open) > _OPEN:
                _, dropped = self._open.popitem(last=False)
                shutil.rmtree(dropped.folder, ignore_errors=True)
            return found

    def _put(
        self, collection_id: CollectionId, document_id: DocumentId, mark: str | None, chunks: Sequence[Chunk]
    ) -> None:
        collection = self._collection(collection_id)
        with collection.writing:
            writer = collection.index.writer(_WRITER_BYTES, 1)
            writer.delete_documents_by_term("document", document_id)
            for chunk in chunks:
                writer.add_document(
                    tantivy.Document(
                        chunk=chunk.id,
                        document=document_id,
                        page=chunk.page,
                        header=chunk.context,
                        body=chunk.text,
                    )
                )
            writer.commit()
            writer.wait_merging_threads()
            collection.index.reload()
            if mark is None:
                collection.held.pop(document_id, None)
            else:
                collection.held[document_id] = mark

    def _query(
        self, collection_id: CollectionId, asked: Asked, limit: int, document_ids: Sequence[DocumentId]
    ) -> list[Hit]:
        with self._lock:
            collection = self._open.get(collection_id)
        words = _words_of(asked)
        if collection is None or not words:
            return []
        query = collection.index.parse_query(words, ["body", "header"], field_boosts={"header": _HEADER_WEIGHT})
        if document_ids:
            among = tantivy.Query.term_set_query(collection.index.schema, "document", list(document_ids))
            query = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, query),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0)),
                ]
            )
        searcher = collection.index.searcher()
        hits = []
        for score, address in searcher.search(query, limit).hits:
            found = searcher.doc(address)
            hits.append(
                Hit(
                    DocumentId(found.get_first("document")),
                    int(found.get_first("page")),
                    found.get_first("chunk"),
                    found.get_first("body"),
                    float(score),
                )
            )
        return hits


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("chunk", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("document", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("page", stored=True)
    builder.add_text_field("header", tokenizer_name="en_stem", index_option="position")
    builder.add_text_field("body", stored=True, tokenizer_name="en_stem", index_option="position")
    return builder.build()


def _words_of(asked: Asked) -> str:
    """A query in tantivy's language made of plain words and phrases, so that a question has no operators."""
    words = [word for word in dict.fromkeys(_WORD.findall(asked.text.casefold())) if word not in _STOP][:_MAX_WORDS]
    said = [f'"{word}"' for word in words]
    said += [f'"{" ".join(_WORD.findall(phrase))}"^{weight}' for phrase, weight in asked.expansions.items()]
    said += [f'"{date}"^{_DATE_WEIGHT}' for date in asked.dates]
    return " ".join(said)
