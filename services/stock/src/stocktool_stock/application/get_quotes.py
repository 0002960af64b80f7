"""Last prices, cached, with what is to be said about their age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_kit.core.clock import MarketClock

from stocktool_stock.application.cached_reads import CachedReads
from stocktool_stock.application.failures import failures
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import MarketProvider
from stocktool_stock.application.suggest import suggestions
from stocktool_stock.domain.calendar import prices_due
from stocktool_stock.domain.quotes import Quote, QuoteBatch, SymbolNotFound


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

    async def refreshed(self, symbols: Sequence[str]) -> QuoteBatch:
        """Ask the provider now, whatever the age of what is stored."""
        wanted = list(dict.fromkeys(symbols))
        reads = await self._reads.refresh(wanted)
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


class FetchQuotes:
    """Asks the provider for quotes, all in one call, and for names near the symbols it does not know."""

    def __init__(self, provider: MarketProvider, health: ProviderHealth) -> None:
        self._provider = provider
        self._health = health

    async def __call__(
        self, symbols: Sequence[str], known: Mapping[str, Quote]
    ) -> Mapping[str, Quote | SymbolNotFound]:
        """Fetch."""
        answered: dict[str, Quote | SymbolNotFound] = dict(await self._provider.quotes(symbols))
        for answer in answered.values():
            if isinstance(answer, Quote):
                self._health.answered(answer.source)
        unknown = [symbol for symbol in symbols if symbol not in answered and symbol not in known]
        for symbol, near in (await suggestions(self._provider, unknown)).items():
            answered[symbol] = SymbolNotFound(symbol, near)
        return answered
