"""Routes that run a turn's tool calls again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from fastapi import APIRouter, Request, status
from pydantic import Field
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.http.auth import requires
from stocktool_kit.http.idempotency import idempotency_key
from stocktool_kit.http.model import ResponseModel

from stocktool_chat.application.reruns import Reruns
from stocktool_chat.domain.conversation import ConversationId, TurnId
from stocktool_chat.domain.reruns import Rerun
from stocktool_chat.http import models

router = APIRouter(tags=["turns"], prefix="/conversations/{conversation_id}/turns/{turn_id}")

reading: Any = requires("chat.read")
writing: Any = requires("chat.write")
repeating: Any = idempotency_key()


class DifferenceBody(ResponseModel):
    """A figure that is another one now."""

    call_id: str
    tool: str
    path: str = Field(description="JSON path in the call's stored result; of a figure that is new, in the new one.")
    old: str | None = Field(description="As stored, with its currency; null: there was none.")
    new: str | None = Field(description="As it is now; null: there is none any more.")
    shown_as: str | None = Field(description="How the answer wrote it; null when it does not mention it.")


class RerunBody(ResponseModel):
    """What running a turn's tool calls again gave."""

    id: str
    ran_at: datetime
    compared: int = Field(description="Figures looked at.")
    changed: int = Field(description="How many of them differ.")
    differences: list[DifferenceBody] = Field(description="Those of the answer's text first, at most 300.")
    failed: dict[str, str] = Field(description="Calls that gave an error this time: its reason, by call id.")

    @classmethod
    def of(cls, rerun: Rerun) -> RerunBody:
        """Show one."""
        return cls.model_validate(rerun, from_attributes=True)


class RerunList(ResponseModel):
    """What was kept of it, oldest first."""

    items: list[RerunBody]
    next_page_token: str = ""


def _reruns(request: Request) -> Reruns:
    return cast(Reruns, request.app.state.reruns)


@router.post(":rerun", status_code=status.HTTP_201_CREATED)
async def rerun_turn(
    request: Request,
    conversation_id: models.Id,
    turn_id: models.Id,
    caller: Caller = writing,
    key: IdempotencyKey | None = repeating,
) -> RerunBody:
    """Make the turn's tool calls again and list the figures that differ; the turn stays as it is."""
    rerun = await _reruns(request).run(caller, ConversationId(conversation_id), TurnId(turn_id), key)
    return RerunBody.of(rerun)


@router.get("/reruns")
async def list_reruns(
    request: Request, conversation_id: models.Id, turn_id: models.Id, caller: Caller = reading
) -> RerunList:
    """What running the turn's tool calls again gave, each time."""
    listed = await _reruns(request).of_turn(caller, ConversationId(conversation_id), TurnId(turn_id))
    return RerunList(items=[RerunBody.of(each) for each in listed])
