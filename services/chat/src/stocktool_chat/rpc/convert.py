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
from stocktool_chat.domain.retention import Retention


def conversation_to_proto(conversation: Conversation) -> pb.Conversation:
    """A conversation without its turns."""
    return pb.Conversation(
        id=conversation.id,
        title=conversation.title,
        pinned=conversation.pinned,
        created_at=instant_to_proto(conversation.created_at),
        updated_at=instant_to_proto(conversation.updated_at),
        retention=retention_to_proto(conversation.retention),
    )


def retention_to_proto(retention: Retention) -> pb.Retention.ValueType:
    """How long conversations are kept."""
    return pb.Retention.Value(f"RETENTION_{retention.name}")


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
        model=turn.model,
        attempt=turn.attempt if attempt is None else attempt,
        created_at=instant_to_proto(turn.created_at),
    )
    if turn.parent_turn_id:
        message.parent_turn_id = turn.parent_turn_id
    if turn.finished_at is not None:
        message.finished_at.CopyFrom(instant_to_proto(turn.finished_at))
    usage, problem, replaced = fold.get("usage"), fold.get("problem"), fold.get("replaced")
    if isinstance(usage, Mapping):
        message.usage.CopyFrom(_usage(usage))
    if isinstance(problem, Mapping):
        message.problem.CopyFrom(_problem(problem))
    if isinstance(replaced, Mapping):
        message.replaced.CopyFrom(_replaced(replaced))
    return message


def proposal_to_proto(proposal: Proposal) -> pb.Proposal:
    """A proposal, and what became of it."""
    return pb.Proposal(
        id=proposal.id,
        turn_id=proposal.turn_id,
        tool=proposal.tool,
        arguments=orjson.dumps(proposal.arguments),
        summary=proposal.summary,
        expires_at=instant_to_proto(proposal.expires_at),
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
        left_out_bytes=_whole(call.get("left_out_bytes")),
    )
    if call.get("result") is not None:
        message.result = orjson.dumps(call["result"])
    return message


def _receipt(found: JsonObject) -> pb.Receipt:
    start, end = _span(found)
    message = pb.Receipt(
        start=start,
        end=end,
        value=str(found.get("value", "")),
        status=pb.ReceiptStatus.Value(f"RECEIPT_STATUS_{str(found.get('status')).upper()}"),
        operands=[
            pb.Operand(call_id=str(each.get("call_id")), path=str(each.get("path")))
            for each in _objects(found.get("operands"))
        ],
    )
    if found.get("call_id"):
        message.call_id, message.path = str(found["call_id"]), str(found.get("path", ""))
    if found.get("operation"):
        message.operation = str(found["operation"])
    source, trail = found.get("source"), found.get("trail")
    if isinstance(source, Mapping):
        message.source.CopyFrom(_source(source))
    if isinstance(trail, Mapping):
        message.trail.CopyFrom(_trail(trail))
    return message


def _span(found: JsonObject) -> tuple[int, int]:
    span = found.get("span")
    start, end = (span[0], span[1]) if isinstance(span, list) else (0, 0)
    assert isinstance(start, int)
    assert isinstance(end, int)
    return start, end


def _source(found: JsonObject) -> pb.Source:
    return pb.Source(
        document_id=str(found.get("document_id", "")),
        page=_whole(found.get("page")),
        quote=str(found.get("quote", "")),
        verified=_truth(found.get("verified")),
        state=_quote_state(found),
    )


def _trail(found: JsonObject) -> pb.TrailReference:
    query = found.get("query")
    said = query if isinstance(query, Mapping) else {}
    return pb.TrailReference(
        portfolio_id=str(found.get("portfolio_id", "")),
        figure=str(found.get("figure", "")),
        query={name: str(value) for name, value in said.items()},
    )


def _citation(found: JsonObject) -> pb.Citation:
    return pb.Citation(
        index=_whole(found.get("index")) or 0,
        document_id=str(found.get("document_id", "")),
        page=_whole(found.get("page")),
        quote=str(found.get("quote", "")),
        verified=_truth(found.get("verified")),
        state=_quote_state(found),
        quotations=[_quotation(each) for each in _objects(found.get("quotations"))],
    )


def _quotation(found: JsonObject) -> pb.Quotation:
    start, end = _span(found)
    return pb.Quotation(start=start, end=end, verified=_truth(found.get("verified")))


def _quote_state(found: JsonObject) -> pb.QuoteState.ValueType:
    """What became of a quote; records from before quotes were kept by reference show theirs."""
    return pb.QuoteState.Value(f"QUOTE_STATE_{str(found.get('state') or 'shown').upper()}")


def _problem(found: JsonObject) -> pb.Problem:
    after = found.get("retry_after_seconds")
    return pb.Problem(
        reason=str(found.get("reason")),
        detail=str(found.get("detail")),
        retry_after_seconds=after if isinstance(after, int | float) else None,
    )


def _replaced(found: JsonObject) -> pb.ReplacedModel:
    problem = found.get("problem")
    return pb.ReplacedModel(
        model=str(found.get("model", "")),
        instead_of=str(found.get("instead_of", "")),
        problem=_problem(problem) if isinstance(problem, Mapping) else None,
    )


def _whole(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _truth(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


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


def instant_to_proto(moment: datetime) -> Timestamp:
    """An instant."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
