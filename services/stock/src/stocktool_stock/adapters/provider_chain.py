"""Providers one after the other: the next is asked what the one before could not answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from stocktool_kit.core.breaker import Breaker
from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import MarketProvider
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.company import Earnings, Fundamentals
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import BudgetSpent, ProviderUnavailable, Quote, SymbolNotFound

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Link:
    """One provider of a chain."""

    name: str
    provider: MarketProvider
    breaker: Breaker


class ProviderChain:
    """The `MarketProvider` of several, in the order in which they are trusted.

    "No such symbol" is an answer, and ends the chain; a budget of ours that is spent is no failure of a provider.

    Args:
        links: The providers.
        health: Told when a later one had to answer.
    """

    def __init__(self, links: Sequence[Link], health: ProviderHealth) -> None:
        self._links = links
        self._health = health

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote | None]:
        """Ask for last prices."""
        return await self._ask(lambda provider: provider.quotes(symbols))

    async def bars(self, symbol: str, start: date | None = None) -> Bars | None:
        """Ask for daily bars."""
        return await self._ask(lambda provider: provider.bars(symbol, start))

    async def instrument(self, symbol: str) -> Instrument | None:
        """Ask for a profile."""
        return await self._ask(lambda provider: provider.instrument(symbol))

    async def search(self, query: str, limit: int, *, fuzzy: bool = False) -> Sequence[Instrument]:
        """Ask for instruments."""
        return await self._ask(lambda provider: provider.search(query, limit, fuzzy=fuzzy))

    async def news(self, symbol: str, limit: int) -> Sequence[NewsItem]:
        """Ask for notes."""
        return await self._ask(lambda provider: provider.news(symbol, limit))

    async def fundamentals(self, symbol: str) -> Fundamentals | None:
        """Ask for fundamentals."""
        return await self._ask(lambda provider: provider.fundamentals(symbol))

    async def earnings(self, symbol: str) -> Earnings | None:
        """Ask for earnings dates."""
        return await self._ask(lambda provider: provider.earnings(symbol))

    async def _ask(self, call: Callable[[MarketProvider], Awaitable[T]]) -> T:
        first: StockToolError | None = None
        for link in self._links:
            if not link.breaker.allows():
                first = first or ProviderUnavailable(f"{link.name} failed several times and is not asked for a while")
                continue
            try:
                answer = await call(link.provider)
            except SymbolNotFound:
                link.breaker.succeeded()
                raise
            except BudgetSpent as error:
                first = first or error
            except StockToolError as error:
                link.breaker.failed()
                first = first or error
            else:
                link.breaker.succeeded()
                if first is not None and not isinstance(first, BudgetSpent):
                    self._health.failed(first)  # a stopgap answered: the first provider is none the better for it
                return answer
        raise first or ProviderUnavailable("no provider of market data is configured")
