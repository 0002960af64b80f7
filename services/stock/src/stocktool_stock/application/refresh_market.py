"""The scheduled refresh: brings the cache up to date before anybody asks, and lets alerts fire on what it brought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from stocktool_stock.application.evaluate_alerts import Evaluation
from stocktool_stock.application.get_bars import GetBars
from stocktool_stock.application.get_quotes import GetQuotes
from stocktool_stock.application.market_ports import MarketStatus

BATCH = 25
"""Symbols asked for together: as many as a provider with a small budget answers in the time a caller waits."""


class WatchedSymbols(Protocol):
    """Symbols that somebody holds or watches."""

    async def symbols(self) -> Sequence[str]:
        """Give them, each once."""
        ...


class Evaluates(Protocol):
    """Lets alerts fire."""

    async def __call__(self, symbols: Sequence[str], *, portfolios: bool = False) -> Evaluation:
        """Evaluate the alerts about symbols, and those about portfolios as a whole if asked."""
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
        fired: Alerts that fired; no part of what makes two summaries the same.
    """

    session: date
    refreshed: tuple[str, ...]
    stale: tuple[str, ...]
    failed: tuple[str, ...]
    fired: int = 0


class RefreshMarket:
    """Refreshes quotes and bars of what is watched and tells so once; twice in a row it changes nothing.

    Args:
        watched: What is watched.
        quotes: Last prices.
        bars: Price history.
        status: The market's session.
        summaries: Where the outcome is told.
        evaluate: Lets alerts fire on what was refreshed; none where the process knows no alerts.
    """

    def __init__(
        self,
        watched: WatchedSymbols,
        quotes: GetQuotes,
        bars: GetBars,
        status: MarketStatus,
        summaries: Summaries,
        *,
        evaluate: Evaluates | None = None,
    ) -> None:
        self._watched = watched
        self._quotes = quotes
        self._bars = bars
        self._status = status
        self._summaries = summaries
        self._evaluate = evaluate

    async def __call__(self) -> RefreshSummary:
        """Refresh, batch by batch."""
        symbols = sorted(set(await self._watched.symbols()))
        status = await self._status.status()
        if not symbols:
            return RefreshSummary(status.session, (), (), ())
        done: set[str] = set()
        stale: set[str] = set()
        evaluation = Evaluation()
        for batch in _batches(symbols):
            quotes = await self._quotes.refreshed(batch)
            bars = await self._bars.refreshed(batch)
            fresh = set(quotes.by_symbol) & set(bars.bars)
            done |= fresh
            stale |= {symbol for symbol in fresh if bars.bars[symbol].stale}
            if self._evaluate is not None:
                evaluation += await self._evaluate(batch)
        if self._evaluate is not None:
            evaluation += await self._evaluate([], portfolios=True)
        summary = RefreshSummary(
            session=status.session,
            refreshed=tuple(sorted(done)),
            stale=tuple(sorted(stale)),
            failed=tuple(sorted(set(symbols) - done)),
            fired=evaluation.fired,
        )
        await self._summaries.tell(summary)
        return summary


def _batches(symbols: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(symbols), BATCH):
        yield symbols[at : at + BATCH]
