"""Health of the mesh as it was last probed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

STALE_AFTER = timedelta(seconds=8)
"""A finding older than this proves nothing: something died, be it the prober itself."""


class ServiceState(StrEnum):
    """Whether a service takes requests."""

    READY = "ready"
    NOT_READY = "not_ready"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """What the last probe of a service found.

    Attributes:
        name: "auth", "stock-worker".
        detail: What is wrong, for a person; empty when ready.
        latency: How long the probe took.
        checked_at: When it ended.
    """

    name: str
    state: ServiceState
    detail: str
    latency: timedelta
    checked_at: datetime

    def at(self, now: datetime) -> ServiceHealth:
        """The finding as it counts now."""
        if now - self.checked_at <= STALE_AFTER:
            return self
        seconds = int((now - self.checked_at).total_seconds())
        return replace(self, state=ServiceState.UNREACHABLE, detail=f"not probed for {seconds} s")


@dataclass(frozen=True, slots=True)
class MeshHealth:
    """All services, by name."""

    services: Sequence[ServiceHealth]

    @property
    def ready(self) -> bool:
        """Whether every one is."""
        return all(service.state is ServiceState.READY for service in self.services)
