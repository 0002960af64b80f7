"""The mesh as clients of its API see it, through the edge: refusals with their cure, gRPC, telemetry in CloudWatch."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest
from stocktool.stock.v1 import portfolio_service_pb2 as portfolio_pb
from stocktool.stock.v1 import portfolio_service_pb2_grpc as portfolio_grpc
from stocktool_dev import emulator
from stocktool_dev.seed import ADMIN, DEMO
from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.errors import Unauthenticated
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity

from tests.conftest import Mesh
from tests.e2e.conftest import ports_of
from tests.eventually import eventually

STOCK, CHAT, RAG = "/api/stock/v1", "/api/chat/v1", "/api/rag/v1"


@asynccontextmanager
async def signed_in(mesh: Mesh, email: str, password: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mesh.origin, timeout=30) as client:
        answer = await client.post("/api/auth/v1/login", json={"email": email, "password": password})
        client.headers["authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
        yield client


@pytest.fixture
async def demo(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(mesh, DEMO, mesh.demo_password) as client:
        yield client


@pytest.fixture
async def admin(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(mesh, ADMIN, mesh.admin_password) as client:
        yield client


async def a_portfolio(client: httpx.AsyncClient) -> str:
    answer = await client.post(f"{STOCK}/portfolios", json={"name": "Refusals", "base_currency": "USD"})
    return str(answer.raise_for_status().json()["id"])


def refused(answer: httpx.Response, status: int, reason: str | None = None) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"]
    body: dict[str, Any] = answer.json()
    assert reason is None or body["reason"] == reason
    return body


async def test_unknown_symbol_comes_with_a_suggestion(demo: httpx.AsyncClient) -> None:
    body = refused(await demo.get(f"{STOCK}/quotes?symbols=APPL"), 404)
    assert "AAPL" in str(body)


async def test_body_that_will_not_do_names_its_field(demo: httpx.AsyncClient) -> None:
    path = f"{STOCK}/portfolios"
    json_type = {"content-type": "application/json"}
    refused(await demo.post(path, content=b'{"name": ', headers=json_type), 422)
    for body, pointer in (
        ({"name": "x", "base_currency": "USD", "colour": "red"}, "/colour"),
        ({"name": "x", "base_currency": 5}, "/base_currency"),
    ):
        assert pointer in str(refused(await demo.post(path, json=body), 422)["errors"])
    refused(await demo.post(path, content=b'{"name": "' + b"x" * 3_000_000 + b'"}', headers=json_type), 413)


async def test_objects_of_others_are_not_there(demo: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    portfolio = (await demo.get(f"{STOCK}/portfolios")).json()["items"][0]["id"]
    document = (await demo.get(f"{RAG}/documents")).json()["items"][0]["id"]
    conversation = (await demo.post(f"{CHAT}/conversations", json={})).json()["id"]
    for path in (
        f"{STOCK}/portfolios/{portfolio}/holdings",
        f"{RAG}/documents/{document}",
        f"{CHAT}/conversations/{conversation}",
    ):
        refused(await admin.get(path), 404)
    refused(await demo.get("/api/admin/v1/users"), 403)


async def test_same_key_has_one_effect(demo: httpx.AsyncClient) -> None:
    portfolio = await a_portfolio(demo)
    path, key = f"{STOCK}/portfolios/{portfolio}/transactions", {"idempotency-key": secrets.token_hex(8)}
    deposit = {"date": "2024-01-02", "type": "deposit", "amount": "10.00"}
    first = await demo.post(path, json=deposit, headers=key)
    second = await demo.post(path, json=deposit, headers=key)
    assert (first.status_code, first.json()) == (201, second.json())
    refused(await demo.post(path, json=deposit | {"amount": "11.00"}, headers=key), 409)
    assert len((await demo.get(path)).json()["items"]) == 1


async def test_short_sale_names_the_shortfall_and_stores_nothing(demo: httpx.AsyncClient) -> None:
    portfolio = await a_portfolio(demo)
    path = f"{STOCK}/portfolios/{portfolio}/transactions"
    trade = {"symbol": "AAPL", "price": "200.00", "date": "2024-06-03"}
    items = [trade | {"type": "buy", "quantity": "2"}, trade | {"type": "sell", "quantity": "5"}]
    body = refused(await demo.post(path, json={"items": items}), 409, "SHORT_SALE")
    assert "3" in body["detail"]
    assert (await demo.get(path)).json()["items"] == []


async def test_pdf_that_is_none_fails_with_its_reason(demo: httpx.AsyncClient) -> None:
    files = {"file": ("report.pdf", b"%PDF-1.7 this is not one", "application/pdf")}
    document = (await demo.post(f"{RAG}/documents", files=files)).raise_for_status().json()["id"]

    async def settled() -> dict[str, Any] | None:
        body: dict[str, Any] = (await demo.get(f"{RAG}/documents/{document}")).json()
        return body if body["state"] in {"ready", "failed"} else None

    body = await eventually(settled, every=0.3)
    assert body is not None
    assert body["state"] == "failed"
    assert body["error"]
    assert (await demo.delete(f"{RAG}/documents/{document}")).status_code == 204


async def test_form_upload_goes_through_this_origin(mesh: Mesh, demo: httpx.AsyncClient) -> None:
    body = b"# Upload\n\nA form carried this sentence.\n"
    answer = (await demo.post(f"{RAG}/uploads", json={"name": "form.md"})).raise_for_status().json()
    document = answer["document"]["id"]
    assert answer["url"].startswith(mesh.origin)
    async with httpx.AsyncClient() as anybody:  # the signature is the key: no token is sent
        stored = await anybody.post(answer["url"], data=answer["fields"], files={"file": ("form.md", body)})
    assert stored.status_code in {200, 201, 204}, stored.text

    async def ready() -> bool:
        return bool((await demo.get(f"{RAG}/documents/{document}")).json()["state"] == "ready")

    await eventually(ready, every=0.3)
    assert (await demo.delete(f"{RAG}/documents/{document}")).status_code == 204


async def test_planting_the_demo_again_changes_nothing(mesh: Mesh, demo: httpx.AsyncClient) -> None:
    async def state() -> tuple[object, ...]:
        portfolio = (await demo.get(f"{STOCK}/portfolios")).json()["items"][0]
        documents = (await demo.get(f"{RAG}/documents")).json()["items"]
        return portfolio["version"], sorted(document["id"] for document in documents)

    before = await state()
    planted = mesh.command("seed")
    assert planted.returncode == 0, planted.stdout + planted.stderr
    assert await state() == before


async def test_grpc_clients_come_in_through_the_edge(mesh: Mesh, demo: httpx.AsyncClient) -> None:
    token = demo.headers["authorization"].removeprefix("Bearer ")
    async with open_channel(mesh.origin.removeprefix("http://"), ServiceIdentity("outside", None)) as channel:
        stub: portfolio_grpc.PortfolioServiceAsyncStub = portfolio_grpc.PortfolioServiceStub(channel)
        with pytest.raises(Unauthenticated):
            await stub.ListPortfolios(portfolio_pb.ListPortfoliosRequest())
        with acting_as(Caller("demo", token=token)):
            listed = await stub.ListPortfolios(portfolio_pb.ListPortfoliosRequest())
    assert "Demo portfolio" in {portfolio.name for portfolio in listed.items}


async def test_metrics_and_logs_reach_cloudwatch(mesh: Mesh, demo: httpx.AsyncClient) -> None:
    conversation = (await demo.post(f"{CHAT}/conversations", json={})).json()["id"]
    turn = {"text": "What is the price of AAPL?"}
    (await demo.post(f"{CHAT}/conversations/{conversation}/turns", json=turn)).raise_for_status()
    await demo.get(f"{STOCK}/quotes?symbols=AAPL")

    credentials = emulator.credentials(f"http://127.0.0.1:{ports_of(mesh)['emulator']}")
    session = boto3.Session(
        credentials["AWS_ACCESS_KEY_ID"], credentials["AWS_SECRET_ACCESS_KEY"], region_name=emulator.REGION
    )
    endpoint = credentials["AWS_ENDPOINT_URL"]
    cloudwatch, logs = (
        session.client("cloudwatch", endpoint_url=endpoint),
        session.client("logs", endpoint_url=endpoint),
    )

    def names() -> set[str]:
        return {metric["MetricName"] for metric in cloudwatch.list_metrics(Namespace="StockTool")["Metrics"]}

    wanted = {"APILatency", "ToolExecTime", "CacheHitRate", "ModelTokens", "QueueDepth"}
    await eventually(lambda: names() >= wanted, within=100, every=2)

    latency = next(
        metric
        for metric in cloudwatch.list_metrics(Namespace="StockTool", MetricName="APILatency")["Metrics"]
        if {"Name": "Service", "Value": "stock"} in metric["Dimensions"]
    )
    assert {dimension["Name"] for dimension in latency["Dimensions"]} <= {"Service", "Route"}
    now = datetime.now(UTC)
    statistics = cloudwatch.get_metric_statistics(
        Namespace="StockTool",
        MetricName="APILatency",
        Dimensions=latency["Dimensions"],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["SampleCount", "Average"],
    )["Datapoints"]
    assert sum(point["SampleCount"] for point in statistics) >= 1
    assert all(point["Average"] > 0 for point in statistics)

    def logged() -> bool:
        return bool(logs.filter_log_events(logGroupName="/stocktool/chat", limit=5)["events"])

    await eventually(logged, every=1)
