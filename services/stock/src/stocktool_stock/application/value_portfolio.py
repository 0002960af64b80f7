"""What a portfolio holds at the close of a day, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.money import Money

from stocktool_stock.application.portfolio_reader import PRICE_BASIS, RATE_SOURCE, PortfolioReader, price_warnings
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.valuation import Valuation


@dataclass(frozen=True, slots=True)
class HoldingsReport:
    """A valuation with the gains and income behind it."""

    portfolio: Portfolio
    valuation: Valuation
    realised: Money
    income: Money
    warnings: tuple[str, ...]
    conventions: Mapping[str, str]


class ValuePortfolio:
    """Values portfolios."""

    def __init__(self, reader: PortfolioReader) -> None:
        self._reader = reader

    async def __call__(self, owner: OwnerId, portfolio_id: PortfolioId, *, as_of: date | None = None) -> HoldingsReport:
        """Value one at the close of `as_of`, at most the market's today.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
        """
        day = self._reader.day_of(as_of)
        material = await self._reader.material(owner, portfolio_id, day, with_ledger=False)
        valuation, book = await self._reader.valuation(material, day)
        base = material.portfolio.base_currency
        held = [holding.symbol for holding in valuation.holdings]
        return HoldingsReport(
            portfolio=material.portfolio,
            valuation=valuation,
            realised=Money(book.realised, base),
            income=Money(book.income, base),
            warnings=(*valuation.warnings, *price_warnings(material, held)),
            conventions={
                "cost_method": material.portfolio.cost_method.value,
                "price_basis": PRICE_BASIS,
                "exchange_rates": RATE_SOURCE,
                "cost_basis": "fees included, at the rate of the day of purchase",
                "rounding": "once, half to even, to the minor unit of the currency",
            },
        )
