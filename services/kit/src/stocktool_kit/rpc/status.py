"""Errors to and from gRPC's standard status details."""

from __future__ import annotations

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from stocktool_kit.core.errors import FieldViolation, Internal, Kind, StockToolError, rebuilt

DOMAIN = "stocktool"

CODES: dict[Kind, grpc.StatusCode] = {
    Kind.INVALID_ARGUMENT: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.PERMISSION_DENIED: grpc.StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.CONFLICT: grpc.StatusCode.ABORTED,
    Kind.FAILED_PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.RATE_LIMITED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.DEADLINE_EXCEEDED: grpc.StatusCode.DEADLINE_EXCEEDED,
    Kind.UNIMPLEMENTED: grpc.StatusCode.UNIMPLEMENTED,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
}
_KINDS = {code: kind for kind, code in CODES.items()} | {
    grpc.StatusCode.OUT_OF_RANGE: Kind.INVALID_ARGUMENT,
    grpc.StatusCode.UNKNOWN: Kind.INTERNAL,
    grpc.StatusCode.DATA_LOSS: Kind.INTERNAL,
}


def to_status(error: StockToolError) -> status_pb2.Status:
    """Write an error as `google.rpc.Status` with ErrorInfo, field violations and the time to retry."""
    status = status_pb2.Status(code=CODES[error.kind].value[0], message=error.message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    status.details.add().Pack(info)
    if error.violations:
        request = error_details_pb2.BadRequest()
        for violation in error.violations:
            request.field_violations.add(field=violation.pointer, description=violation.detail)
        status.details.add().Pack(request)
    if error.retry_after_seconds is not None:
        delay = Duration()
        delay.FromNanoseconds(int(error.retry_after_seconds * 1e9))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def from_call(error: grpc.aio.AioRpcError) -> StockToolError:
    """Rebuild the error the server raised; a status without our details keeps its kind."""
    kind = _KINDS.get(error.code(), Kind.INTERNAL)
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # the stub names the sync call; aio's has the same two methods
    reason = kind.value.upper()
    metadata: dict[str, str] = {}
    violations: list[FieldViolation] = []
    retry_after: float | None = None
    for detail in status.details if status is not None else ():
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            reason, metadata = info.reason, dict(info.metadata)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            request = error_details_pb2.BadRequest()
            detail.Unpack(request)
            violations = [FieldViolation(item.field, item.description) for item in request.field_violations]
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after = retry.retry_delay.ToNanoseconds() / 1e9
    return rebuilt(
        kind,
        error.details() or "the peer gave no reason",
        reason,
        metadata=metadata,
        violations=violations,
        retry_after_seconds=retry_after,
    )


def hidden(error: BaseException) -> Internal:
    """What a caller is told of a bug: that there is one, and nothing of it."""
    return Internal("something broke on our side; the trace id names it in our logs", type=type(error).__name__)
