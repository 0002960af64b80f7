"""The grpc.aio server of a process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import OVERALL_HEALTH
from grpc_health.v1.health import aio as health_aio
from opentelemetry.instrumentation.grpc import aio_server_interceptor, filters

from stocktool_kit.config import ServiceSettings, TlsSettings
from stocktool_kit.metrics import Metrics
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.rpc.interceptors import Guard
from stocktool_kit.rpc.policy import policies
from stocktool_kit.tokens import TokenVerifier

_OPTIONS = [
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
    ("grpc.max_send_message_length", 8 * 1024 * 1024),
    # Clients balance over a headless Service: connections end now and then, so that new pods get their share.
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 60_000),
    ("grpc.so_reuseport", 0),
]


@dataclass(frozen=True, slots=True)
class Registration:
    """One servicer and how it joins a server.

    Attributes:
        add: The generated `add_XServicer_to_server`.
        servicer: The implementation.
        descriptor: `pb.DESCRIPTOR.services_by_name["X"]`, whose methods carry the policies.
    """

    add: Callable[[Any, grpc.aio.Server], None]
    servicer: object
    descriptor: ServiceDescriptor


class GrpcServer:
    """Serves registrations with health; refuses to be built with a method that declares no policy."""

    def __init__(
        self,
        settings: ServiceSettings,
        registrations: Sequence[Registration],
        verifier: TokenVerifier,
        identity: ServiceIdentity,
        metrics: Metrics,
    ) -> None:
        guard = Guard(policies(each.descriptor for each in registrations), verifier, identity, metrics)
        self._server = grpc.aio.server(
            interceptors=[aio_server_interceptor(filter_=filters.negate(filters.health_check())), guard],  # type: ignore[no-untyped-call]  # untyped there
            options=_OPTIONS,
            maximum_concurrent_rpcs=settings.max_concurrent_rpcs,
        )
        for each in registrations:
            each.add(each.servicer, self._server)
        self._names = [OVERALL_HEALTH, *(each.descriptor.full_name for each in registrations)]
        self._health = health_aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        address = f"{settings.host}:{settings.grpc_port}"
        if settings.tls is None:
            self.port = self._server.add_insecure_port(address)
        else:
            self.port = self._server.add_secure_port(address, server_credentials(settings.tls))

    async def start(self) -> None:
        """Listen; health answers NOT_SERVING until `show` says otherwise."""
        await self.show(ready=False)
        await self._server.start()

    async def show(self, *, ready: bool) -> None:
        """Let gRPC health, and whoever watches it, tell the process's readiness."""
        state = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in self._names:
            await self._health.set(name, state)

    async def stop(self, grace_seconds: float) -> None:
        """Take no new call, let those in flight end."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_seconds)


def server_credentials(tls: TlsSettings) -> grpc.ServerCredentials:
    """Mutual TLS: a client without a certificate of ours is refused."""
    return grpc.ssl_server_credentials(
        [(tls.key.read_bytes(), tls.certificate.read_bytes())], tls.ca.read_bytes(), require_client_auth=True
    )
