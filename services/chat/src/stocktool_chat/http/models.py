"""Bodies of the HTTP API."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import Field, model_validator
from stocktool_kit.http.model import MoneyModel, RequestModel, ResponseModel, plain_decimal

from stocktool_chat.application.usage import Today
from stocktool_chat.domain.conversation import Conversation, Turn
from stocktool_chat.domain.export import turn_document
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.proposals import Proposal

Id = Annotated[str, Path(min_length=1, max_length=64)]
"""An id in a path; what is longer cannot be one of ours, and could not be a key of the table."""


class NewConversation(RequestModel):
    """A conversation to be opened."""

    title: str = Field(default="", max_length=200, description="Empty: taken from the first question.")


class ConversationChange(RequestModel):
    """A change of a conversation; what is absent stays."""

    title: str | None = Field(default=None, min_length=1, max_length=200, description="New title.")
    pinned: bool | None = Field(default=None, description="Whether it is pinned.")

    @model_validator(mode="after")
    def _changes_something(self) -> ConversationChange:
        if self.title is None and self.pinned is None:
            raise ValueError("give a title, pinned, or both")
        return self


class NewTurn(RequestModel):
    """A question."""

    text: str = Field(min_length=1, max_length=8000, description="The question.")
    model: str | None = Field(
        default=None,
        max_length=128,
        description="One of GET /models; absent: that of the turn it follows, else the default.",
    )
    parent_turn_id: str | None = Field(
        default=None,
        max_length=64,
        description="Turn to follow; absent: the conversation's last one; empty: none, a branch of its own.",
    )


Keep = Literal["day", "month", "forever"]


class ConversationBody(ResponseModel):
    """A conversation without its turns."""

    id: str
    title: str = Field(description="Empty until the first question.")
    pinned: bool
    created_at: datetime
    updated_at: datetime
    keep: Keep = Field(description="How long after its last change: 24 hours, 30 days, or without an end.")

    @classmethod
    def of(cls, conversation: Conversation) -> ConversationBody:
        """Show a conversation."""
        return cls(
            id=conversation.id,
            title=conversation.title,
            pinned=conversation.pinned,
            created_at=conversation.created_at,
            updated_at=conversation.updated_at,
            keep=conversation.retention.value,
        )


class ConversationPage(ResponseModel):
    """A page of conversations."""

    items: list[ConversationBody]
    next_page_token: str = Field(description="Empty on the last page.")


class StartedTurn(ResponseModel):
    """A question that was stored."""

    turn_id: str
    state: Literal["running"]


class ToolCallBody(ResponseModel):
    """A tool call."""

    call_id: str
    name: str = ""
    arguments: Any = Field(default=None, description="What the model gave; the user is never among it.")
    ok: bool | None = Field(default=None, description="Null while it runs.")
    duration_ms: float | None = Field(default=None, description="Null while it runs.")
    summary: str = ""
    result: Any = Field(default=None, description="The stored result; with a single turn only.")
    left_out_bytes: int | None = Field(
        default=None, description="How much of the result's JSON the model was not shown; null: nothing."
    )


class OperandBody(ResponseModel):
    """A value that a derived figure was computed from."""

    call_id: str
    path: str = Field(description="JSON path in the call's result, or count(path).")


QuoteState = Literal["shown", "deleted", "changed", "unavailable"]

_VERIFIED: Any = Field(
    default=None, description="Whether these words stood on the page when the answer was given; null: not checked."
)
_QUOTE_STATE: Any = Field(
    default="shown",
    description="Quotes are kept by reference: deleted with the document, changed when the page reads otherwise now, "
    "unavailable when it could not be asked or may not be read.",
)


class QuotationBody(ResponseModel):
    """Words of the text that are said to be a document's."""

    span: tuple[int, int] = Field(description="[start, end) in Unicode code points of the text.")
    verified: bool | None = _VERIFIED


class SourceBody(ResponseModel):
    """The words of a document that a figure stands in."""

    document_id: str
    page: int | None
    quote: str = Field(description="Verbatim, at most 300 characters; empty when it is gone.")
    verified: bool | None = _VERIFIED
    state: QuoteState = _QUOTE_STATE


class TrailBody(ResponseModel):
    """How to ask stock for the trail of a figure: its formula and the rows it was worked out from."""

    portfolio_id: str
    figure: str = Field(description="As in GET /portfolios/{id}/trail.")
    query: dict[str, str] = Field(description="symbol, start, end, as_of, benchmark, as far as they apply.")


