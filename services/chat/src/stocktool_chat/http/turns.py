"""Routes of turns and their event streams."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Request, Response, status
from fastapi.responses import StreamingResponse
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.http.auth import requires
from stocktool_kit.http.idempotency import idempotency_key
from stocktool_kit.rpc.deadline import set_deadline
from stocktool_kit.telemetry import inject

from stocktool_chat.application.start_turn import StartTurn
from stocktool_chat.application.turns import Turns
from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.http import models
from stocktool_chat.http.proposals import with_proposals
from stocktool_chat.http.sse import event_stream

router = APIRouter(tags=["turns"], prefix="/conversations/{conversation_id}/turns")

reading: Any = requires("chat.read")
writing: Any = requires("chat.write")
repeating: Any = idempotency_key()
_last_event_id = Header(alias="Last-Event-ID", description="Id of the last event the reader has.")


def _turns(request: Request) -> Turns:
    return cast(Turns, request.app.state.turns)


@router.post("", status_code=status.HTTP_201_CREATED)
async def start_turn(
    request: Request,
    conversation_id: models.Id,
    body: models.NewTurn,
    caller: Caller = writing,
    key: IdempotencyKey | None = repeating,
) -> models.StartedTurn:
    """Ask a question; the answer is read from the turn's events, and goes on without a reader."""
    start: StartTurn = request.app.state.start_turn
    turn_id = await start(
        caller,
        ConversationId(conversation_id),
        body.text,
        model=body.model,
        parent=None if body.parent_turn_id is None else TurnId(body.parent_turn_id),
        key=key,
        trace=inject({}),
    )
    return models.StartedTurn(turn_id=turn_id, state="running")


@router.get("/{turn_id}")
async def get_turn(
    request: Request, conversation_id: models.Id, turn_id: models.Id, caller: Caller = reading
) -> models.TurnBody:
    """A whole turn with the results of its tools, as far as it is stored."""
    turn, summary, attempt = await _turns(request).read(caller, ConversationId(conversation_id), TurnId(turn_id))
    (body,) = await with_proposals(request, caller, turn.conversation_id, [models.TurnBody.of(turn, summary, attempt)])
    return body


@router.post("/{turn_id}:stop", status_code=status.HTTP_202_ACCEPTED)
async def stop_turn(
    request: Request, conversation_id: models.Id, turn_id: models.Id, caller: Caller = writing
) -> Response:
    """Stop a turn; what was said stays. One that has ended stays as it is."""
    await _turns(request).stop(caller, ConversationId(conversation_id), TurnId(turn_id))
    return Response(status_code=status.HTTP_202_ACCEPTED)


@router.get(
    "/{turn_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "The turn's events."}},
)
async def watch_turn(
    request: Request,
    conversation_id: models.Id,
    turn_id: models.Id,
    last_event_id: Annotated[str | None, _last_event_id] = None,
    caller: Caller = reading,
) -> StreamingResponse:
    """Follow a turn from its first event, or from the one after Last-Event-ID, to its terminal event."""
    after = _position(last_event_id)
    turns = _turns(request)
    conversation, turn = ConversationId(conversation_id), TurnId(turn_id)
    await turns.check(caller, conversation, turn)
    set_deadline(None)  # a stream lasts as long as its turn
    draining: asyncio.Event = request.app.state.runtime.draining
    content = event_stream(turns.watch(conversation, turn, after), draining, request.app.state.comment_seconds)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(content, headers=headers, media_type="text/event-stream")


def _position(last_event_id: str | None) -> int:
    if not last_event_id:
        return 0
    if not last_event_id.isascii() or not last_event_id.isdigit() or len(last_event_id) > 9:
        raise InvalidArgument.of("Last-Event-ID", "must be the id of an event of this stream")
    return int(last_event_id)
