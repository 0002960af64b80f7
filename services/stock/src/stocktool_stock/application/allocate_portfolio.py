"""A portfolio's value in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.market_ports import InstrumentSource
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.read_kinds import read_kinds
from stocktool_stock.domain.allocation import NEEDS_PROFILES, AllocationBy, Slice, allocate
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.valuation import Valuation


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
        return (await self.cut(owner, portfolio_id, [by], as_of=as_of))[by]

    async def cut(
        self, owner: OwnerId, portfolio_id: PortfolioId, cuts: Sequence[AllocationBy], *, as_of: date | None = None
    ) -> dict[AllocationBy, AllocationReport]:
        """Cut one in several ways, valued once.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
        """
        day = self._reader.day_of(as_of)
        material = await self._reader.material(owner, portfolio_id, day)
        valuation, _ = await self._reader.valuation(material, day)
        symbols = [holding.symbol for holding in valuation.holdings]
        kinds = {}
        if not NEEDS_PROFILES.isdisjoint(cuts):
            kinds = await read_kinds(self._instruments, symbols, material.custom)
        return {
            by: AllocationReport(portfolio_id, by, valuation, allocate(valuation, by, material.portfolio, kinds))
            for by in cuts
        }
