"""A portfolio's value in parts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from stocktool_kit.core.errors import StockToolError
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.market_ports import InstrumentSource
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.domain.allocation import FUNDS, AllocationBy, Slice, allocate
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.valuation import Valuation

_AT_ONCE = 8
_FUND_TYPES = frozenset({"ETF", "MUTUALFUND"})


@dataclass(frozen=True, slots=True)
class AllocationReport:
    """Slices that sum to 1, or why there are none."""

    portfolio_id: PortfolioId
    by: AllocationBy
    valuation: Valuation
    slices: tuple[Slice, ...] | Undefined


class AllocatePortfolio:
    """Cuts portfolios into slices."""

    def __init__(self, reader: PortfolioReader, instruments: InstrumentSource) -> None:
        self._reader = reader
        self._instruments = instruments

    async def __call__(
        self, owner: OwnerId, portfolio_id: PortfolioId, *, by: AllocationBy, as_of: date | None = None
    ) -> AllocationReport:
        """Cut one at the close of `as_of`, at most the market's today.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
        """
        day = self._reader.day_of(as_of)
        material = await self._reader.material(owner, portfolio_id, day)
        valuation, _ = await self._reader.valuation(material, day)
        symbols = [holding.symbol for holding in valuation.holdings]
        sectors = await self._sectors(symbols) if by is AllocationBy.SECTOR else {}
        return AllocationReport(portfolio_id, by, valuation, allocate(valuation, by, material.portfolio, sectors))

    async def _sectors(self, symbols: Sequence[str]) -> dict[str, str]:
        """Sector by symbol; one whose profile cannot be had counts as unknown, so that the rest is still told."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def sector(symbol: str) -> str:
            async with gate:
                try:
                    profile = await self._instruments.instrument(symbol)
                except StockToolError:
                    return ""
                # A fund spreads over sectors that its profile does not tell: it is a slice of its own, not a gap.
                return profile.sector or (FUNDS if profile.type in _FUND_TYPES else "")

        async with asyncio.TaskGroup() as group:
            tasks = {symbol: group.create_task(sector(symbol)) for symbol in symbols}
        return {symbol: task.result() for symbol, task in tasks.items()}
