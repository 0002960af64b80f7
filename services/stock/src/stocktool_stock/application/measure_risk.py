"""Risk of a portfolio from its daily returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.periods import Period
from stocktool_stock.application.portfolio_reader import PRICE_BASIS, RATE_SOURCE, price_warnings
from stocktool_stock.application.read_history import ReadHistory
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.risk import CONVENTIONS, RiskFigures, series_risk


@dataclass(frozen=True, slots=True)
class RiskReport:
    """Risk over a range."""

    portfolio: Portfolio
    start: date
    end: date
    risk: RiskFigures
    benchmark: str
    prices_as_of: date | None
    stale_prices: int
    warnings: tuple[str, ...]
    conventions: Mapping[str, str] = field(default_factory=dict)


class MeasureRisk:
    """Measures risk."""

    def __init__(self, history: ReadHistory) -> None:
        self._history = history

    async def __call__(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        *,
        start: date | None = None,
        end: date | None = None,
        period: Period | None = None,
        benchmark: str = "",
        risk_free: float = 0.0,
    ) -> RiskReport:
        """Measure over (start, end]; `risk_free` is a yearly rate.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            SymbolNotFound: The benchmark is not known.
            InvalidArgument: The start is not before the end.
        """
        history = await self._history(
            owner, portfolio_id, start=start, end=end, period=period, benchmark=benchmark, with_ledger=False
        )
        against = history.benchmark.returns if history.benchmark else None
        risk = series_risk(history.daily.days, history.returns, benchmark=against, risk_free=risk_free)
        at_end = history.valued_at_end()
        held = [holding.symbol for holding in at_end.holdings]
        return RiskReport(
            portfolio=history.portfolio,
            start=history.start,
            end=history.end,
            risk=risk,
            benchmark=benchmark,
            prices_as_of=at_end.prices_as_of,
            stale_prices=at_end.stale_prices,
            warnings=(*at_end.warnings, *price_warnings(history.material, held)),
            conventions={
                **CONVENTIONS,
                "risk_free_annual": repr(risk_free),
                "price_basis": PRICE_BASIS,
                "exchange_rates": RATE_SOURCE,
                "portfolio_returns": "time-weighted, flows at the end of their day",
            },
        )
