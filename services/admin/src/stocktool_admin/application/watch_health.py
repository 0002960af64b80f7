"""Watching the services."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from stocktool_kit.core.clock import Clock

from stocktool_admin.application.ports import Probe
from stocktool_admin.domain.health import MeshHealth, ServiceHealth

PROBE_EVERY_SECONDS = 2.0


class HealthBoard:
    """What is known of every service."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._found: dict[str, ServiceHealth] = {}

    def put(self, finding: ServiceHealth) -> None:
        """Take a finding."""
        self._found[finding.name] = finding

    def mesh(self) -> MeshHealth:
        """All services as they count now."""
        now = self._clock.now()
        return MeshHealth([self._found[name].at(now) for name in sorted(self._found)])


class WatchHealth:
    """A loop that probes each service every two seconds, each by itself: a slow one holds nobody up."""

    name = "watch-health"

    def __init__(self, probes: Sequence[Probe], board: HealthBoard) -> None:
        self._probes = probes
        self._board = board

    async def look(self) -> None:
        """Probe each service once, so that the board leaves none out."""
        async with asyncio.TaskGroup() as group:
            for probe in self._probes:
                group.create_task(self._look(probe))

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until stopped."""
        async with asyncio.TaskGroup() as group:
            for probe in self._probes:
                group.create_task(self._watch(probe, stop))

    async def _watch(self, probe: Probe, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._look(probe)
            try:
                async with asyncio.timeout(PROBE_EVERY_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _look(self, probe: Probe) -> None:
        self._board.put(await probe())
