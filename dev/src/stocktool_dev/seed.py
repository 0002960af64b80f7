"""The demo: two users, a portfolio and a document, made through the public API as anybody would make them.

Each step looks before it makes and carries a key of its own, so that planting again changes nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx

from stocktool_dev import emulator, vault
from stocktool_dev.evaluation.asking import MeshFailed, signed_in
from stocktool_dev.evaluation.keeping import PATH as EVALUATIONS
from stocktool_dev.evaluation.keeping import AdminKeeper, NotKept, kept
from stocktool_dev.layout import Layout
from stocktool_dev.patience import patiently

DEMO = "demo@stocktool.local"
ADMIN = "admin@stocktool.local"
_FOLDER = emulator.ROOT / "dev" / "demo"
PORTFOLIO = _FOLDER / "portfolio.json"
DOCUMENT = _FOLDER / "about-these-prices.md"
_PATIENCE_SECONDS = 30.0
_REPORTS = 50  # as many as are brought back

Say = Callable[[str], None]


class SeedFailed(Exception):
    """The mesh refused a part of the demo; the message carries its answer."""


def plant(layout: Layout, secrets: vault.Secrets, *, say: Say) -> None:
    """Make what is missing of the demo, through the edge of the mesh on this machine.

    Raises:
        SeedFailed: The mesh answered something else than it should.
    """
    chosen = json.loads((layout.state / "ports.json").read_text())
    plant_at(
        f"http://127.0.0.1:{layout.port}",
        f"localhost:{layout.port}",
        secrets,
        Operator(layout.binaries, emulator.credentials(f"http://127.0.0.1:{chosen['emulator']}")),
        say=say,
    )
    _evaluations(layout, secrets, say)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who may run the operator's commands.

    Attributes:
        binaries: Folder of the console scripts.
        environment: Where AWS is, and the credentials for it.
    """

    binaries: Path
    environment: Mapping[str, str]


def plant_at(url: str, host: str, secrets: vault.Secrets, operator: Operator, *, say: Say) -> None:
    """Make what is missing of the demo, through the edge at `url`, which browsers know as `host`.

    Raises:
        SeedFailed: The mesh answered something else than it should.
    """
    with httpx.Client(base_url=url, timeout=20, headers={"host": host}) as client:
        admin = _user(client, ADMIN, secrets.admin_password, "Admin", say)
        with _made_admin(operator, admin["user"]["roles"], say):  # the command takes seconds to load: beside the rest
            demo = _user(client, DEMO, secrets.demo_password, "Demo", say)
            client.headers["authorization"] = f"Bearer {demo['access_token']}"
            _portfolio(client, json.loads(PORTFOLIO.read_text()), say)
            _document(client, DOCUMENT, say)


def _evaluations(layout: Layout, secrets: vault.Secrets, say: Say) -> None:
    """Give the admin service the reports of evaluations that this machine has kept and it has not."""
    reports = kept(layout.state / "evaluations")[-_REPORTS:]
    if not reports:
        return
    try:
        with signed_in(f"http://127.0.0.1:{layout.port}", ADMIN, secrets.admin_password) as client:
            newest = client.get(EVALUATIONS, params={"page_size": 1}).raise_for_status().json()["items"]
            if newest and newest[0]["id"] >= reports[-1]["id"]:
                return
            keeper = AdminKeeper(client)
            for report in reports:
                keeper.keep(report)
    except (NotKept, MeshFailed, httpx.HTTPError) as error:
        raise SeedFailed(f"reports of evaluations: {error}") from error
    say(f"brought {len(reports)} reports of evaluations back")


def _told(response: httpx.Response, *expected: int) -> Any:
    """The body of an answer that has one of the expected statuses."""
    if response.status_code not in expected:
        request = response.request
        raise SeedFailed(f"{request.method} {request.url.path} answered {response.status_code}: {response.text[:800]}")
    return response.json() if response.content else None


def _again(ask: Callable[[], httpx.Response]) -> httpx.Response:
    return patiently(ask, _PATIENCE_SECONDS)


def _user(client: httpx.Client, email: str, password: str, name: str, say: Say) -> Mapping[str, Any]:
    """Sign in, registering first if nobody has the address."""
    credentials = {"email": email, "password": password}
    signed_in = _again(lambda: client.post("/api/auth/v1/login", json=credentials))
    if signed_in.status_code == httpx.codes.UNAUTHORIZED:
        registered = client.post("/api/auth/v1/register", json={**credentials, "display_name": name})
        if registered.status_code == httpx.codes.CONFLICT:
            raise SeedFailed(
                f"{email} exists with another password than the one in {vault.PASSWORD_VARIABLE} or secrets.json; "
                "start with the old one, or afresh: `make down PURGE=1` and `make up`"
            )
        _told(registered, 201)
        say(f"registered {email}")
        signed_in = _again(lambda: client.post("/api/auth/v1/login", json=credentials))
    body: Mapping[str, Any] = _told(signed_in, 200)
    return body


@contextmanager
def _made_admin(operator: Operator, roles: Sequence[str], say: Say) -> Iterator[None]:
    """Give the admin user the role by the operator's command, since nobody can give it through the API yet."""
    if "admin" in roles:
        yield
        return
    with subprocess.Popen(
        [str(operator.binaries / "stocktool-auth"), "grant-role", "--email", ADMIN, "--role", "admin"],
        env=dict(os.environ) | dict(operator.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as command:
        yield
        said, _ = command.communicate()
    if command.returncode:
        raise SeedFailed(f"the role admin could not be given: {said.strip()}")
    say(f"{ADMIN} has the role admin")


def _key() -> dict[str, str]:
    """A key for one run: a repeat after 503 has one effect, and what a person deleted can be planted again."""
    return {"idempotency-key": f"demo-{token_hex(8)}"}


def _portfolio(client: httpx.Client, wanted: Mapping[str, Any], say: Say) -> None:
    """Make the portfolio and its ledger, unless they are there."""
    listed = _told(_again(lambda: client.get("/api/stock/v1/portfolios")), 200)["items"]
    found = next((each for each in listed if each["name"] == wanted["name"]), None)
    if found is None:
        body = {key: wanted[key] for key in ("name", "base_currency", "accounts")}
        key = _key()
        found = _told(_again(lambda: client.post("/api/stock/v1/portfolios", json=body, headers=key)), 200, 201)
        say(f"made the portfolio {wanted['name']!r}")
    path = f"/api/stock/v1/portfolios/{found['id']}/transactions"
    if _told(client.get(path, params={"page_size": 1}), 200)["items"]:
        return
    accounts = {account["name"]: account["id"] for account in found["accounts"]}
    items = [
        {key: value for key, value in entry.items() if key != "account"} | {"account_id": accounts[entry["account"]]}
        for entry in wanted["transactions"]
    ]
    ledger_key = _key()
    _told(_again(lambda: client.post(path, json={"items": items}, headers=ledger_key)), 200, 201)
    say(f"booked {len(items)} transactions")


def _document(client: httpx.Client, path: Path, say: Say) -> None:
    """Upload the document, unless it is there."""
    listed = _told(_again(lambda: client.get("/api/rag/v1/documents")), 200)["items"]
    if any(each["name"] == path.name for each in listed):
        return
    key = _key()
    stored = _again(
        lambda: client.post(
            "/api/rag/v1/documents",
            files={"file": (path.name, path.read_bytes(), "text/markdown")},
            data={"collection": "private"},
            headers=key,
        )
    )
    _told(stored, 200, 202)
    say(f"uploaded {path.name}")
