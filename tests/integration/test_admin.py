"""The admin process over real sockets, with the real auth process and stand-ins for the other services."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, TypeAdapter
from stocktool.admin.v1 import admin_service_pb2 as pb
from stocktool.admin.v1 import admin_service_pb2_grpc as pb_grpc
from stocktool.chat.v1 import chat_service_pb2 as chat_pb
from stocktool.chat.v1 import chat_service_pb2_grpc as chat_grpc
from stocktool.common.v1.money_pb2 import Money
from stocktool.rag.v1 import rag_service_pb2 as rag_pb
from stocktool.rag.v1 import rag_service_pb2_grpc as rag_grpc
from stocktool.stock.v1 import stock_service_pb2 as stock_pb
from stocktool.stock.v1 import stock_service_pb2_grpc as stock_grpc
from stocktool_admin.bootstrap import bootstrap as admin_bootstrap
from stocktool_admin.domain.evaluations import Evaluation
from stocktool_admin.settings import Settings as AdminSettings
from stocktool_auth.bootstrap import bootstrap as auth_bootstrap
from stocktool_auth.bootstrap import console
from stocktool_auth.settings import Settings as AuthSettings
from stocktool_kit.aws.queue import Queue
from stocktool_kit.config import ServiceSettings
from stocktool_kit.core.caller import Caller, acting_as, current_caller
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.errors import NotFound, PermissionDenied
from stocktool_kit.core.ids import new_ulid
from stocktool_kit.process import Parts, Process, Runtime, running
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.aws import emulated
from stocktool_kit.testing.process import SERVICE_SECRET, ephemeral

from tests.conftest import EmulatedAws
from tests.eventually import eventually
from tests.factories.admin import an_evaluation

PASSWORD = "nine unrelated heron feathers"


# The generated stubs call these abstract; the code answers UNIMPLEMENTED, which is all a stand-in needs.
_StockServicer: Any = stock_grpc.StockServiceServicer
_RagServicer: Any = rag_grpc.RagServiceServicer
_ChatServicer: Any = chat_grpc.ChatServiceServicer


class UsageServicer(_ChatServicer):  # type: ignore[misc]  # see above
    """Chat with its usage alone; tells in the key who asked."""

    async def GetUsage(self, request: chat_pb.GetUsageRequest, context: Any) -> chat_pb.GetUsageResponse:
        row = chat_pb.UsageRow(key=current_caller().subject, turns=2, input_tokens=30, output_tokens=4)
        if request.by == chat_pb.USAGE_DIMENSION_MODEL:
            row.cost.CopyFrom(Money(amount="0.0125", currency="USD"))
        return chat_pb.GetUsageResponse(rows=[row])


@asynccontextmanager
async def standing_in(
    name: str, registrations: Sequence[Registration], auth_target: str
) -> AsyncIterator[Process[ServiceSettings]]:
    """A process under a service's name."""

    @asynccontextmanager
    async def bootstrap(_: Runtime[ServiceSettings]) -> AsyncIterator[Parts]:
        yield Parts(registrations=registrations)

    settings = ServiceSettings.model_validate(ephemeral(service=name, auth_address=auth_target, drain_seconds=1.0))
    async with running(settings, bootstrap) as process:
        yield process


