"""How services are asked whether they are ready."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import grpc
import orjson
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.instrumentation.utils import suppress_instrumentation
from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.health import Health

from stocktool_admin.domain.health import ServiceHealth, ServiceState

_TIMEOUT_SECONDS = 1.5
_MOST_BYTES = 64 * 1024


class _Timed:
    """Makes findings of one service with their time."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._started = 0.0

    def begin(self) -> None:
        self._started = time.perf_counter()

    def finding(self, state: ServiceState, detail: str = "") -> ServiceHealth:
        latency = timedelta(seconds=time.perf_counter() - self._started)
        return ServiceHealth(self._name, state, detail, latency, self._clock.now())


class GrpcProbe:
    """Asks a service's gRPC health."""

    def __init__(self, name: str, channel: grpc.aio.Channel, clock: Clock) -> None:
        self._timed = _Timed(name, clock)
        self._health: Any = health_pb2_grpc.HealthStub(channel)  # the stubs know the sync one only

    async def __call__(self) -> ServiceHealth:
        """Find out; an answer that does not come is a finding, not an error."""
        self._timed.begin()
        try:
            with suppress_instrumentation():  # a trace every two seconds would tell nobody anything
                answer = await self._health.Check(health_pb2.HealthCheckRequest(), timeout=_TIMEOUT_SECONDS)
        except StockToolError as error:
            return self._timed.finding(ServiceState.UNREACHABLE, f"no answer: {error.message}"[:200])
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            return self._timed.finding(ServiceState.READY)
        return self._timed.finding(ServiceState.NOT_READY, "it says that it does not serve")


class OpsProbe:
    """Asks the operations port of a process that has no gRPC: a worker."""

    def __init__(self, name: str, url: str, limiter: Limiter, clock: Clock) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{name}: {url!r} is no http address of an operations port")
        self._timed = _Timed(name, clock)
        self._url = f"{url.rstrip('/')}/readyz"
        self._limiter = limiter

    async def __call__(self) -> ServiceHealth:
        """Find out; an answer that does not come is a finding, not an error."""
        self._timed.begin()
        try:
            status, body = await run_blocking(self._limiter, self._get)
        except OSError as error:
            return self._timed.finding(ServiceState.UNREACHABLE, f"no answer: {error}"[:200])
        if status == 200:
            return self._timed.finding(ServiceState.READY)
        return self._timed.finding(ServiceState.NOT_READY, _not_ready(body))

    def _get(self) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(self._url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - checked above
                return answer.status, answer.read(_MOST_BYTES)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read(_MOST_BYTES)


class OwnProbe:
    """This process's own health."""

    def __init__(self, name: str, health: Health, clock: Clock) -> None:
        self._timed = _Timed(name, clock)
        self._health = health

    async def __call__(self) -> ServiceHealth:
        """Find out."""
        self._timed.begin()
        if self._health.ready:
            return self._timed.finding(ServiceState.READY)
        return self._timed.finding(ServiceState.NOT_READY, _parts(self._health.snapshot()))


def _not_ready(body: bytes) -> str:
    try:
        return _parts(orjson.loads(body))
    except orjson.JSONDecodeError:
        return "it says that it is not ready"


def _parts(snapshot: Mapping[str, Any]) -> str:
    parts = [
        f"{name}: {part.get('detail', '')}".rstrip(": ")
        for name, part in snapshot.get("components", {}).items()
        if not part.get("ready")
    ]
    return ("; ".join(parts) or str(snapshot.get("state", "it says that it is not ready")))[:200]
