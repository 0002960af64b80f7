"""`make status`: what runs, whether it is well, and what it costs in memory."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psutil

from stocktool_dev.processes import Program
from stocktool_dev.supervision import ProcessState

_MEGABYTE = 1024 * 1024


def answers(port: int, path: str, timeout: float = 2.0) -> tuple[bool, str]:
    """Ask a program whether it is ready: 200 on `path`, or an accepted connection where it has no path."""
    if not path:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=timeout):
                return True, ""
        except OSError as error:
            return False, error.strerror or str(error)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read(4096).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return False, str(error) or type(error).__name__
    finally:
        connection.close()
    return response.status == http.HTTPStatus.OK, body


def proportional_bytes(process: psutil.Process) -> int:
    """Memory of one process with shared pages divided among their users; on macOS what is its own alone."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", 0) or full.uss)


def family_bytes(pid: int) -> int:
    """Memory of a process and everything below it; 0 once it is gone."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = 0
    for process in family:
        try:
            total += proportional_bytes(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return total


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    pid: int
    state: str
    health: str
    memory_bytes: int
    uptime: str


def rows(programs: Sequence[Program], states: Iterable[ProcessState], supervisor_pid: int) -> list[Row]:
    """Ask every program."""
    known = {state.name: state for state in states}
    table = []
    for program in programs:
        state = known.get(program.name)
        if state is None or not state.pid:
            table.append(Row(program.name, 0, state.state if state else "ABSENT", "down", 0, ""))
            continue
        ready, _ = answers(*program.ready)
        uptime = state.description.rpartition("uptime ")[2]
        health = "ready" if ready else "not ready"
        table.append(Row(program.name, state.pid, state.state, health, family_bytes(state.pid), uptime))
    own = proportional_bytes(psutil.Process(supervisor_pid))
    table.append(Row("supervisor", supervisor_pid, "RUNNING", "ready", own, ""))
    return table


def show(table: Sequence[Row]) -> None:
    """Print the table with its total."""
    print(f"{'process':<22} {'pid':>8}  {'state':<9} {'health':<10} {'PSS MB':>8}  uptime")
    for row in table:
        pid = str(row.pid or "-")
        memory = f"{row.memory_bytes / _MEGABYTE:8.1f}"
        print(f"{row.name:<22} {pid:>8}  {row.state:<9} {row.health:<10} {memory}  {row.uptime}")
    print(f"{'total':<22} {'':>8}  {'':<9} {'':<10} {sum(row.memory_bytes for row in table) / _MEGABYTE:8.1f}")
