"""Bodies about links to conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_chat.application.shares import Shared
from stocktool_chat.domain.conversation import Turn
from stocktool_chat.domain.export import turn_document
from stocktool_chat.domain.shares import DEFAULT_DAYS, LONGEST_DAYS, Share


class NewShare(RequestModel):
    """A link to be made."""

    expires_in_days: int = Field(
        default=DEFAULT_DAYS, ge=1, le=LONGEST_DAYS, description="How long it shows the conversation."
    )
    turn_id: str | None = Field(
        default=None, max_length=64, description="Last turn of the branch to show; absent: the one asked last."
    )


class ShareBody(ResponseModel):
    """A link without its token."""

    id: str
    title: str = Field(description="The conversation's when the link was made.")
    turns: int = Field(description="How many turns it shows.")
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, share: Share) -> ShareBody:
        """Show a link."""
        return cls(
            id=share.id,
            title=share.title,
            turns=len(share.turn_ids),
            created_at=share.created_at,
            expires_at=share.expires_at,
        )


class CreatedShare(ShareBody):
    """A link that was made."""

    token: str = Field(description="Opens it; kept nowhere. The page's address of it is /shared#<token>.")


class ShareList(ResponseModel):
    """A conversation's links."""

    items: list[ShareBody]
    next_page_token: str = ""


class SharedReceipt(ResponseModel):
    """A figure of a shared answer and whether it is backed; not by what, since the results are not shared."""

    span: tuple[int, int] = Field(description="[start, end) in Unicode code points of the text.")
    value: str
    status: Literal["matched", "derived", "unmatched"]


class SharedTurn(ResponseModel):
    """A question and its answer, without what the tools gave and without passages of documents."""

    question: str
    text: str
    state: Literal["completed", "stopped", "failed"]
    model: str
    created_at: datetime
    receipts: list[SharedReceipt]

    @classmethod
    def of(cls, turn: Turn) -> SharedTurn:
        """Show what may be shown."""
        return cls.model_validate(turn_document(turn))


class SharedConversation(ResponseModel):
    """What a link shows."""

    title: str
    shared_at: datetime
    expires_at: datetime
    turns: list[SharedTurn]

    @classmethod
    def of(cls, shown: Shared) -> SharedConversation:
        """Show a shared conversation."""
        share = shown.share
        return cls(
            title=share.title,
            shared_at=share.created_at,
            expires_at=share.expires_at,
            turns=[SharedTurn.of(turn) for turn in shown.turns],
        )
