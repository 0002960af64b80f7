"""Summaries of scheduled refreshes, sent to the notifications topic through the outbox."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from stocktool_kit.aws.outbox import Outbox, OutboxMessage
from stocktool_kit.aws.table import Attr, ConditionFailed, Put, Table
from stocktool_kit.core.clock import Clock, epoch, instant

from stocktool_stock.application.refresh_market import RefreshSummary

NOTIFICATIONS = "notifications"
_KEPT = timedelta(days=7)
_NAMED = 50


class OutboxSummaries:
    """The `Summaries` of the mesh: a marker row per session and content lets each summary out once.

    Args:
        table: The portfolios' table, which holds the outbox.
        outbox: Makes the outbox's rows; the relay of `stocktool-stock serve` sends them.
        clock: Real time.
    """

    def __init__(self, table: Table, outbox: Outbox, clock: Clock) -> None:
        self._table = table
        self._outbox = outbox
        self._clock = clock

    async def tell(self, summary: RefreshSummary) -> bool:
        """Let a summary out; False when the same one went out before."""
        now = self._clock.now()
        content = "\n".join((",".join(summary.refreshed), ",".join(summary.stale), ",".join(summary.failed)))
        digest = hashlib.sha256(content.encode()).hexdigest()[:32]
        marker = {
            "pk": "M#market-refresh",
            "sk": f"{summary.session.isoformat()}#{digest}",
            "told_at": instant(now),
            "expires_at": epoch(now, _KEPT),
        }
        body = {
            "type": "market.refreshed",
            "session": summary.session.isoformat(),
            "refreshed": len(summary.refreshed),
            "stale": list(summary.stale[:_NAMED]),
            "failed": list(summary.failed[:_NAMED]),
            "alerts_fired": summary.fired,
            "created_at": instant(now),
        }
        message = OutboxMessage(NOTIFICATIONS, body, {"type": "market.refreshed"})
        try:
            await self._table.transact([Put(marker, Attr("pk").not_exists()), self._outbox.entry(message, now)])
        except ConditionFailed:
            return False
        return True
