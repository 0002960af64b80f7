"""Channels to other services: one per peer and process, with what every call carries."""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import grpc
from opentelemetry.instrumentation.grpc import aio_client_interceptors

from stocktool_kit.config import TlsSettings
from stocktool_kit.core.caller import caller_or_none
from stocktool_kit.rpc.deadline import timeout_for_call
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.rpc.status import from_call

DEFAULT_TIMEOUT_SECONDS = 5.0
PEER_NAME = "peer.stocktool.internal"
_OPTIONS = [
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
    ("grpc.max_send_message_length", 8 * 1024 * 1024),
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # A peer that was restarted is tried again soon, not after the two minutes the back-off would grow to.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.enable_retries", 0),
]

_Details = grpc.aio.ClientCallDetails


class _Carry:
    """Adds the caller's token, the service identity and the deadline to a call's details."""

    def __init__(self, identity: ServiceIdentity) -> None:
        self._identity = identity

    def details(self, details: _Details, default_timeout: float | None) -> _Details:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        for key, value in self._identity.metadata():
            metadata.add(key, value)
        caller = caller_or_none()
        if caller is not None and caller.token and metadata.get("authorization") is None:
            metadata.add("authorization", f"Bearer {caller.token}")
        timeout = timeout_for_call(details.timeout if details.timeout is not None else default_timeout)
        return _Details(details.method, timeout, metadata, details.credentials, details.wait_for_ready)


class _UnaryUnary(_Carry, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Callable[[_Details, Any], Any], client_call_details: _Details, request: Any
    ) -> Any:
        call = await continuation(self.details(client_call_details, DEFAULT_TIMEOUT_SECONDS), request)
        try:
            await call
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error
        return call


class _UnaryStream(_Carry, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Callable[[_Details, Any], Any], client_call_details: _Details, request: Any
    ) -> Any:
        return _rebuilding(await continuation(self.details(client_call_details, None), request))


class _StreamStream(_Carry, grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self, continuation: Callable[[_Details, Any], Any], client_call_details: _Details, request_iterator: Any
    ) -> Any:
        return _rebuilding(await continuation(self.details(client_call_details, None), request_iterator))


async def _rebuilding(call: AsyncIterator[Any]) -> AsyncIterator[Any]:
    try:
        async for response in call:
            yield response
    except grpc.aio.AioRpcError as error:
        raise from_call(error) from error


def open_channel(target: str, identity: ServiceIdentity, tls: TlsSettings | None = None) -> grpc.aio.Channel:
    """Open a channel whose calls carry token, identity, deadline and trace, and fail with our errors.

    Args:
        target: gRPC target, `dns:///stock-headless:9000` or `127.0.0.1:9000`.
        identity: Identity of this process.
        tls: Certificates for mutual TLS; None: plaintext.
    """
    interceptors = list(_interceptors(identity))
    if tls is None:
        return grpc.aio.insecure_channel(target, options=_OPTIONS, interceptors=interceptors)
    credentials = grpc.ssl_channel_credentials(tls.ca.read_bytes(), tls.key.read_bytes(), tls.certificate.read_bytes())
    options = [*_OPTIONS, *_name_of_pod(target)]
    return grpc.aio.secure_channel(target, credentials, options=options, interceptors=interceptors)


def _name_of_pod(target: str) -> Iterator[tuple[str, str]]:
    """A pod that is called by its address has a certificate for names alone; every one of the mesh carries this one."""
    try:
        address = ipaddress.ip_address(target.rpartition(":")[0].strip("[]"))
    except ValueError:
        return
    if not address.is_loopback:
        yield "grpc.ssl_target_name_override", PEER_NAME


def _interceptors(identity: ServiceIdentity) -> Iterator[grpc.aio.ClientInterceptor]:
    # Ours stand outside, so that the span of a refused call is closed before the error is rebuilt.
    yield _UnaryUnary(identity)
    yield _UnaryStream(identity)
    yield _StreamStream(identity)
    yield from aio_client_interceptors()  # type: ignore[no-untyped-call]  # untyped there
