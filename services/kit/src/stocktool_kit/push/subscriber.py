"""A pod's ears: brings the hints its sockets wait for into its hub, from wherever their subjects are at home."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import grpc
import structlog
from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc

from stocktool_kit.core.errors import StockToolError
from stocktool_kit.push.endpoints import REFRESH_SECONDS, Endpoints
from stocktool_kit.push.events import from_proto
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.publisher import Channels
from stocktool_kit.push.rendezvous import rendezvous
from stocktool_kit.push.servicer import NODE_METADATA, SameNode

log = structlog.get_logger()

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 5.0
_MOST_PER_REQUEST = 1000


class _Link:
    """The stream to one home pod and what it should listen to."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.wanted: set[str] = set()
        self.changed = asyncio.Event()

    def want(self, subjects: set[str]) -> None:
        if subjects != self.wanted:
            self.wanted = subjects
            self.changed.set()

    async def requests(self) -> AsyncIterator[pb.SubscribeRequest]:
        """All subjects of a new stream, then each change."""
        sent: set[str] = set()
        while True:
            self.changed.clear()
            for request in _requests(self.wanted - sent, sent - self.wanted):
                yield request
            sent = set(self.wanted)
            await self.changed.wait()


class Subscriber:
    """Keeps one stream per home pod of the subjects that local readers of the hub listen to; a `Worker`.

    A pod that finds itself behind an endpoint needs no stream to it: what is published there is in its hub already.

    Args:
        target: gRPC target of the pods that hold sockets; None: there is only this one.
        channels: `runtime.channel`.
        hub: The process's hub.
        refresh_seconds: Interval at which the pods are looked up.
    """

    name = "push-subscriber"

    def __init__(
        self, target: str | None, channels: Channels, hub: Hub, *, refresh_seconds: float = REFRESH_SECONDS
    ) -> None:
        self._endpoints = Endpoints(target, refresh_seconds) if target else None
        self._channels = channels
        self._hub = hub
        self._refresh_seconds = refresh_seconds
        self._subjects: set[str] = set()
        self._changed = asyncio.Event()
        self._links: dict[str, tuple[_Link, asyncio.Task[None]]] = {}
        hub.watch_interest(self._interest)

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the hub's interests and the pods' comings and goings until stopped."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._changed.clear()
                await self._place()
                changing = asyncio.create_task(self._changed.wait())
                timeout = self._refresh_seconds if self._endpoints is not None else None
                await asyncio.wait({stopping, changing}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                changing.cancel()
        finally:
            stopping.cancel()
            for endpoint in list(self._links):
                await self._unlink(endpoint)

    def _interest(self, subject: str, here: bool) -> None:  # noqa: FBT001 - the signature of a callback
        (self._subjects.add if here else self._subjects.discard)(subject)
        self._changed.set()

    async def _place(self) -> None:
        endpoints = await self._endpoints.current() if self._endpoints is not None else ()
        wanted: dict[str, set[str]] = {}
        if endpoints:
            for subject in self._subjects:
                wanted.setdefault(rendezvous(subject, endpoints), set()).add(subject)
        for endpoint in set(self._links) - set(wanted):
            await self._unlink(endpoint)
        for endpoint, subjects in wanted.items():
            if endpoint not in self._links:
                link = _Link(endpoint)
                self._links[endpoint] = (link, asyncio.create_task(self._listen(link), name=f"push {endpoint}"))
            self._links[endpoint][0].want(subjects)

    async def _unlink(self, endpoint: str) -> None:
        _, task = self._links.pop(endpoint)
        task.cancel()
        await asyncio.wait({task})

    async def _listen(self, link: _Link) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                async for response in self._stream(link):
                    pause = _FIRST_PAUSE_SECONDS
                    with suppress(TypeError, ValueError):  # a hint nobody can read is a lost hint
                        self._hub.publish(from_proto(response.event), from_home=True)
            except StockToolError as error:
                if error.reason == SameNode.reason:
                    await asyncio.Event().wait()  # nothing to hear there, until the subjects move on
                log.info("push_stream_ended", endpoint=link.endpoint, detail=error.message)
            except grpc.RpcError as error:
                log.info("push_stream_ended", endpoint=link.endpoint, detail=str(error)[:200])
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _stream(self, link: _Link) -> AsyncIterator[pb.SubscribeResponse]:
        stub = pb_grpc.PushServiceStub(self._channels(link.endpoint))
        call = stub.Subscribe(link.requests(), metadata=((NODE_METADATA, self._hub.node),))
        try:
            async for response in call:
                yield response
        finally:
            call.cancel()


def _requests(add: set[str], remove: set[str]) -> Iterator[pb.SubscribeRequest]:
    for at in range(0, len(remove), _MOST_PER_REQUEST):
        yield pb.SubscribeRequest(remove=sorted(remove)[at : at + _MOST_PER_REQUEST])
    for at in range(0, len(add), _MOST_PER_REQUEST):
        yield pb.SubscribeRequest(add=sorted(add)[at : at + _MOST_PER_REQUEST])
