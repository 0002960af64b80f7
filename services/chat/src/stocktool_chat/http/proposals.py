"""Routes that decide what writing tools proposed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from fastapi import APIRouter, Request
from stocktool_kit.core.caller import Caller
from stocktool_kit.http.auth import requires

from stocktool_chat.application.proposals import Proposals
from stocktool_chat.domain.conversation import ConversationId
from stocktool_chat.http import models

router = APIRouter(tags=["proposals"], prefix="/conversations/{conversation_id}/proposals")

writing: Any = requires("chat.write")


def _proposals(request: Request) -> Proposals:
    return cast(Proposals, request.app.state.proposals)


@router.post("/{proposal_id}:approve")
async def approve_proposal(
    request: Request, conversation_id: models.Id, proposal_id: models.Id, caller: Caller = writing
) -> models.ProposalBody:
    """Carry out what a writing tool proposed, once, with the caller's own rights."""
    return models.ProposalBody.of(
        await _proposals(request).approve(caller, ConversationId(conversation_id), proposal_id)
    )


@router.post("/{proposal_id}:reject")
async def reject_proposal(
    request: Request, conversation_id: models.Id, proposal_id: models.Id, caller: Caller = writing
) -> models.ProposalBody:
    """Drop what a writing tool proposed."""
    return models.ProposalBody.of(
        await _proposals(request).reject(caller, ConversationId(conversation_id), proposal_id)
    )


@router.post("/{proposal_id}:undo")
async def undo_proposal(
    request: Request, conversation_id: models.Id, proposal_id: models.Id, caller: Caller = writing
) -> models.ProposalBody:
    """Take back what approving wrote."""
    return models.ProposalBody.of(await _proposals(request).undo(caller, ConversationId(conversation_id), proposal_id))


async def with_proposals(
    request: Request, caller: Caller, conversation_id: ConversationId, turns: Sequence[models.TurnBody]
) -> list[models.TurnBody]:
    """Turns with what became of their proposals."""
    if not any(turn.proposals for turn in turns):
        return list(turns)
    stored = {each.id: each for each in await _proposals(request).of_conversation(caller, conversation_id)}
    return [
        turn.model_copy(
            update={
                "proposals": [
                    models.ProposalBody.of(stored[shown.id]) if shown.id in stored else shown
                    for shown in turn.proposals
                ]
            }
        )
        for turn in turns
    ]
