"""Uvicorn inside a process that has other servers and handles its own signals."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from stocktool_kit.config import TlsSettings
from stocktool_kit.http.websocket import SocketProtocol

# Longer than the edge keeps an idle connection, so that it is never the server that closes one under a request.
_KEEP_ALIVE_SECONDS = 120


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield


class HttpServer:
    """One HTTP listener; `port` is known once it is made, whatever was asked for."""

    def __init__(
        self, app: ASGIApp, host: str, port: int, *, tls: TlsSettings | None = None, drain_seconds: float = 15
    ) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            ws=SocketProtocol,
            ws_ping_interval=None,  # the socket's own protocol pings
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,  # a window per socket, and a millisecond per thousand small messages
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(drain_seconds),
            backlog=512,
            ssl_certfile=str(tls.certificate) if tls else None,
            ssl_keyfile=str(tls.key) if tls else None,
            ssl_ca_certs=str(tls.ca) if tls else None,
            ssl_cert_reqs=ssl.CERT_REQUIRED if tls else ssl.CERT_NONE,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen, and return once connections are taken."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name="http")
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait([listening, self._task], return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if self._task.done():
            await self._task

    async def stop(self) -> None:
        """Take no new connection, let requests in flight end, close the rest when the drain time is over."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
