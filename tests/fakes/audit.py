"""The audit as tests read it: without a service between."""

from __future__ import annotations

from datetime import datetime, timedelta

from stocktool_kit.aws.audit import SHARDS, audit_partition
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Item, Key, Table


async def audited(aws: AwsClients, target: str, now: datetime) -> list[Item]:
    """Entries about a target of this day and the one before, in the order they were written."""
    table = Table(aws, "stocktool-audit")
    found = [
        item
        for day in (now - timedelta(days=1), now)
        for shard in range(SHARDS)
        async for item in table.query_all(Key("pk").eq(audit_partition(day, shard)))
        if item["target"] == target
    ]
    return sorted(found, key=lambda item: str(item["sk"]))
