"""What every HTTP request goes through: id, body limit, deadline, last resort for bugs, one log line, metrics."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import structlog
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from stocktool_kit.core.caller import caller_or_none, set_caller
from stocktool_kit.core.errors import Internal
from stocktool_kit.core.ids import new_ulid
from stocktool_kit.http import problem
from stocktool_kit.metrics import Metrics
from stocktool_kit.rpc.deadline import set_deadline

log = structlog.get_logger("http")

REQUEST_DEADLINE_SECONDS = 30.0
_DROPPED_BYTES = 8_000_000
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestMiddleware:
    """Pure ASGI, so that streams stay streams.

    Args:
        app: What is wrapped.
        metrics: Takes one observation per request.
        prefix: Public path of the service, which the framework leaves out of a route's template.
        max_body_bytes: Limit of ordinary routes.
        body_limits: Limits of routes that take more, by path prefix; `*` stands for one segment.
    """

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, prefix: str, max_body_bytes: int, body_limits: Mapping[str, int]
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._prefix = prefix
        self._max_body_bytes = max_body_bytes
        self._body_limits = {
            re.compile(re.escape(prefix).replace(r"\*", "[^/]+")): size for prefix, size in body_limits.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = self._request_id(scope)
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        set_caller(None)
        set_deadline(REQUEST_DEADLINE_SECONDS)
        status = 0
        limit = next(
            (size for pattern, size in self._body_limits.items() if pattern.match(scope["path"])),
            self._max_body_bytes,
        )
        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # What is on its way is read and dropped, within bounds: closing the connection on unread bytes resets
                # it, and the client would never see the answer.
                while message.get("more_body") and received <= limit + _DROPPED_BYTES:
                    message = await receive()
                    received += len(message.get("body", b""))
                # An HTTPException, since FastAPI calls any other failure to read the body a 400.
                raise HTTPException(
                    413, f"the body is larger than {limit} bytes; send less at once", {"connection": "close"}
                )
            return message

        async def observed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                carrier: dict[str, str] = {}
                TraceContextTextMapPropagator().inject(carrier)
                if "traceparent" in carrier:
                    headers["traceparent"] = carrier["traceparent"]
            await send(message)

        try:
            await self._app(scope, limited_receive, observed_send)
        except Exception as error:
            log.exception("http_bug", path=scope["path"])
            if status:
                raise  # too late for an answer: the broken connection tells the client
            await problem.answer(Internal(type(error).__name__), scope["path"])(scope, receive, observed_send)
        finally:
            self._observe(scope, status, time.perf_counter() - started)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        # The template, not the path: ids and symbols would make an unbounded set of labels.
        route = getattr(scope.get("route"), "path", "unmatched")
        if route.startswith("/") and scope["path"].startswith(self._prefix):
            route = self._prefix + route
        self._metrics.http_request(scope["method"], route, status, seconds)
        caller = caller_or_none()
        log.info(
            "http",
            method=scope["method"],
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            subject=caller.subject if caller else "",
        )

    @staticmethod
    def _request_id(scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _REQUEST_ID.fullmatch(value.decode("latin-1")):
                return str(value.decode("latin-1"))
        return new_ulid()
