"""The scheduled refresh: brings the cache up to date before anybody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from stocktool_stock.application.get_bars import GetBars
from stocktool_stock.application.get_quotes import GetQuotes
from stocktool_stock.application.market_ports import MarketStatus


class WatchedSymbols(Protocol):
    """Symbols that somebody holds or watches."""

    async def symbols(self) -> Sequence[str]:
        """Give them, each once."""
        ...


class Summaries(Protocol):
    """Where the outcome of a refresh is told, once per day and content."""

    async def tell(self, summary: RefreshSummary) -> bool:
        """Publish a summary; False when the same one was told before."""
        ...


@dataclass(frozen=True, slots=True)
class RefreshSummary:
    """What a refresh did.

    Attributes:
        session: The session whose close the refresh brought in.
        refreshed: Symbols brought up to date.
        stale: Symbols whose data end earlier.
        failed: Symbols without an answer.
    """

    session: date
    refreshed: tuple[str, ...]
    stale: tuple[str, ...]
    failed: tuple[str, ...]


class RefreshMarket:
    """Refreshes quotes and bars of what is watched and tells so once; twice in a row it changes nothing."""

    def __init__(
        self,
        watched: WatchedSymbols,
        quotes: GetQuotes,
        bars: GetBars,
        status: MarketStatus,
        summaries: Summaries,
    ) -> None:
        self._watched = watched
        self._quotes = quotes
        self._bars = bars
        self._status = status
        self._summaries = summaries

    async def __call__(self) -> RefreshSummary:
        """Refresh."""
        symbols = sorted(set(await self._watched.symbols()))
        status = await self._status.status()
        if not symbols:
            return RefreshSummary(status.session, (), (), ())
        quotes = await self._quotes.refreshed(symbols)
        bars = await self._bars.refreshed(symbols)
        done = set(quotes.by_symbol) & set(bars.bars)
        summary = RefreshSummary(
            session=status.session,
            refreshed=tuple(sorted(done)),
            stale=tuple(sorted(symbol for symbol in done if bars.bars[symbol].stale)),
            failed=tuple(sorted(set(symbols) - done)),
        )
        await self._summaries.tell(summary)
        return summary
