"""Notes about instruments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_kit.core.paging import Page, PageRequest, encode_token

from stocktool_stock.application.cached_reads import CachedReads
from stocktool_stock.application.market_ports import InstrumentSource
from stocktool_stock.application.provider_ports import MarketProvider
from stocktool_stock.application.search_instruments import offset_of
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import SymbolNotFound

_KEPT = 50


class ListNews:
    """The `NewsSource` of the mesh."""

    def __init__(self, reads: CachedReads[Sequence[NewsItem]], instruments: InstrumentSource) -> None:
        self._reads = reads
        self._instruments = instruments

    async def news(self, symbol: str, page: PageRequest) -> Page[NewsItem]:
        """List notes, newest first; at most fifty in all."""
        at = offset_of(page)
        reads = await self._reads.get([symbol])
        if symbol in reads.failed:
            raise reads.failed[symbol]
        items = reads.found[symbol].value
        if not items:
            await self._instruments.instrument(symbol)  # no notes may mean no such symbol
        after = at + page.page_size
        return Page(items[at:after], encode_token({"at": str(after)}) if after < len(items) else "")


class FetchNews:
    """Asks the provider for notes."""

    def __init__(self, provider: MarketProvider) -> None:
        self._provider = provider

    async def __call__(
        self,
        symbols: Sequence[str],
        known: Mapping[str, Sequence[NewsItem]],  # noqa: ARG002 - the shape of a fetch
    ) -> Mapping[str, Sequence[NewsItem] | SymbolNotFound]:
        """Fetch, one symbol after the other."""
        return {symbol: await self._provider.news(symbol, _KEPT) for symbol in symbols}
