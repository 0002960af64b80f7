"""`make dev`: the mesh, restarted service by service as its sources change, and the page served by Vite."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

import watchfiles

from stocktool_dev import launch
from stocktool_dev.layout import Layout
from stocktool_dev.processes import SERVICES, WORKERS

VITE_PORT = 5173
# A change here concerns every service.
_SHARED = ("kit", "contracts")
_STAND_INS = ("market", "analyst")


def affected(changed: Iterable[Path], services: Path) -> list[str]:
    """The programs to restart after these source files changed."""
    owners = {path.relative_to(services).parts[0] for path in changed if path.is_relative_to(services)}
    if owners & set(_SHARED):
        return [*_STAND_INS, *SERVICES, *WORKERS]
    ours = [name for name in (*_STAND_INS, *SERVICES) if name in owners]
    return ours + [name for name, (service, _) in WORKERS.items() if service in owners]


def develop(layout: Layout) -> int:
    """Start the mesh, then watch until Ctrl-C; the mesh stays up."""
    if status := launch.up(layout):
        return status
    services = layout.root / "services"
    node = layout.root / ".tools" / "node" / "bin"
    vite = subprocess.Popen(
        [str(node / "npm"), "run", "dev", "--", "--host", "127.0.0.1", "--port", str(VITE_PORT), "--strictPort"],
        cwd=layout.root / "frontend",
        env=dict(os.environ) | {"STOCKTOOL_PORT": str(layout.port), "PATH": f"{node}:{os.environ['PATH']}"},
        start_new_session=True,
    )
    print(
        f"\nthe page with reload: http://localhost:{VITE_PORT}\nwatching services/*/src; Ctrl-C ends this, not the mesh"
    )
    try:
        for changes in watchfiles.watch(*services.glob("*/src"), raise_interrupt=False):
            names = affected((Path(path) for _, path in changes if path.endswith(".py")), services)
            if names:
                print(f"restarting {', '.join(names)}", flush=True)
                launch.restart(layout, names)
            if vite.poll() is not None:
                break
    finally:
        if vite.poll() is None:
            os.killpg(vite.pid, signal.SIGTERM)
        vite.wait()
    return 0
