"""Returns of a portfolio, or of a part of it, over a range of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import numpy as np
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.money import Money

from stocktool_stock.application.derived import Sources
from stocktool_stock.application.periods import Period
from stocktool_stock.application.portfolio_reader import PRICE_BASIS, RATE_SOURCE, PortfolioReader, price_warnings
from stocktool_stock.application.read_history import WHOLE, BenchmarkReport, DailyHistory, ReadHistory
from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.days import days64
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.monthly import YearReturns, monthly_returns
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.returns import (
    annualised,
    modified_dietz,
    over_days,
    simple_return,
    time_weighted_return,
    xirr_of_columns,
)
from stocktool_stock.domain.risk import Figure, drawdowns
from stocktool_stock.domain.same_flows import SameFlows, invested
from stocktool_stock.domain.segments import Scope, first_day
from stocktool_stock.domain.valuation import Valuation

EMPTY = Undefined("the ledger has no entries in this range")

CONVENTIONS: Mapping[str, str] = {
    "twr": "daily, flows at the end of their day, chained; days that begin without value are left out, a flow on a day "
    "without trading ends a sub-period at the last prices",
    "xirr": "investor's flows, ACT/365, yearly rate",
    "irr": "xirr over the range itself: (1 + xirr) ^ (days / 365) - 1",
    "modified_dietz": "gain / (value at start + flows weighted by the part of the range after their day)",
    "simple_return": "gain / (value at start + what was paid in)",
    "gain": "value at end - value at start - net flows; gross also + fees + taxes",
    "days": "from the close of start to the close of end; since inception the first day's flows count too",
    "start_day": "flows of the start day are in the value at start; only since inception, where that value is zero, do "
    "they count (the stateless ledger takes a start on its first day as inception)",
    "scope": "an account's flows are those to other accounts too; a symbol is paid for with the cash of its purchases "
    "and pays its proceeds and income, after fees and taxes",
    "gross": "false: after fees and taxes; true: fees and taxes count as taken out on their day",
    "monthly": "daily returns chained by calendar month and year; the first and the last may be parts",
    "price_basis": PRICE_BASIS,
    "exchange_rates": RATE_SOURCE,
    "benchmark": "total return (adjusted close) in the base currency over the same days",
    "benchmark_same_flows": "the value at start and each flow put into the benchmark at the close of its day",
}


@dataclass(frozen=True, slots=True, eq=False)
class PerformanceReport:
    """Returns over a range; figures by their API names."""

    portfolio: Portfolio
    scope: Scope
    gross: bool
    start: date
    end: date
    since_inception: bool
    figures: Mapping[str, Figure]
    gain: Money
    net_flows: Money
    fees: Money
    taxes: Money
    value_start: Money
    value_end: Money
    days: Days
    values: Column
    drawdown: Column
    monthly: tuple[YearReturns, ...]
    benchmark: BenchmarkReport | None
    same_flows: SameFlows | None
    prices_as_of: date | None
    stale_prices: int
    warnings: tuple[str, ...]
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))


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
        scope: Scope = WHOLE,
        gross: bool = False,
    ) -> PerformanceReport:
        """Measure over (start, end]; without a start since the first day of the ledger, or of the part asked for.

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
        return await self.measured(history)

    async def measured(self, history: DailyHistory) -> PerformanceReport:
        """Measure what was read already."""
        part = (history.scope, history.gross, history.start, history.end, history.since_inception)
        compared = history.benchmark.symbol if history.benchmark else ""
        failures = tuple(sorted(history.material.failures.items()))
        question = (history.portfolio.id, *part, compared, failures)
        sources = Sources(history.book, history.material.bars, history.rates)
        derived = self._reader.derived
        report = derived.find(PerformanceReport, question, sources)
        if report is None:
            report = await self._measured(history)
            derived.keep(question, sources, report, 6 * len(report.days))
        return replace(report, portfolio=history.portfolio)

    async def _measured(self, history: DailyHistory) -> PerformanceReport:
        base = history.portfolio.base_currency
        at_end = self._reader.valued(history.book, history.material.bars, history.rates, history.end)
        begin = Decimal(0)
        if not history.since_inception:
            at_start, _ = await self._reader.valuation(history.material, history.start)
            begin = history.worth(at_start)
        with exact():
            net = sum((moved.amount for moved in history.flows), Decimal(0))
            outside = history.outside
            final = history.worth(at_end)
            gain = final - begin - sum((amount for _, amount in outside), Decimal(0))
            fees, taxes = history.fees_and_taxes
        held = [h for h in at_end.holdings if history.scope.symbol in ("", h.symbol)]
        return PerformanceReport(
            portfolio=history.portfolio,
            scope=history.scope,
            gross=history.gross,
            start=history.start,
            end=history.end,
            since_inception=history.since_inception,
            figures=_figures(history, outside, begin=begin, final=final, gain=gain),
            gain=Money(gain, base),
            net_flows=Money(net, base),
            fees=Money(fees, base),
            taxes=Money(taxes, base),
            value_start=Money(begin, base),
            value_end=Money(final, base),
            days=history.daily.days,
            values=history.daily.values,
            drawdown=drawdowns(history.growth),
            monthly=monthly_returns(history.daily.days, history.returns),
            benchmark=history.benchmark,
            same_flows=_same_flows(history, begin),
            prices_as_of=min((h.price.day for h in held if h.price), default=None),
            stale_prices=sum(h.price is not None and h.price.stale for h in held),
            warnings=_warnings(at_end, history, [h.symbol for h in held]),
        )


