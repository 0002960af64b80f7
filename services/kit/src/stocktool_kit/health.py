"""Health that tells the truth: ready only while every part a process needs is.

Liveness is another question. A process that waits for a database is alive; only one that cannot recover by itself,
such as one whose worker loop ended, is not, and wants to be restarted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation

from stocktool_kit.core.clock import Clock, SystemClock, instant

log = structlog.get_logger()

Probe = Callable[[], Awaitable[None]]
"""Asks a part whether it works; raises when it does not."""

Listener = Callable[[bool], None]
"""Told of every change of the overall readiness."""


@dataclass(frozen=True, slots=True)
class Component:
    """What is known of one part, and since when."""

    ready: bool
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True)
class _Check:
    component: str
    probe: Probe
    interval_seconds: float
    timeout_seconds: float


class Health:
    """Readiness of a process, put together from its parts. All methods belong to the event loop's thread."""

    name = "health"

    def __init__(self, service: str, clock: Clock | None = None) -> None:
        self._service = service
        self._clock = clock or SystemClock()
        self._components: dict[str, Component] = {}
        self._checks: list[_Check] = []
        self._listeners: list[Listener] = []
        self._told = False
        self._draining = False
        self._fatal = ""

    @property
    def ready(self) -> bool:
        """Whether every part is, none is missing, and the process is not on its way out."""
        return (
            bool(self._components)
            and not self._draining
            and not self._fatal
            and all(component.ready for component in self._components.values())
        )

    @property
    def alive(self) -> bool:
        """Whether the process can still recover by itself."""
        return not self._fatal

    def set(self, component: str, ready: bool, detail: str = "") -> None:  # noqa: FBT001 - it is the value set
        """Say how a part is; a part not ready wants a detail."""
        before = self._components.get(component)
        if before is None or before.ready != ready:
            since = self._clock.now()
            if before is not None or not ready:
                log.info("component_changed", component=component, ready=ready, detail=detail)
        else:
            since = before.since
        self._components[component] = Component(ready, detail, since)
        self._tell()

    def check(
        self, component: str, probe: Probe, *, interval_seconds: float = 5.0, timeout_seconds: float = 2.0
    ) -> None:
        """Poll a part while `run` runs; it is not ready until its first answer."""
        self._checks.append(_Check(component, probe, interval_seconds, timeout_seconds))
        self.set(component, False, "not checked yet")  # noqa: FBT003

    def listen(self, listener: Listener) -> None:
        """Tell a listener the overall readiness now and at each change."""
        self._listeners.append(listener)
        listener(self.ready)

    def drain(self) -> None:
        """Turn not ready for good, since the process is stopping."""
        self._draining = True
        self._tell()

    def fail(self, detail: str) -> None:
        """Turn not alive for good: only a restart helps."""
        self._fatal = detail
        log.error("process_failed", detail=detail)
        self._tell()

    def snapshot(self) -> dict[str, object]:
        """The body of `/readyz`."""
        state = "failed" if self._fatal else "draining" if self._draining else "ready" if self.ready else "not_ready"
        answer: dict[str, object] = {
            "service": self._service,
            "ready": self.ready,
            "state": state,
            "components": {
                name: {"ready": part.ready, "detail": part.detail, "since": instant(part.since)}
                for name, part in sorted(self._components.items())
            },
        }
        if self._fatal:
            answer["detail"] = self._fatal
        return answer

    async def run(self, stop: asyncio.Event) -> None:
        """Poll the checks, each at its own pace, until stopped."""
        async with asyncio.TaskGroup() as group:
            for check in self._checks:
                group.create_task(self._poll(check, stop))

    async def _poll(self, check: _Check, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                with suppress_instrumentation():  # a trace every few seconds would bury the others
                    async with asyncio.timeout(check.timeout_seconds):
                        await check.probe()
            except TimeoutError:
                self.set(check.component, False, f"no answer within {check.timeout_seconds:g} s")  # noqa: FBT003
            except Exception as error:
                self.set(check.component, False, f"{type(error).__name__}: {error}"[:200])  # noqa: FBT003
            else:
                self.set(check.component, True)  # noqa: FBT003
            await _wait(stop, check.interval_seconds)

    def _tell(self) -> None:
        ready = self.ready
        if ready == self._told:
            return
        self._told = ready
        for listener in self._listeners:
            listener(ready)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
