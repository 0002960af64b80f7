"""What providers of prices alone have in common: they refuse everything else, so that the next one is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from stocktool_stock.domain.company import Earnings, Fundamentals
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.news import NewsItem
from stocktool_stock.domain.quotes import ProviderUnavailable


class PricesOnly:
    """The part of a `MarketProvider` that is no price.

    Attributes:
        refusal: Why it is refused.
    """

    refusal: ClassVar[str]

    async def search(self, query: str, limit: int, *, fuzzy: bool = False) -> Sequence[Instrument]:
        """Refuse."""
        del query, limit, fuzzy
        raise ProviderUnavailable(self.refusal)

    async def news(self, symbol: str, limit: int) -> Sequence[NewsItem]:
        """Refuse."""
        del symbol, limit
        raise ProviderUnavailable(self.refusal)

    async def fundamentals(self, symbol: str) -> Fundamentals | None:
        """Refuse."""
        del symbol
        raise ProviderUnavailable(self.refusal)

    async def earnings(self, symbol: str) -> Earnings | None:
        """Refuse."""
        del symbol
        raise ProviderUnavailable(self.refusal)