def _figures(
    history: DailyHistory, outside: Sequence[tuple[date, Decimal]], *, begin: Decimal, final: Decimal, gain: Decimal
) -> dict[str, Figure]:
    names = ("twr", "twr_annual", "xirr", "irr", "modified_dietz", "simple_return", "max_drawdown")
    if first_day(history.book, history.scope) is None:
        return dict.fromkeys(names, EMPTY)
    twr = time_weighted_return(history.returns)
    span = (history.end - history.start).days
    rate, _ = xirr_of_columns(
        days64([history.start, *(day for day, _ in outside), history.end]),
        np.array([-float(begin), *(-float(amount) for _, amount in outside), float(final)]),
    )
    within = _within(outside, history.start, history.end)
    paid_in = sum((moved.amount for moved in history.flows if moved.amount > 0), Decimal(0))
    return {
        "twr": twr,
        "twr_annual": twr if isinstance(twr, Undefined) else annualised(twr, span),
        "xirr": rate,
        "irr": rate if isinstance(rate, Undefined) else over_days(rate, span),
        "modified_dietz": modified_dietz(begin, final, history.start, history.end, within).rate,
        "simple_return": simple_return(float(gain), float(begin), float(paid_in)),
        "max_drawdown": twr if isinstance(twr, Undefined) else float(drawdowns(history.growth).min()),
    }


def _within(outside: Sequence[tuple[date, Decimal]], start: date, end: date) -> Sequence[tuple[date, Decimal]]:
    """Flows in order of their days, those before or after a range on its first or last day."""
    if not outside or start <= outside[0][0] <= outside[-1][0] <= end:
        return outside
    return [(min(max(day, start), end), amount) for day, amount in outside]


def _same_flows(history: DailyHistory, begin: Decimal) -> SameFlows | None:
    if history.benchmark is None:
        return None
    flows = [(moved.day, moved.amount) for moved in history.flows]
    return invested(history.benchmark.prices, history.valuer.index, begin, flows, start=history.start, end=history.end)


def _warnings(at_end: Valuation, history: DailyHistory, held: Sequence[str]) -> tuple[str, ...]:
    said = [*at_end.warnings, *price_warnings(history.material, held)]
    if any(flow.implied for flow in history.book.flows):
        said.append("the ledger has no deposits, so what purchases lacked counts as paid in on their day")
    return tuple(said)
