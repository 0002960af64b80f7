"""Returns of a portfolio over a range of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.money import Money

from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.periods import Period, range_start
from stocktool_stock.application.portfolio_reader import (
    PRICE_BASIS,
    RATE_SOURCE,
    Material,
    PortfolioReader,
    price_warnings,
)
from stocktool_stock.domain.bars import Bars, Column, Days
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.daily import DailyValuer, DailyValues, carried, grid
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.quotes import ProviderUnavailable, SymbolNotFound
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.returns import (
    DatedFlow,
    annualised,
    daily_returns,
    growth,
    simple_return,
    time_weighted_return,
    xirr,
)
from stocktool_stock.domain.risk import Figure, drawdowns
from stocktool_stock.domain.valuation import Valuation, decimal_of, value_book

EMPTY = Undefined("the ledger has no entries in this range")

CONVENTIONS: Mapping[str, str] = {
    "twr": "daily, flows at the end of their day, chained; days that begin without value are left out",
    "xirr": "investor's flows, ACT/365, yearly rate",
    "simple_return": "gain / (value at start + what was paid in)",
    "gain": "value at end - value at start - net flows",
    "days": "from the close of start to the close of end; since inception the first day's flows count too",
    "price_basis": PRICE_BASIS,
    "exchange_rates": RATE_SOURCE,
    "benchmark": "total return (adjusted close) in the base currency over the same days",
}


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkReport:
    """The benchmark over the same days; `growth` is 1 on the first, NaN before its first price."""

    symbol: str
    twr: Figure
    growth: Column
    returns: Column
    price_as_of: date | None
    stale: bool


@dataclass(frozen=True, slots=True, eq=False)
class DailyHistory:
    """A portfolio day by day: `returns` has one entry less than `days`."""

    portfolio: Portfolio
    start: date
    end: date
    since_inception: bool
    daily: DailyValues
    returns: Column
    growth: Column
    benchmark: BenchmarkReport | None
    material: Material
    book: Book
    rates: RateTable
    valuer: DailyValuer

    def valued_at_end(self) -> Valuation:
        """The exact value at the close of the last day."""
        return value_book(self.book, self.material.bars, self.rates, as_of=self.end)


@dataclass(frozen=True, slots=True, eq=False)
class PerformanceReport:
    """Returns over a range; figures by their API names."""

    portfolio: Portfolio
    start: date
    end: date
    figures: Mapping[str, Figure]
    gain: Money
    net_flows: Money
    value_start: Money
    value_end: Money
    days: Days
    values: Column
    drawdown: Column
    benchmark: BenchmarkReport | None
    prices_as_of: date | None
    stale_prices: int
    warnings: tuple[str, ...]
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))


class ReadHistory:
    """Values portfolios day by day; what performance and risk are measured on."""

    def __init__(self, reader: PortfolioReader, rates: FxRates) -> None:
        self._reader = reader
        self._rates = rates

    async def __call__(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        *,
        start: date | None = None,
        end: date | None = None,
        period: Period | None = None,
        benchmark: str = "",
    ) -> DailyHistory:
        """Value one on each day of a range.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            SymbolNotFound: The benchmark is not known.
            InvalidArgument: The start is not before the end.
        """
        last = self._reader.day_of(end)
        first = range_start(start, period, last)
        material = await self._reader.material(owner, portfolio_id, last, also=[benchmark] if benchmark else [])
        book, rates = await self._reader.book(material, last)
        inception = book.first_day or last
        since_inception = first is None or first < inception
        begin = inception if first is None else max(first, inception)
        held = [bars for symbol, bars in material.bars.items() if symbol in set(book.symbols)]
        known = material.bars.get(benchmark)
        days = grid([*held, *([known] if known else [])], begin, last, [flow.day for flow in book.flows])
        fx = await self._reader.fx_columns(material, book, days)
        valuer = DailyValuer(book, days, {bars.symbol: bars for bars in held}, fx, rates)
        daily = valuer.values()
        returns = daily_returns(daily.values, daily.flows)
        return DailyHistory(
            portfolio=material.portfolio,
            start=begin,
            end=last,
            since_inception=since_inception,
            daily=daily,
            returns=returns,
            growth=growth(returns),
            benchmark=_benchmark(benchmark, known, material, days, fx) if benchmark else None,
            material=material,
            book=book,
            rates=rates,
            valuer=valuer,
        )


def _benchmark(
    symbol: str, known: Bars | None, material: Material, days: Days, fx: Mapping[str, Column]
) -> BenchmarkReport:
    if known is None:
        reason = material.failures.get(symbol, "")
        if reason == SymbolNotFound.reason:
            raise SymbolNotFound(symbol)
        raise ProviderUnavailable(f"prices of {symbol} cannot be had now", symbol=symbol)
    adjusted = np.where(np.isnan(known.adjusted_close), known.close, known.adjusted_close)
    price = carried(days, known.days, adjusted)
    if known.currency != material.portfolio.base_currency:
        price = price * fx[known.currency]
    twr: Figure = Undefined(f"its prices begin on {known.first_day}, after the start")
    if not np.isnan(price[0]):
        twr = float(price[-1] / price[0] - 1.0)
    return BenchmarkReport(
        symbol=symbol,
        twr=twr,
        growth=price / price[0],
        returns=price[1:] / price[:-1] - 1.0,
        price_as_of=known.last_day,
        stale=known.stale,
    )


class MeasurePerformance:
    """Measures returns."""

    def __init__(self, reader: PortfolioReader, history: ReadHistory) -> None:
        self._reader = reader
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
    ) -> PerformanceReport:
        """Measure over (start, end]; without a start since the first day of the ledger.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            SymbolNotFound: The benchmark is not known.
            InvalidArgument: The start is not before the end.
        """
        history = await self._history(owner, portfolio_id, start=start, end=end, period=period, benchmark=benchmark)
        base = history.portfolio.base_currency
        at_end = history.valued_at_end()
        begin = Decimal(0)
        if not history.since_inception:
            at_start, _ = await self._reader.valuation(history.material, history.start)
            begin = at_start.total.amount
        flows = _flows(history)
        net = sum((amount for _, amount in flows), Decimal(0))
        final = at_end.total.amount
        gain = final - begin - net
        figures = _figures(history, flows, begin=begin, final=final, gain=gain)
        held = [holding.symbol for holding in at_end.holdings]
        return PerformanceReport(
            portfolio=history.portfolio,
            start=history.start,
            end=history.end,
            figures=figures,
            gain=Money(gain, base),
            net_flows=Money(net, base),
            value_start=Money(begin, base),
            value_end=Money(final, base),
            days=history.daily.days,
            values=history.daily.values,
            drawdown=drawdowns(history.growth),
            benchmark=history.benchmark,
            prices_as_of=at_end.prices_as_of,
            stale_prices=at_end.stale_prices,
            warnings=_warnings(at_end, history, held),
        )


def _flows(history: DailyHistory) -> list[tuple[date, Decimal]]:
    """External flows of the range in the base currency, paid in positive."""
    result: list[tuple[date, Decimal]] = []
    for flow in history.book.flows:
        if flow.day > history.start or history.since_inception:
            if flow.symbol:
                amount = decimal_of(history.valuer.flow_value(flow))
            else:
                amount = history.rates.to_base(flow.amount, flow.currency, flow.day)
            result.append((flow.day, amount))
    return result


def _figures(
    history: DailyHistory, flows: Sequence[tuple[date, Decimal]], *, begin: Decimal, final: Decimal, gain: Decimal
) -> dict[str, Figure]:
    names = ("twr", "twr_annual", "xirr", "simple_return", "max_drawdown")
    if history.book.first_day is None:
        return dict.fromkeys(names, EMPTY)
    twr = time_weighted_return(history.returns)
    span = (history.end - history.start).days
    dated = [DatedFlow(day, -float(amount)) for day, amount in flows]
    dated = [DatedFlow(history.start, -float(begin)), *dated, DatedFlow(history.end, float(final))]
    paid_in = sum((amount for _, amount in flows if amount > 0), Decimal(0))
    return {
        "twr": twr,
        "twr_annual": twr if isinstance(twr, Undefined) else annualised(twr, span),
        "xirr": xirr(dated),
        "simple_return": simple_return(float(gain), float(begin), float(paid_in)),
        "max_drawdown": twr if isinstance(twr, Undefined) else float(drawdowns(history.growth).min()),
    }


def _warnings(at_end: Valuation, history: DailyHistory, held: Sequence[str]) -> tuple[str, ...]:
    said = [*at_end.warnings, *price_warnings(history.material, held)]
    if any(flow.implied for flow in history.book.flows):
        said.append("the ledger has no deposits, so what purchases lacked counts as paid in on their day")
    return tuple(said)
