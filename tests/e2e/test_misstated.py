"""A model that misstates one figure: the page marks that figure, and only that."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import orjson
import pytest
import uvicorn
from playwright.sync_api import Route, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route as StarletteRoute
from stocktool_dev import emulator, vault
from stocktool_dev.layout import Layout
from stocktool_dev.processes import common_environment, programs
from stocktool_dev.seed import DEMO

from tests.conftest import Mesh
from tests.e2e.conftest import QUESTION, Visitor, ports_of

_TRUE = re.compile(r"(SPY returned \*\*)(-?[\d.]+)(%)")
WRONG = "77.77"


def lying(analyst: str) -> Starlette:
    """The offline analyst, but for the benchmark's return in its final text."""

    async def responses(request: Request) -> Response:
        body = orjson.loads(await request.body())
        async with httpx.AsyncClient(timeout=30) as client:
            honest = (await client.post(f"{analyst}/responses", json=body | {"stream": False})).json()
        for item in honest["output"]:
            for part in item.get("content", ()):
                part["text"] = _TRUE.sub(rf"\g<1>{WRONG}\g<3>", part["text"])
        return StreamingResponse(_events(honest), media_type="text/event-stream")

    return Starlette(routes=[StarletteRoute("/v1/responses", responses, methods=["POST"])])


async def _events(response: dict[str, object]) -> AsyncIterator[bytes]:
    from stocktool_analyst.http.wire import events

    for event in events(response):
        yield b"event: " + event["type"].encode() + b"\ndata: " + orjson.dumps(event) + b"\n\n"


@pytest.fixture
def liar(mesh: Mesh) -> Iterator[str]:
    """Address of the misstating model."""
    analyst = f"http://127.0.0.1:{ports_of(mesh)['analyst']}/v1"
    port = emulator.free_port()
    server = uvicorn.Server(uvicorn.Config(lying(analyst), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    yield f"http://127.0.0.1:{port}/v1"
    server.should_exit = True
    thread.join()


@pytest.fixture
def other_chat(mesh: Mesh, liar: str, tmp_path: Path) -> Iterator[str]:
    """A chat process of the same mesh that asks the misstating model; gives its HTTP address."""
    layout = Layout(emulator.ROOT, mesh.state, int(mesh.origin.rpartition(":")[2]))
    known = ports_of(mesh)
    secrets = vault.load(mesh.state / "secrets.json", mesh.environment)
    own = dict(known) | {f"chat.{kind}": emulator.free_port() for kind in ("http", "grpc", "ops")}
    chat = next(program for program in programs(layout, own, secrets) if program.name == "chat")
    environment = common_environment(layout, own, os.environ) | dict(chat.environment)
    # Its own name, or spans and logs of the two would lie in one file.
    environment |= {"OPENAI_BASE_URL": liar, "STOCKTOOL_CHAT_SERVICE": "chat-other"}
    with (tmp_path / "chat.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *chat.command], env=environment, stdout=log, stderr=log)
        try:
            wait_until_ready(f"http://127.0.0.1:{own['chat.ops']}/readyz")
            yield f"http://127.0.0.1:{own['chat.http']}"
        finally:
            process.terminate()
            process.wait(30)


def wait_until_ready(url: str) -> None:
    """Ask until it answers 200."""
    transport = httpx.HTTPTransport(retries=8)  # connection attempts back off: together some 60 s
    with httpx.Client(transport=transport, timeout=5) as client:
        for _ in range(200):
            if client.get(url).status_code == httpx.codes.OK:
                return
            threading.Event().wait(0.1)
    raise AssertionError(f"{url} never answered 200")


def test_misstated_figure_is_marked(visitor: Visitor, mesh: Mesh, other_chat: str) -> None:
    page = visitor.page

    def redirect(route: Route) -> None:
        route.continue_(url=route.request.url.replace(mesh.origin, other_chat))

    page.route("**/api/chat/**", redirect)
    visitor.sign_in(DEMO, mesh.demo_password)
    visitor.open_chat()
    visitor.ask(QUESTION)
    assert f"SPY returned {WRONG}" in visitor.answer()
    article = page.get_by_role("article").last
    wrong = article.get_by_role("button", name=re.compile(r"\(unmatched\)$"))
    expect(wrong).to_have_count(1)
    expect(wrong).to_contain_text(WRONG)
    assert article.get_by_role("button", name=re.compile(r"\(matched\)$")).count() >= 8
    wrong.click()
    expect(page.get_by_role("dialog", name="Receipt")).to_contain_text("No tool result says this figure")
    visitor.look("misstated")
