"""Measures the leaves of rules as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.alert_ports import EarningsDates, PortfolioDays, PortfolioHistory
from stocktool_stock.application.market_ports import BarSource, MarketStatus, QuoteSource
from stocktool_stock.domain.alert_rules import Drawdown, Earnings, Leaf, Move, Price, Rule, Stale, Weight, leaves
from stocktool_stock.domain.alert_truth import Facts, Measure
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.days import day64
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.quotes import Quote, QuoteBatch

NO_EARNINGS = Undefined("no earnings date is known")
NO_HISTORY = Undefined("the price history does not reach back so far")
NO_TOTAL = Undefined("the portfolio's total is not above zero")


def calendar_days(sessions: int) -> timedelta:
    """A span of calendar days that surely holds so many sessions."""
    return timedelta(days=sessions * 7 // 5 + 15)


class GatherFacts:
    """Measures the leaves of an owner's rules.

    Args:
        quotes: Last prices.
        bars: Their history.
        portfolios: Portfolios day by day.
        earnings: When companies report.
        market: The market's today.
    """

    def __init__(
        self,
        quotes: QuoteSource,
        bars: BarSource,
        portfolios: PortfolioHistory,
        earnings: EarningsDates,
        market: MarketStatus,
    ) -> None:
        self._quotes = quotes
        self._bars = bars
        self._portfolios = portfolios
        self._earnings = earnings
        self._market = market

    async def __call__(self, owner: OwnerId, rules: Sequence[Rule]) -> Facts:
        """Measure; what cannot be measured is undefined with its reason, and nothing raises."""
        found = {leaf for rule in rules for leaf in leaves(rule)}
        return {**await self.of_market(found), **await self.of_portfolios(owner, found)}

    async def of_market(self, found: set[Leaf]) -> dict[Leaf, Measure]:
        """Measures that are the same whoever asks."""
        priced = [leaf for leaf in found if isinstance(leaf, Price | Move | Stale)]
        moves = [leaf for leaf in found if isinstance(leaf, Move)]
        earnings = [leaf for leaf in found if isinstance(leaf, Earnings)]
        result: dict[Leaf, Measure] = {}
        today = self._market.today()
        if priced:
            batch = await self._quotes.quotes(sorted({leaf.symbol for leaf in priced}))
            history: dict[str, Bars] = {}
            if moves:
                start = today - calendar_days(max(leaf.days for leaf in moves))
                history = dict((await self._bars.many(sorted({leaf.symbol for leaf in moves}), start)).bars)
            reasons = {failure.symbol: failure.detail for failure in batch.failures}
            for leaf in priced:
                quote = batch.by_symbol.get(leaf.symbol)
                if quote is None:
                    result[leaf] = Undefined(f"no price is known: {reasons.get(leaf.symbol, 'no answer')}")
                else:
                    result[leaf] = _priced(leaf, quote, batch, history.get(leaf.symbol))
        for symbol in {leaf.symbol for leaf in earnings}:
            coming = await self._next_earnings(symbol, today)
            result |= {leaf: coming for leaf in earnings if leaf.symbol == symbol}
        return result

    async def of_portfolios(self, owner: OwnerId, found: set[Leaf]) -> dict[Leaf, Measure]:
        """Measures of an owner's portfolios."""
        by_portfolio: dict[PortfolioId, list[Weight | Drawdown]] = {}
        for leaf in found:
            if isinstance(leaf, Weight | Drawdown):
                by_portfolio.setdefault(leaf.portfolio_id, []).append(leaf)
        result: dict[Leaf, Measure] = {}
        for portfolio_id, some in by_portfolio.items():
            longest = max((leaf.days for leaf in some if isinstance(leaf, Drawdown)), default=1)
            start = self._market.today() - calendar_days(longest)
            symbols = sorted({leaf.symbol for leaf in some if isinstance(leaf, Weight)})
            try:
                days = await self._portfolios.days(owner, portfolio_id, start, symbols)
            except StockToolError as error:
                result |= dict.fromkeys(some, Undefined(error.message))
                continue
            result |= {leaf: portfolio_measure(leaf, days, len(days.days) - 1) for leaf in some}
        return result

    async def _next_earnings(self, symbol: str, today: date) -> Measure:
        try:
            dates = await self._earnings.dates(symbol)
        except StockToolError:
            return NO_EARNINGS
        return days_to_earnings(dates, today)


def days_to_earnings(dates: Sequence[date], today: date) -> Measure:
    """Calendar days to the first earnings at or after a day."""
    coming = min((day for day in dates if day >= today), default=None)
    return NO_EARNINGS if coming is None else float((coming - today).days)


def portfolio_measure(leaf: Weight | Drawdown, days: PortfolioDays, at: int) -> Measure:
    """A portfolio's measure at the close of one of its days."""
    if at < 0:
        return Undefined("the portfolio has no days yet")
    if isinstance(leaf, Weight):
        weight = float(days.weights[leaf.symbol][at])
        return NO_TOTAL if np.isnan(weight) else weight
    window = days.index[max(0, at - leaf.days) : at + 1]
    return float(1.0 - days.index[at] / window.max())


def _priced(leaf: Price | Move | Stale, quote: Quote, batch: QuoteBatch, bars: Bars | None) -> Measure:
    if isinstance(leaf, Stale):
        return quote.age_seconds(batch.now) / 3600
    if isinstance(leaf, Price):
        if leaf.currency and leaf.currency != quote.price.currency:
            return Undefined(f"the price is in {quote.price.currency}, the rule in {leaf.currency}")
        return quote.price.amount
    if bars is None:
        return NO_HISTORY
    # The day of the quote may have its bar already, or not yet: count back from the last close before it.
    before = int(np.searchsorted(bars.days, day64(quote.as_of.date()), side="left"))
    if before < leaf.days:
        return NO_HISTORY
    base = float(bars.close[before - leaf.days])
    return Undefined("no close is known for that day") if np.isnan(base) else float(quote.price.amount) / base - 1.0
