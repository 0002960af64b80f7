"""Live quotes: one poller per set of symbols, whatever the number of sockets and pods that watch them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from opentelemetry.instrumentation.utils import suppress_instrumentation
from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.publisher import Publisher

from stocktool_stock.application.get_quotes import GetQuotes
from stocktool_stock.domain.quotes import QuoteBatch

_PREFIX = "symbol:"
_ASLEEP = 12  # a market that stands still is looked at so many times more seldom

Write = Callable[[QuoteBatch], Sequence[Mapping[str, Any]]]
"""Writes quotes in the shapes of the public API."""


def subject_of(symbol: str) -> str:
    """The push subject of a symbol's quotes."""
    return f"{_PREFIX}{symbol}"


class LiveQuotes:
    """Asks the provider for the symbols that sockets of this process watch; a `Worker`.

    What another pod's round asks for too is one call of the provider, by the holder of the symbol's shard.
    What changed goes to the symbol's home pod, and from there to all pods that watch it.

    Args:
        quotes: Gives quotes, cached or asked for.
        hub: Tells which symbols are watched here.
        publisher: Takes the changes.
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
        *,
        is_moving: Callable[[], bool],
        write: Write,
        seconds: float = 5.0,
    ) -> None:
        self._quotes = quotes
        self._publisher = publisher
        self._is_moving = is_moving
        self._write = write
        self._seconds = seconds
        self._symbols: set[str] = set()
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
        symbols = sorted(self._symbols)
        # Half an interval: what another pod's round asked for just now does for this one too.
        await self._tell(await self._quotes.refreshed(symbols, within=timedelta(seconds=self._seconds / 2)))

    async def _tell(self, batch: QuoteBatch) -> None:
        events = []
        for quote, body in zip(batch.quotes, self._write(batch), strict=True):
            state = (quote.price, quote.previous_close, quote.as_of, quote.stale)
            if quote.symbol in self._symbols and self._last.get(quote.symbol) != state:
                self._last[quote.symbol] = state
                events.append(PushEvent(subject_of(quote.symbol), "quote", body, quote.symbol))
        if events:
            await self._publisher.publish(*events)
