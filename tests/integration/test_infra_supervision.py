"""The laptop plane's supervisor, with small programs of our own under it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from stocktool_dev import leftovers, ports
from stocktool_dev.layout import Layout
from stocktool_dev.processes import Program
from stocktool_dev.status import answers
from stocktool_dev.supervision import Supervisor

from tests.eventually import eventually

SERVE = (
    "import http.server, signal, sys;"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0));"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()"
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path, tmp_path / "state", 1)
    made.create()
    return made


@pytest.fixture
def programs() -> list[Program]:
    chosen = ports.pick(2)
    return [
        Program(name, (sys.executable, "-c", SERVE, str(port)), (port, "/"), number, {"NAME": '{"json": "100%"}'})
        for number, (name, port) in enumerate(zip(("first", "second"), chosen, strict=True))
    ]


@pytest.fixture
def supervisor(layout: Layout, programs: list[Program]) -> Iterator[Supervisor]:
    made = Supervisor(layout)
    made.start(programs, os.environ)
    yield made
    leftovers.end(leftovers.find(layout))


def pid_of(supervisor: Supervisor, name: str) -> int:
    return next(state.pid for state in supervisor.states() if state.name == name)


def test_nothing_runs_until_it_is_asked_to(supervisor: Supervisor) -> None:
    assert {state.state for state in supervisor.states()} == {"STOPPED"}


async def test_killed_program_is_started_again(supervisor: Supervisor, programs: list[Program]) -> None:
    supervisor.start_programs(["first"])
    await eventually(lambda: answers(*programs[0].ready)[0])
    killed = pid_of(supervisor, "first")
    os.kill(killed, signal.SIGKILL)
    await eventually(lambda: pid_of(supervisor, "first") not in {0, killed} and answers(*programs[0].ready)[0])


async def test_program_gets_its_environment_and_the_mark(supervisor: Supervisor, layout: Layout) -> None:
    supervisor.start_programs(["first"])
    await eventually(lambda: pid_of(supervisor, "first") != 0)
    process = psutil.Process(pid_of(supervisor, "first"))
    await eventually(lambda: process.environ().get("NAME") == '{"json": "100%"}')
    assert process.pid in {found.pid for found in leftovers.find(layout)}


async def test_stopping_leaves_no_process(supervisor: Supervisor, programs: list[Program], layout: Layout) -> None:
    supervisor.start_programs([program.name for program in programs])
    await eventually(lambda: all(answers(*program.ready)[0] for program in programs))
    supervisor.stop_programs(["second"])
    assert pid_of(supervisor, "second") == 0
    supervisor.stop_programs(["first", "second"])
    supervisor.shut_down()
    assert not supervisor.is_running()
    assert leftovers.find(layout) == []


async def test_children_of_a_killed_supervisor_are_found_and_ended(
    supervisor: Supervisor, programs: list[Program], layout: Layout
) -> None:
    supervisor.start_programs([program.name for program in programs])
    await eventually(lambda: all(answers(*program.ready)[0] for program in programs))
    os.kill(int((layout.state / "supervisor.pid").read_text()), signal.SIGKILL)
    await eventually(lambda: len(leftovers.find(layout)) == 2)
    assert leftovers.end(leftovers.find(layout)) == []
    assert leftovers.find(layout) == []
    assert not supervisor.is_running()
