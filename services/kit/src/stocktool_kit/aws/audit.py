"""Audit entries, written in the transaction of the change they record and never changed again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stocktool_kit.aws.table import Attr, Put
from stocktool_kit.core.clock import instant
from stocktool_kit.core.ids import new_ulid

SHARDS = 4
"""Partitions of one day, so that a busy day does not heat one."""


def audit_entry(
    *,
    table: str,
    actor: str,
    owner: str,
    action: str,
    target: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
    trace_id: str = "",
) -> Put:
    """Make the operation that records a change.

    Args:
        table: The audit table.
        actor: Who did it: a user, or a service.
        owner: Whom the thing belongs to.
        action: What was done: `portfolio.created`, `session.revoked`.
        target: What it was done to, by id.
        now: When.
        detail: Further facts, without secrets and without positions.
        trace_id: The trace it was part of.
    """
    item = {
        "pk": audit_partition(now, secrets.randbelow(SHARDS)),
        "sk": new_ulid(int(now.timestamp() * 1000)),
        "actor": actor,
        "owner": owner,
        "action": action,
        "target": target,
        "at": instant(now),
        "detail": dict(detail or {}),
        "trace_id": trace_id or None,
    }
    return Put(item, Attr("pk").not_exists(), table=table)


def audit_partition(day: datetime, shard: int) -> str:
    """Partition key of one shard of a day: `2026-11-22#3`."""
    return f"{day.astimezone(UTC):%Y-%m-%d}#{shard}"
