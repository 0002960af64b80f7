"""One trace from the edge through the five services to the workers, read from where the laptop keeps spans."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest
from stocktool_dev.seed import ADMIN, DEMO

from tests.conftest import Mesh
from tests.eventually import eventually

EVERYBODY = {"edge", "auth", "stock", "rag", "chat", "admin", "stock-worker-analysis", "rag-worker"}


@dataclass(frozen=True)
class Span:
    identity: str
    parent: str
    service: str
    name: str


def spans_of(mesh: Mesh, trace_id: str) -> list[Span]:
    """All spans of a trace that have been written so far."""
    return [
        Span(span["spanId"], span.get("parentSpanId", ""), service, span["name"])
        for file in (mesh.state / "traces").glob("*.jsonl")
        for line in file.read_bytes().splitlines()
        if trace_id.encode() in line
        for service, span in _spans(orjson.loads(line))
        if span["traceId"] == trace_id
    ]


def _spans(request: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in request["resourceSpans"]:
        attributes = {each["key"]: each["value"] for each in resource["resource"]["attributes"]}
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield attributes["service.name"]["stringValue"], span


def orphans(spans: list[Span], root: str) -> list[Span]:
    """Spans that hang on nothing of the trace."""
    known = {span.identity for span in spans} | {root}
    return [span for span in spans if span.parent not in known]


@pytest.fixture
async def client(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.origin, timeout=30) as opened:
        yield opened


async def sign_in(client: httpx.AsyncClient, email: str, password: str) -> dict[str, str]:
    answer = (await client.post("/api/auth/v1/login", json={"email": email, "password": password})).raise_for_status()
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


async def test_one_trace_spans_the_mesh(mesh: Mesh, client: httpx.AsyncClient) -> None:
    user = await sign_in(client, DEMO, mesh.demo_password)
    admin = await sign_in(client, ADMIN, mesh.admin_password)
    trace_id, root = secrets.token_hex(16), secrets.token_hex(8)
    traced = {"traceparent": f"00-{trace_id}-{root}-01"}

    portfolio = (await client.get("/api/stock/v1/portfolios", headers=user)).json()["items"][0]["id"]
    job = await client.post(
        f"/api/stock/v1/portfolios/{portfolio}/analyses", json={"kind": "portfolio"}, headers=user | traced
    )
    assert job.status_code == httpx.codes.ACCEPTED, job.text
    memo = {"file": ("trace.md", b"# Trace\n\nThe lighthouse keeper counted 312 ships.\n", "text/markdown")}
    document = await client.post("/api/rag/v1/documents", files=memo, headers=user | traced)
    assert document.status_code == httpx.codes.ACCEPTED, document.text

    async def ready() -> bool:
        asked = await client.get(f"/api/rag/v1/documents/{document.json()['id']}", headers=user)
        return bool(asked.json()["state"] == "ready")

    await eventually(ready)
    conversation = (await client.post("/api/chat/v1/conversations", json={}, headers=user)).json()["id"]
    for question in ("How did I do this year?", "What do my documents say about the lighthouse keeper?"):
        path = f"/api/chat/v1/conversations/{conversation}/turns"
        turn = (await client.post(path, json={"text": question}, headers=user | traced)).json()["turn_id"]
        async with client.stream("GET", f"{path}/{turn}/events", headers=user) as events:
            assert "turn.completed" in "".join([part async for part in events.aiter_text()])
    (await client.get("/api/admin/v1/users", headers=admin | traced)).raise_for_status()

    async def complete() -> bool:
        done = (await client.get(f"/api/stock/v1/analyses/{job.json()['id']}", headers=user)).json()["state"] == "done"
        spans = spans_of(mesh, trace_id)
        return done and {span.service for span in spans} >= EVERYBODY and not orphans(spans, root)

    try:
        await eventually(complete, every=0.5)
    except AssertionError:
        spans = spans_of(mesh, trace_id)
        missing = EVERYBODY - {span.service for span in spans}
        raise AssertionError(f"no span of {sorted(missing)}; without a parent: {orphans(spans, root)}") from None

    spans = spans_of(mesh, trace_id)
    edge = {span.identity for span in spans if span.service == "edge"}
    first = {span.service for span in spans if span.parent in edge}
    assert first >= {"stock", "rag", "chat", "admin"}, "services continue the edge's spans"
