"""The rag service with the tests' own token keys, and a pod that holds sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc
from stocktool_kit.process import Bootstrap, Parts, Runtime
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.servicer import PushServicer
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.process import TokenFactory, serving
from stocktool_rag.bootstrap import serve
from stocktool_rag.settings import Settings


def serving_with_keys(keys: TokenFactory) -> Bootstrap[Settings]:
    """Bootstrap of the service that trusts these keys instead of asking auth."""

    @asynccontextmanager
    async def bootstrap(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(keys)
        async with serve(runtime) as parts:
            yield parts

    return bootstrap


@asynccontextmanager
async def sockets(keys: TokenFactory, hub: Hub) -> AsyncIterator[str]:
    """Serve `PushService` on a hub; gives its target."""
    service = pb.DESCRIPTOR.services_by_name["PushService"]
    servicer = PushServicer(hub, asyncio.Event())
    async with serving(
        [Registration(pb_grpc.add_PushServiceServicer_to_server, servicer, service)], keys, "stock"
    ) as at:
        yield at
