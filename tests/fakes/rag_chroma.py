"""A real Chroma server on a free port, for tests."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class ChromaServer:
    """A server of one test session; `stop` and `start` stand for outages."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = Path(sys.executable).with_name("chroma")
        arguments = ["run", "--host", "127.0.0.1", "--port", str(self.port), "--path", str(self.folder)]
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen([str(program), *arguments], stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.folder / "log.txt").read_text(errors="replace")[-2000:])
            self._pause()

    def stop(self) -> None:
        """Stop it in an orderly way."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=15)
            self.process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def _pause(self) -> None:
        assert self.process is not None
        try:
            self.process.wait(timeout=0.1)  # a pause that ends at once when the server does
        except subprocess.TimeoutExpired:
            return


@contextmanager
def chroma_server(folder: Path) -> Iterator[ChromaServer]:
    """Run a server that keeps its files in a folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = ChromaServer(folder, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
