"""Browsers are told of ended sessions over the real push service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc
from stocktool_auth.bootstrap import bootstrap
from stocktool_auth.settings import Settings
from stocktool_kit.config import ServiceSettings
from stocktool_kit.core.ids import new_ulid
from stocktool_kit.process import Parts, Runtime, running
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.servicer import PushServicer
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.process import ephemeral

from tests.conftest import EmulatedAws
from tests.eventually import eventually

PASSWORD = "nine unrelated heron feathers"


async def test_a_revoked_session_is_told_to_its_users_sockets(emulator: EmulatedAws) -> None:
    hub = Hub()

    @asynccontextmanager
    async def sockets(runtime: Runtime[ServiceSettings]) -> AsyncIterator[Parts]:
        service = pb.DESCRIPTOR.services_by_name["PushService"]
        servicer = PushServicer(hub, runtime.draining)
        yield Parts(registrations=[Registration(pb_grpc.add_PushServiceServicer_to_server, servicer, service)])

    stock_settings = ServiceSettings.model_validate(ephemeral(service="stock"))
    async with running(stock_settings, sockets) as stock:
        settings = Settings.model_validate(ephemeral(push_target=f"127.0.0.1:{stock.grpc_port}"))
        async with running(settings, bootstrap) as auth:
            await eventually(lambda: auth.runtime.health.ready)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{auth.http_port}") as http:
                email = f"{new_ulid()}@example.com"
                account = {"email": email, "password": PASSWORD, "display_name": "Ada"}
                user_id = (await http.post("/api/auth/v1/register", json=account)).json()["user"]["id"]
                await http.post("/api/auth/v1/login", json={"email": email, "password": PASSWORD})
                reader = hub.subscribe([user_id])
                assert (await http.post("/api/auth/v1/logout")).status_code == 204
                async with asyncio.timeout(60):
                    delivery = await reader.next()
                reader.close()
    assert delivery is not None
    assert delivery.event.type == "session.revoked"
    assert delivery.event.payload == {"session_id": delivery.event.id, "all": False}
    assert delivery.event.id.startswith("ses_")
