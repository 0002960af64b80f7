"""What can go wrong in a conversation, by kind and reason."""

from __future__ import annotations

from stocktool_kit.core.errors import (
    Conflict,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    RateLimited,
    StockToolError,
    Unavailable,
)

from stocktool_chat.domain.json_types import JsonObject


class ConversationNotFound(NotFound):
    """No conversation of the caller's has this id."""

    reason = "CONVERSATION_NOT_FOUND"


class TurnNotFound(NotFound):
    """The conversation has no turn by this id."""

    reason = "TURN_NOT_FOUND"


class ProposalNotFound(NotFound):
    """No tool of the conversation proposed anything under this id."""

    reason = "PROPOSAL_NOT_FOUND"


class ShareNotFound(NotFound):
    """No link by this id or token shows anything."""

    reason = "SHARE_NOT_FOUND"


class UnknownModel(InvalidArgument):
    """This deployment does not offer the model."""

    reason = "UNKNOWN_MODEL"


class IdempotencyKeyReused(FailedPrecondition):
    """The key was used before, with another request."""

    reason = "IDEMPOTENCY_KEY_REUSED"


class TooManyTurns(RateLimited):
    """This pod answers as many questions as it can hold."""

    reason = "TOO_MANY_TURNS"
    retry_after_seconds = 5.0


class LeaseLost(Conflict):
    """Another pod runs the turn now, or it was deleted; nothing of this run may be written any more."""

    reason = "LEASE_LOST"


class ModelRateLimited(RateLimited):
    """The model's provider refuses calls for now."""

    reason = "MODEL_RATE_LIMITED"


class ModelUnavailable(Unavailable):
    """The model's provider cannot be reached, or failed."""

    reason = "MODEL_UNAVAILABLE"


class ModelStreamDropped(Unavailable):
    """The model's answer broke off."""

    reason = "MODEL_STREAM_DROPPED"


class ModelTimedOut(DeadlineExceeded):
    """The model said nothing in time."""

    reason = "MODEL_TIMED_OUT"


class ModelRejected(FailedPrecondition):
    """The provider does not take our request: credentials, model name or content."""

    reason = "MODEL_REJECTED"


class AnswerFiltered(FailedPrecondition):
    """The provider's content filter ended the answer."""

    reason = "ANSWER_FILTERED"


class AnswerCutOff(FailedPrecondition):
    """The model reached its limit of output before it ended."""

    reason = "ANSWER_CUT_OFF"


class EmptyAnswer(Unavailable):
    """The model ended without text and without a tool call."""

    reason = "EMPTY_ANSWER"


class BudgetExceeded(FailedPrecondition):
    """The turn used what it may use of steps or tokens."""

    reason = "TURN_BUDGET_EXCEEDED"


class DailyBudgetSpent(RateLimited):
    """The user's questions of today used what a user may use in a day."""

    reason = "DAILY_BUDGET_SPENT"


class EndlessToolLoop(BudgetExceeded):
    """The model kept calling tools instead of answering."""

    reason = "ENDLESS_TOOL_LOOP"


class TurnTimedOut(DeadlineExceeded):
    """The turn took longer than it may."""

    reason = "TURN_TIMED_OUT"


class TurnAbandoned(Unavailable):
    """The pod that ran the turn died, and so did the one that took it over."""

    reason = "TURN_ABANDONED"


def problem_of(error: StockToolError) -> JsonObject:
    """Describe an error as the event stream carries it: a problem document without an HTTP status."""
    problem: dict[str, str | float] = {
        "type": f"urn:stocktool:problem:{error.reason.lower().replace('_', '-')}",
        "title": error.reason.replace("_", " ").capitalize(),
        "detail": error.message,
        "reason": error.reason,
    }
    if error.retry_after_seconds is not None:
        problem["retry_after_seconds"] = error.retry_after_seconds
    return problem
