"""A process over real sockets: both transports, their refusals, health and drain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import jwt
import pytest
from fastapi import APIRouter
from grpc_health.v1 import health_pb2, health_pb2_grpc
from stocktool.common.v1 import push_service_pb2 as pb
from stocktool.common.v1 import push_service_pb2_grpc as pb_grpc
from stocktool_kit.config import ServiceSettings
from stocktool_kit.core.caller import Caller, acting_as, current_caller
from stocktool_kit.core.errors import InvalidArgument, NotFound, PermissionDenied, RateLimited, Unauthenticated
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.http.app import create_app, describe
from stocktool_kit.http.auth import public, requires
from stocktool_kit.http.idempotency import idempotency_key
from stocktool_kit.http.model import RequestModel
from stocktool_kit.process import Parts, Process, Runtime, running
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.deadline import remaining, set_deadline
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.process import TokenFactory, ephemeral


class Note(RequestModel):
    text: str
    stars: int


router = APIRouter()
_reader = requires("notes.read")
_key = idempotency_key()


@router.get("/open", dependencies=[public()])
async def open_route() -> dict[str, float | None]:
    return {"remaining": remaining()}


@router.get("/me")
async def me(caller: Caller = _reader) -> dict[str, str]:
    return {"subject": caller.subject, "again": current_caller().subject}


@router.post("/notes")
async def add(note: Note, caller: Caller = _reader, key: IdempotencyKey | None = _key) -> dict[str, str]:
    return {"owner": caller.owner, "record": key.record_id if key else "", "body": key.body_hash if key else note.text}


@router.get("/missing", dependencies=[public()])
async def missing() -> None:
    raise NotFound("no note by this id", note="n1")


@router.get("/bug", dependencies=[public()])
async def bug() -> None:
    raise ZeroDivisionError("secret detail")


class Push(pb_grpc.PushServiceServicer):
    """Answers by subject, so that each way a call can end is reachable."""

    async def Publish(self, request: pb.PublishRequest, context: object) -> pb.PublishResponse:
        subject = request.events[0].subject
        if subject == "full":
            raise RateLimited("the buffers are full", retry_after_seconds=3, subject=subject)
        if subject == "bug":
            raise ZeroDivisionError("secret detail")
        if subject == "slow":
            await asyncio.Event().wait()
        return pb.PublishResponse(delivered=len(current_caller().service))

    async def Subscribe(
        self, request_iterator: AsyncIterator[pb.SubscribeRequest], context: object
    ) -> AsyncIterator[pb.SubscribeResponse]:
        async for request in request_iterator:
            if "gone" in request.add:
                raise NotFound("no such subject", subject="gone")
            yield pb.SubscribeResponse(event=pb.PushEvent(subject=request.add[0], type="quote"))


@pytest.fixture
def keys() -> TokenFactory:
    return TokenFactory()


@pytest.fixture
async def process(keys: TokenFactory) -> AsyncIterator[Process[ServiceSettings]]:
    @asynccontextmanager
    async def bootstrap(runtime: Runtime[ServiceSettings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(keys)
        app = create_app(runtime, title="Notes", prefix="/api/notes/v1", routers=[router])
        descriptor = pb.DESCRIPTOR.services_by_name["PushService"]
        yield Parts(app, [Registration(pb_grpc.add_PushServiceServicer_to_server, Push(), descriptor)])

    settings = ServiceSettings.model_validate(ephemeral(service="notes", max_body_bytes=200))
    async with running(settings, bootstrap) as started:
        yield started


@pytest.fixture
async def http(process: Process[ServiceSettings]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.http_port}/api/notes/v1") as client:
        yield client


@pytest.fixture
async def push(process: Process[ServiceSettings]) -> AsyncIterator[pb_grpc.PushServiceAsyncStub]:
    identity = ServiceIdentity("rag", process.runtime.settings.service_token_secret)
    async with open_channel(f"127.0.0.1:{process.grpc_port}", identity) as channel:
        yield pb_grpc.PushServiceStub(channel)


def publish(subject: str) -> pb.PublishRequest:
    return pb.PublishRequest(events=[pb.PushEvent(subject=subject, type="quote")])


async def test_every_answer_carries_request_id_and_trace(http: httpx.AsyncClient) -> None:
    answer = await http.get("/open", headers={"x-request-id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert (await http.get("/open", headers={"x-request-id": "bad id"})).headers["x-request-id"] != "bad id"
    assert 0 < answer.json()["remaining"] <= 30


async def test_caller_reaches_the_handler_and_the_context(http: httpx.AsyncClient, keys: TokenFactory) -> None:
    token = keys.token("usr_1", "notes.read")
    answer = await http.get("/me", headers={"authorization": f"Bearer {token}"})
    assert answer.json() == {"subject": "usr_1", "again": "usr_1"}


@pytest.mark.parametrize(
    ("case", "status", "reason"),
    [
        ("none", 401, "UNAUTHENTICATED"),
        ("expired", 401, "TOKEN_EXPIRED"),
        ("forged", 401, "INVALID_TOKEN"),
        ("unsigned", 401, "INVALID_TOKEN"),
        ("other audience", 401, "INVALID_TOKEN"),
        ("other scope", 403, "PERMISSION_DENIED"),
    ],
)
async def test_token_that_will_not_do(
    http: httpx.AsyncClient, keys: TokenFactory, case: str, status: int, reason: str
) -> None:
    tokens = {
        "expired": keys.token("usr_1", "notes.read", lifetime=timedelta(minutes=-1)),
        "forged": TokenFactory().token("usr_1", "notes.read"),
        "unsigned": jwt.encode({"sub": "usr_1"}, None, algorithm="none", headers={"kid": "test"}),
        "other audience": keys.token("usr_1", "notes.read", aud="elsewhere"),
        "other scope": keys.token("usr_1", "notes.write"),
    }
    headers = {"authorization": f"Bearer {tokens[case]}"} if case in tokens else {}
    answer = await http.get("/me", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == reason


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"text": "a", "stars": "many"}', "/stars"),
        (b'{"text": "a"}', "/stars"),
        (b'{"text": "a", "stars": 1, "colour": "red"}', "/colour"),
        (b'{"text": ', ""),
        (b"[]", ""),
    ],
)
async def test_bad_body_names_its_field(http: httpx.AsyncClient, keys: TokenFactory, body: bytes, pointer: str) -> None:
    headers = {"authorization": f"Bearer {keys.token('usr_1', 'notes.read')}", "content-type": "application/json"}
    answer = await http.post("/notes", content=body, headers=headers)
    assert answer.status_code == 422
    assert [item["pointer"] for item in answer.json()["errors"]] == [pointer]


async def test_oversize_body_is_413_and_unknown_route_404(http: httpx.AsyncClient, keys: TokenFactory) -> None:
    headers = {"authorization": f"Bearer {keys.token('usr_1', 'notes.read')}", "content-type": "application/json"}
    answer = await http.post("/notes", content=b'{"text": "' + b"a" * 500 + b'"}', headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")
    answer = await http.get("/nowhere")
    assert (answer.status_code, answer.json()["reason"]) == (404, "NO_SUCH_ROUTE")


async def test_idempotency_key_is_bound_to_principal_and_body(http: httpx.AsyncClient, keys: TokenFactory) -> None:
    async def send(user: str, text: str) -> dict[str, str]:
        headers = {"authorization": f"Bearer {keys.token(user, 'notes.read')}", "idempotency-key": "k1"}
        answer: dict[str, str] = (await http.post("/notes", json={"text": text, "stars": 1}, headers=headers)).json()
        return answer

    first, other_body, other_user = await send("usr_1", "a"), await send("usr_1", "b"), await send("usr_2", "a")
    assert first["record"] == other_body["record"] != other_user["record"]
    assert first["body"] != other_body["body"]


async def test_bug_is_a_problem_document_without_its_detail(http: httpx.AsyncClient) -> None:
    answer = await http.get("/bug")
    assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
    assert "secret detail" not in answer.text


async def test_error_of_ours_becomes_its_problem(http: httpx.AsyncClient) -> None:
    answer = await http.get("/missing")
    assert (answer.status_code, answer.json()["metadata"]) == (404, {"note": "n1"})


async def test_route_without_a_policy_is_refused_at_start() -> None:
    undeclared = APIRouter()
    undeclared.get("/forgotten")(open_route)
    with pytest.raises(ValueError, match="declares no policy"):
        describe(title="x", prefix="/api/x/v1", routers=[undeclared])


async def test_service_identity_opens_a_service_method(push: pb_grpc.PushServiceAsyncStub) -> None:
    assert (await push.Publish(publish("usr_1"))).delivered == len("rag")


async def test_user_token_does_not_open_a_service_method(process: Process[ServiceSettings], keys: TokenFactory) -> None:
    nobody = ServiceIdentity("browser", None)
    async with open_channel(f"127.0.0.1:{process.grpc_port}", nobody) as channel:
        stub: pb_grpc.PushServiceAsyncStub = pb_grpc.PushServiceStub(channel)
        with pytest.raises(Unauthenticated):
            await stub.Publish(publish("usr_1"))
        with acting_as(Caller("usr_1", token=keys.token("usr_1", "x"))), pytest.raises(PermissionDenied):
            await stub.Publish(publish("usr_1"))


async def test_forged_service_token_is_refused(process: Process[ServiceSettings]) -> None:
    from pydantic import SecretStr

    forger = ServiceIdentity("rag", SecretStr("another-secret-another-secret-another"))
    async with open_channel(f"127.0.0.1:{process.grpc_port}", forger) as channel:
        stub: pb_grpc.PushServiceAsyncStub = pb_grpc.PushServiceStub(channel)
        with pytest.raises(Unauthenticated):
            await stub.Publish(publish("usr_1"))


async def test_errors_arrive_as_they_were_raised(push: pb_grpc.PushServiceAsyncStub) -> None:
    with pytest.raises(RateLimited) as full:
        await push.Publish(publish("full"))
    assert (full.value.metadata, full.value.retry_after_seconds) == ({"subject": "full"}, 3)
    with pytest.raises(InvalidArgument) as empty:
        await push.Publish(pb.PublishRequest())
    assert empty.value.violations[0].pointer == "events"
    with pytest.raises(Exception, match="something broke") as broken:
        await push.Publish(publish("bug"))
    assert "secret" not in str(broken.value)


async def test_errors_and_messages_of_a_stream(push: pb_grpc.PushServiceAsyncStub) -> None:
    async def subjects() -> AsyncIterator[pb.SubscribeRequest]:
        yield pb.SubscribeRequest(add=["usr_1"])
        yield pb.SubscribeRequest(add=["gone"])

    seen = []
    with pytest.raises(NotFound):
        async for response in push.Subscribe(subjects()):
            seen.append(response.event.subject)
    assert seen == ["usr_1"]


async def test_deadline_of_the_request_limits_its_calls(push: pb_grpc.PushServiceAsyncStub) -> None:
    from stocktool_kit.core.errors import DeadlineExceeded

    set_deadline(0.3)
    with pytest.raises(DeadlineExceeded):
        await push.Publish(publish("slow"))
    with pytest.raises(DeadlineExceeded, match="too little time"):
        await push.Publish(publish("usr_1"))
    set_deadline(None)


async def test_health_tells_the_same_on_both_ports(process: Process[ServiceSettings]) -> None:
    runtime = process.runtime
    async with (
        open_channel(f"127.0.0.1:{process.grpc_port}", ServiceIdentity("x", None)) as channel,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.ops_port}") as ops,
    ):
        watch = aiter(health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="")))

        async def until(state: int) -> None:
            async with asyncio.timeout(60):
                while (await anext(watch)).status != state:
                    pass

        await until(health_pb2.HealthCheckResponse.SERVING)
        assert (await ops.get("/readyz")).status_code == 200
        runtime.health.set("table", False, "gone")
        await until(health_pb2.HealthCheckResponse.NOT_SERVING)
        answer = await ops.get("/readyz")
        assert (answer.status_code, answer.json()["components"]["table"]["detail"]) == (503, "gone")
        assert (await ops.get("/livez")).status_code == 200
        assert "stocktool" in (await ops.get("/metrics")).text
        await watch.aclose()  # type: ignore[attr-defined]  # the interceptor makes the stream a generator
