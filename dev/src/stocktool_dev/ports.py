"""Ports of loopback, picked free at the first start and kept, so that addresses survive a restart."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path


def is_free(port: int) -> bool:
    """True if somebody could listen on `port` of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def pick(count: int) -> list[int]:
    """Distinct free ports; all are held open until the last one is found."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def allocate(path: Path, names: Iterable[str], free: Callable[[int], bool] = is_free) -> dict[str, int]:
    """Give every name a port: the one it had if that is still free, else a new one; remembered in `path`."""
    wanted = list(names)
    try:
        remembered = json.loads(path.read_text())
    except (OSError, ValueError):
        remembered = {}
    kept: dict[str, int] = {}
    for name in wanted:
        port = remembered.get(name)
        if isinstance(port, int) and port not in kept.values() and free(port):
            kept[name] = port
    missing = [name for name in wanted if name not in kept]
    new = (port for port in pick(len(missing) + len(kept)) if port not in kept.values())
    ports = {name: kept[name] if name in kept else next(new) for name in wanted}
    path.write_text(json.dumps(ports, indent=2) + "\n")
    return ports
