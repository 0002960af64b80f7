"""Words of documents in memory, as chat's port gives them and as rag serves them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stocktool.rag.v1 import rag_service_pb2 as pb
from stocktool.rag.v1 import rag_service_pb2_grpc as pb_grpc
from stocktool_chat.domain.citations import PageQuote
from stocktool_chat.domain.references import Fate, QuoteRef, Words
from stocktool_kit.core.errors import Unavailable
from stocktool_kit.core.ids import OwnerId


@dataclass
class FakeDocuments:
    """`Documents` over texts by document, page and passage; counts what it was asked."""

    texts: dict[tuple[str, int, str], str] = field(default_factory=dict)
    calls: list[tuple[int, OwnerId | None]] = field(default_factory=list)
    down: bool = False

    async def words(self, refs: Sequence[QuoteRef], shared_by: OwnerId | None) -> Sequence[Words]:
        self.calls.append((len(refs), shared_by))
        if self.down:
            raise Unavailable("rag does not answer")
        return [self._words(ref) for ref in refs]

    async def check(self, quotes: Sequence[PageQuote]) -> Sequence[bool | None]:
        if self.down:
            raise Unavailable("rag does not answer")
        return [
            any(quote.text.rstrip("…") in text for (document, page, _), text in self.texts.items()
                if (document, page) == (quote.document_id, quote.page))
            for quote in quotes
        ]  # fmt: skip

    def _words(self, ref: QuoteRef) -> Words:
        if not any(document == ref.document_id for document, _, _ in self.texts):
            return Words(Fate.DELETED)
        text = self.texts.get((ref.document_id, ref.page, ref.chunk_id), "")[ref.start : ref.end]
        same = hashlib.sha256(text.encode()).hexdigest() == ref.sha256
        return Words(Fate.SHOWN, text) if same else Words(Fate.CHANGED)


_STATES = {
    Fate.SHOWN: pb.PASSAGE_STATE_FOUND,
    Fate.DELETED: pb.PASSAGE_STATE_DELETED,
    Fate.CHANGED: pb.PASSAGE_STATE_CHANGED,
}


class ServedDocuments(pb_grpc.RagServiceServicer):
    """One document with one passage, served; a test may change or delete it."""

    def __init__(self) -> None:
        self.documents = FakeDocuments({("doc_1", 31, "doc_1.31.1"): "Net sales were $391,035 million."})

    async def Search(self, request: pb.SearchRequest, context: Any) -> pb.SearchResponse:
        hits = [
            pb.SearchHit(document_id=document, document_name="10-K 2024", page=page, chunk_id=chunk, text=text,
                         score=0.8)
            for (document, page, chunk), text in self.documents.texts.items()
        ]  # fmt: skip
        return pb.SearchResponse(hits=hits, indexed=True)

    async def ReadPassages(self, request: pb.ReadPassagesRequest, context: Any) -> pb.ReadPassagesResponse:
        return pb.ReadPassagesResponse(passages=await self._texts(request.passages, None))

    async def ReadSharedPassages(
        self, request: pb.ReadSharedPassagesRequest, context: Any
    ) -> pb.ReadSharedPassagesResponse:
        owner = OwnerId(request.owner_id)
        return pb.ReadSharedPassagesResponse(passages=await self._texts(request.passages, owner))

    async def CheckQuotes(self, request: pb.CheckQuotesRequest, context: Any) -> pb.CheckQuotesResponse:
        quotes = [PageQuote(each.document_id, each.page, each.text) for each in request.quotes]
        stands = await self.documents.check(quotes)
        return pb.CheckQuotesResponse(
            states=[pb.QUOTE_STATE_VERIFIED if each else pb.QUOTE_STATE_UNVERIFIED for each in stands]
        )

    async def _texts(self, refs: Sequence[pb.PassageRef], owner: OwnerId | None) -> list[pb.PassageText]:
        wanted = [QuoteRef(each.document_id, each.page, each.chunk_id, each.start, each.end, each.sha256)
                  for each in refs]  # fmt: skip
        found = await self.documents.words(wanted, owner)
        return [pb.PassageText(state=_STATES[each.fate], text=each.text) for each in found]
