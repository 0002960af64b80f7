"""Other processes of the chat service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import grpc
import orjson
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.chat.v1.chat_service_pb2_grpc import ChatServiceStub
from stocktool_kit.core.errors import StockToolError

from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.domain.events import Event

if TYPE_CHECKING:  # the asynchronous stub exists as a type only
    from stocktool.chat.v1.chat_service_pb2_grpc import ChatServiceAsyncStub

_STOP_SECONDS = 1.0


class GrpcPeers:
    """`Peers` over `ChatService`, as the user whose request is being served.

    Args:
        channel: Gives the process's channel to a target.
    """

    def __init__(self, channel: Callable[[str], grpc.aio.Channel]) -> None:
        self._channel = channel

    async def watch(
        self, address: str, conversation_id: ConversationId, turn_id: TurnId, after: int
    ) -> AsyncIterator[Event]:
        """See the port."""
        request = pb.WatchTurnRequest(conversation_id=conversation_id, turn_id=turn_id, after_id=after)
        async for event in self._stub(address).WatchTurn(request):
            yield Event(event.id, event.type, orjson.loads(event.data))

    async def stop(self, address: str, conversation_id: ConversationId, turn_id: TurnId) -> None:
        """See the port."""
        request = pb.StopTurnRequest(conversation_id=conversation_id, turn_id=turn_id)
        with suppress(StockToolError):
            await self._stub(address).StopTurn(request, timeout=_STOP_SECONDS)

    def _stub(self, address: str) -> ChatServiceAsyncStub:
        stub: ChatServiceAsyncStub = ChatServiceStub(self._channel(address))
        return stub
