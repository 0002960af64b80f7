"""Analyses in the table `stocktool-portfolios`: `J#<id>`, and a row of its owner's list for each portfolio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.lease import Lease, Leases
from stocktool_kit.aws.outbox import Outbox, OutboxMessage
from stocktool_kit.aws.table import Attr, ConditionFailed, Key, Operation, Put, Table, Update, is_live
from stocktool_kit.core.clock import Clock, epoch, instant
from stocktool_kit.core.errors import InvalidArgument, StockToolError
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId, new_ulid
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.adapters.analysis_items import (
    SUMMARY,
    analysis_of,
    file_item,
    job_item,
    job_key,
    list_prefix,
    list_row,
    packed_result,
    step_items,
)
from stocktool_stock.domain.analysis import (
    CANCELLED,
    Analysis,
    AnalysisEnded,
    AnalysisFinished,
    AnalysisKind,
    AnalysisNotFound,
    AnalysisState,
    Outcome,
    Step,
)
from stocktool_stock.domain.portfolio import PortfolioId

ANALYSIS_QUEUE = "analysis-queue"
NOTIFICATIONS = "notifications"
_KEPT = timedelta(days=90)
_AT_ONCE = 8
_OPEN = Attr("state").is_in([AnalysisState.QUEUED.value, AnalysisState.RUNNING.value])
_CALLED = {
    AnalysisKind.PORTFOLIO: "portfolio analysis",
    AnalysisKind.OPTIMISATION: "optimisation",
    AnalysisKind.PROJECTION: "projection",
    AnalysisKind.TAX_LOTS: "tax-lot report",
    AnalysisKind.STATEMENT: "statement",
}


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
        operations = [
            Put(job_item(analysis, expires_at=epoch(now, _KEPT)), Attr("pk").not_exists()),
            Put(list_row(analysis, expires_at=epoch(now, _KEPT))),
            self._outbox.entry(OutboxMessage(ANALYSIS_QUEUE, {"analysis_id": analysis.id}), now),
            self._audit(analysis, actor, "analysis.started"),
        ]
        answer = await self._records.write(key, operations, {"analysis_id": analysis.id})
        if answer["analysis_id"] == analysis.id:
            return analysis
        return await self.get(analysis.owner, str(answer["analysis_id"]))

    async def earlier(self, owner: OwnerId, key: IdempotencyKey | None) -> Analysis | None:
        """The analysis that the same request started, as it is now."""
        answer = None if key is None else await self._records.replay(key)
        return None if answer is None else await self.get(owner, str(answer["analysis_id"]))

    async def get(self, owner: OwnerId, analysis_id: str) -> Analysis:
        """Read one; another owner's is not found."""
        item = await self._table.get(job_key(analysis_id), live_at=self._clock.now())
        if item is None or item["owner"] != owner:
            raise AnalysisNotFound("no such analysis", analysis_id=analysis_id)
        return analysis_of(item)

    async def list(self, owner: OwnerId, portfolio_id: PortfolioId, page: PageRequest) -> Page[Analysis]:
        """List a portfolio's, newest first: their ids begin with the time they were started."""
        prefix = list_prefix(portfolio_id)
        start = None
        if page.page_token:
            after = decode_token(page.page_token).get("after", "")
            if not after.startswith(prefix):
                raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
            start = {"pk": f"U#{owner}", "sk": after}
        rows, last = await self._table.query(
            Key("pk").eq(f"U#{owner}") & Key("sk").begins_with(prefix), limit=page.page_size, start=start, forward=False
        )
        gate = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            reads = [
                group.create_task(self._summary(row["analysis_id"], gate))
                for row in rows
                if is_live(row, self._clock.now())
            ]
        items = [read.result() for read in reads]
        found = [analysis for analysis in items if analysis is not None and analysis.owner == owner]
        return Page(found, encode_token({"after": last["sk"]}) if last else "")

    async def _summary(self, analysis_id: str, gate: asyncio.Semaphore) -> Analysis | None:
        """One without its result, which may be large; a query, since only queries leave attributes out."""
        key = job_key(analysis_id)
        async with gate:
            items, _ = await self._table.query(
                Key("pk").eq(key["pk"]) & Key("sk").eq(key["sk"]), attributes=SUMMARY, limit=1
            )
        return analysis_of(items[0]) if items else None

    async def cancel(self, owner: OwnerId, analysis_id: str, key: IdempotencyKey | None, actor: str) -> Analysis:
        """End one that is open; the worker at it finds so with its next write."""
        before = await self.get(owner, analysis_id)
        now = self._clock.now()
        values = {
            "state": AnalysisState.FAILED.value,
            "error_reason": CANCELLED,
            "error_message": "it was cancelled",
            "finished_at": instant(now),
        }
        operations: list[Operation] = [
            Update(job_key(analysis_id), put=values, condition=_OPEN & Attr("owner").eq(owner)),
            self._audit(before, actor, "analysis.cancelled"),
        ]
        try:
            await self._records.write(key, operations, {"analysis_id": analysis_id})
        except ConditionFailed as error:
            after = await self.get(owner, analysis_id)
            if after.error_reason != CANCELLED:
                raise AnalysisFinished(f"it is {after.state} already", analysis_id=analysis_id) from error
            return after
        return await self.get(owner, analysis_id)

    @asynccontextmanager
    async def claim(self, analysis_id: str) -> AsyncIterator[DynamoDBClaim | None]:
        """Hold an analysis while working on it; a worker that dies in the block leaves its mark."""
        async with self._leases.hold(f"analysis#{analysis_id}") as lease:
            item = await self._table.get(job_key(analysis_id), live_at=self._clock.now())
            if item is None or analysis_of(item).is_final:
                yield None
                return
            claim = DynamoDBClaim(analysis_of(item), lease, self._table, self._outbox, self._clock)
            try:
                await claim.begin()
            except AnalysisEnded:
                yield None
                return
            try:
                yield claim
            except BaseException:
                await claim.survived()
                raise

    def _audit(self, analysis: Analysis, actor: str, action: str) -> Put:
        return audit_entry(
            table=self._audit_table,
            actor=actor,
            owner=analysis.owner,
            action=action,
            target=analysis.id,
            now=self._clock.now(),
            detail={"portfolio_id": analysis.portfolio_id, "kind": analysis.kind.value},
        )


