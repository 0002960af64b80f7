"""The home pod's side: takes hints, and streams them to the pods that asked for their subjects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc

from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument
from stocktool_kit.push.events import from_proto, to_proto
from stocktool_kit.push.hub import Hub, Subscription

NODE_METADATA = "x-stocktool-node"
_CAPACITY = 5_000  # a stream carries all sockets of a pod


class SameNode(FailedPrecondition):
    """A pod asked itself; its hub has the hints already."""

    reason = "PUSH_SAME_NODE"


class PushServicer(pb_grpc.PushServiceServicer):
    """Serves `PushService` on a hub.

    Args:
        hub: The process's hub.
        draining: Ends the streams when set, so that subscribers move on and the server can stop.
    """

    def __init__(self, hub: Hub, draining: asyncio.Event) -> None:
        self._hub = hub
        self._draining = draining

    async def Publish(  # noqa: N802 - the proto's name
        self, request: pb.PublishRequest, context: grpc.aio.ServicerContext[pb.PublishRequest, pb.PublishResponse]
    ) -> pb.PublishResponse:
        """Hand hints to the readers."""
        del context
        delivered = 0
        for message in request.events:
            try:
                event = from_proto(message)
            except (TypeError, ValueError) as error:
                raise InvalidArgument.of("events", "each payload must be a JSON object") from error
            delivered += self._hub.publish(event)
        return pb.PublishResponse(delivered=delivered)

    async def Subscribe(  # noqa: N802 - the proto's name
        self,
        request_iterator: AsyncIterator[pb.SubscribeRequest],
        context: grpc.aio.ServicerContext[pb.SubscribeRequest, pb.SubscribeResponse],
    ) -> AsyncIterator[pb.SubscribeResponse]:
        """Stream the hints of the subjects asked for."""
        if (NODE_METADATA, self._hub.node) in tuple(context.invocation_metadata() or ()):
            raise SameNode("this pod is the one that asks")
        subscription = self._hub.subscribe(capacity=_CAPACITY, remote=True)
        reading = asyncio.create_task(_follow(request_iterator, subscription))
        draining = asyncio.create_task(_close_on(self._draining, subscription))
        try:
            async for delivery in subscription:
                yield pb.SubscribeResponse(event=to_proto(delivery.event), dropped=delivery.dropped)
        finally:
            subscription.close()
            reading.cancel()
            draining.cancel()


async def _follow(requests: AsyncIterator[pb.SubscribeRequest], subscription: Subscription) -> None:
    try:
        async for request in requests:
            subscription.add(request.add)
            subscription.remove(request.remove)
    finally:
        subscription.close()


async def _close_on(event: asyncio.Event, subscription: Subscription) -> None:
    await event.wait()
    subscription.close()
