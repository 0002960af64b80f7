"""Turns and conversations as protobuf messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import orjson
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.common.v1.money_pb2 import Money
from stocktool_kit.core.errors import InvalidArgument

from stocktool_chat.domain.conversation import Conversation, Turn
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.proposals import Proposal


def conversation_to_proto(conversation: Conversation) -> pb.Conversation:
    """A conversation without its turns."""
    return pb.Conversation(
        id=conversation.id,
        title=conversation.title,
        pinned=conversation.pinned,
        created_at=_instant(conversation.created_at),
        updated_at=_instant(conversation.updated_at),
    )


def turn_to_proto(turn: Turn, summary: JsonObject | None = None, attempt: int | None = None) -> pb.Turn:
    """A turn, with another fold of its events than the stored one if given."""
    fold: JsonObject = summary if summary is not None else turn.summary or {}
    message = pb.Turn(
        id=turn.id,
        conversation_id=turn.conversation_id,
        state=pb.TurnState.Value(f"TURN_STATE_{turn.state.name}"),
        question=turn.question,
        text=str(fold.get("text", "")),
        tool_calls=[_tool_call(call) for call in _objects(fold.get("tool_calls"))],
        receipts=[_receipt(found) for found in _objects(fold.get("receipts"))],
        citations=[_citation(found) for found in _objects(fold.get("citations"))],
        attempt=turn.attempt if attempt is None else attempt,
        created_at=_instant(turn.created_at),
    )
    if turn.parent_turn_id:
        message.parent_turn_id = turn.parent_turn_id
    if turn.finished_at is not None:
        message.finished_at.CopyFrom(_instant(turn.finished_at))
    usage, problem = fold.get("usage"), fold.get("problem")
    if isinstance(usage, Mapping):
        message.usage.CopyFrom(_usage(usage))
    if isinstance(problem, Mapping):
        message.problem.CopyFrom(pb.Problem(reason=str(problem.get("reason")), detail=str(problem.get("detail"))))
    return message


def proposal_to_proto(proposal: Proposal) -> pb.Proposal:
    """A proposal, and what became of it."""
    return pb.Proposal(
        id=proposal.id,
        turn_id=proposal.turn_id,
        tool=proposal.tool,
        arguments=orjson.dumps(proposal.arguments),
        summary=proposal.summary,
        expires_at=_instant(proposal.expires_at),
        state=pb.ProposalState.Value(f"PROPOSAL_STATE_{proposal.state.name}"),
        outcome=None if proposal.outcome is None else orjson.dumps(proposal.outcome),
    )


def to_day(message: Date, field: str) -> date:
    """Read a calendar day.

    Raises:
        InvalidArgument: There is no such day.
    """
    try:
        return date(message.year, message.month, message.day)
    except ValueError as error:
        raise InvalidArgument.of(field, "is no day of the calendar") from error


def _objects(value: Json) -> Sequence[JsonObject]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _tool_call(call: JsonObject) -> pb.ToolCall:
    duration = call.get("duration_ms")
    message = pb.ToolCall(
        call_id=str(call.get("call_id", "")),
        name=str(call.get("name", "")),
        arguments=orjson.dumps(call.get("arguments")),
        ok=call.get("ok") is True,
        duration_ms=duration if isinstance(duration, int | float) else 0,
        summary=str(call.get("summary", "")),
    )
    if call.get("result") is not None:
        message.result = orjson.dumps(call["result"])
    return message


def _receipt(found: JsonObject) -> pb.Receipt:
    span = found.get("span")
    start, end = (span[0], span[1]) if isinstance(span, list) else (0, 0)
    assert isinstance(start, int)
    assert isinstance(end, int)
    message = pb.Receipt(
        start=start,
        end=end,
        value=str(found.get("value", "")),
        status=pb.ReceiptStatus.Value(f"RECEIPT_STATUS_{str(found.get('status')).upper()}"),
    )
    if found.get("call_id"):
        message.call_id, message.path = str(found["call_id"]), str(found.get("path", ""))
    return message


def _citation(found: JsonObject) -> pb.Citation:
    index, page = found.get("index"), found.get("page")
    message = pb.Citation(
        index=index if isinstance(index, int) else 0,
        document_id=str(found.get("document_id", "")),
        quote=str(found.get("quote", "")),
    )
    if isinstance(page, int):
        message.page = page
    return message


def _usage(usage: JsonObject) -> pb.Usage:
    read, written, cost = usage.get("input_tokens"), usage.get("output_tokens"), usage.get("cost")
    message = pb.Usage(
        model=str(usage.get("model", "")),
        input_tokens=read if isinstance(read, int) else 0,
        output_tokens=written if isinstance(written, int) else 0,
    )
    if isinstance(cost, Mapping):
        message.cost.CopyFrom(Money(amount=str(cost.get("amount")), currency=str(cost.get("currency"))))
    return message


def _instant(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
