"""What can be wrong with a machine or a checkout, each with its cure; the quick ones are asked before every start."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from stocktool_dev import emulator, leftovers
from stocktool_dev.layout import Layout
from stocktool_dev.ports import is_free
from stocktool_dev.supervision import Supervisor

_NEEDED_DISK_BYTES = 1_500_000_000
_NEEDED_MEMORY_BYTES = 2_500_000_000
_OLDEST_GLIBC = (2, 31)
_OLDEST_MACOS = 15


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of the doctor.

    Attributes:
        name: What was looked at.
        ok: False if it has to be cured.
        detail: What was found.
        cure: What to do; empty when nothing has to be done.
    """

    name: str
    ok: bool
    detail: str
    cure: str = ""


def machine(system: str, processor: str, glibc: str, macos: str) -> Finding:
    """Whether the platform is one that Envoy is built for."""
    what = f"{system} {processor}"
    cure = "use Linux with glibc 2.31 or newer on x86-64, or macOS 15 or newer on Apple silicon"
    if system == "Linux" and processor in {"x86_64", "AMD64"}:
        version = tuple(int(part) for part in glibc.split(".")[:2] if part.isdigit())
        if version >= _OLDEST_GLIBC:
            return Finding("platform", ok=True, detail=f"{what}, glibc {glibc}")
        return Finding("platform", ok=False, detail=f"{what}, glibc {glibc or 'not found'}", cure=cure)
    if system == "Darwin" and processor == "arm64" and int(macos.split(".", maxsplit=1)[0] or 0) >= _OLDEST_MACOS:
        return Finding("platform", ok=True, detail=f"macOS {macos} {processor}")
    return Finding("platform", ok=False, detail=f"{what} {macos}".strip(), cure=cure)


def python_version(version: tuple[int, int]) -> Finding:
    """Whether this interpreter is in the supported range."""
    text = ".".join(map(str, version))
    if (3, 11) <= version < (3, 14):
        return Finding("python", ok=True, detail=text)
    return Finding("python", ok=False, detail=text, cure="install Python 3.11, 3.12 or 3.13, then `make up PYTHON=...`")


def disk(layout: Layout) -> Finding:
    """Whether the state folder's disk has room."""
    there = next(path for path in (layout.state, *layout.state.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free >= _NEEDED_DISK_BYTES:
        return Finding("disk", ok=True, detail=f"{free / 1e9:.1f} GB free for {layout.state}")
    cure = f"free {_NEEDED_DISK_BYTES / 1e9:.1f} GB, or set STOCKTOOL_STATE_DIR to another disk"
    return Finding("disk", ok=False, detail=f"only {free / 1e9:.1f} GB free for {layout.state}", cure=cure)


def memory() -> Finding:
    """Whether the mesh fits beside what runs already."""
    free = psutil.virtual_memory().available
    if free >= _NEEDED_MEMORY_BYTES:
        return Finding("memory", ok=True, detail=f"{free / 1e9:.1f} GB available")
    cure = f"close something: the mesh wants {_NEEDED_MEMORY_BYTES / 1e9:.1f} GB"
    return Finding("memory", ok=False, detail=f"only {free / 1e9:.1f} GB available", cure=cure)


def writable(name: str, folder: Path) -> Finding:
    """Whether we may write where we have to."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding(name, ok=True, detail=f"{folder} can be written")
    owner = there.owner() if hasattr(os, "getuid") else "?"
    cure = f"run `sudo chown -R $(id -un) {there}`"
    if name == "state":
        cure += ", or set STOCKTOOL_STATE_DIR to a folder of yours"
    return Finding(name, ok=False, detail=f"no permission to write {there} (it belongs to {owner})", cure=cure)


def holder(port: int) -> str:
    """Who listens on a port, as far as we may know."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        connections = []
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", 0) == port and connection.pid:
            try:
                process = psutil.Process(connection.pid)
                return f"{process.name()} (pid {process.pid}: {' '.join(process.cmdline())[:80]})"
            except psutil.Error:
                break
    return "another process, which belongs to another user or a container"


def public_port(layout: Layout, *, ours: bool) -> Finding:
    """Whether the port of the mesh is free, or held by this very mesh."""
    if ours:
        return Finding("port", ok=True, detail=f"{layout.port} is held by this mesh")
    if is_free(layout.port):
        return Finding("port", ok=True, detail=f"{layout.port} is free")
    other = layout.port + 1
    while not is_free(other) and other < 65535:
        other += 1
    cure = f"stop it, or start on another port: `make up STOCKTOOL_PORT={other}`"
    return Finding("port", ok=False, detail=f"{layout.port} is already in use by {holder(layout.port)}", cure=cure)


def tools(layout: Layout) -> Iterator[Finding]:
    """Whether everything `make up` installs is there."""
    needed = {
        "supervisor": layout.binaries / "supervisord",
        "envoy": layout.binaries / "envoy",
        "chroma": layout.binaries / "chroma",
        "emulator": layout.root / emulator.EXECUTABLE.relative_to(emulator.ROOT),
        "node": layout.root / ".tools" / "node" / "bin" / "node",
        "page": layout.root / "frontend" / "dist" / "index.html",
        "page server": layout.root / "dev" / "page" / "node_modules" / "sirv-cli" / "bin.js",
    }
    for name, path in needed.items():
        shown = path.relative_to(layout.root)
        if path.exists():
            yield Finding(name, ok=True, detail=str(shown))
        else:
            cure = "run `make up`, which installs and builds what is missing; if it does not, remove .tools and .venv"
            yield Finding(name, ok=False, detail=f"{shown} is missing", cure=cure)


def orphans(layout: Layout, *, running: bool) -> Finding:
    """Whether processes of this mesh outlived their supervisor."""
    left = [] if running else leftovers.find(layout)
    if not left:
        return Finding("leftovers", ok=True, detail="no process without a supervisor")
    named = ", ".join(f"{process.name()} ({process.pid})" for process in left)
    return Finding(
        "leftovers", ok=False, detail=f"processes of a supervisor that died: {named}", cure="run `make down`"
    )


def before_start(layout: Layout) -> list[Finding]:
    """The checks whose failure makes a start pointless."""
    return [
        machine(platform.system(), platform.machine(), platform.libc_ver()[1], platform.mac_ver()[0]),
        python_version((sys.version_info.major, sys.version_info.minor)),
        writable("state", layout.state),
        disk(layout),
        public_port(layout, ours=False),
        *tools(layout),
    ]


def everything(layout: Layout) -> list[Finding]:
    """All checks, for `make doctor`."""
    running = Supervisor(layout).is_running()
    checks: list[Callable[[], Finding]] = [
        lambda: machine(platform.system(), platform.machine(), platform.libc_ver()[1], platform.mac_ver()[0]),
        lambda: python_version((sys.version_info.major, sys.version_info.minor)),
        lambda: writable("checkout", layout.root),
        lambda: writable("state", layout.state),
        lambda: disk(layout),
        memory,
        lambda: public_port(layout, ours=running),
        lambda: orphans(layout, running=running),
    ]
    return [check() for check in checks] + list(tools(layout))


def report(findings: list[Finding]) -> int:
    """Print findings; the number of those to be cured."""
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        print(f"  {'ok ' if finding.ok else 'BAD'}  {finding.name:<{width}}  {finding.detail}")
        if finding.cure:
            print(f"       {'':<{width}}  cure: {finding.cure}")
    return sum(not finding.ok for finding in findings)
