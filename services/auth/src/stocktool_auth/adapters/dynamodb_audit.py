"""Events for the audit table, written in the transaction of the change they record."""

from __future__ import annotations

from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.table import Put, Table
from stocktool_kit.core.clock import Clock
from stocktool_kit.http.problem import trace_id

from stocktool_auth.domain.audit import AuditEvent


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
        return audit_entry(
            table=self._table.name,
            actor=event.actor,
            owner=event.owner,
            action=event.action,
            target=event.target,
            now=self._clock.now(),
            detail=event.details,
            trace_id=trace_id(),
        )

    async def record(self, event: AuditEvent) -> None:
        """Store an event by itself."""
        await self._table.put(self.entry(event).item)
