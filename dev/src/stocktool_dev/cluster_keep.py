"""The keeper beside the emulator in a cluster: it deploys the infrastructure and plants the demo after each start.

The emulator forgets everything but objects when it is killed, so the keeper looks for what was deployed. The pod is
ready while that is there; the demo follows once the services, which wait for it, answer.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from stocktool_dev import seed, vault

HEALTH_PORT = 4567
_LOOK_SECONDS = 2.0
_PATIENCE_LINES = 5


class Keeper:
    """Keeps one emulator furnished.

    Args:
        environment: AWS_* for the emulator; STOCKTOOL_SEED_URL, empty for no demo, _ORIGIN, _DEMO_PASSWORD and
            _ADMIN_PASSWORD.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.ready = False
        self._planted = False

    def look(self) -> None:
        """One round: deploy if the stack is not there, plant if the demo was not planted since."""
        if not self.ready or not self._stack_is_there():
            self._planted = False
            self.ready = self._deploy()
        if self.ready and not self._planted:
            self._planted = self._plant()

    def _stack_is_there(self) -> bool:
        """Asked of a queue's existence by the cheapest call: the emulator's own health says nothing about a restart."""
        try:
            found = _aws(self._environment).list_queues(QueueNamePrefix="analysis-queue").get("QueueUrls", [])
        except Exception:  # down, starting or empty: the next round deploys
            self.ready = False
            return False
        self.ready = bool(found)
        return self.ready

    def _deploy(self) -> bool:
        done = subprocess.run(
            [sys.executable, "-m", "stocktool_infra.main", "deploy"],
            env=dict(self._environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print("keeper: " + " | ".join(done.stderr.strip().splitlines()[-_PATIENCE_LINES:]), flush=True)
            return False
        print(f"keeper: {done.stdout.strip().splitlines()[-1]}", flush=True)
        return True

    def _plant(self) -> bool:
        given = self._environment
        url = given.get("STOCKTOOL_SEED_URL", "")
        if not url:
            return True
        if not _answers(url):
            return False  # the services wait for us; nothing to say yet
        secrets = vault.Secrets("", given["STOCKTOOL_SEED_DEMO_PASSWORD"], given["STOCKTOOL_SEED_ADMIN_PASSWORD"])
        operator = seed.Operator(Path(sys.executable).parent, given)
        host = urlsplit(given["STOCKTOOL_SEED_ORIGIN"]).netloc
        try:
            seed.plant_at(url, host, secrets, operator, say=lambda line: print(f"keeper: {line}", flush=True))
        except (seed.SeedFailed, httpx.HTTPError) as error:
            print(f"keeper: the demo is not planted yet: {error}", flush=True)
            return False
        print("keeper: the demo is there", flush=True)
        return True


def _aws(environment: Mapping[str, str]) -> Any:
    import boto3  # noqa: PLC0415 - `make status` and its like need none of it
    from botocore.config import Config  # noqa: PLC0415

    quick = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 1})
    return boto3.client(
        "sqs", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name=environment["AWS_REGION"], config=quick
    )


def _answers(url: str) -> bool:
    """Whether the whole mesh is ready behind the edge."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=3)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def serve_health(keeper: Keeper, port: int = HEALTH_PORT) -> ThreadingHTTPServer:
    """`/livez` and `/readyz` of the keeper, in a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            well = self.path == "/livez" or (self.path == "/readyz" and keeper.ready)
            self.send_response(200 if well else 503)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's name
            """Say nothing of probes."""

    server = ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def run() -> int:
    """Keep until SIGTERM."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    keeper = Keeper(dict(os.environ))
    server = serve_health(keeper)
    while not stopping.is_set():
        started = time.monotonic()
        keeper.look()
        stopping.wait(max(0.0, _LOOK_SECONDS - (time.monotonic() - started)))
    server.shutdown()
    return 0
