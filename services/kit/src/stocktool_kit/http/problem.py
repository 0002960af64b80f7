"""Errors as problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from opentelemetry import trace
from starlette.exceptions import HTTPException
from starlette.responses import Response

from stocktool_kit.core.errors import FieldViolation, InvalidArgument, Kind, StockToolError

MEDIA_TYPE = "application/problem+json"

STATUS: dict[Kind, int] = {
    Kind.INVALID_ARGUMENT: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.PERMISSION_DENIED: 403,
    Kind.NOT_FOUND: 404,
    Kind.ALREADY_EXISTS: 409,
    Kind.CONFLICT: 409,
    Kind.FAILED_PRECONDITION: 409,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.DEADLINE_EXCEEDED: 504,
    Kind.UNIMPLEMENTED: 501,
    Kind.INTERNAL: 500,
}

# Reasons of refusals that the framework makes before any code of ours runs.
_FRAMEWORK_REASONS = {
    404: "NO_SUCH_ROUTE",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}


def trace_id() -> str:
    """The current trace in hex, empty outside one."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def document(error: StockToolError, instance: str) -> dict[str, Any]:
    """The problem document of an error; an INTERNAL one tells nothing but its trace."""
    hidden = error.kind is Kind.INTERNAL
    body = {
        "type": f"urn:stocktool:problem:{error.reason.lower().replace('_', '-')}",
        "title": error.reason.replace("_", " ").capitalize(),
        "status": STATUS[error.kind],
        "detail": "something broke on our side; the trace id names it in our logs" if hidden else error.message,
        "instance": instance,
        "reason": error.reason,
        "trace_id": trace_id(),
    }
    if error.violations:
        body["errors"] = [{"pointer": item.pointer, "detail": item.detail} for item in error.violations]
    if error.metadata and not hidden:
        body["metadata"] = error.metadata
    return body


def answer(error: StockToolError, instance: str) -> Response:
    """The HTTP answer of an error."""
    headers = {}
    if error.retry_after_seconds is not None:
        headers["retry-after"] = str(max(1, round(error.retry_after_seconds)))
    if error.kind is Kind.UNAUTHENTICATED:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps(document(error, instance)), STATUS[error.kind], headers=headers, media_type=MEDIA_TYPE)


def from_validation(errors: Sequence[Mapping[str, Any]]) -> InvalidArgument:
    """Turn pydantic's findings into field violations with JSON pointers."""
    violations = []
    for item in errors:
        where, *rest = item["loc"] or ("body",)
        if item["type"] == "json_invalid":
            violations.append(FieldViolation("", f"the body is not valid JSON: {item.get('ctx', {}).get('error', '')}"))
        elif where == "body":
            pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in rest)
            violations.append(FieldViolation(pointer, _sentence(item)))
        else:
            violations.append(FieldViolation("/".join(map(str, rest)) or str(where), _sentence(item)))
    first = violations[0]
    return InvalidArgument(f"{first.pointer or 'body'}: {first.detail}", violations)


def _sentence(item: Mapping[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return "is not a field of this request; remove it or check its spelling"
    text = str(item["msg"])
    return text[:1].lower() + text[1:]


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, StockToolError)
        return answer(error, request.url.path)

    async def shape(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(from_validation(error.errors()), request.url.path)

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return plain(error.status_code, str(error.detail), request.url.path, dict(error.headers or {}))

    app.add_exception_handler(StockToolError, ours)
    app.add_exception_handler(RequestValidationError, shape)
    app.add_exception_handler(HTTPException, framework)


def plain(status: int, detail: str, instance: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem document for a status that is no kind of ours, such as 413."""
    reason = _FRAMEWORK_REASONS.get(status, HTTPStatus(status).name)
    body = {
        "type": f"urn:stocktool:problem:{reason.lower().replace('_', '-')}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
        "reason": reason,
        "trace_id": trace_id(),
    }
    return Response(orjson.dumps(body), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)
