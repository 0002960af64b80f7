"""One process of the mesh: HTTP, gRPC, operations and worker loops on one event loop, started and drained in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import grpc
import structlog
import uvloop
from starlette.types import ASGIApp

from stocktool_kit import telemetry
from stocktool_kit.aio import Limiter
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.cloudwatch import MetricsExporter
from stocktool_kit.aws.log_shipper import CloudWatchLogs
from stocktool_kit.collector import settle_collector
from stocktool_kit.config import ServiceSettings
from stocktool_kit.core.clock import Clock, SystemClock
from stocktool_kit.health import Health
from stocktool_kit.http.server import HttpServer
from stocktool_kit.logs import configure_logging
from stocktool_kit.metrics import Metrics
from stocktool_kit.ops import ops_app
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.rpc.keys import RemoteKeys
from stocktool_kit.rpc.server import GrpcServer, Registration
from stocktool_kit.tokens import TokenVerifier

log = structlog.get_logger("process")

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


class Worker(Protocol):
    """A loop beside the servers; returns soon after `stop` is set, its work in hand finished."""

    @property
    def name(self) -> str:
        """Name in logs and health."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Work until stopped; an exception ends the process, and its supervisor starts it again."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What a service's bootstrap hands over to be run.

    Attributes:
        app: HTTP application; None for a process without one.
        registrations: gRPC services; empty for a process without any.
        workers: Loops.
    """

    app: ASGIApp | None = None
    registrations: Sequence[Registration] = ()
    workers: Sequence[Worker] = ()


@dataclass(slots=True)
class Runtime(Generic[SettingsT]):
    """What every part of a process may share.

    Attributes:
        draining: Set when the process begins to stop; long answers (SSE, sockets, watches) end on it.
    """

    settings: SettingsT
    clock: Clock = field(default_factory=SystemClock)
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(init=False)
    metrics: Metrics = field(init=False)
    identity: ServiceIdentity = field(init=False)
    aws: AwsClients = field(init=False)
    verifier: TokenVerifier = field(init=False)
    _channels: dict[str, grpc.aio.Channel] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        settings = self.settings
        self.health = Health(settings.service, self.clock)
        self.metrics = Metrics(settings.service)
        # Workers of a service share its identity: they are other entry points of the same code.
        self.identity = ServiceIdentity(settings.service.split("-")[0], settings.service_token_secret)
        self.aws = AwsClients(Limiter(settings.blocking_threads))
        self.verifier = TokenVerifier(
            RemoteKeys(self.channel(settings.auth_address)),
            self.clock,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
        )

    def channel(self, target: str) -> grpc.aio.Channel:
        """The process's one channel to a peer; closed with the process."""
        if target not in self._channels:
            self._channels[target] = open_channel(target, self.identity, self.settings.tls)
        return self._channels[target]

    async def close(self) -> None:
        """Close channels and clients."""
        for channel in self._channels.values():
            await channel.close()
        self.aws.close()


Bootstrap = Callable[[Runtime[SettingsT]], AbstractAsyncContextManager[Parts]]


@dataclass(frozen=True, slots=True)
class Process(Generic[SettingsT]):
    """A process that runs.

    Attributes:
        http_port: Port of the HTTP API, 0 without one.
        grpc_port: Port of the gRPC API, 0 without one.
        ops_port: Port of the operations endpoints.
        failed: Done, with the error, when a worker loop broke.
    """

    runtime: Runtime[SettingsT]
    http_port: int
    grpc_port: int
    ops_port: int
    failed: asyncio.Future[None]


