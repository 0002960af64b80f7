"""What AWS said, as an error of ours. The one table for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

from stocktool_kit.core.errors import (
    AlreadyExists,
    Conflict,
    Internal,
    InvalidArgument,
    NotFound,
    RateLimited,
    StockToolError,
    Unavailable,
)

Item = dict[str, Any]
"""One item in Python values. Attributes differ per item, so a narrower type would only be cast away by its readers."""


class ConditionFailed(Conflict):
    """A conditional write found another state than it asked for.

    Attributes:
        item: The item as it stands, when the write asked for it and it exists.
        operations: Positions of the failed operations, when it was a transaction.
        items: The items as they stand by position, when the operations asked for them.
    """

    reason = "CONDITION_FAILED"

    def __init__(self, message: str = "the state is not the one this write expects", **metadata: object) -> None:
        super().__init__(message, **metadata)
        self.item: Item | None = None
        self.operations: Sequence[int] = ()
        self.items: dict[int, Item] = {}


class TooLarge(InvalidArgument):
    """Beyond what the store takes: 400 KB for an item."""

    reason = "TOO_LARGE"


class AwsMisconfigured(Internal):
    """The deployment's permissions, credentials or names are wrong; no caller can help it."""

    reason = "AWS_MISCONFIGURED"


_BY_CODE: dict[str, type[StockToolError]] = {
    **dict.fromkeys(
        (
            "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
            "TooManyRequestsException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown",
            "LimitExceededException", "OverLimit", "KmsThrottled", "BandwidthLimitExceeded", "ThrottlingError",
        ),
        RateLimited,
    ),
    **dict.fromkeys(
        (
            "InternalServerError", "InternalServiceError", "InternalFailure", "InternalError", "ServiceUnavailable",
            "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException", "500", "502", "503", "504",
            "NoSuchBucket", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
        ),
        Unavailable,
    ),
    **dict.fromkeys(("NoSuchKey", "NoSuchVersion", "404", "NotFound", "ResourceNotFoundException"), NotFound),
    **dict.fromkeys(("ResourceExistsException", "ResourceAlreadyExistsException"), AlreadyExists),
    **dict.fromkeys(("ConditionalCheckFailedException", "PreconditionFailed", "412"), ConditionFailed),
    **dict.fromkeys(
        (
            "TransactionConflictException", "TransactionInProgressException", "IdempotentParameterMismatchException",
            "TransactionConflict", "ConditionalRequestConflict", "OperationAborted",
        ),
        Conflict,
    ),
    **dict.fromkeys(("EntityTooLarge", "ItemCollectionSizeLimitExceededException"), TooLarge),
    **dict.fromkeys(
        (
            "AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId",
            "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException", "AuthorizationError", "403",
        ),
        AwsMisconfigured,
    ),
}  # fmt: skip

# A code that means something else in one service: a table or topic that is not there is a deployment not finished (or
# an emulator that was restarted), never something the caller asked for by name.
_BY_SERVICE: dict[tuple[str, str], type[StockToolError]] = {
    ("dynamodb", "ResourceNotFoundException"): Unavailable,
    ("sns", "NotFound"): Unavailable,
}


def from_code(service: str, operation: str, code: str, message: str) -> StockToolError:
    """Make our error for an error code of AWS; unknown means INTERNAL."""
    kind = _BY_SERVICE.get((service, code)) or _BY_CODE.get(code, Internal)
    if kind is ConditionFailed:
        return ConditionFailed(operation=operation)
    if code == "ValidationException" and "tem size" in message:  # DynamoDB has no code of its own for it
        kind = TooLarge
    return kind(f"{service} {operation}: {code}: {message}", service=service, operation=operation, code=code)


def from_botocore(service: str, operation: str, error: BotoCoreError | ClientError) -> StockToolError:
    """Make our error for whatever the SDK raised; the caller chains it."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        return from_code(service, operation, str(details.get("Code", "")), str(details.get("Message", "")))
    if isinstance(error, BotoConnectionError | HTTPClientError):
        return Unavailable(f"{service} cannot be reached", service=service, operation=operation)
    return AwsMisconfigured(f"{service} {operation}: {error}", service=service, operation=operation)
