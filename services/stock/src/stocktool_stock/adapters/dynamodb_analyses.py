"""Analyses in the table `stocktool-portfolios`: `J#<id>`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.lease import Lease, Leases
from stocktool_kit.aws.outbox import Outbox, OutboxMessage
from stocktool_kit.aws.table import Attr, Item, Put, Table, Update
from stocktool_kit.core.clock import Clock, epoch, instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_ulid

from stocktool_stock.domain.analysis import Analysis, AnalysisKind, AnalysisNotFound, AnalysisState, Json, Step
from stocktool_stock.domain.portfolio import PortfolioId

ANALYSIS_QUEUE = "analysis-queue"
NOTIFICATIONS = "notifications"
_KEPT = timedelta(days=90)


class DynamoDBAnalyses:
    """The `AnalysisStore` of the mesh.

    Args:
        table: The portfolios' table.
        audit_table: Name of the audit table.
        outbox: Outbox in the same table; its relay knows `analysis-queue` and `notifications`.
        leases: Leases in the same table.
        clock: Real time.
    """

    def __init__(self, table: Table, audit_table: str, outbox: Outbox, leases: Leases, clock: Clock) -> None:
        self._table = table
        self._audit_table = audit_table
        self._outbox = outbox
        self._leases = leases
        self._clock = clock
        self._records = IdempotencyRecords(table, clock)

    async def start(self, analysis: Analysis, key: IdempotencyKey | None, actor: str) -> Analysis:
        """Store a queued analysis and the message that lets a worker take it."""
        now = self._clock.now()
        item: dict[str, Any] = {
            **_key(analysis.id),
            "id": analysis.id,
            "owner": analysis.owner,
            "portfolio_id": analysis.portfolio_id,
            "kind": analysis.kind.value,
            "state": analysis.state.value,
            "created_at": instant(analysis.created_at),
            "steps": [],
            "expires_at": epoch(now, _KEPT),
        }
        operations = [
            Put(item, Attr("pk").not_exists()),
            self._outbox.entry(OutboxMessage(ANALYSIS_QUEUE, {"analysis_id": analysis.id}), now),
            audit_entry(
                table=self._audit_table,
                actor=actor,
                owner=analysis.owner,
                action="analysis.started",
                target=analysis.id,
                now=now,
                detail={"portfolio_id": analysis.portfolio_id, "kind": analysis.kind.value},
            ),
        ]
        answer = await self._records.write(key, operations, {"analysis_id": analysis.id})
        if answer["analysis_id"] == analysis.id:
            return analysis
        return await self.get(analysis.owner, str(answer["analysis_id"]))

    async def get(self, owner: OwnerId, analysis_id: str) -> Analysis:
        """Read one; another owner's is not found."""
        item = await self._table.get(_key(analysis_id), live_at=self._clock.now())
        if item is None or item["owner"] != owner:
            raise AnalysisNotFound("no such analysis", analysis_id=analysis_id)
        return _analysis_of(item)

    @asynccontextmanager
    async def claim(self, analysis_id: str) -> AsyncIterator[DynamoDBClaim | None]:
        """Hold an analysis while working on it."""
        async with self._leases.hold(f"analysis#{analysis_id}") as lease:
            item = await self._table.get(_key(analysis_id), live_at=self._clock.now())
            if item is None or _analysis_of(item).is_final:
                yield None
                return
            claim = DynamoDBClaim(_analysis_of(item), lease, self._table, self._outbox, self._clock)
            await claim.begin()
            yield claim


class DynamoDBClaim:
    """An analysis under a lease; each write carries the lease's fencing number."""

    def __init__(self, analysis: Analysis, lease: Lease, table: Table, outbox: Outbox, clock: Clock) -> None:
        self.analysis = analysis
        self._lease = lease
        self._table = table
        self._outbox = outbox
        self._clock = clock

    async def begin(self) -> None:
        """Mark it running; the steps of a worker that died begin anew."""
        self.analysis = replace(self.analysis, state=AnalysisState.RUNNING, steps=())
        await self._write({"state": AnalysisState.RUNNING.value, "steps": []})

    async def step(self, name: str) -> None:
        """Record a finished part."""
        self.analysis = replace(self.analysis, steps=(*self.analysis.steps, Step(name, self._clock.now())))
        await self._write({"steps": self._steps()})

    async def finish(self, result: Mapping[str, Json]) -> None:
        """Store the result and the notification, from which the notify worker makes the inbox row."""
        text = orjson.dumps(result).decode()
        await self._end({"state": AnalysisState.DONE.value, "result": text}, "Your portfolio analysis is ready")

    async def fail(self, reason: str, message: str) -> None:
        """Store why there is no result, and tell the owner."""
        values = {"state": AnalysisState.FAILED.value, "error_reason": reason, "error_message": message}
        await self._end(values, f"Your portfolio analysis failed: {message}")

    async def _end(self, values: Mapping[str, str], title: str) -> None:
        now = self._clock.now()
        notification_id = new_ulid(int(now.timestamp() * 1000))
        notification = {
            "id": notification_id,
            "type": "analysis",
            "title": title,
            "analysis_id": self.analysis.id,
            "portfolio_id": self.analysis.portfolio_id,
            "state": values["state"],
            "created_at": instant(now),
        }
        message = OutboxMessage(
            NOTIFICATIONS,
            {"owner": self.analysis.owner, **notification},
            {"type": "analysis", "owner": self.analysis.owner},
            id=notification_id,
        )
        await self._write(
            {**values, "finished_at": instant(now)},
            [self._outbox.entry(message, now)],
        )

    async def _write(self, values: Mapping[str, Any], more: Sequence[Put] = ()) -> None:
        open_ = Attr("state").is_in([AnalysisState.QUEUED.value, AnalysisState.RUNNING.value])
        update = Update(_key(self.analysis.id), put=values, condition=open_)
        await self._table.transact([update, self._lease.check(), *more])

    def _steps(self) -> list[dict[str, str]]:
        return [{"name": step.name, "finished_at": instant(step.finished_at)} for step in self.analysis.steps]


def _key(analysis_id: str) -> dict[str, str]:
    return {"pk": f"J#{analysis_id}", "sk": "job"}


def _analysis_of(item: Item) -> Analysis:
    return Analysis(
        id=item["id"],
        owner=OwnerId(item["owner"]),
        portfolio_id=PortfolioId(item["portfolio_id"]),
        kind=AnalysisKind(item["kind"]),
        state=AnalysisState(item["state"]),
        created_at=parse_instant(item["created_at"]),
        steps=tuple(Step(step["name"], parse_instant(step["finished_at"])) for step in item["steps"]),
        result=orjson.loads(item["result"]) if "result" in item else None,
        error_reason=item.get("error_reason", ""),
        error_message=item.get("error_message", ""),
        finished_at=parse_instant(item["finished_at"]) if "finished_at" in item else None,
    )