@asynccontextmanager
async def running(settings: SettingsT, bootstrap: Bootstrap[SettingsT]) -> AsyncIterator[Process[SettingsT]]:
    """Start all parts; on leaving, drain: not ready, no new calls, those in flight end, loops stop, clients close."""
    async with AsyncExitStack() as stack:
        runtime = Runtime(settings)
        stack.push_async_callback(runtime.close)
        ops = HttpServer(ops_app(runtime.health, runtime.metrics), settings.host, settings.ops_port, drain_seconds=1)
        await ops.start()
        stack.push_async_callback(ops.stop)
        parts = await stack.enter_async_context(bootstrap(runtime))

        stop = asyncio.Event()
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        loops = [
            asyncio.create_task(_guarded(worker, stop, runtime.health, failed), name=worker.name)
            for worker in _workers(runtime, parts)
        ]
        stack.push_async_callback(_finish, loops, stop, settings.drain_seconds)

        http_port = grpc_port = 0
        if parts.registrations:
            server = GrpcServer(settings, parts.registrations, runtime.verifier, runtime.identity, runtime.metrics)
            await server.start()
            stack.push_async_callback(server.stop, settings.drain_seconds)
            grpc_port = server.port
            mirror = _HealthMirror(server)
            runtime.health.listen(mirror.tell)
            loops.append(asyncio.create_task(mirror.run(stop), name="grpc-health"))
        if parts.app is not None:
            http = HttpServer(
                parts.app, settings.host, settings.http_port, tls=settings.tls, drain_seconds=settings.drain_seconds
            )
            await http.start()
            stack.push_async_callback(http.stop)
            http_port = http.port

        runtime.health.set("process", True)  # noqa: FBT003
        log.info("process_started", http_port=http_port, grpc_port=grpc_port, ops_port=ops.port)
        try:
            yield Process(runtime, http_port, grpc_port, ops.port, failed)
        finally:
            log.info("process_draining")
            runtime.health.drain()
            runtime.draining.set()


def run(settings: SettingsT, bootstrap: Bootstrap[SettingsT]) -> None:
    """Run a process until SIGTERM or SIGINT, or until one of its loops breaks.

    Raises:
        SystemExit: With code 1 when a loop broke, so that the supervisor starts the process again.
    """
    settle_collector()
    shippers = [CloudWatchLogs(AwsClients(Limiter(1)), settings.service)] if settings.cloudwatch_logs else []
    configure_logging(settings.service, settings.log_level, handlers=shippers)
    telemetry.configure(settings)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            healthy = runner.run(_until_stopped(settings, bootstrap))
    finally:
        telemetry.shutdown()
        for shipper in shippers:
            shipper.close()
    if not healthy:
        raise SystemExit(1)


async def _until_stopped(settings: SettingsT, bootstrap: Bootstrap[SettingsT]) -> bool:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, bootstrap) as process:
        waiting = asyncio.create_task(stop.wait())
        ends: list[asyncio.Future[Any]] = [waiting, process.failed]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return not process.failed.done()


def _workers(runtime: Runtime[SettingsT], parts: Parts) -> Sequence[Worker]:
    workers: list[Worker] = [runtime.health, *parts.workers]
    if runtime.settings.cloudwatch_metrics:
        interval = runtime.settings.cloudwatch_metrics_seconds
        workers.append(MetricsExporter(runtime.aws, runtime.metrics, interval))
    return workers


async def _guarded(worker: Worker, stop: asyncio.Event, health: Health, failed: asyncio.Future[None]) -> None:
    try:
        await worker.run(stop)
    except Exception as error:
        log.exception("worker_broke", worker=worker.name)
        health.fail(f"{worker.name} broke: {type(error).__name__}")
        if not failed.done():
            failed.set_result(None)


async def _finish(loops: Sequence[asyncio.Task[None]], stop: asyncio.Event, drain_seconds: float) -> None:
    stop.set()
    _, late = await asyncio.wait(loops, timeout=drain_seconds)
    for task in late:
        log.warning("worker_cut_off", worker=task.get_name())
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=2)


class _HealthMirror:
    """Carries readiness over to gRPC health, which is set by a coroutine."""

    def __init__(self, server: GrpcServer) -> None:
        self._server = server
        self._changed = asyncio.Event()
        self._ready = False

    def tell(self, ready: bool) -> None:  # noqa: FBT001 - the signature of a health listener
        self._ready = ready
        self._changed.set()

    async def run(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            changing = asyncio.create_task(self._changed.wait())
            await asyncio.wait([changing, stopping], return_when=asyncio.FIRST_COMPLETED)
            changing.cancel()
            self._changed.clear()
            await self._server.show(ready=self._ready)
