"""Processes that are killed: they come back, readiness says so meanwhile, and nothing acknowledged is lost."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest
from stocktool_dev.seed import DEMO

from tests.conftest import Mesh
from tests.e2e.conftest import QUESTION, ports_of
from tests.eventually import eventually

SERVICES = ("auth", "stock", "rag", "chat", "admin")
WORKERS = ("stock-worker-analysis", "stock-worker-notify", "rag-worker")


def process_of(mesh: Mesh, name: str) -> psutil.Process | None:
    """The process that listens on a program's operations port."""
    port = ports_of(mesh)[f"{name}.ops"]
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            with contextlib.suppress(psutil.NoSuchProcess):  # it died between the two looks
                return psutil.Process(connection.pid)
    return None


@pytest.fixture
async def client(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.origin, timeout=30) as opened:
        credentials = {"email": DEMO, "password": mesh.demo_password}

        async def signed_in() -> httpx.Response | None:
            answer = await opened.post("/api/auth/v1/login", json=credentials)
            return answer if answer.status_code == httpx.codes.OK else None

        answer = await eventually(signed_in, every=0.5)
        assert answer is not None
        opened.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield opened


async def restarted(mesh: Mesh, client: httpx.AsyncClient, name: str) -> None:
    """Kill a program, and wait until another process of it is ready and the edge says so."""
    before = process_of(mesh, name)
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)

    async def again() -> bool:
        now = process_of(mesh, name)
        return now is not None and now.pid != before.pid

    async def ready() -> bool:
        return (await client.get("/readyz")).status_code == httpx.codes.OK

    await eventually(again, every=0.2)
    await eventually(ready, every=0.2)


@pytest.mark.parametrize("name", [*SERVICES, *WORKERS])
async def test_killed_process_comes_back(mesh: Mesh, client: httpx.AsyncClient, name: str) -> None:
    await restarted(mesh, client, name)


async def test_readiness_says_within_ten_seconds_that_a_service_is_down(mesh: Mesh, client: httpx.AsyncClient) -> None:
    stopped = process_of(mesh, "rag")
    assert stopped is not None
    os.kill(stopped.pid, signal.SIGSTOP)  # hangs, as a process out of memory does: the supervisor sees nothing
    try:

        async def told() -> bool:
            return (await client.get("/readyz")).status_code == httpx.codes.SERVICE_UNAVAILABLE

        await eventually(told, within=10, every=0.2)
    finally:
        os.kill(stopped.pid, signal.SIGCONT)

    async def ready() -> bool:
        return (await client.get("/readyz")).status_code == httpx.codes.OK

    await eventually(ready, every=0.2)


async def test_acknowledged_transaction_survives(mesh: Mesh, client: httpx.AsyncClient) -> None:
    made = (
        await client.post("/api/stock/v1/portfolios", json={"name": "Kill", "base_currency": "USD"})
    ).raise_for_status()
    path = f"/api/stock/v1/portfolios/{made.json()['id']}/transactions"
    deposit = {"date": "2024-01-02", "type": "deposit", "amount": "100.00"}
    key = {"idempotency-key": secrets.token_hex(8)}
    first = await client.post(path, json=deposit, headers=key)
    assert first.status_code == httpx.codes.CREATED, first.text
    await restarted(mesh, client, "stock")
    again = await client.post(path, json=deposit, headers=key)
    assert again.json() == first.json(), "the same key after a crash has one effect"
    assert len((await client.get(path)).json()["items"]) == 1
    (await client.delete(f"/api/stock/v1/portfolios/{made.json()['id']}")).raise_for_status()


async def test_running_turn_ends_honestly_when_its_process_dies(mesh: Mesh, client: httpx.AsyncClient) -> None:
    conversation = (await client.post("/api/chat/v1/conversations", json={})).raise_for_status().json()["id"]
    path = f"/api/chat/v1/conversations/{conversation}/turns"
    turn = (await client.post(path, json={"text": QUESTION})).raise_for_status().json()["turn_id"]
    await restarted(mesh, client, "chat")

    async def ended() -> str:
        answer = await client.get(f"{path}/{turn}")
        state = answer.json()["state"] if answer.status_code == httpx.codes.OK else "running"
        return state if state != "running" else ""

    assert await eventually(ended, every=0.5) in {"completed", "failed"}
    async with client.stream("GET", f"{path}/{turn}/events") as events:
        text = "".join([part async for part in events.aiter_text()])
    ids = [int(line.removeprefix("id:")) for line in text.splitlines() if line.startswith("id:")]
    assert ids == sorted(set(ids)), "ids go on over the restart, each once"
    assert sum(text.count(f"event: turn.{end}") for end in ("completed", "failed", "stopped")) == 1
