"""Sends hints to the home pods of their subjects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import grpc
import structlog
from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc

from stocktool_kit.core.errors import StockToolError
from stocktool_kit.push.endpoints import Endpoints
from stocktool_kit.push.events import PushEvent, to_proto
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.rendezvous import rendezvous

log = structlog.get_logger()

_TIMEOUT_SECONDS = 1.0
_MOST_PER_CALL = 500
_MOST_PAYLOAD_BYTES = 16_384  # the home pod would refuse the whole call

Channels = Callable[[str], grpc.aio.Channel]
"""Gives the process's channel to an address: `runtime.channel`."""


class Publisher:
    """Publishes hints, once and without waiting long: they are hints, and must never fail or slow what they tell of.

    Args:
        target: gRPC target of the pods that hold sockets (`settings.push_target`); None: only this process's hub.
        channels: `runtime.channel`.
        hub: This process's hub, if it has one; used when there is no target.
    """

    def __init__(self, target: str | None, channels: Channels, hub: Hub | None = None) -> None:
        self._endpoints = Endpoints(target) if target else None
        self._channels = channels
        self._hub = hub

    async def publish(self, *events: PushEvent) -> None:
        """Send hints; what cannot be sent is logged and forgotten."""
        endpoints = await self._endpoints.current() if self._endpoints is not None else ()
        if not endpoints:
            if self._hub is not None:
                for event in events:
                    self._hub.publish(event)
            return
        by_home: dict[str, list[PushEvent]] = defaultdict(list)
        for event in events:
            by_home[rendezvous(event.subject, endpoints)].append(event)
        for home, batch in by_home.items():
            for at in range(0, len(batch), _MOST_PER_CALL):
                await self._send(home, batch[at : at + _MOST_PER_CALL])

    async def _send(self, home: str, events: Sequence[PushEvent]) -> None:
        try:
            messages = [message for message in map(to_proto, events) if _fits(message)]
            if messages:
                stub = pb_grpc.PushServiceStub(self._channels(home))
                await stub.Publish(pb.PublishRequest(events=messages), timeout=_TIMEOUT_SECONDS)
        except (StockToolError, grpc.RpcError, grpc.aio.UsageError, ValueError, TypeError) as error:
            log.warning("push_not_sent", home=home, events=len(events), detail=str(error)[:200])


def _fits(message: pb.PushEvent) -> bool:
    if len(message.payload) <= _MOST_PAYLOAD_BYTES:
        return True
    log.warning("push_too_large", type=message.type, size_bytes=len(message.payload))
    return False
