"""Risk of a portfolio from its daily returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.periods import Period
from stocktool_stock.application.portfolio_reader import PRICE_BASIS, RATE_SOURCE, price_warnings
from stocktool_stock.application.read_history import WHOLE, ReadHistory
from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.holding_risk import HOLDINGS, HoldingRisk, holding_risk, rolling_volatility
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.risk import CONVENTIONS, RiskFigures, drawdowns, series_risk
from stocktool_stock.domain.segments import Scope


@dataclass(frozen=True, slots=True, eq=False)
class RiskReport:
    """Risk over a range; `drawdown` and `volatility` (of the last quarter) are told by day."""

    portfolio: Portfolio
    start: date
    end: date
    risk: RiskFigures
    holdings: HoldingRisk
    days: Days
    drawdown: Column
    volatility: Column
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
        scope: Scope = WHOLE,
        gross: bool = False,
    ) -> RiskReport:
        """Measure over (start, end]; `risk_free` is a yearly rate.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            SymbolNotFound: The benchmark is not known.
            InvalidArgument: The start is not before the end, or the scope is no part of the portfolio.
        """
        history = await self._history(
            owner,
            portfolio_id,
            start=start,
            end=end,
            period=period,
            benchmark=benchmark,
            scope=scope,
            gross=gross,
            with_ledger=False,
        )
        against = history.benchmark.returns if history.benchmark else None
        risk = series_risk(history.daily.days, history.returns, benchmark=against, risk_free=risk_free)
        at_end = history.valued_at_end()
        held = [holding.symbol for holding in at_end.holdings]
        worth: dict[str, float] = defaultdict(float)
        for part in at_end.parts:
            if part.symbol in history.material.bars and scope.has(part.account_id, part.symbol):
                worth[part.symbol] += float(part.value)
        worth = {symbol: value for symbol, value in worth.items() if value > 0}
        return RiskReport(
            portfolio=history.portfolio,
            start=history.start,
            end=history.end,
            risk=risk,
            holdings=holding_risk({symbol: history.total_return_prices(symbol) for symbol in worth}, worth),
            days=history.daily.days,
            drawdown=drawdowns(history.growth),
            volatility=np.concatenate([[np.nan], rolling_volatility(history.returns)]),
            benchmark=benchmark,
            prices_as_of=at_end.prices_as_of,
            stale_prices=at_end.stale_prices,
            warnings=(*at_end.warnings, *price_warnings(history.material, held)),
            conventions={
                **CONVENTIONS,
                **HOLDINGS,
                "risk_free_annual": repr(risk_free),
                "price_basis": PRICE_BASIS,
                "exchange_rates": RATE_SOURCE,
                "portfolio_returns": "time-weighted, flows at the end of their day",
            },
        )
