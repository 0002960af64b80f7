"""`make bench`: starts a mesh of its own, measures it, and prints one JSON line per figure.

Ratios are of one run on one machine: the baseline is measured beside the value, request by request in turn.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from stocktool_dev import edge_config, launch, status, vault
from stocktool_dev.emulator import free_port
from stocktool_dev.layout import Layout
from stocktool_dev.own_mesh import MeshRefused, mesh_of_its_own
from stocktool_dev.seed import DEMO
from stocktool_dev.supervision import Supervisor

QUOTES = "/api/stock/v1/quotes"
QUESTION = "How did I do this year against SPY, and how risky is it?"
_REQUESTS = 300
_QUESTIONS = 15
_BARE = """
import sys
import uvicorn
from fastapi import FastAPI, Response
body = open(sys.argv[1], "rb").read()
app = FastAPI()
@app.get("/api/stock/v1/quotes")
async def quotes() -> Response:
    return Response(body, media_type="application/json")
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
"""


class BenchFailed(Exception):
    """Something to be measured did not work."""


def emit(name: str, value: float, unit: str, baseline: float | None = None) -> None:
    """Print one result; the ratio is value to baseline."""
    ratio = round(value / baseline, 3) if baseline else None
    line = {"name": name, "value": round(value, 3), "unit": unit, "baseline": baseline and round(baseline, 3)}
    print(json.dumps({**line, "ratio": ratio}), flush=True)


@contextmanager
def own_mesh() -> Iterator[Layout]:
    """Start a mesh of its own, and emit how long that took."""
    before = time.monotonic()
    try:
        with mesh_of_its_own() as layout:
            emit("up_warm", time.monotonic() - before, "s")
            yield layout
    except MeshRefused as error:
        raise BenchFailed(str(error)) from error


@contextmanager
def started(*command: str, port: int, path: str, **environment: str) -> Iterator[None]:
    """Run a helper process until the block ends; it is up when it answers on `path`."""
    process = subprocess.Popen(command, env=dict(os.environ) | environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not status.answers(port, path)[0]:
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchFailed(f"{command[0]} did not start")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def signed_in(layout: Layout, *, timeout_seconds: float = 30) -> Iterator[httpx.Client]:
    """A client of a mesh with the demo user signed in."""
    secrets = vault.load(layout.state / "secrets.json")
    with httpx.Client(base_url=f"http://127.0.0.1:{layout.port}", timeout=timeout_seconds) as client:
        answer = client.post("/api/auth/v1/login", json={"email": DEMO, "password": secrets.demo_password})
        client.headers["authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
        yield client


def ended(measure: Callable[[], None]) -> int:
    """Run benchmarks, and give the exit status; what failed is told, and what was started goes with a SIGTERM too."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        measure()
    except (BenchFailed, httpx.HTTPError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def cached_quote(layout: Layout, client: httpx.Client) -> None:
    """A cached quote through the edge against a bare route with the same bytes behind the same Envoy."""
    ports = json.loads((layout.state / "ports.json").read_text())
    parameters = {"symbols": "AAPL"}
    body = client.get(QUOTES, params=parameters).raise_for_status().content
    (layout.state / "quote.json").write_bytes(body)
    bare_port, edge_port, envoy_admin = free_port(), free_port(), free_port()
    beside = Layout(layout.root, layout.state / "bare", edge_port)
    beside.state.mkdir()
    edge_config.render(beside, ports | {"stock.http": bare_port, "edge.admin": envoy_admin})
    envoy = (str(layout.binaries / "envoy"), "-c", str(edge_config.configuration(beside)), "--concurrency", "1")
    bare = (sys.executable, "-c", _BARE, str(layout.state / "quote.json"), str(bare_port))
    with (
        started(*bare, port=bare_port, path=QUOTES),
        started(*envoy, "--disable-hot-restart", "-l", "error", port=edge_port, path="/healthz"),
        httpx.Client(base_url=f"http://127.0.0.1:{edge_port}", headers=client.headers) as other,
    ):
        mesh_ms, bare_ms = [], []
        for number in range(_REQUESTS + 30):
            pair = _timed(client, parameters), _timed(other, parameters)
            if number >= 30:  # the first ones open connections and fill caches
                mesh_ms.append(pair[0])
                bare_ms.append(pair[1])
            time.sleep(0.02)  # below the user's rate limit
    emit("quote_cached_p50", statistics.median(mesh_ms), "ms", statistics.median(bare_ms))
    emit("quote_cached_p99", statistics.quantiles(mesh_ms, n=100)[98], "ms", statistics.quantiles(bare_ms, n=100)[98])


def _timed(client: httpx.Client, parameters: dict[str, str]) -> float:
    before = time.perf_counter()
    client.get(QUOTES, params=parameters).raise_for_status()
    return (time.perf_counter() - before) * 1000


def events(client: httpx.Client, address: str) -> Iterator[tuple[str, Any]]:
    """The events of a turn as they come: name and data."""
    name = ""
    with client.stream("GET", address, timeout=60) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                yield name, json.loads(line.removeprefix("data:"))


def first_text(client: httpx.Client) -> None:
    """From the question to the first word of the answer, tools included; and to its end."""
    first_ms, whole_ms = [], []
    for number in range(_QUESTIONS):
        conversation = client.post("/api/chat/v1/conversations", json={}).raise_for_status().json()["id"]
        path = f"/api/chat/v1/conversations/{conversation}/turns"
        before = time.perf_counter()
        turn = client.post(path, json={"text": QUESTION}).raise_for_status().json()["turn_id"]
        first = None
        for name, data in events(client, f"{path}/{turn}/events"):
            if name == "text.delta" and first is None:
                first = (time.perf_counter() - before) * 1000
            if name in {"turn.failed", "turn.stopped"}:
                raise BenchFailed(f"the question ended with {name}: {data}")
            if name == "turn.completed":
                break
        if first is None:
            raise BenchFailed("the answer has no text")
        if number:  # the first one warms the caches
            first_ms.append(first)
            whole_ms.append((time.perf_counter() - before) * 1000)
    emit("first_text_p50", statistics.median(first_ms), "ms", 400.0)
    emit("whole_answer_p50", statistics.median(whole_ms), "ms")


def memory(layout: Layout) -> None:
    """PSS of the whole mesh after questions and an upload (the demo's document), against the limit of 2 GB."""
    supervisor = Supervisor(layout)
    pid = int((layout.state / "supervisor.pid").read_text())
    table = status.rows(launch.table(layout), supervisor.states(), pid)
    emit("mesh_pss", sum(row.memory_bytes for row in table) / 1e6, "MB", 2000.0)


def measure() -> None:
    """Run every benchmark."""
    with own_mesh() as layout:
        with signed_in(layout) as client:
            cached_quote(layout, client)
            first_text(client)
        memory(layout)


if __name__ == "__main__":
    sys.exit(ended(measure))
