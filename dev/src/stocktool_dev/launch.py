"""`make up` and `make down`: the mesh started in order, awaited, and stopped without a trace of a process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from stocktool_dev import doctor, edge_config, leftovers, ports, seed, status, vault
from stocktool_dev.layout import Layout
from stocktool_dev.processes import STAND_INS_PRIORITY, Program, common_environment, port_names, programs
from stocktool_dev.supervision import Supervisor

# Only hung processes wait this long: those that end are noticed by their restarts.
_READY_SECONDS = 300.0
_EMULATOR_SECONDS = 120.0
_MOST_RESTARTS = 4
_LOG_LINES = 15


class StartFailed(Exception):
    """The mesh did not become ready; the message says which part, what it said last, and what to do."""


class Steps:
    """Prints each step with the seconds it took."""

    def __init__(self) -> None:
        """Start counting."""
        self._started = time.monotonic()

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step; a failed one is not printed, its error is."""
        before = time.monotonic()
        yield
        print(f"  {time.monotonic() - before:6.1f} s  {name}", flush=True)

    @property
    def total(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started


@contextlib.contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """One `up` or `down` of a mesh at a time; the second waits for the first."""
    with (layout.state / "launch.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def table(layout: Layout) -> list[Program]:
    """The process table of the running mesh, from its remembered ports and secrets."""
    remembered = json.loads((layout.state / "ports.json").read_text())
    return programs(layout, remembered, vault.load(layout.state / "secrets.json"))


def up(layout: Layout) -> int:
    """Start the mesh and wait until it answers; nothing changes if it already does."""
    refused = doctor.writable("state", layout.state)
    if not refused.ok:
        raise StartFailed(f"{refused.detail}\n  cure: {refused.cure}")
    layout.create()
    with alone(layout):
        supervisor = Supervisor(layout)
        steps = Steps()
        if supervisor.is_running():
            return _already_up(layout, supervisor, steps)
        if left := leftovers.find(layout):
            print(f"  ending {len(left)} processes that outlived their supervisor")
            leftovers.end(left)
        if wrong := [finding for finding in doctor.before_start(layout) if not finding.ok]:
            raise StartFailed("\n".join(f"{each.name}: {each.detail}\n  cure: {each.cure}" for each in wrong))
        secrets = vault.load(layout.state / "secrets.json")
        chosen = ports.allocate(layout.state / "ports.json", port_names())
        started = programs(layout, chosen, secrets)
        with steps.step("supervisor started"):
            (layout.emulator / "ready.json").unlink(missing_ok=True)
            _finished(layout).unlink(missing_ok=True)
            supervisor.start(started, common_environment(layout, chosen))
        _begin(layout, supervisor, started, steps)
        _announce(layout, secrets, f"up in {steps.total:.1f} s")
    return 0


def _begin(layout: Layout, supervisor: Supervisor, started: Sequence[Program], steps: Steps) -> None:
    with steps.step("emulator started, infrastructure deployed"):
        # What needs neither AWS nor the edge's configuration uses the other processor meanwhile.
        supervisor.start_programs([program.name for program in started if program.priority <= STAND_INS_PRIORITY])
        edge_config.render(layout, json.loads((layout.state / "ports.json").read_text()))
        _await_emulator(layout, supervisor)
    with steps.step("services ready"):
        supervisor.start_programs([program.name for program in started])
        await_ready(layout, supervisor, started)
    with steps.step("edge ready"):
        _await_edge(layout)
    with steps.step("demo data"):
        seed.plant(layout, vault.load(layout.state / "secrets.json"), say=lambda line: print(f"            {line}"))
    _finished(layout).touch()


def _finished(layout: Layout) -> Path:
    """There while the mesh was started to the end, demo and all."""
    return layout.state / "finished"


def _already_up(layout: Layout, supervisor: Supervisor, steps: Steps) -> int:
    started = table(layout)
    secrets = vault.load(layout.state / "secrets.json")
    stopped = [state.name for state in supervisor.states() if not state.pid]
    if _finished(layout).is_file() and not stopped and all(status.answers(*program.ready)[0] for program in started):
        _announce(layout, secrets, "already up: nothing changed")
        return 0
    print(f"  running, but not whole{': down are ' if stopped else ''}{', '.join(stopped)}; completing it")
    _begin(layout, supervisor, started, steps)
    _announce(layout, secrets, f"whole again in {steps.total:.1f} s")
    return 0


def _announce(layout: Layout, secrets: vault.Secrets, headline: str) -> None:
    print(f"\n{headline}\n  {layout.origin}")
    print(f"  demo@stocktool.local    {secrets.demo_password}")
    print(f"  admin@stocktool.local   {secrets.admin_password}")
    print("  make status · make logs SERVICE=chat · make down")
    print("  `make down` keeps the data in .state; a hard stop (power, kill -9) loses what the emulator held since its")
    print("  last clean stop: tables, queues and sign-ins come back as seeded, uploaded files remain.")


def _await_emulator(layout: Layout, supervisor: Supervisor) -> None:
    ready = layout.emulator / "ready.json"
    deadline = time.monotonic() + _EMULATOR_SECONDS
    while not ready.is_file():
        if time.monotonic() > deadline or _state_of("emulator", supervisor) == "FATAL":
            raise StartFailed(_trouble(layout, "emulator", "the AWS emulator is not ready"))
        time.sleep(0.1)


def _state_of(name: str, supervisor: Supervisor) -> str:
    return next((state.state for state in supervisor.states() if state.name == name), "ABSENT")


def await_ready(layout: Layout, supervisor: Supervisor, started: Sequence[Program]) -> None:
    """Wait until every program but the edge is ready.

    Raises:
        StartFailed: One keeps ending, or the time is over.
    """
    deadline = time.monotonic() + _READY_SECONDS
    seen: dict[str, set[int]] = {}
    waiting = [program for program in started if program.name != "edge"]
    told = time.monotonic()
    while waiting:
        states = {state.name: state for state in supervisor.states()}
        for program in waiting:
            state = states[program.name]
            pids = seen.setdefault(program.name, set())
            pids |= {state.pid} - {0}
            if state.state == "FATAL" or len(pids) > _MOST_RESTARTS:
                raise StartFailed(_trouble(layout, program.name, f"{program.name} keeps ending"))
        reasons = {program.name: status.answers(*program.ready) for program in waiting}
        waiting = [program for program in waiting if not reasons[program.name][0]]
        if not waiting:
            return
        if time.monotonic() > deadline:
            name = waiting[0].name
            raise StartFailed(_trouble(layout, name, f"{name} is not ready: {reasons[name][1]}"))
        if time.monotonic() - told > 10:
            print(f"            still waiting for {', '.join(program.name for program in waiting)}", flush=True)
            told = time.monotonic()
        time.sleep(0.25)  # the processors belong to those who start


def _await_edge(layout: Layout) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        ready, body = status.answers(layout.port, "/readyz")
        if ready:
            return
        if time.monotonic() > deadline:
            raise StartFailed(_trouble(layout, "edge", f"the edge does not report a ready mesh: {body[:600]}"))
        time.sleep(0.25)


def _trouble(layout: Layout, name: str, what: str) -> str:
    path = layout.logs / f"{name}.log"
    lines = path.read_text(errors="replace").splitlines()[-_LOG_LINES:] if path.is_file() else []
    said = "\n".join(f"    | {line}" for line in lines) or "    | (it logged nothing)"
    return (
        f"{what}\n  its last words, from {path}:\n{said}\n"
        "  cure: mend the cause named above and run `make up` again; `make doctor` checks the machine,\n"
        "        `make down` stops what runs, `make down PURGE=1` also forgets the state"
    )


def down(layout: Layout, *, purge: bool) -> int:
    """Stop everything in order and prove that nothing is left."""
    if not layout.state.is_dir():
        print("nothing runs here")
        return 0
    with alone(layout):
        supervisor = Supervisor(layout)
        _finished(layout).unlink(missing_ok=True)
        if supervisor.is_running():
            _stop_in_order(layout, supervisor)
        elif not leftovers.find(layout):
            print("nothing runs here")
        if left := leftovers.find(layout):
            print(f"  ending {len(left)} processes that outlived their supervisor")
            if stubborn := leftovers.end(left):
                named = ", ".join(str(process.pid) for process in stubborn)
                raise StartFailed(f"these processes do not end: {named}\n  cure: end them by hand: kill -9 {named}")
        layout.socket.unlink(missing_ok=True)
    if purge:
        shutil.rmtree(layout.state)
        print(f"removed {layout.state}")
    return 0


def _stop_in_order(layout: Layout, supervisor: Supervisor) -> None:
    steps = Steps()
    # What runs counts, not what the table says now: the checkout may have changed since the start.
    order = {program.name: program.priority for program in table(layout)}
    by_priority: dict[int, list[str]] = {}
    for state in supervisor.states():
        by_priority.setdefault(order.get(state.name, 0), []).append(state.name)
    for priority in sorted(by_priority, reverse=True):
        with steps.step(f"stopped {', '.join(by_priority[priority])}"):
            supervisor.stop_programs(by_priority[priority])
    with steps.step("stopped supervisor"):
        supervisor.shut_down()
    print(f"down in {steps.total:.1f} s")


def show_status(layout: Layout) -> int:
    """Print the table; status 1 if the mesh is not whole."""
    supervisor = Supervisor(layout)
    if not supervisor.is_running():
        print("the mesh is down; start it with `make up`")
        return 1
    pid = int((layout.state / "supervisor.pid").read_text())
    shown = status.rows(table(layout), supervisor.states(), pid)
    status.show(shown)
    return int(any(row.health != "ready" for row in shown))


def follow(layout: Layout, service: str | None) -> int:
    """Follow one program's log, or all of them."""
    known = sorted(path.stem for path in layout.logs.glob("*.log"))
    if service and service not in known:
        print(f"no log of {service!r}; there are: {', '.join(known) or 'none'}")
        return 1
    chosen: list[Path] = [layout.logs / f"{name}.log" for name in ([service] if service else known)]
    if not chosen:
        print("no logs yet; start the mesh with `make up`")
        return 1
    with contextlib.suppress(KeyboardInterrupt):
        return subprocess.run(["tail", "-n", "50", "-F", *map(str, chosen)], check=False).returncode
    return 0


def restart(layout: Layout, names: Sequence[str]) -> None:
    """Restart some programs, for `make dev`."""
    supervisor = Supervisor(layout)
    supervisor.stop_programs(names)
    supervisor.start_programs(names)
