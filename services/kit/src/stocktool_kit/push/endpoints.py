"""The pods behind a gRPC target, as addresses that can be called one by one."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import structlog

log = structlog.get_logger()

REFRESH_SECONDS = 10.0


class Endpoints:
    """Resolves a target now and then; while the resolver fails, the last answer holds.

    Args:
        target: `dns:///stock-headless:9000`, `127.0.0.1:9000`, or several of them with commas between.
        refresh_seconds: Age at which an answer is renewed.
    """

    def __init__(self, target: str, refresh_seconds: float = REFRESH_SECONDS) -> None:
        self._target = target
        self._refresh_seconds = refresh_seconds
        self._known: tuple[str, ...] = ()
        self._asked_at: float | None = None
        self._asking = asyncio.Lock()

    async def current(self) -> tuple[str, ...]:
        """The addresses, sorted; empty when none is known."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if self._asked_at is None or now - self._asked_at >= self._refresh_seconds:
                self._asked_at = now
                try:
                    self._known = await self._resolve()
                except OSError as error:
                    log.warning("endpoints_not_resolved", target=self._target, detail=str(error))
        return self._known

    async def _resolve(self) -> tuple[str, ...]:
        found: set[str] = set()
        for part in self._target.split(","):
            host, _, port = part.strip().removeprefix("dns:///").removeprefix("ipv4:").rpartition(":")
            if _is_address(host):
                found.add(f"{host}:{port}")
                continue
            loop = asyncio.get_running_loop()
            answers = await loop.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
            # One address per pod: a name with both families would count each pod twice.
            family = socket.AF_INET if any(answer[0] == socket.AF_INET for answer in answers) else socket.AF_INET6
            for answer in answers:
                if answer[0] == family:
                    address = str(answer[4][0])
                    found.add(f"[{address}]:{port}" if family == socket.AF_INET6 else f"{address}:{port}")
        return tuple(sorted(found))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
