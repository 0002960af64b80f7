"""What turns have used, counted in the transaction that ends each of them: `<day>#<shard>` / `<owner>#<model>`."""

from __future__ import annotations

import asyncio
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from decimal import Decimal

from stocktool_kit.aws.table import Item, Key, Table, Update
from stocktool_kit.core.clock import epoch
from stocktool_kit.core.ids import OwnerId

from stocktool_chat.application.ports import UsageDimension, UsageRow
from stocktool_chat.domain.allowance import Spent
from stocktool_chat.domain.conversation import Ending

_SHARDS = 2  # one partition takes 1,000 writes a second; these keep a day's reading at two queries
_KEPT = timedelta(days=400)
_PARALLEL_DAYS = 8


def usage_update(table: str, owner: str, ending: Ending) -> Update:
    """The counters of one ended turn."""
    usage = ending.usage
    return Update(
        {"pk": _partition(ending.finished_at.date(), owner), "sk": f"{owner}#{usage.model}"},
        add={
            "turns": 1,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost": Decimal(usage.cost or "0"),
        },
        default={"expires_at": epoch(ending.finished_at, _KEPT)},
        table=table,
    )


class DynamoDbUsage:
    """`UsageStore` over the usage table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def usage(self, by: UsageDimension, start: date, end: date) -> list[UsageRow]:
        """See the port."""
        slots = asyncio.Semaphore(_PARALLEL_DAYS)
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)

        async def add(day: date) -> None:
            async with slots:
                for item in [item async for item in self._day(day)]:
                    owner, _, model = item["sk"].partition("#")
                    row = {"user": owner, "model": model, "day": day.isoformat()}[by.value]
                    counts = [Decimal(item.get(name, 0)) for name in _COUNTERS]
                    sums[row] = [left + right for left, right in zip(sums[row], counts, strict=True)]

        await asyncio.gather(*(add(day) for day in _days(start, end)))
        return [
            UsageRow(key, int(turns), int(read), int(written), cost)
            for key, (turns, read, written, cost) in sorted(sums.items())
        ]

    async def spent(self, owner: OwnerId, day: date) -> Spent:
        """See the port."""
        condition = Key("pk").eq(_partition(day, owner)) & Key("sk").begins_with(f"{owner}#")
        spent = Spent()
        async for item in self._table.query_all(condition):
            turns, read, written, cost = (Decimal(item.get(name, 0)) for name in _COUNTERS)
            spent = Spent(spent.turns + int(turns), spent.tokens + int(read + written), spent.cost + cost)
        return spent

    async def _day(self, day: date) -> AsyncIterator[Item]:
        for shard in range(_SHARDS):
            async for item in self._table.query_all(Key("pk").eq(f"{day.isoformat()}#{shard}")):
                yield item


_COUNTERS = ("turns", "input_tokens", "output_tokens", "cost")


def _partition(day: date, owner: str) -> str:
    return f"{day.isoformat()}#{zlib.crc32(owner.encode()) % _SHARDS}"


def _days(start: date, end: date) -> Iterator[date]:
    while start <= end:
        yield start
        start += timedelta(days=1)
