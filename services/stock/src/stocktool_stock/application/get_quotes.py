"""Last prices, cached, with what is to be said about their age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from stocktool_kit.core.clock import MarketClock

from stocktool_stock.application.cached_reads import CachedReads
from stocktool_stock.application.failures import failures
from stocktool_stock.domain.calendar import prices_due
from stocktool_stock.domain.quotes import Quote, QuoteBatch


class GetQuotes:
    """The `QuoteSource` of the mesh."""

    def __init__(self, reads: CachedReads[Quote], clock: MarketClock) -> None:
        self._reads = reads
        self._clock = clock

    async def quotes(self, symbols: Sequence[str]) -> QuoteBatch:
        """Give the last price of each symbol, repeats once; failures stand in the batch."""
        wanted = list(dict.fromkeys(symbols))
        reads = await self._reads.get(wanted)
        return self._batch(wanted, {key: (read.value, read.overdue) for key, read in reads.found.items()}, reads.failed)

    async def refreshed(self, symbols: Sequence[str], *, within: timedelta = timedelta(0)) -> QuoteBatch:
        """Ask the provider for all but what it said within the time given."""
        wanted = list(dict.fromkeys(symbols))
        reads = await self._reads.refresh(wanted, within=within)
        return self._batch(wanted, {key: (read.value, False) for key, read in reads.found.items()}, reads.failed)

    def _batch(
        self, wanted: Sequence[str], found: Mapping[str, tuple[Quote, bool]], failed: Mapping[str, Exception]
    ) -> QuoteBatch:
        now = self._clock.now()
        due = prices_due(now, closes_only=not self._clock.is_real)
        quotes = []
        for symbol in wanted:
            if symbol in found:
                quote, overdue = found[symbol]
                quotes.append(quote.marked(stale=overdue or due.is_stale(quote.as_of, quote.zone)))
        return QuoteBatch(quotes, failures(wanted, failed), now)
