"""Words of documents from the rag service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc
from stocktool.rag.v1 import rag_service_pb2 as pb
from stocktool.rag.v1.rag_service_pb2_grpc import RagServiceStub
from stocktool_kit.core.caller import acting_as
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.domain.citations import PageQuote
from stocktool_chat.domain.references import Fate, QuoteRef, Words

if TYPE_CHECKING:  # the asynchronous stub exists as a type only
    from stocktool.rag.v1.rag_service_pb2_grpc import RagServiceAsyncStub

_FATES = {
    pb.PASSAGE_STATE_FOUND: Fate.SHOWN,
    pb.PASSAGE_STATE_DELETED: Fate.DELETED,
    pb.PASSAGE_STATE_CHANGED: Fate.CHANGED,
}
_STANDS = {pb.QUOTE_STATE_VERIFIED: True, pb.QUOTE_STATE_UNVERIFIED: False}


class GrpcDocuments:
    """`Documents` over `RagService`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._rag: RagServiceAsyncStub = RagServiceStub(channel)

    async def words(self, refs: Sequence[QuoteRef], shared_by: OwnerId | None) -> Sequence[Words]:
        """See the port."""
        wanted = [_ref(ref) for ref in refs]
        if shared_by is None:
            found = (await self._rag.ReadPassages(pb.ReadPassagesRequest(passages=wanted))).passages
        else:
            with acting_as(None):  # under this service's own identity, whoever reads the link
                request = pb.ReadSharedPassagesRequest(owner_id=shared_by, passages=wanted)
                found = (await self._rag.ReadSharedPassages(request)).passages
        return [Words(_FATES.get(each.state, Fate.UNAVAILABLE), each.text) for each in found]

    async def check(self, quotes: Sequence[PageQuote]) -> Sequence[bool | None]:
        """See the port."""
        wanted = [pb.Quote(document_id=each.document_id, page=each.page, text=each.text) for each in quotes]
        answer = await self._rag.CheckQuotes(pb.CheckQuotesRequest(quotes=wanted))
        return [_STANDS.get(state) for state in answer.states]


def _ref(ref: QuoteRef) -> pb.PassageRef:
    return pb.PassageRef(
        document_id=ref.document_id,
        page=ref.page,
        chunk_id=ref.chunk_id,
        start=ref.start,
        end=ref.end,
        sha256=ref.sha256,
    )