class DynamoDBClaim:
    """An analysis under a lease; each write carries the lease's fencing number.

    `analysis.died` counts the workers before this one that never said how their run ended.
    """

    def __init__(self, analysis: Analysis, lease: Lease, table: Table, outbox: Outbox, clock: Clock) -> None:
        self.analysis = analysis
        self._lease = lease
        self._table = table
        self._outbox = outbox
        self._clock = clock

    async def begin(self) -> None:
        """Mark it running, and as one more death until the run says otherwise; earlier steps begin anew."""
        self.analysis = replace(self.analysis, state=AnalysisState.RUNNING, steps=())
        values = {"state": AnalysisState.RUNNING.value, "steps": [], "died": self.analysis.died + 1}
        await self._write(values)

    async def survived(self) -> None:
        """Take back the mark of death: the run ended with an error, and will be tried again."""
        with suppress(StockToolError):  # the lease is lost, or it has ended: then nobody counts any more
            await self._write({"died": self.analysis.died})

    async def step(self, name: str) -> None:
        """Record a finished part."""
        self.analysis = replace(self.analysis, steps=(*self.analysis.steps, Step(name, self._clock.now())))
        await self._write({"steps": step_items(self.analysis)})

    async def finish(self, outcome: Outcome) -> None:
        """Store the result and the notification, from which the notify worker makes the inbox row."""
        called = _CALLED[self.analysis.kind]
        try:
            packed = packed_result(outcome.result)
        except InvalidArgument as error:
            await self.fail(error.reason, error.message)
            return
        values = {"state": AnalysisState.DONE.value, **packed, "files": [file_item(file) for file in outcome.files]}
        await self._end(values, f"Your {called} is ready")

    async def fail(self, reason: str, message: str) -> None:
        """Store why there is no result, and tell the owner."""
        values = {"state": AnalysisState.FAILED.value, "error_reason": reason, "error_message": message}
        await self._end(values, f"Your {_CALLED[self.analysis.kind]} failed: {message}")

    async def _end(self, values: dict[str, Any], title: str) -> None:
        now = self._clock.now()
        notification_id = new_ulid(int(now.timestamp() * 1000))
        notification = {
            "id": notification_id,
            "type": "analysis",
            "title": title,
            "analysis_id": self.analysis.id,
            "analysis_kind": self.analysis.kind.value,
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
        ended = {**values, "finished_at": instant(now), "died": self.analysis.died}
        await self._write(ended, [self._outbox.entry(message, now)])

    async def _write(self, values: dict[str, Any], more: Sequence[Put] = ()) -> None:
        update = Update(job_key(self.analysis.id), put=values, condition=_OPEN)
        try:
            await self._table.transact([update, self._lease.check(), *more])
        except ConditionFailed as error:
            item = await self._table.get(job_key(self.analysis.id))
            if item is None or analysis_of(item).is_final:
                raise AnalysisEnded("it has ended meanwhile", analysis_id=self.analysis.id) from error
            raise
