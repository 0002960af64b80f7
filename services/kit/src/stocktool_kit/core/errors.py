"""Errors by kind. Raised where they are known, translated once, at the edge of a process.

The kinds and their wire forms stand in `stocktool_kit.rpc.status` and `stocktool_kit.http.problem`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What went wrong, in words that gRPC and HTTP both know."""

    INVALID_ARGUMENT = "invalid_argument"
    UNAUTHENTICATED = "unauthenticated"
    PERMISSION_DENIED = "permission_denied"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    CONFLICT = "conflict"
    FAILED_PRECONDITION = "failed_precondition"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    UNIMPLEMENTED = "unimplemented"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field that cannot be taken.

    Attributes:
        pointer: JSON pointer into the body (`/items/0/quantity`) or the name of a parameter (`symbols`).
        detail: What is wrong and what would do, as a sentence without its full stop.
    """

    pointer: str
    detail: str


class StockToolError(Exception):
    """Base of all errors of ours.

    Args:
        message: What happened, for a person, without secrets.
        **metadata: Short machine-readable facts (`symbol="AAPL"`); they travel with the error.
    """

    kind: Kind = Kind.INTERNAL
    reason: str = "INTERNAL"
    retry_after_seconds: float | None = None

    def __init__(self, message: str, **metadata: object) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = {key: str(value) for key, value in metadata.items() if value is not None}
        self.violations: tuple[FieldViolation, ...] = ()


class InvalidArgument(StockToolError):
    """The input cannot be taken whatever the state."""

    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"

    def __init__(self, message: str, violations: Sequence[FieldViolation] = (), **metadata: object) -> None:
        super().__init__(message, **metadata)
        self.violations = tuple(violations)

    @classmethod
    def of(cls, pointer: str, detail: str) -> InvalidArgument:
        """Build the error for a single field."""
        return cls(f"{pointer}: {detail}", [FieldViolation(pointer, detail)])


class Unauthenticated(StockToolError):
    """No caller is known, or the token is expired, forged or revoked."""

    kind = Kind.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"


class PermissionDenied(StockToolError):
    """The caller is known and may not do this."""

    kind = Kind.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class NotFound(StockToolError):
    """Nothing by this id that the caller may see."""

    kind = Kind.NOT_FOUND
    reason = "NOT_FOUND"


class AlreadyExists(StockToolError):
    """Something with this identity is there already."""

    kind = Kind.ALREADY_EXISTS
    reason = "ALREADY_EXISTS"


class Conflict(StockToolError):
    """The version the caller read is no longer the newest."""

    kind = Kind.CONFLICT
    reason = "CONFLICT"


class FailedPrecondition(StockToolError):
    """The state must change before this can succeed."""

    kind = Kind.FAILED_PRECONDITION
    reason = "FAILED_PRECONDITION"


class _Retryable(StockToolError):
    def __init__(self, message: str, *, retry_after_seconds: float | None = None, **metadata: object) -> None:
        super().__init__(message, **metadata)
        if retry_after_seconds is not None:
            self.retry_after_seconds = retry_after_seconds


class RateLimited(_Retryable):
    """Too many calls, or a buffer is full."""

    kind = Kind.RATE_LIMITED
    reason = "RATE_LIMITED"
    retry_after_seconds = 1.0


class Unavailable(_Retryable):
    """A part this call needs cannot be reached now."""

    kind = Kind.UNAVAILABLE
    reason = "UNAVAILABLE"
    retry_after_seconds = 1.0


class DeadlineExceeded(StockToolError):
    """The time the caller gave ran out."""

    kind = Kind.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"


class Unimplemented(StockToolError):
    """This deployment has no such function."""

    kind = Kind.UNIMPLEMENTED
    reason = "UNIMPLEMENTED"


class Internal(StockToolError):
    """A bug of ours; the detail stays in the log."""

    kind = Kind.INTERNAL
    reason = "INTERNAL"


BY_KIND: dict[Kind, type[StockToolError]] = {
    error.kind: error
    for error in (
        InvalidArgument,
        Unauthenticated,
        PermissionDenied,
        NotFound,
        AlreadyExists,
        Conflict,
        FailedPrecondition,
        RateLimited,
        Unavailable,
        DeadlineExceeded,
        Unimplemented,
        Internal,
    )
}


def rebuilt(  # an error as it was on the other side of a wire
    kind: Kind,
    message: str,
    reason: str,
    *,
    metadata: dict[str, str] | None = None,
    violations: Sequence[FieldViolation] = (),
    retry_after_seconds: float | None = None,
) -> StockToolError:
    """Make the error another process raised, so that callers handle it by kind and reason as if it were local."""
    error = BY_KIND[kind](message)
    error.reason = reason
    error.metadata = dict(metadata or {})
    error.violations = tuple(violations)
    if retry_after_seconds is not None:
        error.retry_after_seconds = retry_after_seconds
    return error
