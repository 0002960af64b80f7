"""What every served RPC goes through: deadline, caller, policy, shape rules, errors, one log line, metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import grpc
import structlog
from grpc_status import rpc_status
from structlog.contextvars import bind_contextvars, clear_contextvars

from stocktool_kit.core.caller import Caller, set_caller
from stocktool_kit.core.errors import Kind, StockToolError, Unauthenticated
from stocktool_kit.metrics import Metrics
from stocktool_kit.rpc import validate
from stocktool_kit.rpc.deadline import set_deadline
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.rpc.policy import MethodPolicy
from stocktool_kit.rpc.status import hidden, to_status
from stocktool_kit.tokens import TokenVerifier, with_service

log = structlog.get_logger("rpc")

DEFAULT_DEADLINE_SECONDS = 30.0
_UNGUARDED = "/grpc.health.v1.Health/"  # the library's health service has no policy option

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class Guard(grpc.aio.ServerInterceptor):
    """One interceptor for all of it: the parts share the call's metadata, clock and outcome.

    Args:
        policies: Policy of every method the server has.
        verifier: Reads users' tokens.
        identity: Reads services' identities.
        metrics: Takes one observation per call.
    """

    def __init__(
        self,
        policies: Mapping[str, MethodPolicy],
        verifier: TokenVerifier,
        identity: ServiceIdentity,
        metrics: Metrics,
    ) -> None:
        self._policies = policies
        self._verifier = verifier
        self._identity = identity
        self._metrics = metrics

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Wrap the method's handler, keeping its arity."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(_UNGUARDED):
            return handler
        policy = self._policies[method]
        metadata = {
            key: value for key, value in handler_call_details.invocation_metadata or () if isinstance(value, str)
        }
        if handler.response_streaming:
            behaviour: Any = handler.stream_stream if handler.request_streaming else handler.unary_stream

            async def stream(request: Any, context: Context) -> AsyncIterator[Any]:
                call = _Call(method, self._metrics)
                try:
                    await self._admit(policy, metadata, context)
                    async for response in behaviour(_checked(request), context):
                        yield response
                except (Exception, asyncio.CancelledError) as error:
                    await call.failed(error, context)
                finally:
                    call.ended()

            if handler.request_streaming:
                return grpc.stream_stream_rpc_method_handler(
                    stream, handler.request_deserializer, handler.response_serializer
                )
            return grpc.unary_stream_rpc_method_handler(
                stream, handler.request_deserializer, handler.response_serializer
            )
        unary_behaviour: Any = handler.stream_unary if handler.request_streaming else handler.unary_unary

        async def unary(request: Any, context: Context) -> Any:
            call = _Call(method, self._metrics)
            try:
                await self._admit(policy, metadata, context)
                return await unary_behaviour(_checked(request), context)
            except (Exception, asyncio.CancelledError) as error:
                await call.failed(error, context)
            finally:
                call.ended()

        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(
                unary, handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(unary, handler.request_deserializer, handler.response_serializer)

    async def _admit(self, policy: MethodPolicy, metadata: Mapping[str, str], context: Context) -> None:
        clear_contextvars()
        set_deadline(context.time_remaining() or DEFAULT_DEADLINE_SECONDS)
        caller = with_service(await self._user(metadata), self._identity.peer(context, metadata))
        policy.admit(caller)
        set_caller(caller)
        bind_contextvars(subject=caller.subject if caller else "")

    async def _user(self, metadata: Mapping[str, str]) -> Caller | None:
        authorization = metadata.get("authorization", "")
        if not authorization:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("authorization must be 'Bearer <access token>'")
        return await self._verifier.verify(token)


class _Call:
    """Outcome of one call, told to the caller, the log and the metrics."""

    def __init__(self, method: str, metrics: Metrics) -> None:
        self._method = method
        self._metrics = metrics
        self._started = time.perf_counter()
        self._code = grpc.StatusCode.OK
        self._reason = ""

    async def failed(self, error: BaseException, context: Context) -> None:
        """Abort with the error's status; a bug is logged with its trace and told as INTERNAL."""
        if isinstance(error, asyncio.CancelledError):
            self._code = grpc.StatusCode.CANCELLED
            raise error
        if isinstance(error, StockToolError) and error.kind is not Kind.INTERNAL:
            known: StockToolError = error
        else:
            log.error("rpc_bug", method=self._method, exc_info=error)
            known = hidden(error)
        status = rpc_status.to_status(to_status(known))
        self._code, self._reason = status.code, known.reason
        await context.abort_with_status(status)

    def ended(self) -> None:
        """Write the canonical line and the metrics."""
        seconds = time.perf_counter() - self._started
        self._metrics.rpc_request(self._method, self._code.name, seconds)
        log.info(
            "rpc", method=self._method, code=self._code.name, reason=self._reason, duration_ms=round(seconds * 1000, 1)
        )


def _checked(request: Any) -> Any:
    """Check a message now, or each message of a stream as it comes."""
    if hasattr(request, "DESCRIPTOR"):
        validate.check(request)
        return request
    return _checked_stream(request)


async def _checked_stream(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        validate.check(request)
        yield request
