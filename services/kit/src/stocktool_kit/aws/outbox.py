"""Messages that go out if, and only if, the change they tell of was stored.

The change's transaction writes a row `O#<shard>`; a relay under a lease publishes the rows and deletes them. A crash
between the two publishes twice, so receivers tell repetitions by the message's `id`.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import orjson
import structlog
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.trace import SpanKind

from stocktool_kit.aws.lease import Lease, LeaseHeld, Leases
from stocktool_kit.aws.table import Attr, Delete, Item, Key, Put, Table
from stocktool_kit.core.clock import instant
from stocktool_kit.core.errors import Kind, StockToolError
from stocktool_kit.core.ids import new_ulid
from stocktool_kit.telemetry import extract, inject

log = structlog.get_logger()

_PAGE = 25
_LONGEST_PAUSE_SECONDS = 30.0


class Destination(Protocol):
    """Where messages go: a topic or a queue."""

    async def deliver(self, message: Mapping[str, Any], attributes: Mapping[str, str]) -> None:
        """Hand over one message."""
        ...


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message to go out.

    Attributes:
        destination: Name under which the relay knows the topic or queue.
        body: JSON object; gets the member `id` unless it has one.
        attributes: Text attributes, for filters.
        id: Identity of the message, for receivers.
    """

    destination: str
    body: Mapping[str, Any]
    attributes: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=new_ulid)


class Outbox:
    """Makes the rows.

    Args:
        table: Name of the table whose transactions they join (`pk`/`sk`).
        shards: Number of partitions, and of relays that can work at a time.
    """

    def __init__(self, table: str, shards: int = 1) -> None:
        self.table = table
        self.shards = shards

    def entry(self, message: OutboxMessage, now: datetime) -> Put:
        """The operation that lets a message out with the transaction it is part of, under the current trace."""
        shard = zlib.crc32(message.id.encode()) % self.shards
        item = {
            "pk": partition(shard),
            "sk": f"{instant(now)}#{message.id}",
            "destination": message.destination,
            "body": orjson.dumps({"id": message.id, **message.body}).decode(),
            "attributes": inject(dict(message.attributes)),
        }
        return Put(item, Attr("pk").not_exists(), table=self.table)


def partition(shard: int | str) -> str:
    """Partition key of a shard."""
    return f"O#{shard}"


class OutboxRelay:
    """Publishes the rows in order and deletes them; a `Worker` of the process.

    A row its destination refuses for good is parked under `O#parked` and said once; while a destination cannot be
    reached, its shard waits.

    Args:
        table: The table.
        leases: Leases in the same table.
        destinations: Topics and queues by the name messages give.
        shards: As in `Outbox`.
        idle_seconds: Pause of a relay with nothing to do; `nudge` ends it.
    """

    name = "outbox"

    def __init__(
        self,
        table: Table,
        leases: Leases,
        destinations: Mapping[str, Destination],
        *,
        shards: int = 1,
        idle_seconds: float = 2.0,
    ) -> None:
        self._table = table
        self._leases = leases
        self._destinations = destinations
        self._shards = shards
        self._idle_seconds = idle_seconds
        self._wake: Sequence[asyncio.Event] = [asyncio.Event() for _ in range(shards)]
        self._tracer = trace.get_tracer(__name__)

    def nudge(self) -> None:
        """Say that a row was just written, so that it leaves at once if this process holds its shard."""
        for event in self._wake:
            event.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until stopped."""
        async with asyncio.TaskGroup() as group:
            for shard in range(self._shards):
                group.create_task(self._relay(shard, stop))

    async def _relay(self, shard: int, stop: asyncio.Event) -> None:
        pause = self._idle_seconds
        while not stop.is_set():
            try:
                with suppress_instrumentation():
                    lease = await self._leases.acquire(f"outbox#{shard}")
                await self._hold(shard, lease, stop)
                pause = self._idle_seconds
            except LeaseHeld:
                pause = self._leases.renew_seconds
            except StockToolError as error:
                log.warning("outbox_waits", shard=shard, detail=error.message)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            await _pause(pause, stop)

    async def _hold(self, shard: int, lease: Lease, stop: asyncio.Event) -> None:
        keeping = asyncio.create_task(lease.keep())
        try:
            while not stop.is_set() and not lease.lost.is_set():
                self._wake[shard].clear()
                if not await self.drain(shard):
                    await _pause(self._idle_seconds, stop, self._wake[shard], lease.lost)
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})
            with suppress(StockToolError), suppress_instrumentation():
                await lease.release()

    async def drain(self, shard: int) -> int:
        """Publish what waits in a shard, at most one page, and answer how many rows there were."""
        with suppress_instrumentation():
            rows, _ = await self._table.query(Key("pk").eq(partition(shard)), limit=_PAGE)
        for row in rows:
            await self._publish(row)
        return len(rows)

    async def _publish(self, row: Item) -> None:
        attributes: dict[str, str] = row.get("attributes", {})
        name: str = row["destination"]
        key = {"pk": row["pk"], "sk": row["sk"]}
        with self._tracer.start_as_current_span(f"publish {name}", context=extract(attributes), kind=SpanKind.PRODUCER):
            destination = self._destinations.get(name)
            if destination is None:
                await self._park(row, key, f"no destination named {name}")
                return
            carried = {key: value for key, value in attributes.items() if key != "traceparent"}
            try:
                await destination.deliver(orjson.loads(row["body"]), carried)
            except StockToolError as error:
                if error.kind is not Kind.INVALID_ARGUMENT:
                    raise
                await self._park(row, key, error.message)
                return
            await self._table.delete(key)

    async def _park(self, row: Item, key: Mapping[str, str], why: str) -> None:
        log.error("outbox_row_parked", sort_key=row["sk"], destination=row["destination"], detail=why)
        await self._table.transact([Put({**row, "pk": partition("parked"), "why": why}), Delete(key)])


async def _pause(seconds: float, *events: asyncio.Event) -> None:
    """Wait for a time, or for the first of the events."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
