"""Several pods that hear each other's hints over real gRPC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc
from stocktool_kit.config import ServiceSettings
from stocktool_kit.process import Parts, Process, Runtime, running
from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.hub import Hub, Subscription
from stocktool_kit.push.publisher import Publisher
from stocktool_kit.push.servicer import PushServicer
from stocktool_kit.push.subscriber import Subscriber
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.process import ephemeral


@dataclass
class Pod:
    hub: Hub
    process: Process[ServiceSettings]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.process.grpc_port}"

    def publisher(self, target: str) -> Publisher:
        return Publisher(target, self.process.runtime.channel)

    @asynccontextmanager
    async def listening(self, target: str) -> AsyncIterator[None]:
        stop = asyncio.Event()
        subscriber = Subscriber(target, self.process.runtime.channel, self.hub, refresh_seconds=0.2)
        running_ = asyncio.create_task(subscriber.run(stop))
        try:
            yield
        finally:
            stop.set()
            await running_


@asynccontextmanager
async def a_pod() -> AsyncIterator[Pod]:
    hub = Hub()

    @asynccontextmanager
    async def bootstrap(runtime: Runtime[ServiceSettings]) -> AsyncIterator[Parts]:
        servicer = PushServicer(hub, runtime.draining)
        service = pb.DESCRIPTOR.services_by_name["PushService"]
        yield Parts(registrations=[Registration(pb_grpc.add_PushServiceServicer_to_server, servicer, service)])

    settings = ServiceSettings.model_validate(ephemeral(service="stock"))
    async with running(settings, bootstrap) as process:
        yield Pod(hub, process)


@pytest.fixture
async def pods() -> AsyncIterator[list[Pod]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(a_pod()) for _ in range(2)]


async def heard(publisher: Publisher, reader: Subscription, subject: str) -> PushEvent:
    """Publish until the reader hears it: streams come up in their own time."""
    async with asyncio.timeout(60):
        while True:
            await publisher.publish(PushEvent(subject, "job", {"state": "done"}, "job_1"))
            try:
                async with asyncio.timeout(0.2):
                    delivery = await reader.next()
            except TimeoutError:
                continue
            assert delivery is not None
            return delivery.event


async def test_a_socket_on_any_pod_hears_hints_published_from_any_other(pods: list[Pod]) -> None:
    target = ",".join(pod.address for pod in pods)
    async with pods[0].listening(target), pods[1].listening(target):
        for number in range(6):  # some of the subjects are at home on the one, some on the other
            subject = f"usr_{number}"
            for pod in pods:
                reader = pod.hub.subscribe([subject])
                event = await heard(pods[0].publisher(target), reader, subject)
                assert event.subject == subject
                assert event.payload == {"state": "done"}
                reader.close()


async def test_a_pod_behind_its_own_endpoint_hears_each_hint_once(pods: list[Pod]) -> None:
    pod = pods[0]
    async with pod.listening(pod.address):
        reader = pod.hub.subscribe(["usr_1"])
        await heard(pod.publisher(pod.address), reader, "usr_1")
        await pod.publisher(pod.address).publish(PushEvent("usr_1", "job", {}, "job_2"))
        await pod.publisher(pod.address).publish(PushEvent("usr_1", "job", {}, "job_3"))
        reader.close()

        assert [delivery.event.id async for delivery in reader] == ["job_2", "job_3"]


async def test_a_home_that_left_is_replaced_and_publishing_never_fails(pods: list[Pod]) -> None:
    here = pods[0]
    async with a_pod() as home:
        reader = here.hub.subscribe(["usr_1"])
        async with here.listening(home.address):
            await heard(here.publisher(home.address), reader, "usr_1")
        gone = home.address
    await here.publisher(gone).publish(PushEvent("usr_1", "job", {}))
    async with here.listening(pods[1].address):
        await heard(here.publisher(pods[1].address), reader, "usr_1")


async def test_a_hint_too_large_is_left_out_and_the_others_arrive(pods: list[Pod]) -> None:
    pod = pods[0]
    reader = pod.hub.subscribe(["usr_1"])

    await pod.publisher(pod.address).publish(
        PushEvent("usr_1", "job", {"text": "x" * 20_000}, "job_1"), PushEvent("usr_1", "job", {}, "job_2")
    )
    reader.close()

    assert [delivery.event.id async for delivery in reader] == ["job_2"]


async def test_an_open_stream_does_not_hold_up_a_pod_that_stops() -> None:
    async with a_pod() as other, AsyncExitStack() as stack:
        home = await stack.enter_async_context(a_pod())
        reader = other.hub.subscribe(["usr_1"])
        async with other.listening(home.address):
            await heard(other.publisher(home.address), reader, "usr_1")
            async with asyncio.timeout(4):  # the server would give open calls five seconds
                await stack.aclose()
