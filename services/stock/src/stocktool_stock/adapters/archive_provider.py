"""The provider of last resort: what our own archive knows, labelled so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from stocktool_kit.core.money import Money

from stocktool_stock.adapters.prices_only import PricesOnly
from stocktool_stock.application.provider_ports import BarArchive
from stocktool_stock.domain.bars import ARCHIVED, Bars
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.quotes import ProviderUnavailable, Quote

_YEARS = 2  # a first session of January has its previous close in the year before


class ArchiveProvider(PricesOnly):
    """The `MarketProvider` that asks nobody: last closes from the archive, and refusals for all else.

    Series are not its business: who fetches them knows the archive already.
    """

    refusal = "the archive keeps prices only"

    def __init__(self, archive: BarArchive) -> None:
        self._archive = archive

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote | None]:
        """Give last closes; a symbol without an archive is left out, since nothing tells whether it trades."""
        found: dict[str, Quote | None] = {}
        for symbol in symbols:
            quote = await self._last(symbol)
            if quote is not None:
                found[symbol] = quote
        if not found:
            raise ProviderUnavailable("the archive keeps none of these symbols")
        return found

    async def bars(self, symbol: str, start: date | None = None) -> Bars | None:
        """Refuse."""
        del symbol, start
        raise ProviderUnavailable(self.refusal)

    async def instrument(self, symbol: str) -> Instrument | None:
        """Refuse."""
        del symbol
        raise ProviderUnavailable(self.refusal)

    async def _last(self, symbol: str) -> Quote | None:
        bars = await self._archive.read(symbol, last_years=_YEARS)
        if bars is None or not len(bars):
            return None
        last = len(bars) - 1

        def money(row: int) -> Money:
            return Money(Decimal(repr(float(bars.close[row]))), bars.currency)

        return Quote(
            symbol=symbol,
            price=money(last),
            previous_close=money(last - 1) if last else None,
            as_of=bars.as_of,
            source=bars.source.removesuffix(ARCHIVED) + ARCHIVED,
            zone=bars.zone,
        )
