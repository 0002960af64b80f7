"""Routes of conversations and models."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

import orjson
from fastapi import APIRouter, Query, Request, Response, status
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.paging import MAX_PAGE_SIZE, PageRequest
from stocktool_kit.http.auth import requires
from stocktool_kit.http.idempotency import idempotency_key
from stocktool_kit.http.model import plain_decimal

from stocktool_chat.application.conversations import Conversations
from stocktool_chat.application.retention import KeepConversations
from stocktool_chat.application.usage import ReadToday
from stocktool_chat.domain.conversation import ConversationId
from stocktool_chat.domain.export import to_json_document, to_markdown
from stocktool_chat.domain.pricing import Catalogue
from stocktool_chat.domain.retention import Retention
from stocktool_chat.http import models
from stocktool_chat.http.proposals import with_proposals

router = APIRouter(tags=["conversations"])

reading: Any = requires("chat.read")
writing: Any = requires("chat.write")
repeating: Any = idempotency_key()


def _conversations(request: Request) -> Conversations:
    return cast(Conversations, request.app.state.conversations)


@router.post("/conversations", status_code=status.HTTP_201_CREATED)
async def create_conversation(
    request: Request,
    body: models.NewConversation | None = None,
    caller: Caller = writing,
    key: IdempotencyKey | None = repeating,
) -> models.ConversationBody:
    """Open a conversation."""
    title = body.title if body is not None else ""
    return models.ConversationBody.of(await _conversations(request).create(caller, title, key))


@router.get("/conversations")
async def list_conversations(
    request: Request,
    query: Annotated[str, Query(max_length=200, description="Words of the title, of questions or of answers.")] = "",
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 50,
    page_token: Annotated[str, Query(max_length=1024)] = "",
    caller: Caller = reading,
) -> models.ConversationPage:
    """List the caller's conversations, the one changed last first."""
    page = await _conversations(request).find(caller, query, PageRequest(page_size, page_token))
    items = [models.ConversationBody.of(each) for each in page.items]
    return models.ConversationPage(items=items, next_page_token=page.next_page_token)


@router.get("/conversations/{conversation_id}")
async def get_conversation(
    request: Request, conversation_id: models.Id, caller: Caller = reading
) -> models.ConversationWithTurns:
    """A conversation with its turns; results of tools come with the single turn."""
    conversation, turns = await _conversations(request).read(caller, ConversationId(conversation_id))
    head = models.ConversationBody.of(conversation)
    bodies = await with_proposals(request, caller, conversation.id, [models.TurnBody.of(turn) for turn in turns])
    return models.ConversationWithTurns(**head.model_dump(), turns=bodies)


@router.patch("/conversations/{conversation_id}")
async def update_conversation(
    request: Request, conversation_id: models.Id, body: models.ConversationChange, caller: Caller = writing
) -> models.ConversationBody:
    """Rename or pin a conversation."""
    changed = await _conversations(request).update(
        caller, ConversationId(conversation_id), title=body.title, pinned=body.pinned
    )
    return models.ConversationBody.of(changed)


@router.delete("/conversations/{conversation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_conversation(request: Request, conversation_id: models.Id, caller: Caller = writing) -> None:
    """Delete a conversation with everything said in it."""
    await _conversations(request).delete(caller, ConversationId(conversation_id))


@router.get(
    "/conversations/{conversation_id}/export",
    response_class=Response,
    responses={200: {"content": {"text/markdown": {}, "application/json": {}}, "description": "The conversation."}},
)
async def export_conversation(
    request: Request,
    conversation_id: models.Id,
    format: Annotated[Literal["markdown", "json"], Query()] = "markdown",  # noqa: A002 - the public name
    caller: Caller = reading,
) -> Response:
    """A conversation as a document to keep."""
    conversation, turns = await _conversations(request).read(caller, ConversationId(conversation_id))
    disposition = f'attachment; filename="{conversation.id}.{"md" if format == "markdown" else "json"}"'
    headers = {"content-disposition": disposition}
    if format == "markdown":
        text = to_markdown(conversation, turns)
        return Response(text, headers=headers, media_type="text/markdown; charset=utf-8")
    return Response(orjson.dumps(to_json_document(conversation, turns)), headers=headers, media_type="application/json")


@router.get("/retention")
async def get_retention(request: Request, caller: Caller = reading) -> models.RetentionBody:
    """How long the caller's conversations are kept after they were changed last."""
    keep: KeepConversations = request.app.state.keep
    return models.RetentionBody(keep=(await keep.read(caller)).value)


@router.put("/retention")
async def choose_retention(
    request: Request, body: models.RetentionChoice, caller: Caller = writing
) -> models.RetentionBody:
    """Choose how long; conversations that exist follow within moments, and those that are older end then."""
    keep: KeepConversations = request.app.state.keep
    await keep.choose(caller, Retention(body.keep))
    return models.RetentionBody(keep=body.keep)


@router.get("/usage/today")
async def get_today(request: Request, caller: Caller = reading) -> models.TodayBody:
    """What the caller's questions have used today, and what they may use."""
    today: ReadToday = request.app.state.today
    return models.TodayBody.of(await today(caller))


@router.get("/models")
async def list_models(request: Request, _: Caller = reading) -> models.ModelList:
    """The models this deployment offers."""
    catalogue: Catalogue = request.app.state.catalogue
    return models.ModelList(
        items=[
            models.ModelBody(
                name=offer.name,
                default=offer.name == catalogue.default,
                input_per_million=None if offer.input_per_million is None else plain_decimal(offer.input_per_million),
                output_per_million=None
                if offer.output_per_million is None
                else plain_decimal(offer.output_per_million),
            )
            for offer in catalogue.offers.values()
        ]
    )
