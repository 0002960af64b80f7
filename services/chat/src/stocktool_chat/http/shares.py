"""Routes of links to conversations, and the one that shows what is behind a link."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Request, Response, status
from stocktool_kit.core.caller import Caller
from stocktool_kit.http.auth import public, requires

from stocktool_chat.application.shares import Shares
from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.http import models, share_models

router = APIRouter(tags=["shares"])

reading: Any = requires("chat.read")
writing: Any = requires("chat.write")
_token = Header(alias="Share-Token", max_length=128, description="What stands behind # in a link's address.")


def _shares(request: Request) -> Shares:
    return cast(Shares, request.app.state.shares)


@router.post("/conversations/{conversation_id}/shares", status_code=status.HTTP_201_CREATED)
async def share_conversation(
    request: Request, conversation_id: models.Id, body: share_models.NewShare, caller: Caller = writing
) -> share_models.CreatedShare:
    """Make a link that shows what was said so far to whoever holds it.

    Its token is in this answer only, so this write takes no Idempotency-Key: a link whose token was lost is revoked.
    """
    last = None if body.turn_id is None else TurnId(body.turn_id)
    made, token = await _shares(request).create(caller, ConversationId(conversation_id), body.expires_in_days, last)
    return share_models.CreatedShare(token=token, **share_models.ShareBody.of(made).model_dump())


@router.get("/conversations/{conversation_id}/shares")
async def list_shares(request: Request, conversation_id: models.Id, caller: Caller = reading) -> share_models.ShareList:
    """The conversation's links that still show something, without their tokens."""
    listed = await _shares(request).of_conversation(caller, ConversationId(conversation_id))
    return share_models.ShareList(items=[share_models.ShareBody.of(each) for each in listed])


@router.delete("/conversations/{conversation_id}/shares/{share_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_share(
    request: Request, conversation_id: models.Id, share_id: models.Id, caller: Caller = writing
) -> None:
    """End a link now."""
    await _shares(request).revoke(caller, ConversationId(conversation_id), share_id)


@router.get("/shared", dependencies=[public()])
async def read_shared(
    request: Request, response: Response, share_token: Annotated[str, _token]
) -> share_models.SharedConversation:
    """What a link shows. The token comes in a header, since addresses end up in logs."""
    shown = await _shares(request).open(share_token)
    response.headers["cache-control"] = "no-store"
    return share_models.SharedConversation.of(shown)
