"""Wishes between processes: what a process that may not call the provider would like fetched by the one that may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from stocktool_kit.aws.table import Key, Table
from stocktool_kit.core.clock import Clock, epoch, instant, parse_instant
from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.provider_ports import Wish
from stocktool_stock.domain.quotes import ProviderLimited, ProviderUnavailable

_PARTITION = "L#wishes"
_KEPT = timedelta(seconds=60)
_AT_ONCE = 100


class DynamoDBWishes:
    """The `Wishes` in one partition of the cache table, each gone after a minute.

    Args:
        table: The cache table.
        clock: Real time.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def put(self, wishes: Sequence[Wish]) -> None:
        """Write wishes down; the last one about a key wins."""
        expires_at = epoch(self._clock.now(), _KEPT)
        items = [
            {
                **_key(wish.kind, wish.key),
                "newer_than": None if wish.newer_than is None else instant(wish.newer_than),
                "expires_at": expires_at,
            }
            for wish in wishes
        ]
        await self._table.batch_write(items)

    async def open(self) -> Sequence[Wish]:
        """Those nobody has answered, at most a hundred."""
        items, _ = await self._table.query(Key("symbol").eq(_PARTITION), limit=_AT_ONCE, consistent=False)
        now = epoch(self._clock.now())
        over = [{"symbol": _PARTITION, "data_type": item["data_type"]} for item in items if item["expires_at"] <= now]
        if over:  # the table's own deletion lags by days, and they would fill the page
            await self._table.batch_write(deletes=over)
        return [
            _wish(item["data_type"], item.get("newer_than"))
            for item in items
            if item["expires_at"] > now and not item.get("reason")
        ]

    async def answer(self, wish: Wish, error: StockToolError | None) -> None:
        """Take a wish away that is fulfilled, or write down why it is not."""
        key = _key(wish.kind, wish.key)
        if error is None:
            await self._table.delete(key)
        else:
            expires_at = epoch(self._clock.now(), timedelta(seconds=5))
            await self._table.put({**key, "reason": error.reason, "detail": error.message, "expires_at": expires_at})

    async def refusals(self, kind: str, keys: Sequence[str]) -> Mapping[str, StockToolError]:
        """The errors that were written down."""
        items = await self._table.batch_get([_key(kind, key) for key in keys])
        now = epoch(self._clock.now())
        result: dict[str, StockToolError] = {}
        for item in items:
            if item.get("reason") and item["expires_at"] > now:
                limited = item["reason"] == ProviderLimited.reason
                error = ProviderLimited(item["detail"]) if limited else ProviderUnavailable(item["detail"])
                result[_wish(item["data_type"], None).key] = error
        return result


def _key(kind: str, key: str) -> dict[str, str]:
    return {"symbol": _PARTITION, "data_type": f"{kind}|{key}"}


def _wish(text: str, newer_than: str | None) -> Wish:
    kind, _, key = text.partition("|")
    return Wish(kind, key, None if newer_than is None else parse_instant(newer_than))
