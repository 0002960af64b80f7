"""What the use cases need from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_admin.domain.audit import AuditFilter, ShardSlice
from stocktool_admin.domain.evaluations import Evaluation
from stocktool_admin.domain.flags import Flag
from stocktool_admin.domain.health import ServiceHealth
from stocktool_admin.domain.queues import DeadLetter, QueueState
from stocktool_admin.domain.usage import UsageBy, UsageRow
from stocktool_admin.domain.users import ManagedUser, UserChange


class UserDirectory(Protocol):
    """Users, asked of their owner with the administrator's own token."""

    async def page(self, request: PageRequest) -> Page[ManagedUser]:
        """Users, newest first."""
        ...

    async def update(self, user_id: str, change: UserChange) -> ManagedUser:
        """Change a user; refusals are the owner's."""
        ...


class AuditTrail(Protocol):
    """The audit trail."""

    async def read(self, wanted: AuditFilter, *, before: str, enough: int) -> Sequence[ShardSlice]:
        """Read each shard of a day, newest first.

        Args:
            wanted: Which records.
            before: Only records with smaller ids; empty from the newest.
            enough: A shard is read until it gave so many, or its end, or a bound on the reading.
        """
        ...

    async def record(self, *, action: str, actor: str, target: str, detail: Mapping[str, str]) -> None:
        """Store something an administrator did."""
        ...


class Queues(Protocol):
    """The mesh's queues."""

    @property
    def names(self) -> Sequence[str]:
        """All of them, sorted."""
        ...

    async def state(self, name: str) -> QueueState:
        """About how many messages a queue has."""
        ...

    async def dead_letters(self, name: str, limit: int) -> Sequence[DeadLetter]:
        """Look at dead letters without taking them, in no certain order."""
        ...

    async def redrive(self, name: str) -> int:
        """Send dead letters back to their queue and say how many."""
        ...


class FlagStore(Protocol):
    """Flags by name."""

    async def find(self, name: str) -> Flag | None:
        """The flag, as last written."""
        ...

    async def list(self) -> Sequence[Flag]:
        """All flags, by name."""
        ...

    async def save(self, flag: Flag, key: IdempotencyKey | None) -> Flag:
        """Store the next version with its audit record; a repetition of the same request gets the first's answer.

        Raises:
            StaleFlag: The stored version is not the one before `flag.version`.
        """
        ...

    async def replayed(self, key: IdempotencyKey | None) -> Flag | None:
        """What the same request was answered before; None when it is new."""
        ...


class EvaluationStore(Protocol):
    """Runs of the golden questions; what is stored never changes."""

    async def add(self, evaluation: Evaluation) -> bool:
        """Store a run; False, and nothing changed, where its id is taken."""
        ...

    async def find(self, evaluation_id: str) -> Evaluation | None:
        """A run."""
        ...

    async def newest(self, *, before: str, limit: int) -> Sequence[Evaluation]:
        """Runs, newest first.

        Args:
            before: Only those with smaller ids; empty from the newest.
            limit: At most so many.
        """
        ...


class UsageReport(Protocol):
    """Usage of the models, asked of its owner with the administrator's own token."""

    async def rows(self, by: UsageBy, start: date | None, end: date | None) -> Sequence[UsageRow]:
        """Rows by key."""
        ...


class Replays(Protocol):
    """Answers of requests that may come twice."""

    async def once(
        self, key: IdempotencyKey | None, effect: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> Mapping[str, Any]:
        """Run an effect that bears repetition, or give what the same request was answered before."""
        ...


class Probe(Protocol):
    """Asks one service how it is."""

    async def __call__(self) -> ServiceHealth:
        """Find out; an answer that does not come is a finding, not an error."""
        ...


class DepthGauge(Protocol):
    """Where depths are measured to."""

    def queue_depth(self, queue: str, messages: int) -> None:
        """Messages waiting in a queue now."""
        ...
