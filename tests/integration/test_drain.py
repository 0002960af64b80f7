"""A process that is told to stop answers what it has begun."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import APIRouter
from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc
from stocktool_kit.config import ServiceSettings
from stocktool_kit.http.app import create_app
from stocktool_kit.http.auth import public
from stocktool_kit.process import Parts, Runtime, running
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.process import ephemeral

from tests.eventually import eventually


class Gate:
    """Handlers that wait here are in flight."""

    def __init__(self) -> None:
        self.entered = asyncio.Semaphore(0)
        self.open = asyncio.Event()
        self.worker_done = False

    async def wait(self) -> None:
        self.entered.release()
        await self.open.wait()


class Worker:
    """Finishes what it has in hand when it is told to stop."""

    name = "worker"

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()
        await self._gate.open.wait()
        self._gate.worker_done = True


class Push(pb_grpc.PushServiceServicer):
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def Publish(self, request: pb.PublishRequest, context: object) -> pb.PublishResponse:
        await self._gate.wait()
        return pb.PublishResponse(delivered=1)


async def test_requests_in_flight_are_answered_and_new_ones_refused() -> None:
    gate = Gate()
    router = APIRouter()

    @router.get("/slow", dependencies=[public()])
    async def slow() -> dict[str, str]:
        await gate.wait()
        return {"done": "yes"}

    @asynccontextmanager
    async def bootstrap(runtime: Runtime[ServiceSettings]) -> AsyncIterator[Parts]:
        app = create_app(runtime, title="Slow", prefix="/api/slow/v1", routers=[router])
        registration = Registration(
            pb_grpc.add_PushServiceServicer_to_server, Push(gate), pb.DESCRIPTOR.services_by_name["PushService"]
        )
        yield Parts(app, [registration], [Worker(gate)])

    settings = ServiceSettings.model_validate(ephemeral(service="slow", drain_seconds=10.0))
    leave = asyncio.Event()

    async with asyncio.TaskGroup() as group, httpx.AsyncClient() as client:
        process_up: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()

        async def host() -> None:
            async with running(settings, bootstrap) as process:
                process_up.set_result(
                    (f"http://127.0.0.1:{process.http_port}/api/slow/v1/slow", f"127.0.0.1:{process.grpc_port}")
                )
                await leave.wait()

        hosting = group.create_task(host())
        url, target = await process_up
        identity = ServiceIdentity("rag", settings.service_token_secret)
        async with open_channel(target, identity) as channel:
            stub: pb_grpc.PushServiceAsyncStub = pb_grpc.PushServiceStub(channel)
            http = group.create_task(client.get(url))
            event = pb.PushEvent(subject="usr_1", type="quote")
            rpc = asyncio.ensure_future(stub.Publish(pb.PublishRequest(events=[event])))
            await gate.entered.acquire()
            await gate.entered.acquire()
            leave.set()
            await eventually(lambda: refused(url))
            gate.open.set()
            assert (await http).json() == {"done": "yes"}
            assert (await rpc).delivered == 1
        await hosting
    assert gate.worker_done


async def refused(url: str) -> bool:
    """Whether nobody listens there any more."""
    at = httpx.URL(url)
    try:
        _, writer = await asyncio.open_connection(at.host, at.port)
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it was just closing
        return True
    writer.close()
    return False