class ReceiptBody(ResponseModel):
    """Where a figure of the text comes from."""

    span: tuple[int, int] = Field(description="[start, end) in Unicode code points of the text.")
    value: str = Field(description="The figure as written.")
    status: Literal["matched", "derived", "unmatched"]
    call_id: str | None = Field(description="Tool call; null when unmatched.")
    path: str | None = Field(description="JSON path in the call's result; of derived figures the operation.")
    operation: str | None = Field(default=None, description="Of a derived figure: sum, difference, share, ...")
    operands: list[OperandBody] = Field(default=[], description="Of a derived figure, in the order of the path.")
    source: SourceBody | None = Field(default=None, description="Of a figure from a document.")
    trail: TrailBody | None = Field(default=None, description="Of a portfolio's figure.")


class CitationBody(ResponseModel):
    """A passage the text refers to as [index]."""

    index: int
    document_id: str
    page: int | None
    quote: str = Field(description="Verbatim, at most 500 characters; empty when it is gone.")
    verified: bool | None = _VERIFIED
    state: QuoteState = _QUOTE_STATE
    quotations: list[QuotationBody] = Field(default=[], description="Words the answer itself quotes from it.")


class ProposalBody(ResponseModel):
    """A write that waits for its user, or what became of it."""

    id: str
    tool: str
    arguments: Any = Field(description="What would be written.")
    summary: str = Field(description="One line that says it.")
    expires_at: datetime = Field(description="Until when it can be approved.")
    state: Literal["open", "approving", "approved", "rejected", "undone"] = "open"
    outcome: Any = Field(default=None, description="What was written; null before that.")

    @classmethod
    def of(cls, proposal: Proposal) -> ProposalBody:
        """Show a proposal."""
        return cls(
            id=proposal.id,
            tool=proposal.tool,
            arguments=proposal.arguments,
            summary=proposal.summary,
            expires_at=proposal.expires_at,
            state=proposal.state.value,
            outcome=proposal.outcome,
        )


class UsageBody(ResponseModel):
    """What a turn used."""

    model: str
    input_tokens: int
    output_tokens: int
    cost: MoneyModel | None = Field(description="Null when the deployment lists no price.")


class ProblemBody(ResponseModel):
    """Why a turn failed."""

    type: str
    title: str
    detail: str
    reason: str
    retry_after_seconds: float | None = None


class ReplacedBody(ResponseModel):
    """Which model answered in place of the one that was asked for, and why."""

    model: str
    instead_of: str
    problem: ProblemBody


class TurnBody(ResponseModel):
    """A turn as far as it is stored."""

    id: str
    conversation_id: str
    parent_turn_id: str | None
    state: Literal["running", "completed", "stopped", "failed"]
    question: str
    model: str
    attempt: int = Field(description="2 after another server began the answer anew.")
    created_at: datetime
    finished_at: datetime | None
    text: str = Field(description="The answer; of a list's running turns empty.")
    tool_calls: list[ToolCallBody]
    proposals: list[ProposalBody]
    receipts: list[ReceiptBody]
    citations: list[CitationBody]
    replaced: ReplacedBody | None
    usage: UsageBody | None
    problem: ProblemBody | None

    @classmethod
    def of(cls, turn: Turn, summary: JsonObject | None = None, attempt: int | None = None) -> TurnBody:
        """Show a turn, with another fold of its events than the stored one if given."""
        document = turn_document(turn)
        if summary is not None:
            document |= summary
        if attempt is not None:
            document["attempt"] = attempt
        return cls.model_validate(document)


class ConversationWithTurns(ConversationBody):
    """A conversation with its turns, oldest first."""

    turns: list[TurnBody]


class RetentionChoice(RequestModel):
    """How long conversations shall be kept."""

    keep: Keep = Field(description="After their last change: 24 hours, 30 days, or without an end.")


class RetentionBody(ResponseModel):
    """How long conversations are kept."""

    keep: Keep = Field(description="After their last change: 24 hours, 30 days (the default), or without an end.")


class TodayBody(ResponseModel):
    """What the caller's questions have used today, in UTC, and may use; null is no limit."""

    turns: int
    tokens: int
    cost: MoneyModel
    tokens_limit: int | None
    cost_limit: MoneyModel | None
    resets_at: datetime

    @classmethod
    def of(cls, today: Today) -> TodayBody:
        """Show a day."""
        limit = today.allowance.cost
        return cls(
            turns=today.spent.turns,
            tokens=today.spent.tokens,
            cost=_dollars(today.spent.cost),
            tokens_limit=today.allowance.tokens,
            cost_limit=None if limit is None else _dollars(limit),
            resets_at=today.resets_at,
        )


def _dollars(amount: Decimal) -> MoneyModel:
    return MoneyModel(amount=plain_decimal(amount), currency="USD")


class ModelBody(ResponseModel):
    """A model on offer."""

    name: str
    default: bool
    input_per_million: str | None = Field(description="USD per million tokens read; null when not listed.")
    output_per_million: str | None = Field(description="USD per million tokens written; null when not listed.")


class ModelList(ResponseModel):
    """Models on offer."""

    items: list[ModelBody]
    next_page_token: str = ""
