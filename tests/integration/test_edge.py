"""The rendered configuration in a real Envoy, in front of small servers that say what reached them."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route as StarletteRoute
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc
from stocktool_edge.render import SERVICES, render
from stocktool_edge.settings import EdgeSettings
from stocktool_edge.table import load
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.http.server import HttpServer
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.testing.process import TokenFactory

from tests.eventually import eventually


async def echo(request: Request) -> JSONResponse:
    return JSONResponse({"path": request.url.path, "query": request.url.query, "headers": dict(request.headers)})


async def events(request: Request) -> StreamingResponse:
    gate: asyncio.Event = request.app.state.gate

    async def stream() -> AsyncIterator[bytes]:
        yield b"id: 1\n\n"
        await gate.wait()
        yield b"id: 2\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("got " + await websocket.receive_text())
    await websocket.close()


@dataclass(frozen=True)
class Edge:
    url: str
    keys: TokenFactory
    gate: asyncio.Event
    log: Path

    def token(self, user: str = "usr_1", **claims: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys.token(user, 'x', **claims)}"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    keys, gate, port = TokenFactory(), asyncio.Event(), free_port()

    async def jwks(_: Request) -> JSONResponse:
        return JSONResponse(await keys.jwks())

    app = Starlette(
        routes=[
            StarletteRoute("/.well-known/jwks.json", jwks),
            StarletteRoute("/api/chat/v1/conversations/{c}/turns/{t}/events", events),
            WebSocketRoute("/api/stock/v1/stream", talk),
            StarletteRoute("/{rest:path}", echo, methods=["GET", "POST"]),
        ]
    )
    app.state.gate = gate
    async with AsyncExitStack() as stack:
        upstream = HttpServer(app, "127.0.0.1", 0, drain_seconds=1)
        await upstream.start()
        stack.push_async_callback(upstream.stop)
        here = f"127.0.0.1:{upstream.port}"
        closed = f"127.0.0.1:{free_port()}"
        addresses = {f"{name}-{kind}": here for name in SERVICES for kind in ("http", "grpc")}
        addresses |= {"page": here, "objects": here, "rag-http": closed}
        settings = EdgeSettings(
            port=port,
            upstreams=addresses,
            user_requests_per_second=1,
            user_burst=5,
            visitor_per_minute=4,
            allowed_origins=("https://app.example",),
        )
        config, log = tmp_path / "envoy.yaml", tmp_path / "access.log"
        config.write_text(yaml.safe_dump(render(load(), settings)))
        envoy = shutil.which("envoy", path=str(Path(sys.executable).parent))
        assert envoy is not None
        arguments = ["-c", str(config), "--concurrency", "1", "--disable-hot-restart", "-l", "error"]
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(envoy, *arguments, stdout=output)
        try:
            await ready(f"http://127.0.0.1:{port}")
            yield Edge(f"http://127.0.0.1:{port}", keys, gate, log)
        finally:
            gate.set()
            process.terminate()
            await process.wait()


async def ready(url: str) -> None:
    async def healthy() -> bool:
        try:
            return (await client.get(f"{url}/healthz")).status_code == 200
        except httpx.TransportError:
            return False

    async with httpx.AsyncClient() as client:
        await eventually(healthy)


@pytest.fixture
async def client(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=edge.url) as opened:
        yield opened


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["reason"]


async def test_token_is_asked_for_and_checked(edge: Edge, client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/api/stock/v1/quotes")) == (401, "UNAUTHENTICATED")
    expired = edge.token(exp=1_700_000_000)
    assert problem(await client.get("/api/stock/v1/quotes", headers=expired)) == (401, "UNAUTHENTICATED")
    forged = {"authorization": f"Bearer {TokenFactory().token('usr_1', 'x', lifetime=timedelta(hours=1))}"}
    assert problem(await client.get("/api/stock/v1/quotes", headers=forged)) == (401, "UNAUTHENTICATED")
    good = await client.get("/api/stock/v1/quotes?symbols=AAPL", headers=edge.token())
    assert good.json()["query"] == "symbols=AAPL"


async def test_identity_headers_of_clients_are_removed(edge: Edge, client: httpx.AsyncClient) -> None:
    spoof = {"x-stocktool-subject": "usr_admin", "x-stocktool-service-token": "mine"}
    for path, headers in (("/page", spoof), ("/api/stock/v1/quotes", spoof | edge.token("usr_7"))):
        got = (await client.get(path, headers=headers)).json()["headers"]
        assert got.get("x-stocktool-subject") in {None, "usr_7"}
        assert "x-stocktool-service-token" not in got


async def test_answers_carry_security_headers(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    index = await client.get("/api")
    assert index.json()["openapi"]["stock"] == "/api/stock/openapi.json"
    assert "x-request-id" in page.headers


async def test_service_that_is_down_is_a_problem(edge: Edge, client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/api/rag/v1/documents/x", headers=edge.token())) == (503, "UNAVAILABLE")


async def test_users_are_limited_apart(edge: Edge, client: httpx.AsyncClient) -> None:
    statuses = [(await client.get("/api/stock/v1/market", headers=edge.token("usr_1"))).status_code for _ in range(9)]
    assert statuses[0] == 200
    limited = await client.get("/api/stock/v1/market", headers=edge.token("usr_1"))
    assert 429 in {*statuses, limited.status_code}
    assert (await client.get("/api/stock/v1/market", headers=edge.token("usr_2"))).status_code == 200


async def test_visitors_follow_a_link_without_a_token_and_are_limited(client: httpx.AsyncClient) -> None:
    answers = [await client.get("/api/chat/v1/shared", headers={"share-token": "x"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert answers[0].json()["headers"]["share-token"] == "x"
    assert (await client.get("/api/chat/v1/shared/others")).status_code == 401


async def test_only_named_origins_may_call_from_their_pages(client: httpx.AsyncClient) -> None:
    async def preflight(origin: str) -> httpx.Response:
        asked = {"origin": origin, "access-control-request-method": "GET"}
        return await client.options("/api/stock/v1/quotes", headers=asked)

    allowed = await preflight("https://app.example")
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    assert "authorization" in allowed.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in allowed.headers
    other = await preflight("https://evil.example")
    assert "access-control-allow-origin" not in other.headers
    assert other.status_code == 401


async def test_events_are_not_held_back(edge: Edge, client: httpx.AsyncClient) -> None:
    path = "/api/chat/v1/conversations/c/turns/t/events"
    async with asyncio.timeout(60), client.stream("GET", path, headers=edge.token()) as answer:
        chunks = answer.aiter_text()
        assert await anext(chunks) == "id: 1\n\n"
        edge.gate.set()
        assert await anext(chunks) == "id: 2\n\n"


async def test_socket_is_upgraded(edge: Edge) -> None:
    async with websockets.connect(edge.url.replace("http", "ws") + "/api/stock/v1/stream") as opened:
        await opened.send("hello")
        assert await opened.recv() == "got hello"


async def test_push_between_services_has_no_way_in(edge: Edge) -> None:
    async with open_channel(edge.url.removeprefix("http://"), ServiceIdentity("x", None)) as channel:
        stub: pb_grpc.PushServiceAsyncStub = pb_grpc.PushServiceStub(channel)
        with pytest.raises(StockToolError):
            await stub.Publish(pb.PublishRequest(events=[pb.PushEvent(subject="usr_1", type="quote")]))


async def test_access_log_has_no_query_and_no_token(edge: Edge, client: httpx.AsyncClient) -> None:
    headers = edge.token("usr_log")
    await client.get("/api/stock/v1/quotes?symbols=SECRET", headers=headers)
    await eventually(lambda: "usr_log" in edge.log.read_text())
    text = edge.log.read_text()
    assert "SECRET" not in text
    assert headers["authorization"].removeprefix("Bearer ") not in text
    line = next(json.loads(line) for line in text.splitlines() if "usr_log" in line)
    assert (line["path"], line["status"]) == ("/api/stock/v1/quotes", 200)
