"""Portfolios day by day, as alerts look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.alert_ports import PortfolioDays
from stocktool_stock.application.market_ports import MarketStatus
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.read_history import DailyHistory, ReadHistory
from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.daily import DailyValuer
from stocktool_stock.domain.portfolio import PortfolioId


class ReadPortfolioDays:
    """The `PortfolioHistory` of the mesh; the same daily values that performance and risk are measured on."""

    def __init__(self, reader: PortfolioReader, history: ReadHistory, market: MarketStatus) -> None:
        self._reader = reader
        self._history = history
        self._market = market

    async def days(
        self, owner: OwnerId, portfolio_id: PortfolioId, start: date, symbols: Sequence[str]
    ) -> PortfolioDays:
        """Give the days from `start`, or from the portfolio's first, to the market's today."""
        start = min(start, self._market.today() - timedelta(days=1))
        history = await self._history(owner, portfolio_id, start=start)
        return PortfolioDays(
            days=history.daily.days,
            index=history.growth,
            weights=await self._weights(history, symbols) if symbols else {},
        )

    async def _weights(self, history: DailyHistory, symbols: Sequence[str]) -> dict[str, Column]:
        days, total = history.daily.days, history.daily.values
        fx = await self._reader.fx_columns(history.material, history.book, days)
        result: dict[str, Column] = {}
        for symbol in symbols:
            held = {position: steps for position, steps in history.book.quantities.items() if position[1] == symbol}
            part = replace(history.book, quantities=held, cash_steps={}, flows=[])
            bars = {name: bars for name, bars in history.material.bars.items() if name == symbol}
            value = DailyValuer(part, days, bars, fx, history.rates).total()
            result[symbol] = np.divide(value, total, out=np.full(len(days), np.nan), where=total > 0)
        return result