@dataclass
class Mesh:
    """Auth and admin, real, with stand-ins for the rest."""

    http: httpx.AsyncClient
    auth: httpx.AsyncClient
    admin_target: str
    stock: Process[ServiceSettings]
    worker: Process[ServiceSettings]
    stop_stock: Callable[[], Awaitable[None]]

    async def registered(self) -> tuple[str, str]:
        """A new user's id and address."""
        email = f"{new_ulid()}@example.com"
        body = {"email": email, "password": PASSWORD, "display_name": "Ada"}
        answer = await self.auth.post("/api/auth/v1/register", json=body)
        return answer.json()["user"]["id"], email

    async def signed_in(self, email: str) -> str:
        """An access token."""
        answer = await self.auth.post("/api/auth/v1/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    async def admin(self) -> tuple[str, dict[str, str]]:
        """A new administrator's id and headers."""
        user_id, email = await self.registered()
        aws = emulated(self._endpoint_url)
        settings = AuthSettings.model_validate(ephemeral())
        await console(settings, aws, SystemClock()).grant_role(email, "admin", by="operator:test")
        aws.close()
        return user_id, {"authorization": f"Bearer {await self.signed_in(email)}"}

    _endpoint_url: str = ""


@pytest.fixture
async def mesh(emulator: EmulatedAws) -> AsyncIterator[Mesh]:
    async with AsyncExitStack() as stack:
        auth = await stack.enter_async_context(running(AuthSettings.model_validate(ephemeral()), auth_bootstrap))
        target = f"127.0.0.1:{auth.grpc_port}"
        stock_stack = await stack.enter_async_context(AsyncExitStack())
        stock = await stock_stack.enter_async_context(
            standing_in(
                "stock",
                [
                    Registration(
                        stock_grpc.add_StockServiceServicer_to_server,
                        _StockServicer(),
                        stock_pb.DESCRIPTOR.services_by_name["StockService"],
                    )
                ],
                target,
            )
        )
        rag = await stack.enter_async_context(
            standing_in(
                "rag",
                [
                    Registration(
                        rag_grpc.add_RagServiceServicer_to_server,
                        _RagServicer(),
                        rag_pb.DESCRIPTOR.services_by_name["RagService"],
                    )
                ],
                target,
            )
        )
        chat = await stack.enter_async_context(
            standing_in(
                "chat",
                [
                    Registration(
                        chat_grpc.add_ChatServiceServicer_to_server,
                        UsageServicer(),
                        chat_pb.DESCRIPTOR.services_by_name["ChatService"],
                    )
                ],
                target,
            )
        )
        worker = await stack.enter_async_context(standing_in("rag-worker", [], target))
        settings = AdminSettings.model_validate(
            ephemeral(
                auth_address=target,
                stock_address=f"127.0.0.1:{stock.grpc_port}",
                rag_address=f"127.0.0.1:{rag.grpc_port}",
                chat_address=f"127.0.0.1:{chat.grpc_port}",
                worker_ops_urls={"rag-worker": f"http://127.0.0.1:{worker.ops_port}"},
            )
        )
        admin = await stack.enter_async_context(running(settings, admin_bootstrap))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{admin.http_port}"))
        auth_http = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{auth.http_port}"))
        built = Mesh(http, auth_http, f"127.0.0.1:{admin.grpc_port}", stock, worker, stock_stack.aclose)
        built._endpoint_url = emulator.endpoint_url
        await eventually(lambda: ready(built))
        yield built


async def ready(mesh: Mesh) -> bool:
    return (await mesh.http.get("/readyz")).status_code == 200


def problem(answer: httpx.Response, status: int, reason: str) -> dict[str, Any]:
    """Check that an answer is this problem document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["reason"] == reason
    return body


async def test_readiness_tells_of_a_death_within_ten_seconds(mesh: Mesh) -> None:
    body = (await mesh.http.get("/readyz")).json()
    names = {"admin", "auth", "chat", "rag", "rag-worker", "stock"}
    assert body == {"ready": True, "services": dict.fromkeys(names, "ready")}
    _, headers = await mesh.admin()

    mesh.worker.runtime.health.set("chroma", False, "no route to host")

    async def worker_not_ready() -> bool:
        services: dict[str, str] = (await mesh.http.get("/readyz")).json()["services"]
        return services["rag-worker"] == "not_ready"

    await eventually(worker_not_ready)
    health = (await mesh.http.get("/api/admin/v1/health", headers=headers)).json()
    worker = next(service for service in health["services"] if service["name"] == "rag-worker")
    assert worker["detail"] == "chroma: no route to host"
    mesh.worker.runtime.health.set("chroma", True)
    await eventually(lambda: ready(mesh))

    await mesh.stop_stock()
    stopped = time.monotonic()

    async def stock_gone() -> bool:
        answer = await mesh.http.get("/readyz")
        services: dict[str, str] = answer.json()["services"]
        return answer.status_code == 503 and services["stock"] == "unreachable"

    await eventually(stock_gone)
    assert time.monotonic() - stopped < 10


async def test_only_administrators_come_in(mesh: Mesh) -> None:
    _, email = await mesh.registered()
    user = {"authorization": f"Bearer {await mesh.signed_in(email)}"}
    for path in ("users", "audit", "queues", "queues/ingest-queue/dead-letters", "usage", "health", "flags"):
        problem(await mesh.http.get(f"/api/admin/v1/{path}", headers=user), 403, "PERMISSION_DENIED")
        problem(await mesh.http.get(f"/api/admin/v1/{path}"), 401, "UNAUTHENTICATED")
    run = f"/api/admin/v1/evaluations/{an_evaluation().id}"
    for answer in (
        await mesh.http.get("/api/admin/v1/evaluations", headers=user),
        await mesh.http.put(run, json=a_report(), headers=user),
        await mesh.http.get(run, headers=user),
    ):
        problem(answer, 403, "PERMISSION_DENIED")
    redrive = "/api/admin/v1/queues/ingest-queue/dead-letters:redrive"
    problem(await mesh.http.post(redrive, headers=user), 403, "PERMISSION_DENIED")
    problem(await mesh.http.put("/api/admin/v1/flags/a", json={"value": 1}, headers=user), 403, "PERMISSION_DENIED")


async def test_an_admin_suspends_a_user_and_the_trail_tells(mesh: Mesh) -> None:
    admin_id, headers = await mesh.admin()
    user_id, email = await mesh.registered()
    users = (await mesh.http.get("/api/admin/v1/users?page_size=500", headers=headers)).json()
    read = next(user for user in users["items"] if user["id"] == user_id)
    assert (read["email"], read["roles"], read["suspended"]) == (email, ["user"], False)

    path = f"/api/admin/v1/users/{user_id}"
    key = {"idempotency-key": new_ulid()}
    change = {"suspended": True, "version": read["version"]}
    changed = await mesh.http.patch(path, json=change, headers=headers | key)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["suspended"], changed.json()["version"]) == (True, 2)
    again = await mesh.http.patch(path, json=change, headers=headers | key)
    assert again.json() == changed.json()
    problem(await mesh.http.patch(path, json=change, headers=headers), 409, "STALE_VERSION")
    reused = await mesh.http.patch(path, json={"suspended": False}, headers=headers | key)
    problem(reused, 409, "IDEMPOTENCY_KEY_REUSED")

    problem(await mesh.http.patch(path, json={}, headers=headers), 422, "INVALID_ARGUMENT")
    unknown = await mesh.http.patch(path, json={"roles": ["root"]}, headers=headers)
    problem(unknown, 422, "UNKNOWN_ROLE")
    extra = await mesh.http.patch(path, json={"suspended": True, "sudo": 1}, headers=headers)
    assert problem(extra, 422, "INVALID_ARGUMENT")["errors"][0]["pointer"] == "/sudo"
    own = await mesh.http.patch(f"/api/admin/v1/users/{admin_id}", json={"suspended": True}, headers=headers)
    problem(own, 409, "OWN_ACCOUNT")
    stranger = f"/api/admin/v1/users/usr_{new_ulid()}"
    problem(await mesh.http.patch(stranger, json={"suspended": True}, headers=headers), 404, "USER_NOT_FOUND")

    query = {"actor": admin_id, "action": "user.suspended"}
    events = (await mesh.http.get("/api/admin/v1/audit", params=query, headers=headers)).json()["items"]
    assert [(event["target"], event["owner"]) for event in events] == [(user_id, user_id)]
    page = (await mesh.http.get("/api/admin/v1/audit?page_size=2", headers=headers)).json()
    assert len(page["items"]) == 2
    assert page["items"][0]["at"] >= page["items"][1]["at"]
    bad = await mesh.http.get("/api/admin/v1/audit?page_token=!&day=2026-13-01", headers=headers)
    assert problem(bad, 422, "INVALID_ARGUMENT")["errors"][0]["pointer"] == "day"


async def test_dead_letters_are_shown_and_sent_back(mesh: Mesh, emulator: EmulatedAws) -> None:
    admin_id, headers = await mesh.admin()
    aws = emulated(emulator.endpoint_url)
    queue, dead = Queue(aws, "analysis-queue"), Queue(aws, "analysis-queue-dlq")
    for each in (queue, dead):  # whatever tests of the workers have left
        await aws.call("sqs", "purge_queue", QueueUrl=await each.url())
    await dead.send({"job": "j1"}, {"reason": "poison"})

    path = "/api/admin/v1/queues/analysis-queue/dead-letters"
    for _ in range(2):
        shown = (await mesh.http.get(path, headers=headers)).json()["items"]
        assert [(letter["body"], letter["attributes"]["reason"]) for letter in shown] == [('{"job":"j1"}', "poison")]
    key = {"idempotency-key": new_ulid()}
    twice = await asyncio.gather(*(mesh.http.post(f"{path}:redrive", headers=headers | key) for _ in range(2)))
    assert [moved.json() for moved in twice] == [{"moved": 1}] * 2
    assert (await mesh.http.post(f"{path}:redrive", headers=headers | key)).json() == {"moved": 1}
    assert (await mesh.http.post(f"{path}:redrive", headers=headers)).json() == {"moved": 0}
    queues = (await mesh.http.get("/api/admin/v1/queues", headers=headers)).json()["items"]
    assert [each["name"] for each in queues] == ["analysis-queue", "ingest-queue", "notify-queue"]
    assert (queues[0]["visible"], queues[0]["dead_letters"]) == (1, 0)
    problem(await mesh.http.get("/api/admin/v1/queues/nope/dead-letters", headers=headers), 404, "QUEUE_NOT_FOUND")

    await aws.call("sqs", "purge_queue", QueueUrl=await queue.url())
    aws.close()
    query = {"actor": admin_id, "action": "queue.redriven"}
    events = (await mesh.http.get("/api/admin/v1/audit", params=query, headers=headers)).json()["items"]
    assert sorted(event["detail"]["moved"] for event in events) == ["0", "1"]


async def test_flags_are_versioned_and_usage_is_asked_with_the_admins_own_token(mesh: Mesh) -> None:
    admin_id, headers = await mesh.admin()
    name = f"test.{new_ulid()}"
    path = f"/api/admin/v1/flags/{name}"
    problem(await mesh.http.get(path, headers=headers), 404, "FLAG_NOT_FOUND")
    made = await mesh.http.put(path, json={"value": {"share": 0.5}, "version": 0}, headers=headers)
    assert made.status_code == 200, made.text
    assert (made.json()["version"], made.json()["updated_by"]) == (1, admin_id)
    assert (await mesh.http.get(path, headers=headers)).json() == made.json()
    problem(await mesh.http.put(path, json={"value": 1, "version": 0}, headers=headers), 409, "STALE_VERSION")
    bad = await mesh.http.put("/api/admin/v1/flags/Bad Name", json={"value": 1}, headers=headers)
    assert problem(bad, 422, "INVALID_ARGUMENT")["errors"][0]["pointer"] == "name"
    missing = await mesh.http.put(path, json={}, headers=headers)
    assert problem(missing, 422, "INVALID_ARGUMENT")["errors"][0]["pointer"] == "/value"
    listed = (await mesh.http.get("/api/admin/v1/flags", headers=headers)).json()["items"]
    assert name in [flag["name"] for flag in listed]

    usage = (await mesh.http.get("/api/admin/v1/usage?by=model", headers=headers)).json()["items"]
    assert usage == [
        {
            "key": admin_id,
            "turns": 2,
            "input_tokens": 30,
            "output_tokens": 4,
            "cost": {"amount": "0.0125", "currency": "USD"},
        }
    ]
    assert (await mesh.http.get("/api/admin/v1/usage", headers=headers)).json()["items"][0]["cost"] is None
    problem(await mesh.http.get("/api/admin/v1/usage?by=moon", headers=headers), 422, "INVALID_ARGUMENT")


def a_report() -> dict[str, Any]:
    """A run as its runner writes it."""
    document: dict[str, Any] = json.loads(TypeAdapter(Evaluation).dump_json(an_evaluation()))
    del document["id"]
    return document


async def test_evaluations_are_stored_once_and_read(mesh: Mesh) -> None:
    admin_id, headers = await mesh.admin()
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{new_ulid()[-8:]}"
    path = f"/api/admin/v1/evaluations/{name}"
    problem(await mesh.http.get(path, headers=headers), 404, "EVALUATION_NOT_FOUND")
    key = {"idempotency-key": new_ulid()}
    stored = await mesh.http.put(path, json=a_report(), headers=headers | key)
    assert stored.status_code == 200, stored.text
    for again in (headers | key, headers):
        assert (await mesh.http.put(path, json=a_report(), headers=again)).json() == stored.json()
    other = await mesh.http.put(path, json=a_report() | {"commit": "other"}, headers=headers)
    problem(other, 409, "EVALUATION_EXISTS")

    listed = (await mesh.http.get("/api/admin/v1/evaluations?page_size=1", headers=headers)).json()
    assert listed["items"] == [stored.json()]
    assert "failures" not in stored.json()
    whole = (await mesh.http.get(path, headers=headers)).json()
    assert whole == {**stored.json(), "families": a_report()["families"], "failures": a_report()["failures"]}
    assert whole["cost"] == {"amount": "0.0125", "currency": "USD"}

    for wrong in ({"passed": 2}, {"axes": [{"name": "plan", "met": 3, "asked": 1}]}, {"surprise": 1}):
        another = path[:-1] + ("a" if path[-1] != "a" else "b")
        problem(await mesh.http.put(another, json=a_report() | wrong, headers=headers), 422, "INVALID_ARGUMENT")
    bad = await mesh.http.get("/api/admin/v1/evaluations/nope", headers=headers)
    problem(bad, 422, "INVALID_ARGUMENT")
    events = await mesh.http.get(f"/api/admin/v1/audit?actor={admin_id}&action=evaluation.stored", headers=headers)
    assert [event["target"] for event in events.json()["items"]] == [name]

    caller = Caller(subject=admin_id, token=headers["authorization"].removeprefix("Bearer "))
    async with open_channel(mesh.admin_target, ServiceIdentity("chat", SecretStr(SERVICE_SECRET))) as channel:
        stub: pb_grpc.AdminServiceAsyncStub = pb_grpc.AdminServiceStub(channel)
        with acting_as(caller):
            page = await stub.ListEvaluations(pb.ListEvaluationsRequest(page_size=1))
            assert [(each.id, each.cases, each.passed) for each in page.evaluations] == [(name, 1, 0)]
            answer = await stub.GetEvaluation(pb.GetEvaluationRequest(evaluation_id=name))
            assert answer.evaluation == page.evaluations[0]
            assert [(each.case, each.got) for each in answer.failures] == [("risk-beta", "Your beta is 0.90.")]
            with pytest.raises(NotFound):
                await stub.GetEvaluation(pb.GetEvaluationRequest(evaluation_id=f"20000101T000000Z-{new_ulid()[-8:]}"))


async def test_the_same_is_to_be_had_over_grpc(mesh: Mesh) -> None:
    admin_id, headers = await mesh.admin()
    user_id, email = await mesh.registered()
    user_token = await mesh.signed_in(email)
    async with open_channel(mesh.admin_target, ServiceIdentity("chat", SecretStr(SERVICE_SECRET))) as channel:
        stub: pb_grpc.AdminServiceAsyncStub = pb_grpc.AdminServiceStub(channel)
        with acting_as(Caller(subject=user_id, token=user_token)), pytest.raises(PermissionDenied):
            await stub.GetHealth(pb.GetHealthRequest())
        with acting_as(Caller(subject=admin_id, token=headers["authorization"].removeprefix("Bearer "))):
            health = await stub.GetHealth(pb.GetHealthRequest())
            assert health.ready
            assert {service.state for service in health.services} == {pb.SERVICE_STATE_READY}
            events = await stub.ListAuditEvents(pb.ListAuditEventsRequest(action="user.roles-changed", page_size=500))
            assert admin_id in [event.target for event in events.events]
            queues = await stub.ListQueues(pb.ListQueuesRequest())
            assert [queue.name for queue in queues.queues] == ["analysis-queue", "ingest-queue", "notify-queue"]
            assert not queues.queues[0].HasField("oldest_age")
            letters = await stub.ListDeadLetters(pb.ListDeadLettersRequest(queue="ingest-queue"))
            assert list(letters.letters) == []
            assert (await stub.RedriveDeadLetters(pb.RedriveDeadLettersRequest(queue="ingest-queue"))).moved == 0
            with pytest.raises(NotFound):
                await stub.ListDeadLetters(pb.ListDeadLettersRequest(queue="nope"))
