"""What companies report, cached: figures of their accounts and the days of their next reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from stocktool_stock.application.cached_reads import CachedReads, Read
from stocktool_stock.application.provider_ports import MarketProvider
from stocktool_stock.application.suggest import suggestions
from stocktool_stock.domain.company import Earnings, Fundamentals
from stocktool_stock.domain.quotes import SymbolNotFound

T = TypeVar("T")


class ReadCompanies:
    """The `CompanySource` of the mesh."""

    def __init__(self, fundamentals: CachedReads[Fundamentals], earnings: CachedReads[Earnings]) -> None:
        self._fundamentals = fundamentals
        self._earnings = earnings

    async def fundamentals(self, symbol: str) -> Read[Fundamentals]:
        """Give a company's figures, and whether newer ones could not be had."""
        return await _one(self._fundamentals, symbol)

    async def earnings(self, symbol: str) -> Read[Earnings]:
        """Give the days of a company's next reports, and whether newer ones could not be had."""
        return await _one(self._earnings, symbol)


async def _one(reads: CachedReads[T], symbol: str) -> Read[T]:
    found = await reads.get([symbol])
    if symbol in found.failed:
        raise found.failed[symbol]
    return found.found[symbol]


class FetchEach(Generic[T]):
    """Asks the provider about one symbol after the other, and for names near the one it does not know.

    Args:
        provider: Asked for names.
        ask: Asks about a symbol; None when the provider does not know it.
    """

    def __init__(self, provider: MarketProvider, ask: Callable[[str], Awaitable[T | None]]) -> None:
        self._provider = provider
        self._ask = ask

    async def __call__(
        self,
        symbols: Sequence[str],
        known: Mapping[str, T],  # noqa: ARG002 - the shape of a fetch
    ) -> Mapping[str, T | SymbolNotFound]:
        """Fetch."""
        answered: dict[str, T | SymbolNotFound] = {}
        for symbol in symbols:
            value = await self._ask(symbol)
            if value is None:
                near = await suggestions(self._provider, [symbol])
                answered[symbol] = SymbolNotFound(symbol, near[symbol])
            else:
                answered[symbol] = value
        return answered
