"""The gRPC face of the chat service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import orjson
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.chat.v1 import chat_service_pb2_grpc as pb_grpc
from stocktool.common.v1.money_pb2 import Money
from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.paging import DEFAULT_PAGE_SIZE, PageRequest
from stocktool_kit.rpc.deadline import set_deadline
from stocktool_kit.rpc.idempotency import idempotency_key

from stocktool_chat.application.conversations import Conversations
from stocktool_chat.application.ports import UsageDimension
from stocktool_chat.application.proposals import Proposals
from stocktool_chat.application.reruns import Reruns
from stocktool_chat.application.retention import KeepConversations
from stocktool_chat.application.shares import Shares
from stocktool_chat.application.start_turn import StartTurn
from stocktool_chat.application.turns import Turns
from stocktool_chat.application.usage import ReadToday, ReadUsage
from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.domain.pricing import Catalogue
from stocktool_chat.domain.shares import DEFAULT_DAYS
from stocktool_chat.rpc.convert import (
    conversation_to_proto,
    proposal_to_proto,
    retention_to_proto,
    to_day,
    turn_to_proto,
)
from stocktool_chat.rpc.convert_records import (
    catalogue_to_proto,
    rerun_to_proto,
    share_to_proto,
    to_retention,
    today_to_proto,
)

_Context = grpc.aio.ServicerContext[Any, Any]
_DIMENSIONS = {
    pb.USAGE_DIMENSION_UNSPECIFIED: UsageDimension.DAY,
    pb.USAGE_DIMENSION_USER: UsageDimension.USER,
    pb.USAGE_DIMENSION_MODEL: UsageDimension.MODEL,
    pb.USAGE_DIMENSION_DAY: UsageDimension.DAY,
}


class ChatServicer(pb_grpc.ChatServiceServicer):
    """`ChatService` over the use cases."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        start_turn: StartTurn,
        turns: Turns,
        proposals: Proposals,
        shares: Shares,
        reruns: Reruns,
        keep: KeepConversations,
        catalogue: Catalogue,
        today: ReadToday,
        read_usage: ReadUsage,
    ) -> None:
        self._proposals = proposals
        self._conversations = conversations
        self._start_turn = start_turn
        self._turns = turns
        self._shares = shares
        self._reruns = reruns
        self._keep = keep
        self._catalogue = catalogue
        self._today = today
        self._read_usage = read_usage

    async def CreateConversation(
        self, request: pb.CreateConversationRequest, context: _Context
    ) -> pb.CreateConversationResponse:
        """See the proto."""
        conversation = await self._conversations.create(
            current_caller(), request.title, idempotency_key("CreateConversation", request)
        )
        return pb.CreateConversationResponse(conversation=conversation_to_proto(conversation))

    async def ListConversations(
        self, request: pb.ListConversationsRequest, context: _Context
    ) -> pb.ListConversationsResponse:
        """See the proto."""
        page_request = PageRequest(request.page_size or DEFAULT_PAGE_SIZE, request.page_token)
        page = await self._conversations.find(current_caller(), request.query, page_request)
        return pb.ListConversationsResponse(
            conversations=[conversation_to_proto(each) for each in page.items], next_page_token=page.next_page_token
        )

    async def GetConversation(
        self, request: pb.GetConversationRequest, context: _Context
    ) -> pb.GetConversationResponse:
        """See the proto."""
        conversation, turns = await self._conversations.read(current_caller(), ConversationId(request.conversation_id))
        return pb.GetConversationResponse(
            conversation=conversation_to_proto(conversation), turns=[turn_to_proto(turn) for turn in turns]
        )

    async def UpdateConversation(
        self, request: pb.UpdateConversationRequest, context: _Context
    ) -> pb.UpdateConversationResponse:
        """See the proto."""
        changed = await self._conversations.update(
            current_caller(),
            ConversationId(request.conversation_id),
            title=request.title if request.HasField("title") else None,
            pinned=request.pinned if request.HasField("pinned") else None,
        )
        return pb.UpdateConversationResponse(conversation=conversation_to_proto(changed))

    async def DeleteConversation(
        self, request: pb.DeleteConversationRequest, context: _Context
    ) -> pb.DeleteConversationResponse:
        """See the proto."""
        await self._conversations.delete(current_caller(), ConversationId(request.conversation_id))
        return pb.DeleteConversationResponse()

    async def StartTurn(self, request: pb.StartTurnRequest, context: _Context) -> pb.StartTurnResponse:
        """See the proto."""
        turn_id = await self._start_turn(
            current_caller(),
            ConversationId(request.conversation_id),
            request.text,
            model=request.model or None,
            parent=TurnId(request.parent_turn_id) if request.parent_turn_id else None,
            key=idempotency_key("StartTurn", request),
        )
        return pb.StartTurnResponse(turn_id=turn_id, state=pb.TURN_STATE_RUNNING)

    async def GetTurn(self, request: pb.GetTurnRequest, context: _Context) -> pb.GetTurnResponse:
        """See the proto."""
        turn, summary, attempt = await self._turns.read(
            current_caller(), ConversationId(request.conversation_id), TurnId(request.turn_id)
        )
        return pb.GetTurnResponse(turn=turn_to_proto(turn, summary, attempt))

    async def StopTurn(self, request: pb.StopTurnRequest, context: _Context) -> pb.StopTurnResponse:
        """See the proto."""
        await self._turns.stop(current_caller(), ConversationId(request.conversation_id), TurnId(request.turn_id))
        return pb.StopTurnResponse()

    async def WatchTurn(self, request: pb.WatchTurnRequest, context: _Context) -> AsyncIterator[pb.WatchTurnResponse]:
        """See the proto."""
        conversation_id, turn_id = ConversationId(request.conversation_id), TurnId(request.turn_id)
        await self._turns.check(current_caller(), conversation_id, turn_id)
        set_deadline(context.time_remaining())  # a watch without a deadline lasts as long as its turn
        async for batch in self._turns.watch(conversation_id, turn_id, request.after_id):
            for event in batch:
                yield pb.WatchTurnResponse(id=event.id, type=event.type, data=orjson.dumps(event.data))

    async def ListProposals(self, request: pb.ListProposalsRequest, context: _Context) -> pb.ListProposalsResponse:
        """See the proto."""
        listed = await self._proposals.of_conversation(current_caller(), ConversationId(request.conversation_id))
        return pb.ListProposalsResponse(proposals=[proposal_to_proto(each) for each in listed])

    async def ApproveProposal(
        self, request: pb.ApproveProposalRequest, context: _Context
    ) -> pb.ApproveProposalResponse:
        """See the proto."""
        conversation_id = ConversationId(request.conversation_id)
        decided = await self._proposals.approve(current_caller(), conversation_id, request.proposal_id)
        return pb.ApproveProposalResponse(proposal=proposal_to_proto(decided))

    async def RejectProposal(self, request: pb.RejectProposalRequest, context: _Context) -> pb.RejectProposalResponse:
        """See the proto."""
        conversation_id = ConversationId(request.conversation_id)
        decided = await self._proposals.reject(current_caller(), conversation_id, request.proposal_id)
        return pb.RejectProposalResponse(proposal=proposal_to_proto(decided))

    async def UndoProposal(self, request: pb.UndoProposalRequest, context: _Context) -> pb.UndoProposalResponse:
        """See the proto."""
        conversation_id = ConversationId(request.conversation_id)
        decided = await self._proposals.undo(current_caller(), conversation_id, request.proposal_id)
        return pb.UndoProposalResponse(proposal=proposal_to_proto(decided))

    async def CreateShare(self, request: pb.CreateShareRequest, context: _Context) -> pb.CreateShareResponse:
        """See the proto."""
        made, token = await self._shares.create(
            current_caller(),
            ConversationId(request.conversation_id),
            request.expires_in_days or DEFAULT_DAYS,
            TurnId(request.turn_id) if request.turn_id else None,
            idempotency_key("CreateShare", request),
        )
        return pb.CreateShareResponse(share=share_to_proto(made), token=token)

    async def ListShares(self, request: pb.ListSharesRequest, context: _Context) -> pb.ListSharesResponse:
        """See the proto."""
        listed = await self._shares.of_conversation(current_caller(), ConversationId(request.conversation_id))
        return pb.ListSharesResponse(shares=[share_to_proto(each) for each in listed])

    async def RevokeShare(self, request: pb.RevokeShareRequest, context: _Context) -> pb.RevokeShareResponse:
        """See the proto."""
        await self._shares.revoke(current_caller(), ConversationId(request.conversation_id), request.share_id)
        return pb.RevokeShareResponse()

    async def GetRetention(self, request: pb.GetRetentionRequest, context: _Context) -> pb.GetRetentionResponse:
        """See the proto."""
        return pb.GetRetentionResponse(retention=retention_to_proto(await self._keep.read(current_caller())))

    async def SetRetention(self, request: pb.SetRetentionRequest, context: _Context) -> pb.SetRetentionResponse:
        """See the proto."""
        await self._keep.choose(current_caller(), to_retention(request.retention))
        return pb.SetRetentionResponse(retention=request.retention)

    async def RerunTurn(self, request: pb.RerunTurnRequest, context: _Context) -> pb.RerunTurnResponse:
        """See the proto."""
        rerun = await self._reruns.run(
            current_caller(),
            ConversationId(request.conversation_id),
            TurnId(request.turn_id),
            idempotency_key("RerunTurn", request),
        )
        return pb.RerunTurnResponse(rerun=rerun_to_proto(rerun))

    async def ListReruns(self, request: pb.ListRerunsRequest, context: _Context) -> pb.ListRerunsResponse:
        """See the proto."""
        listed = await self._reruns.of_turn(
            current_caller(), ConversationId(request.conversation_id), TurnId(request.turn_id)
        )
        return pb.ListRerunsResponse(reruns=[rerun_to_proto(each) for each in listed])

    async def ListModels(self, request: pb.ListModelsRequest, context: _Context) -> pb.ListModelsResponse:
        """See the proto."""
        return catalogue_to_proto(self._catalogue)

    async def GetToday(self, request: pb.GetTodayRequest, context: _Context) -> pb.GetTodayResponse:
        """See the proto."""
        return today_to_proto(await self._today(current_caller()))

    async def GetUsage(self, request: pb.GetUsageRequest, context: _Context) -> pb.GetUsageResponse:
        """See the proto."""
        rows = await self._read_usage(
            _DIMENSIONS[request.by],
            to_day(request.start, "start") if request.HasField("start") else None,
            to_day(request.end, "end") if request.HasField("end") else None,
        )
        return pb.GetUsageResponse(
            rows=[
                pb.UsageRow(
                    key=row.key,
                    turns=row.turns,
                    input_tokens=row.input_tokens,
                    output_tokens=row.output_tokens,
                    cost=Money(amount=f"{row.cost:f}", currency="USD"),
                )
                for row in rows
            ]
        )
