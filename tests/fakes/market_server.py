"""The real market stand-in on a free port of this process, for tests."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI
from stocktool_market.bootstrap import build
from stocktool_market.main import server_config
from stocktool_market.settings import Settings

DEMO_NOW = "2024-11-29T21:30:00Z"


@dataclass(frozen=True, slots=True)
class MarketServer:
    """A running stand-in."""

    url: str

    def fault(self, kind: str, count: int = 1_000_000, match: str = "") -> None:
        """Answer the next calls with a fault: 429, 500, timeout, garbage; `none` ends it."""
        self._put("/control/faults", {"kind": kind, "count": count, "match": match})

    def bad_print(self, symbol: str, kind: str, value: float = 1.0, *, days: int = 1, back: int = 0) -> None:
        """Put a print that cannot be a price over the real ones; `none` ends it."""
        self._put("/control/prints", {"symbol": symbol, "kind": kind, "value": value, "days": days, "back": back})

    def set_clock(self, now: str, speed: float = 0.0) -> None:
        """Set the market's now."""
        self._put("/control/clock", {"now": now, "speed": speed})

    def calls(self, part: str) -> int:
        """How many calls so far went to paths with this part in them."""
        with urllib.request.urlopen(f"{self.url}/control/calls", timeout=5) as answer:
            return sum(count for path, count in json.load(answer).items() if part in path)

    def _put(self, path: str, body: dict[str, object]) -> None:
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method="PUT",
        )
        urllib.request.urlopen(request, timeout=5).close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def market_server(now: str = DEMO_NOW, build: Callable[[Settings], FastAPI] = build) -> Iterator[MarketServer]:
    """Run the stand-in until the block ends; another `build` puts it together otherwise."""
    settings = Settings(now=now, allow_faults=True, http_port=0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = _Server(server_config(build(settings), settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            if not server.listening.wait(timeout=30):
                raise RuntimeError("the market stand-in did not start")
            yield MarketServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(timeout=10)
