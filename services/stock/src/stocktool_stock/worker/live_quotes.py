"""Live quotes: one poller per set of symbols, whatever the number of sockets and pods that watch them."""

from __future__ import annotations

import asyncio
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from stocktool_kit.aws.lease import Lease, Leases
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.publisher import Publisher

from stocktool_stock.application.get_quotes import GetQuotes
from stocktool_stock.domain.quotes import QuoteBatch

log = structlog.get_logger()

SHARDS = 64
_PREFIX = "symbol:"
_ASLEEP = 12  # a market that stands still is looked at so many times more seldom

Write = Callable[[QuoteBatch], Sequence[Mapping[str, Any]]]
"""Writes quotes in the shapes of the public API."""


def subject_of(symbol: str) -> str:
    """The push subject of a symbol's quotes."""
    return f"{_PREFIX}{symbol}"


class LiveQuotes:
    """Asks the provider for the symbols that sockets of this process watch; a `Worker`.

    Symbols are dealt to 64 leased shards. The holder of a shard asks the provider; others read what the holder stored.
    What changed goes to the symbol's home pod, and from there to all pods that watch it.

    Args:
        quotes: Gives quotes, cached or asked for.
        hub: Tells which symbols are watched here.
        publisher: Takes the changes.
        leases: The shards' leases.
        is_moving: Whether prices can change now: a session runs, or past days are replayed.
        write: Writes a quote for the browser.
        seconds: Interval.
    """

    name = "live-quotes"

    def __init__(
        self,
        quotes: GetQuotes,
        hub: Hub,
        publisher: Publisher,
        leases: Leases,
        *,
        is_moving: Callable[[], bool],
        write: Write,
        seconds: float = 5.0,
    ) -> None:
        self._quotes = quotes
        self._publisher = publisher
        self._leases = leases
        self._is_moving = is_moving
        self._write = write
        self._seconds = seconds
        self._symbols: set[str] = set()
        self._held: dict[int, tuple[Lease, asyncio.Task[None]]] = {}
        self._last: dict[str, tuple[object, ...]] = {}
        hub.watch_interest(self._interest)

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until stopped."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                if self._symbols:
                    with suppress_instrumentation():  # a poll is nobody's request
                        await self._round()
                pause = self._seconds if self._is_moving() else self._seconds * _ASLEEP
                await asyncio.wait({stopping}, timeout=pause)
        finally:
            stopping.cancel()
            for shard in list(self._held):
                await self._let_go(shard)

    def _interest(self, subject: str, here: bool) -> None:  # noqa: FBT001 - the signature of an interest
        if not subject.startswith(_PREFIX):
            return
        symbol = subject.removeprefix(_PREFIX)
        if here:
            self._symbols.add(symbol)
            self._last.pop(symbol, None)
        else:
            self._symbols.discard(symbol)
            self._last.pop(symbol, None)

    async def _round(self) -> None:
        by_shard: dict[int, list[str]] = defaultdict(list)
        for symbol in sorted(self._symbols):
            by_shard[zlib.crc32(symbol.encode()) % SHARDS].append(symbol)
        for shard in [shard for shard in self._held if shard not in by_shard]:
            await self._let_go(shard)
        mine: list[str] = []
        theirs: list[str] = []
        for shard, symbols in by_shard.items():
            (mine if await self._hold(shard) else theirs).extend(symbols)
        for symbols, ask in ((mine, self._quotes.refreshed), (theirs, self._quotes.quotes)):
            if symbols:
                await self._tell(await ask(symbols))

    async def _tell(self, batch: QuoteBatch) -> None:
        events = []
        for quote, body in zip(batch.quotes, self._write(batch), strict=True):
            state = (quote.price, quote.previous_close, quote.as_of, quote.stale)
            if quote.symbol in self._symbols and self._last.get(quote.symbol) != state:
                self._last[quote.symbol] = state
                events.append(PushEvent(subject_of(quote.symbol), "quote", body, quote.symbol))
        if events:
            await self._publisher.publish(*events)

    async def _hold(self, shard: int) -> bool:
        held = self._held.get(shard)
        if held is not None and not held[0].lost.is_set():
            return True
        if held is not None:
            await self._let_go(shard)
        try:
            lease = await self._leases.try_acquire(f"quotes#{shard}")
        except StockToolError as error:
            log.warning("quote_shard_unknown", shard=shard, detail=error.message)
            return False
        if lease is None:
            return False
        self._held[shard] = (lease, asyncio.create_task(lease.keep()))
        return True

    async def _let_go(self, shard: int) -> None:
        lease, keeping = self._held.pop(shard)
        keeping.cancel()
        await asyncio.wait({keeping})
        with suppress(StockToolError):
            await lease.release()
