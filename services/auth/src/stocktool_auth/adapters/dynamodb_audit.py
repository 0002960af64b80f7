"""Events for the audit table, written in the transaction of the change they record."""

from __future__ import annotations

import zlib

from stocktool_kit.aws.table import Put, Table
from stocktool_kit.core.clock import Clock, instant
from stocktool_kit.core.ids import new_ulid

from stocktool_auth.domain.audit import AuditEvent

_SERVICE = "auth"


class AuditWriter:
    """Writes this service's events; an `AuditLog` for those that change nothing else.

    Args:
        table: The audit table.
        clock: Real time.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def entry(self, event: AuditEvent) -> Put:
        """The event as an operation of a transaction on any table."""
        now = self._clock.now()
        sk = new_ulid(int(now.timestamp() * 1000))
        item = {
            "pk": f"{now.date().isoformat()}#{zlib.crc32(sk.encode()) % 4}",
            "sk": sk,
            "at": instant(now),
            "service": _SERVICE,
            "action": event.action,
            "actor": event.actor,
            "target": event.target,
            "details": dict(event.details),
        }
        return Put(item, table=self._table.name)

    async def record(self, event: AuditEvent) -> None:
        """Store an event by itself."""
        await self._table.put(self.entry(event).item)
