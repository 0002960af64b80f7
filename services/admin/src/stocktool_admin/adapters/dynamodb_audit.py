"""The audit table, read by its shards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time

from boto3.dynamodb.conditions import ConditionBase
from stocktool_kit.aws.audit import SHARDS, audit_entry, audit_partition
from stocktool_kit.aws.table import Attr, Item, Key, Put, Table
from stocktool_kit.core.clock import Clock, parse_instant
from stocktool_kit.http.problem import trace_id

from stocktool_admin.domain.audit import AuditFilter, AuditRecord, ShardSlice

_ROUND_ITEMS = 300
_MOST_ROUNDS = 5


class DynamoDBAuditTrail:
    """An `AuditTrail`.

    Args:
        table: The audit table.
        clock: Real time.
        rounds: Queries of one shard for one page; a filter that fits little ends there, and the next page goes on.
        round_items: Items read by one of them.
    """

    def __init__(
        self, table: Table, clock: Clock, *, rounds: int = _MOST_ROUNDS, round_items: int = _ROUND_ITEMS
    ) -> None:
        self._table = table
        self._clock = clock
        self._rounds = rounds
        self._round_items = round_items

    async def read(self, wanted: AuditFilter, *, before: str, enough: int) -> Sequence[ShardSlice]:
        """Read each shard of a day, newest first."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._shard(wanted, shard, before, enough)) for shard in range(SHARDS)]
        return [task.result() for task in tasks]

    async def record(self, *, action: str, actor: str, target: str, detail: Mapping[str, str]) -> None:
        """Store something an administrator did."""
        await self._table.put(self.entry(action=action, actor=actor, target=target, detail=detail).item)

    def entry(self, *, action: str, actor: str, target: str, detail: Mapping[str, str]) -> Put:
        """The same as an operation of a transaction on any table."""
        return audit_entry(
            table=self._table.name,
            actor=actor,
            owner=actor,
            action=action,
            target=target,
            now=self._clock.now(),
            detail=detail,
            trace_id=trace_id(),
        )

    async def _shard(self, wanted: AuditFilter, shard: int, before: str, enough: int) -> ShardSlice:
        day = datetime.combine(wanted.day, time(12), UTC)
        key: ConditionBase = Key("pk").eq(audit_partition(day, shard))
        if before:
            key = key & Key("sk").lt(before)
        found: list[AuditRecord] = []
        start: Item | None = None
        for _ in range(self._rounds):
            items, start = await self._table.query(
                key, where=_where(wanted), limit=self._round_items, forward=False, start=start
            )
            found += [_record(item) for item in items]
            if start is None or len(found) >= enough:
                break
        return ShardSlice(found, str(start["sk"]) if start is not None else None)


def _where(wanted: AuditFilter) -> ConditionBase | None:
    where: ConditionBase | None = None
    for name in ("action", "actor"):
        value = getattr(wanted, name)
        if value:
            condition = Attr(name).eq(value)
            where = condition if where is None else where & condition
    return where


def _record(item: Item) -> AuditRecord:
    return AuditRecord(
        id=item["sk"],
        at=parse_instant(item["at"]),
        action=item["action"],
        actor=item["actor"],
        owner=item["owner"],
        target=item["target"],
        detail=item.get("detail", {}),
        trace_id=item.get("trace_id", ""),
    )
