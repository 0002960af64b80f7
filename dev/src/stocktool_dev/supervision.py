"""The supervisor: its configuration rendered from the process table, its start, and its control over a Unix socket."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport  # type: ignore[import-untyped]  # it ships no types

from stocktool_dev.layout import MARK, Layout
from stocktool_dev.processes import Program

_START_SECONDS = 15.0
_WITHOUT_WAITING = False  # positional on the wire


class SupervisorFailed(Exception):
    """The supervisor did not start or did not obey."""


def _escaped(text: str) -> str:
    """Supervisor expands `%` in every value."""
    return text.replace("%", "%%")


def render(layout: Layout, programs: Sequence[Program]) -> str:
    """The supervisor's configuration file: every program restarted when it ends, none started before it is asked to."""
    socket = _escaped(str(layout.socket))
    lines = [
        "; Written by `make up` from dev/src/stocktool_dev/processes.py; changes here are lost.",
        "[unix_http_server]",
        f"file={socket}",
        "chmod=0600",
        "[supervisord]",
        f"directory={_escaped(str(layout.root))}",
        f"logfile={_escaped(str(layout.logs / 'supervisor.log'))}",
        "logfile_maxbytes=2MB",
        "logfile_backups=1",
        f"pidfile={_escaped(str(layout.state / 'supervisor.pid'))}",
        f"childlogdir={_escaped(str(layout.logs))}",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        "[supervisorctl]",
        f"serverurl=unix://{socket}",
    ]
    for program in programs:
        environment = ",".join(f"{key}={_quoted(value)}" for key, value in sorted(program.environment.items()))
        lines += [
            f"[program:{program.name}]",
            f"command={_escaped(shlex.join(program.command))}",
            f"environment={_escaped(environment)}",
            f"priority={program.priority}",
            "autostart=false",
            "autorestart=true",
            "startsecs=1",
            "startretries=30",
            f"stopwaitsecs={program.stop_seconds}",
            "stopsignal=TERM",
            "stopasgroup=false",  # a program hands the signal to its own children in its own order
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_escaped(str(layout.logs / (program.name + '.log')))}",
            "stdout_logfile_maxbytes=5MB",
            "stdout_logfile_backups=2",
        ]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    """Supervisor knows no escapes: a value is quoted by the mark it does not hold, and loses marks at its ends."""
    mark = "'" if '"' in value else '"'
    if mark in value or "\n" in value or value.strip("'\"") != value:
        raise SupervisorFailed(f"the supervisor cannot carry these quotes or line ends in a variable: {value!r}")
    return f"{mark}{value}{mark}"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the supervisor knows of one program."""

    name: str
    state: str
    pid: int
    description: str
    started_at: int
    failure: str


class Supervisor:
    """Control of one mesh's supervisor."""

    def __init__(self, layout: Layout) -> None:
        """Talk to the supervisor of `layout`, which need not run yet."""
        self._layout = layout

    def _ask(self, method: str, *arguments: object) -> Any:
        """One call; the connection is not kept, since the supervisor may end between two."""
        transport = SupervisorTransport(None, None, f"unix://{self._layout.socket}")
        try:
            proxy: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(proxy.supervisor, method)(*arguments)
        finally:
            transport.close()

    @property
    def configuration(self) -> Path:
        """The rendered configuration file."""
        return self._layout.state / "supervisord.conf"

    def is_running(self) -> bool:
        """True if a supervisor answers on the socket."""
        if not self._layout.socket.exists():
            return False
        try:
            return bool(self._ask("getState")["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def start(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        """Start the supervisor, with no program running yet.

        Raises:
            SupervisorFailed: It does not come up; the message ends with its log.
        """
        self.configuration.write_text(render(self._layout, programs))
        self.configuration.chmod(0o600)
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.configuration)],
            env={**environment, MARK: str(self._layout.state)},
            cwd=self._layout.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SupervisorFailed(f"the supervisor did not start: {(done.stdout + done.stderr).strip()}")
        deadline = time.monotonic() + _START_SECONDS
        while not self.is_running():
            if time.monotonic() > deadline:
                raise SupervisorFailed(f"the supervisor does not answer; see {self._layout.logs / 'supervisor.log'}")
            time.sleep(0.05)

    def start_programs(self, names: Sequence[str]) -> None:
        """Begin to start programs; their readiness is watched elsewhere."""
        for name in names:
            try:
                self._ask("startProcess", name, _WITHOUT_WAITING)
            except xmlrpc.client.Fault as fault:
                if "ALREADY_STARTED" not in fault.faultString:
                    raise SupervisorFailed(f"{name}: {fault.faultString}") from fault

    def stop_programs(self, names: Sequence[str]) -> None:
        """Stop several programs side by side and wait for all of them."""
        pending = set(names)
        for name in names:
            try:
                self._ask("stopProcess", name, _WITHOUT_WAITING)
            except xmlrpc.client.Fault as fault:
                if "NOT_RUNNING" not in fault.faultString:
                    raise SupervisorFailed(f"{name}: {fault.faultString}") from fault
        while pending & {each.name for each in self.states() if each.pid}:
            time.sleep(0.05)

    def states(self) -> list[ProcessState]:
        """Every program's state, in the order of the configuration."""
        return [
            ProcessState(
                each["name"], each["statename"], each["pid"], each["description"], each["start"], each["spawnerr"]
            )
            for each in self._ask("getAllProcessInfo")
        ]

    def shut_down(self) -> None:
        """End the supervisor; its programs are stopped first if they still run."""
        pid = self._ask("getPID")
        self._ask("shutdown")
        while _is_alive(pid):
            time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
