"""In-memory ports of the admin service; trusted because they pass the contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_admin.domain.audit import AuditFilter, AuditRecord, ShardSlice
from stocktool_admin.domain.evaluations import Evaluation
from stocktool_admin.domain.flags import Flag, StaleFlag
from stocktool_admin.domain.queues import DeadLetter, QueueState
from stocktool_kit.core.idempotency import IdempotencyKey


class FakeAuditTrail:
    """Shards of records, read a bounded number at a time like the real ones."""

    def __init__(self, shards: Sequence[Sequence[AuditRecord]] = (), *, bound: int = 1_000) -> None:
        self._shards = [sorted(shard, key=lambda record: record.id, reverse=True) for shard in shards]
        self._bound = bound
        self.recorded: list[tuple[str, str, str, Mapping[str, str]]] = []

    async def read(self, wanted: AuditFilter, *, before: str, enough: int) -> Sequence[ShardSlice]:
        slices = []
        for shard in self._shards:
            rest = [record for record in shard if record.at.date() == wanted.day and (not before or record.id < before)]
            read = rest[: self._bound]
            fitting = [
                record for record in read if wanted.action in {"", record.action} and wanted.actor in {"", record.actor}
            ]
            slices.append(ShardSlice(fitting, read[-1].id if len(read) < len(rest) else None))
        return slices

    async def record(self, *, action: str, actor: str, target: str, detail: Mapping[str, str]) -> None:
        self.recorded.append((action, actor, target, detail))


class FakeFlags:
    def __init__(self) -> None:
        self._flags: dict[str, Flag] = {}
        self._answers: dict[str, Flag] = {}

    async def find(self, name: str) -> Flag | None:
        return self._flags.get(name)

    async def list(self) -> Sequence[Flag]:
        return [self._flags[name] for name in sorted(self._flags)]

    async def save(self, flag: Flag, key: IdempotencyKey | None) -> Flag:
        earlier = await self.replayed(key)
        if earlier is not None:
            return earlier
        stored = self._flags.get(flag.name)
        if (stored.version if stored else 0) != flag.version - 1:
            raise StaleFlag("the flag changed since you read it; read it again")
        self._flags[flag.name] = flag
        if key is not None:
            self._answers[key.record_id] = flag
        return flag

    async def replayed(self, key: IdempotencyKey | None) -> Flag | None:
        return self._answers.get(key.record_id) if key is not None else None


class FakeQueues:
    """Queues whose dead letters go back when told to."""

    def __init__(self, dead: Mapping[str, Sequence[DeadLetter]]) -> None:
        self._dead = {name: list(letters) for name, letters in dead.items()}
        self._waiting = dict.fromkeys(dead, 0)

    @property
    def names(self) -> Sequence[str]:
        return sorted(self._dead)

    async def state(self, name: str) -> QueueState:
        return QueueState(name, self._waiting[name], 0, 0, len(self._dead[name]))

    async def dead_letters(self, name: str, limit: int) -> Sequence[DeadLetter]:
        return self._dead[name][:limit]

    async def redrive(self, name: str) -> int:
        moved = len(self._dead[name])
        self._dead[name].clear()
        self._waiting[name] += moved
        return moved


class FakeEvaluations:
    def __init__(self) -> None:
        self._runs: dict[str, Evaluation] = {}

    async def add(self, evaluation: Evaluation) -> bool:
        if evaluation.id in self._runs:
            return False
        self._runs[evaluation.id] = evaluation
        return True

    async def find(self, evaluation_id: str) -> Evaluation | None:
        return self._runs.get(evaluation_id)

    async def newest(self, *, before: str, limit: int) -> Sequence[Evaluation]:
        ids = sorted((each for each in self._runs if not before or each < before), reverse=True)
        return [self._runs[each] for each in ids[:limit]]
