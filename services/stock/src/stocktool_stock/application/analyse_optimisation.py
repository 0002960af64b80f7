"""Best weights for what a portfolio holds, in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from stocktool_kit.core.errors import FailedPrecondition

from stocktool_stock.application.analysis_ports import TellStep
from stocktool_stock.application.offload import Offload
from stocktool_stock.application.optimise_allocation import (
    AllocationResult,
    Method,
    Moments,
    optimise_allocation,
)
from stocktool_stock.application.portfolio_reader import Material, PortfolioReader, price_warnings
from stocktool_stock.domain.analysis import Analysis, Json, Outcome
from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.daily import carried, grid
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.risk import PERIODS_A_YEAR
from stocktool_stock.domain.valuation import Valuation

MAX_HOLDINGS = 200
_YEAR = timedelta(days=365.25)
_NO_RETURNS = Undefined("needs at least two daily returns on which every holding has a price")


class NothingToOptimise(FailedPrecondition):
    """Too few or too many holdings have market prices."""

    reason = "NOTHING_TO_OPTIMISE"


@dataclass(frozen=True, slots=True)
class OptimisationRequest:
    """What weights are to be best in, over how many years of daily returns."""

    method: Method = Method.MIN_VARIANCE
    years: float = 3.0
    risk_free: float = 0.0
    points: int = 20


@dataclass(frozen=True, slots=True, eq=False)
class OptimisationReport:
    """Best weights beside the present ones, both among holdings with market prices: cash is left out."""

    portfolio: Portfolio
    as_of: date
    start: date
    request: OptimisationRequest
    result: AllocationResult
    current: Mapping[str, float]
    warnings: tuple[str, ...]


class AnalyseOptimisation:
    """Optimises the weights of the present holdings on total returns in the base currency."""

    def __init__(
        self,
        reader: PortfolioReader,
        offload: Offload,
        *,
        read: Callable[[Mapping[str, Json]], OptimisationRequest],
        render: Callable[[OptimisationReport], Mapping[str, Json]],
    ) -> None:
        self._reader = reader
        self._offload = offload
        self._read = read
        self._render = render

    async def __call__(self, analysis: Analysis, tell: TellStep) -> Outcome:
        """Do it.

        Raises:
            PortfolioNotFound: It is gone.
            NothingToOptimise: No holding has a market price, or too many have.
        """
        request = self._read(analysis.parameters)
        day = self._reader.day_of(None)
        material = await self._reader.material(analysis.owner, analysis.portfolio_id, day)
        valuation, book = await self._reader.valuation(material, day)
        current = _weights(valuation, material)
        start = day - request.years * _YEAR
        names = tuple(current)
        moments = _moments(names, await self._prices(material, book, names, start, day))
        await tell("prices")
        result = await self._offload(
            lambda: optimise_allocation(moments, request.method, risk_free=request.risk_free, points=request.points)
        )
        await tell("weights")
        warnings = (*valuation.warnings, *price_warnings(material, [h.symbol for h in valuation.holdings]))
        report = OptimisationReport(material.portfolio, day, start, request, result, current, warnings)
        return Outcome(self._render(report))

    async def _prices(
        self, material: Material, book: Book, names: tuple[str, ...], start: date, end: date
    ) -> list[Column]:
        bars = [material.bars[name] for name in names]
        days = grid(bars, start, end)
        fx = await self._reader.fx_columns(material, book, days)
        columns: list[Column] = []
        for known in bars:
            adjusted = np.where(np.isnan(known.adjusted_close), known.close, known.adjusted_close)
            column = carried(days, known.days, adjusted)
            columns.append(column * fx[known.currency] if known.currency in fx else column)
        return columns


def _weights(valuation: Valuation, material: Material) -> dict[str, float]:
    values = {
        holding.symbol: float(holding.market_value.amount)
        for holding in valuation.holdings
        if holding.market_value is not None and holding.symbol in material.bars and holding.market_value.amount > 0
    }
    if not 1 <= len(values) <= MAX_HOLDINGS:
        raise NothingToOptimise(
            f"{len(values)} holdings have market prices; 1 to {MAX_HOLDINGS} can be optimised", holdings=len(values)
        )
    total = sum(values.values())
    return {symbol: value / total for symbol, value in values.items()}


def _moments(names: tuple[str, ...], columns: list[Column]) -> Moments:
    table = np.column_stack(columns)
    rows = table[~np.isnan(table).any(axis=1)]
    if len(rows) < 3:
        return Moments(names, _NO_RETURNS, _NO_RETURNS, max(0, len(rows) - 1))
    returns = rows[1:] / rows[:-1] - 1.0
    covariance = np.atleast_2d(np.cov(returns, rowvar=False, ddof=1)) * PERIODS_A_YEAR
    return Moments(names, returns.mean(axis=0) * PERIODS_A_YEAR, covariance, len(returns))
