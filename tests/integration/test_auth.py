"""The auth process over real sockets and an emulated AWS."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import SecretStr
from stocktool.auth.v1 import auth_service_pb2 as pb
from stocktool.auth.v1 import auth_service_pb2_grpc as pb_grpc
from stocktool_auth.bootstrap import bootstrap, console
from stocktool_auth.settings import Settings
from stocktool_kit.aws.audit import SHARDS, audit_partition
from stocktool_kit.aws.table import Key, Table
from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.errors import FailedPrecondition, NotFound, PermissionDenied, StockToolError, Unauthenticated
from stocktool_kit.core.ids import new_id, new_ulid
from stocktool_kit.process import Runtime, running
from stocktool_kit.rpc.channel import open_channel
from stocktool_kit.rpc.identity import ServiceIdentity
from stocktool_kit.testing.aws import emulated
from stocktool_kit.testing.process import SERVICE_SECRET, ephemeral

from tests.conftest import EmulatedAws

PASSWORD = "nine unrelated heron feathers"
COOKIE = "stocktool_refresh_8080"


@dataclass
class Served:
    """The process under test."""

    http: httpx.AsyncClient
    base_url: str
    target: str
    runtime: Runtime[Settings]
    emulator: EmulatedAws

    def browser(self) -> httpx.AsyncClient:
        """Another client, with a cookie jar of its own."""
        return httpx.AsyncClient(base_url=self.base_url)

    async def registered(self) -> tuple[str, str]:
        """A new user's id and address."""
        email = f"{new_ulid()}@example.com"
        body = {"email": email, "password": PASSWORD, "display_name": "Ada"}
        answer = await self.http.post("/api/auth/v1/register", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["user"]["id"], email

    async def signed_in(self, email: str, http: httpx.AsyncClient | None = None) -> dict[str, Any]:
        """The answer of a sign-in."""
        body = {"email": email, "password": PASSWORD}
        answer = await (http or self.http).post("/api/auth/v1/login", json=body, headers={"user-agent": "browser/1"})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def audited(self, owner: str) -> list[str]:
        """Actions recorded today about a user, in order."""
        table = Table(self.runtime.aws, "stocktool-audit")
        found = []
        for shard in range(SHARDS):
            key = Key("pk").eq(audit_partition(datetime.now(UTC), shard))
            found += [item async for item in table.query_all(key) if item["owner"] == owner]
        return [item["action"] for item in sorted(found, key=lambda item: item["sk"])]


@pytest.fixture
async def served(emulator: EmulatedAws) -> AsyncIterator[Served]:
    settings = Settings.model_validate(ephemeral())
    async with running(settings, bootstrap) as process:
        base_url = f"http://127.0.0.1:{process.http_port}"
        async with httpx.AsyncClient(base_url=base_url) as http:
            await eventually_ready(process.runtime)
            yield Served(http, base_url, f"127.0.0.1:{process.grpc_port}", process.runtime, emulator)


async def eventually_ready(runtime: Runtime[Settings]) -> None:
    """Wait for the process's own health."""
    ready = asyncio.Event()
    runtime.health.listen(lambda is_ready: ready.set() if is_ready else None)
    async with asyncio.timeout(60):
        await ready.wait()


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def problem(answer: httpx.Response, status: int, reason: str) -> dict[str, Any]:
    """Check that an answer is this problem document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["reason"] == reason
    assert body["status"] == status
    return body


async def test_a_user_registers_signs_in_refreshes_and_signs_out(served: Served) -> None:
    user_id, email = await served.registered()
    signed_in = await served.signed_in(email)
    assert signed_in["token_type"] == "Bearer"
    assert signed_in["expires_in"] == 600
    assert signed_in["user"] == {"id": user_id, "email": email, "display_name": "Ada", "roles": ["user"]}

    me = await served.http.get("/api/auth/v1/me", headers=bearer(signed_in["access_token"]))
    assert me.json() == signed_in["user"]

    refreshed = await served.http.post("/api/auth/v1/refresh")
    assert refreshed.status_code == 200
    assert refreshed.json()["access_token"] != signed_in["access_token"]

    out = await served.http.post("/api/auth/v1/logout")
    assert out.status_code == 204
    assert COOKIE not in served.http.cookies
    problem(await served.http.post("/api/auth/v1/refresh"), 401, "SESSION_ENDED")
    assert await served.audited(user_id) == ["user.registered", "signin.succeeded", "session.signed-out"]


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_paths(served: Served) -> None:
    _, email = await served.registered()
    answer = await served.http.post("/api/auth/v1/login", json={"email": email, "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "Path=/api/auth/v1", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie  # plain loopback, where a browser would drop it


async def test_the_token_before_gives_the_same_successor_and_an_older_one_ends_the_family(served: Served) -> None:
    user_id, email = await served.registered()
    await served.signed_in(email)
    first = served.http.cookies[COOKIE]

    async def refresh(cookie: str) -> httpx.Response:
        async with served.browser() as http:
            return await http.post("/api/auth/v1/refresh", headers={"cookie": f"{COOKIE}={cookie}"})

    second = (await refresh(first)).cookies[COOKIE]
    again = await refresh(first)
    assert again.status_code == 200
    assert again.cookies[COOKIE] == second
    third = (await refresh(second)).cookies[COOKIE]
    problem(await refresh(first), 401, "REFRESH_REUSED")
    problem(await refresh(third), 401, "SESSION_ENDED")
    problem(await refresh(third[:-2] + "xx"), 401, "SESSION_ENDED")
    assert "session.reuse-detected" in await served.audited(user_id)


async def test_two_tabs_that_refresh_at_once_get_the_same_successor(served: Served) -> None:
    _, email = await served.registered()
    await served.signed_in(email)
    cookie = served.http.cookies[COOKIE]
    async with served.browser() as http:
        answers = await asyncio.gather(
            *(http.post("/api/auth/v1/refresh", headers={"cookie": f"{COOKIE}={cookie}"}) for _ in range(4))
        )
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.headers["set-cookie"].split(";")[0] for answer in answers}) == 1


async def test_sessions_are_listed_and_revoked_by_their_owner_only(served: Served) -> None:
    _, email = await served.registered()
    async with served.browser() as phone, served.browser() as stranger:
        await served.signed_in(email, phone)
        here = await served.signed_in(email)
        _, other = await served.registered()
        theirs = await served.signed_in(other, stranger)
        listed = (await served.http.get("/api/auth/v1/sessions", headers=bearer(here["access_token"]))).json()["items"]
        assert [item["current"] for item in sorted(listed, key=lambda item: item["current"])] == [False, True]
        assert {item["user_agent"] for item in listed} == {"browser/1"}
        away = next(item["id"] for item in listed if not item["current"])

        path = f"/api/auth/v1/sessions/{away}"
        problem(await stranger.delete(path, headers=bearer(theirs["access_token"])), 404, "SESSION_NOT_FOUND")
        once = bearer(here["access_token"]) | {"idempotency-key": new_ulid()}
        twice = await asyncio.gather(*(served.http.delete(path, headers=once) for _ in range(2)))
        assert [answer.status_code for answer in twice] == [204, 204]
        assert (await served.http.delete(path, headers=once)).status_code == 204
        problem(await served.http.delete(path, headers=bearer(here["access_token"])), 404, "SESSION_NOT_FOUND")
        problem(await phone.post("/api/auth/v1/refresh"), 401, "SESSION_ENDED")
        assert (await served.http.post("/api/auth/v1/refresh")).status_code == 200


async def test_wrong_credentials_look_alike_and_guessing_is_slowed_down(served: Served) -> None:
    user_id, email = await served.registered()
    wrong = {"email": email, "password": "not the password at all"}
    details = set()
    for body in (wrong, {"email": f"nobody-{new_ulid()}@example.com", "password": PASSWORD}):
        details.add(
            problem(await served.http.post("/api/auth/v1/login", json=body), 401, "WRONG_CREDENTIALS")["detail"]
        )
    assert len(details) == 1
    for _ in range(4):
        problem(await served.http.post("/api/auth/v1/login", json=wrong), 401, "WRONG_CREDENTIALS")
    refused = await served.http.post("/api/auth/v1/login", json={"email": email, "password": PASSWORD})
    problem(refused, 429, "TOO_MANY_ATTEMPTS")
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    right = {"email": email, "password": PASSWORD}
    spoofed = {"x-forwarded-for": "192.0.2.99, 127.0.0.1"}  # what the edge appended counts, not what was sent to it
    problem(await served.http.post("/api/auth/v1/login", json=right, headers=spoofed), 429, "TOO_MANY_ATTEMPTS")
    elsewhere = await served.http.post("/api/auth/v1/login", json=right, headers={"x-forwarded-for": "192.0.2.99"})
    assert elsewhere.status_code == 200
    assert (await served.audited(user_id)).count("signin.failed") == 5


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "no address", "password": PASSWORD, "display_name": "Ada"}, "/email"),
        ({"email": "a@example.com", "password": "short", "display_name": "Ada"}, "/password"),
        ({"email": "a@example.com", "password": "password1234", "display_name": "Ada"}, "/password"),
        ({"email": "a@example.com", "password": PASSWORD, "display_name": "  "}, "/display_name"),
        ({"email": "a@example.com", "password": PASSWORD}, "/display_name"),
        ({"email": 7, "password": PASSWORD, "display_name": "Ada"}, "/email"),
        ({"email": "a@example.com", "password": PASSWORD, "display_name": "Ada", "role": "admin"}, "/role"),
    ],
)
async def test_bad_registrations_name_the_field(served: Served, body: dict[str, Any], pointer: str) -> None:
    answer = await served.http.post("/api/auth/v1/register", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [item["pointer"] for item in answer.json()["errors"]] == [pointer]
    assert PASSWORD not in answer.text


async def test_bodies_that_are_no_json_or_too_large_are_refused(served: Served) -> None:
    json_type = {"content-type": "application/json"}
    malformed = await served.http.post("/api/auth/v1/login", content=b'{"email": ', headers=json_type)
    problem(malformed, 422, "INVALID_ARGUMENT")
    oversize = await served.http.post("/api/auth/v1/login", content=b" " * 1_100_000, headers=json_type)
    problem(oversize, 413, "BODY_TOO_LARGE")
    totp = await served.http.post("/api/auth/v1/login", json={"email": "a@b.de", "password": "x", "totp": "123456"})
    assert problem(totp, 422, "INVALID_ARGUMENT")["errors"][0]["pointer"] == "/totp"


async def test_an_address_registers_once_whatever_its_case(served: Served) -> None:
    _, email = await served.registered()
    body = {"email": email.upper(), "password": PASSWORD, "display_name": "Eve"}
    problem(await served.http.post("/api/auth/v1/register", json=body), 409, "EMAIL_TAKEN")


async def test_forged_and_expired_tokens_are_refused(served: Served) -> None:
    _, email = await served.registered()
    token = (await served.signed_in(email))["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    key_id = jwt.get_unverified_header(token)["kid"]
    jwks = (await served.http.get("/.well-known/jwks.json")).json()
    assert [key["kid"] for key in jwks["keys"]] == [key_id]
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"} for key in jwks["keys"])

    public_key = jwt.PyJWK(jwks["keys"][0]).key
    public_pem = public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    forged = {
        "no signature": unsigned({"alg": "none", "kid": key_id}, claims) + ".",
        "public key as a shared secret": signed_hs256({"alg": "HS256", "kid": key_id}, claims, public_pem),
        "another user": ".".join([token.split(".")[0], encoded(claims | {"sub": "usr_other"}), token.split(".")[2]]),
        "no token": "garbage",
    }
    for what, text in forged.items():
        answer = await served.http.get("/api/auth/v1/me", headers=bearer(text))
        assert answer.status_code == 401, what
        assert problem(answer, 401, "INVALID_TOKEN")

    from stocktool_auth.adapters.secrets_manager_vault import SecretsManagerVault

    ring = await SecretsManagerVault(served.runtime.aws, "stocktool/signing-keys").read()
    assert ring is not None
    old = claims | {"exp": int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())}
    expired = jwt.encode(old, ring.keys[0].private_pem, algorithm="ES256", headers={"kid": key_id})
    problem(await served.http.get("/api/auth/v1/me", headers=bearer(expired)), 401, "TOKEN_EXPIRED")
    problem(await served.http.get("/api/auth/v1/me"), 401, "UNAUTHENTICATED")


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{encoded(header)}.{encoded(claims)}"


def signed_hs256(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    text = unsigned(header, claims)
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


async def test_an_api_key_gives_short_tokens_that_cannot_manage_the_account(served: Served) -> None:
    _, email = await served.registered()
    person = bearer((await served.signed_in(email))["access_token"])
    body = {"name": "export", "scopes": ["portfolio.read"]}
    made = await served.http.post("/api/auth/v1/api-keys", json=body, headers=person)
    assert made.status_code == 201
    text = made.json()["api_key"]

    exchanged = await served.http.post("/api/auth/v1/token", json={"api_key": text})
    assert exchanged.status_code == 200
    assert exchanged.json()["scope"] == "portfolio.read"
    program = bearer(exchanged.json()["access_token"])
    problem(await served.http.get("/api/auth/v1/sessions", headers=program), 403, "PERMISSION_DENIED")

    listed = (await served.http.get("/api/auth/v1/api-keys", headers=person)).json()["items"]
    assert [(item["name"], item["scopes"]) for item in listed] == [("export", ["portfolio.read"])]
    assert text not in json.dumps(listed)
    greedy = {"name": "x", "scopes": ["users.admin"]}
    refused = await served.http.post("/api/auth/v1/api-keys", json=greedy, headers=person)
    assert problem(refused, 422, "INVALID_ARGUMENT")["errors"][0]["pointer"] == "/scopes/0"

    key_path = f"/api/auth/v1/api-keys/{made.json()['id']}"
    assert (await served.http.delete(key_path, headers=person)).status_code == 204
    problem(await served.http.post("/api/auth/v1/token", json={"api_key": text}), 401, "BAD_API_KEY")
    problem(await served.http.delete(key_path, headers=person), 404, "API_KEY_NOT_FOUND")


@pytest.fixture
async def chat(served: Served) -> AsyncIterator[pb_grpc.AuthServiceAsyncStub]:
    async with open_channel(served.target, ServiceIdentity("chat", SecretStr(SERVICE_SECRET))) as channel:
        yield pb_grpc.AuthServiceStub(channel)


@pytest.fixture
async def rag(served: Served) -> AsyncIterator[pb_grpc.AuthServiceAsyncStub]:
    async with open_channel(served.target, ServiceIdentity("rag", SecretStr(SERVICE_SECRET))) as channel:
        yield pb_grpc.AuthServiceStub(channel)


def in_minutes(minutes: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.now(UTC) + timedelta(minutes=minutes))
    return stamp


async def test_a_grant_outlives_the_request_but_not_its_service_or_its_work(
    served: Served, chat: pb_grpc.AuthServiceAsyncStub, rag: pb_grpc.AuthServiceAsyncStub
) -> None:
    user_id, email = await served.registered()
    token = (await served.signed_in(email))["access_token"]
    work = new_id("trn")
    request = pb.DelegateRequest(work_id=work, scopes=["portfolio.read"], expires_at=in_minutes(5))
    with pytest.raises(NotFound, match="no grant"):
        await chat.Delegate(request)
    with acting_as(Caller(subject=user_id, token=token)):
        opened = await chat.Delegate(request)
    assert opened.subject == user_id
    claims = jwt.decode(opened.token, options={"verify_signature": False})
    assert claims["act"] == {"sub": "chat"}
    assert (claims["jti"], claims["scope"]) == (work, "portfolio.read")
    assert (await chat.Introspect(pb.IntrospectRequest(token=opened.token))).active

    again = await chat.Delegate(pb.DelegateRequest(work_id=work))
    assert again.scopes == ["portfolio.read"]
    with pytest.raises(PermissionDenied) as refused:
        await rag.Delegate(pb.DelegateRequest(work_id=work))
    assert refused.value.reason == "GRANT_REFUSED"
    with pytest.raises(PermissionDenied):
        await rag.CloseGrant(pb.CloseGrantRequest(work_id=work))
    with acting_as(Caller(subject=user_id, token=opened.token)), pytest.raises(NotFound):
        await chat.Delegate(pb.DelegateRequest(work_id=new_id("trn"), expires_at=in_minutes(5)))

    await chat.CloseGrant(pb.CloseGrantRequest(work_id=work))
    await chat.CloseGrant(pb.CloseGrantRequest(work_id=work))
    with pytest.raises(FailedPrecondition) as closed:
        await chat.Delegate(pb.DelegateRequest(work_id=work))
    assert closed.value.reason == "GRANT_CLOSED"
    assert not (await chat.Introspect(pb.IntrospectRequest(token=opened.token))).active


@pytest.mark.parametrize(
    ("scopes", "minutes", "reason"),
    [(["portfolio.write"], 5, "GRANT_SCOPE"), (["users.read"], 5, "GRANT_REFUSED"), ([], 90, "INVALID_ARGUMENT")],
)
async def test_grants_beyond_their_bounds_are_refused(
    served: Served, chat: pb_grpc.AuthServiceAsyncStub, scopes: list[str], minutes: float, reason: str
) -> None:
    user_id, email = await served.registered()
    token = (await served.signed_in(email))["access_token"]
    request = pb.DelegateRequest(work_id=new_id("trn"), scopes=scopes, expires_at=in_minutes(minutes))
    with acting_as(Caller(subject=user_id, token=token)), pytest.raises(StockToolError) as refused:
        await chat.Delegate(request)
    assert refused.value.reason == reason


async def test_a_token_whose_session_is_over_opens_no_grant(served: Served, chat: pb_grpc.AuthServiceAsyncStub) -> None:
    user_id, email = await served.registered()
    token = (await served.signed_in(email))["access_token"]
    assert (await chat.Introspect(pb.IntrospectRequest(token=token))).active
    assert (await served.http.post("/api/auth/v1/logout", headers=bearer(token))).status_code == 204
    assert not (await chat.Introspect(pb.IntrospectRequest(token=token))).active
    request = pb.DelegateRequest(work_id=new_id("trn"), scopes=["market.read"], expires_at=in_minutes(5))
    with acting_as(Caller(subject=user_id, token=token)), pytest.raises(PermissionDenied, match="session"):
        await chat.Delegate(request)


async def test_methods_for_services_refuse_users_and_methods_for_admins_refuse_others(served: Served) -> None:
    user_id, email = await served.registered()
    token = (await served.signed_in(email))["access_token"]
    async with open_channel(served.target, ServiceIdentity("nobody", None)) as channel:
        stub: pb_grpc.AuthServiceAsyncStub = pb_grpc.AuthServiceStub(channel)
        with pytest.raises(Unauthenticated):
            await stub.Introspect(pb.IntrospectRequest(token=token))
        with acting_as(Caller(subject=user_id, token=token)):
            with pytest.raises(PermissionDenied):
                await stub.Introspect(pb.IntrospectRequest(token=token))
            with pytest.raises(PermissionDenied):
                await stub.ListUsers(pb.ListUsersRequest())
        assert json.loads((await stub.ListSigningKeys(pb.ListSigningKeysRequest())).jwks_json)["keys"]
    forged = ServiceIdentity("chat", SecretStr("another secret, just as long as the real one"))
    async with open_channel(served.target, forged) as channel:
        stub = pb_grpc.AuthServiceStub(channel)
        with pytest.raises(Unauthenticated):
            await stub.Introspect(pb.IntrospectRequest(token=token))


async def test_an_operator_makes_an_admin_who_suspends_a_user_at_once(
    served: Served, chat: pb_grpc.AuthServiceAsyncStub
) -> None:
    admin_id, admin_email = await served.registered()
    user_id, email = await served.registered()
    async with served.browser() as browser:
        user_token = (await served.signed_in(email, browser))["access_token"]
        work = new_id("trn")
        with acting_as(Caller(subject=user_id, token=user_token)):
            await chat.Delegate(pb.DelegateRequest(work_id=work, scopes=["market.read"], expires_at=in_minutes(5)))

        aws = emulated(served.emulator.endpoint_url)
        by = "operator:tester"
        with pytest.raises(NotFound):
            await console(served.runtime.settings, aws, served.runtime.clock).grant_role(
                "no@example.com", "admin", by=by
            )
        await console(served.runtime.settings, aws, served.runtime.clock).grant_role(admin_email, "admin", by=by)
        aws.close()
        admin = await served.signed_in(admin_email)
        assert admin["user"]["roles"] == ["admin", "user"]

        with acting_as(Caller(subject=admin_id, token=admin["access_token"])):
            listed = await chat.ListUsers(pb.ListUsersRequest(page_size=500))
            assert {user_id, admin_id} <= {user.id for user in listed.users}
            assert not any("argon2" in str(user) for user in listed.users)
            read = (await chat.GetUser(pb.GetUserRequest(user_id=user_id))).user
            change = pb.UpdateUserRequest(user_id=user_id, suspended=True, expected_version=read.version)
            suspended = (await chat.UpdateUser(change)).user
            assert suspended.suspended
            with pytest.raises(StockToolError) as stale:
                await chat.UpdateUser(pb.UpdateUserRequest(user_id=user_id, suspended=False, expected_version=1))
            assert stale.value.reason == "STALE_VERSION"
            with pytest.raises(FailedPrecondition) as own:
                await chat.UpdateUser(pb.UpdateUserRequest(user_id=admin_id, suspended=True))
            assert own.value.reason == "OWN_ACCOUNT"

        problem(await browser.post("/api/auth/v1/refresh"), 401, "SESSION_ENDED")
        body = {"email": email, "password": PASSWORD}
        problem(await served.http.post("/api/auth/v1/login", json=body), 403, "USER_SUSPENDED")
        assert not (await chat.Introspect(pb.IntrospectRequest(token=user_token))).active
        with pytest.raises(PermissionDenied):
            await chat.Delegate(pb.DelegateRequest(work_id=work))

        with acting_as(Caller(subject=admin_id, token=admin["access_token"])):
            await chat.UpdateUser(pb.UpdateUserRequest(user_id=user_id, suspended=False))
        # Reinstating gives back the account, not what suspending ended.
        problem(await browser.post("/api/auth/v1/refresh"), 401, "SESSION_ENDED")
        with pytest.raises(FailedPrecondition):
            await chat.Delegate(pb.DelegateRequest(work_id=work))
    assert "user.suspended" in await served.audited(user_id)
    assert "user.reinstated" in await served.audited(user_id)
    assert "user.roles-changed" in await served.audited(admin_id)


async def test_grpc_health_tells_that_the_process_serves(served: Served) -> None:
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    async with grpc.aio.insecure_channel(served.target) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)  # the stubs know the sync one only
        answer = await health.Check(health_pb2.HealthCheckRequest())
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
