"""Measures a rule's leaves over the last year and tells on which days it would have fired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.alert_facts import (
    NO_EARNINGS,
    NO_HISTORY,
    calendar_days,
    days_to_earnings,
    portfolio_measure,
)
from stocktool_stock.application.alert_ports import EarningsDates, PortfolioDays, PortfolioHistory
from stocktool_stock.application.market_ports import BarSource, MarketStatus
from stocktool_stock.domain.alert_backtest import Backtest, backtest
from stocktool_stock.domain.alert_rules import Drawdown, Earnings, Leaf, Move, Price, Stale, Weight, leaves, symbols_of
from stocktool_stock.domain.alert_truth import Measure
from stocktool_stock.domain.alerts import Alert
from stocktool_stock.domain.bars import Bars, Days
from stocktool_stock.domain.calendar import is_session
from stocktool_stock.domain.daily import carried
from stocktool_stock.domain.days import day64, days64
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.valuation import decimal_of

YEAR = timedelta(days=365)

CONVENTIONS = {
    "evaluated": "once a day at the close, over the year that ends on the market's today",
    "price_basis": "closes adjusted for later splits",
    "armed": "from the first day; again once the rule was false by the margin, for one-shot alerts too",
    "days": "sessions of New York, and further days on which a symbol of the rule traded",
    "portfolio": "today's ledger, at the closes of the days",
    "earnings": "the dates known today",
}


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """What a backtest found, over which range."""

    start: date
    end: date
    found: Backtest


class BacktestAlert:
    """Walks an alert through the last year; the work is bounded by the year and the leaves of a rule."""

    def __init__(
        self, bars: BarSource, portfolios: PortfolioHistory, earnings: EarningsDates, market: MarketStatus
    ) -> None:
        self._bars = bars
        self._portfolios = portfolios
        self._earnings = earnings
        self._market = market

    async def __call__(self, alert: Alert) -> BacktestReport:
        """Walk; measures that cannot be had are undefined with their reason."""
        end = self._market.today()
        start = end - YEAR
        found = sorted(set(leaves(alert.rule)), key=repr)
        longest = max((leaf.days for leaf in found if isinstance(leaf, Move)), default=1)
        market = [leaf.symbol for leaf in found if isinstance(leaf, Price | Move | Stale)]
        symbols = sorted(set(market)) or symbols_of(alert.rule)
        batch = await self._bars.many(symbols, start - calendar_days(longest), end) if symbols else None
        history = dict(batch.bars) if batch else {}
        days = _grid(list(history.values()), start, end)
        columns: dict[Leaf, Sequence[Measure]] = {}
        for leaf in found:
            match leaf:
                case Price() | Move() | Stale():
                    columns[leaf] = _market_column(leaf, history.get(leaf.symbol), days)
                case Weight() | Drawdown():
                    columns[leaf] = await self._portfolio_column(alert.owner, leaf, days, start)
                case Earnings():
                    columns[leaf] = await self._earnings_column(leaf, days)
        return BacktestReport(start, end, backtest(alert, days, columns))

    async def _portfolio_column(
        self, owner: OwnerId, leaf: Weight | Drawdown, days: Sequence[date], start: date
    ) -> Sequence[Measure]:
        back = leaf.days if isinstance(leaf, Drawdown) else 1
        symbols = [leaf.symbol] if isinstance(leaf, Weight) else []
        try:
            known = await self._portfolios.days(owner, leaf.portfolio_id, start - calendar_days(back), symbols)
        except StockToolError as error:
            return [Undefined(error.message)] * len(days)
        return [portfolio_measure(leaf, known, _last(known, day)) for day in days]

    async def _earnings_column(self, leaf: Earnings, days: Sequence[date]) -> Sequence[Measure]:
        try:
            dates = await self._earnings.dates(leaf.symbol)
        except StockToolError:
            return [NO_EARNINGS] * len(days)
        return [days_to_earnings(dates, day) for day in days]


def _grid(history: Sequence[Bars], start: date, end: date) -> list[date]:
    sessions = {start + timedelta(days=number) for number in range((end - start).days + 1)}
    days = {day for day in sessions if is_session(day)}
    for bars in history:
        known: list[date] = bars.between(start, end).days.astype("datetime64[D]").tolist()
        days |= set(known)
    return sorted(days)


def _last(known: PortfolioDays, day: date) -> int:
    return int(np.searchsorted(known.days, day64(day), side="right")) - 1


def _market_column(leaf: Price | Move | Stale, bars: Bars | None, days: Sequence[date]) -> list[Measure]:
    if bars is None or not len(bars):
        return [Undefined("no price history is known")] * len(days)
    if isinstance(leaf, Price) and leaf.currency and leaf.currency != bars.currency:
        return [Undefined(f"the price is in {bars.currency}, the rule in {leaf.currency}")] * len(days)
    grid: Days = days64(days)
    if isinstance(leaf, Stale):
        at = np.searchsorted(bars.days, grid, side="right") - 1
        return [
            NO_HISTORY if index < 0 else float((day - bars.days[index]).astype(int) * 24)
            for day, index in zip(grid, at, strict=True)
        ]
    values = bars.close
    if isinstance(leaf, Move):
        values = np.full(len(bars), np.nan)
        values[leaf.days :] = bars.close[leaf.days :] / bars.close[: -leaf.days] - 1.0
    known = carried(grid, bars.days, values)
    read: list[Measure] = []
    for value in known:
        if np.isnan(value):
            read.append(NO_HISTORY)
        else:
            read.append(decimal_of(value) if isinstance(leaf, Price) else float(value))
    return read
