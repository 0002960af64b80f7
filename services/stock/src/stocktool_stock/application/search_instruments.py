"""Instruments: search by words, and profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.application.cached_reads import CachedReads
from stocktool_stock.application.provider_ports import MarketProvider
from stocktool_stock.application.suggest import suggestions
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.quotes import SymbolNotFound

_KEPT = 50


class SearchInstruments:
    """The `InstrumentSource` of the mesh."""

    def __init__(self, found: CachedReads[Sequence[Instrument]], profiles: CachedReads[Instrument]) -> None:
        self._found = found
        self._profiles = profiles

    async def search(self, query: str, page: PageRequest) -> Page[Instrument]:
        """Find by symbol or name, best match first; at most fifty in all."""
        words = " ".join(query.lower().split())
        if not words:
            raise InvalidArgument.of("query", "give a part of a symbol or of a name")
        reads = await self._found.get([words])
        if words in reads.failed:
            raise reads.failed[words]
        return page_of(reads.found[words].value, page)

    async def instrument(self, symbol: str) -> Instrument:
        """Give one instrument's profile."""
        reads = await self._profiles.get([symbol])
        if symbol in reads.failed:
            raise reads.failed[symbol]
        return reads.found[symbol].value


def page_of(items: Sequence[Instrument], page: PageRequest) -> Page[Instrument]:
    """Cut a page out of a list that is held whole."""
    at = offset_of(page)
    after = at + page.page_size
    return Page(items[at:after], encode_token({"at": str(after)}) if after < len(items) else "")


def offset_of(page: PageRequest) -> int:
    """Where a page starts.

    Raises:
        InvalidArgument: The token is not one of these lists.
    """
    if not page.page_token:
        return 0
    at = decode_token(page.page_token).get("at", "")
    if not at.isdigit():
        raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
    return int(at)


class FetchSearch:
    """Asks the provider to search."""

    def __init__(self, provider: MarketProvider) -> None:
        self._provider = provider

    async def __call__(
        self,
        queries: Sequence[str],
        known: Mapping[str, Sequence[Instrument]],  # noqa: ARG002 - the shape of a fetch
    ) -> Mapping[str, Sequence[Instrument] | SymbolNotFound]:
        """Fetch; finding nothing is an answer."""
        return {query: await self._provider.search(query, _KEPT) for query in queries}


class FetchProfiles:
    """Asks the provider for profiles."""

    def __init__(self, provider: MarketProvider) -> None:
        self._provider = provider

    async def __call__(
        self,
        symbols: Sequence[str],
        known: Mapping[str, Instrument],  # noqa: ARG002 - the shape of a fetch
    ) -> Mapping[str, Instrument | SymbolNotFound]:
        """Fetch, one symbol after the other."""
        answered: dict[str, Instrument | SymbolNotFound] = {}
        for symbol in symbols:
            profile = await self._provider.instrument(symbol)
            if profile is None:
                near = await suggestions(self._provider, [symbol])
                answered[symbol] = SymbolNotFound(symbol, near[symbol])
            else:
                answered[symbol] = profile
        return answered
