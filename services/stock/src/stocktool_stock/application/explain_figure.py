"""Where a figure comes from: its trail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import PageRequest, decode_token, encode_token

from stocktool_stock.application.book_figures import BookFigures, FigureQuery, Found
from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.measure_contribution import CONVENTIONS as CONTRIBUTION
from stocktool_stock.application.measure_contribution import segments_of, whole_of
from stocktool_stock.application.measure_performance import CONVENTIONS as PERFORMANCE
from stocktool_stock.application.measure_performance import MeasurePerformance, PerformanceReport
from stocktool_stock.application.portfolio_reader import PortfolioReader
from stocktool_stock.application.read_history import DailyHistory, ReadHistory, check_scope
from stocktool_stock.domain.contribution import day_effects
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.figure_formulas import AGAINST_BENCHMARK, FORMULAS, FigureKind
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.risk import CONVENTIONS as RISK
from stocktool_stock.domain.risk import Figure, series_risk, to_date
from stocktool_stock.domain.segments import Scope
from stocktool_stock.domain.trail import (
    Trail,
    TrailEffect,
    TrailRate,
    TrailStep,
    TrailTables,
    cash_at,
    charge_row,
    flow_row,
    positions_at,
    steps_of,
)

RATE_SOURCE = "ECB"
_AMOUNTS = frozenset({"gain", "net_flows"})


class ExplainFigure:
    """Gives figures with the rows they came from."""

    def __init__(
        self, reader: PortfolioReader, history: ReadHistory, performance: MeasurePerformance, rates: FxRates
    ) -> None:
        self._reader = reader
        self._books = BookFigures(reader)
        self._history = history
        self._performance = performance
        self._rates = rates

    async def __call__(self, owner: OwnerId, portfolio_id: PortfolioId, asked: FigureQuery, page: PageRequest) -> Trail:
        """Give one figure's trail.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            SymbolNotFound: The benchmark is not known.
            InvalidArgument: There is no such figure, the start is not before the end, the scope is no part of the
                portfolio, or a benchmark is missing.
        """
        formula = FORMULAS.get(asked.name)
        if formula is None:
            raise InvalidArgument.of("figure", f"must be one of {', '.join(FORMULAS)}")
        if asked.name in AGAINST_BENCHMARK and not asked.benchmark:
            raise InvalidArgument.of("benchmark", f"is needed for {asked.name}")
        if asked.name in ("weight", "contribution") and not asked.scope.symbol:
            raise InvalidArgument.of("symbol", f"is needed for a {asked.name}")
        if asked.name == "contribution":
            found = await self._contribution(owner, portfolio_id, asked)
        elif formula.kind is FigureKind.DAY:
            found = await self._books.of_day(owner, portfolio_id, asked)
        elif formula.kind is FigureKind.LEDGER:
            found = await self._books.of_ledger(owner, portfolio_id, asked)
        else:
            found = await self._of_range(owner, portfolio_id, asked)
        totals = found.tables.totals()
        first = _place(page)
        shown = found.tables.page(first, page.page_size)
        more = max(totals.values()) > first + page.page_size
        absent = isinstance(found.value, Undefined)
        return Trail(
            figure=asked.name,
            formula=formula,
            value=None if isinstance(found.value, Undefined) else found.value,
            is_amount=isinstance(found.value, Decimal),
            base_currency=found.base_currency,
            scope=asked.scope,
            start=found.start,
            end=found.end,
            inputs=found.inputs,
            tables=shown,
            rates=await self._published(
                shown.rates(found.base_currency, found.end if formula.kind is FigureKind.DAY else None),
                found.base_currency,
            ),
            totals=totals,
            next_page_token=encode_token({"after": str(first + page.page_size)}) if more else "",
            conventions=found.conventions,
            undefined={asked.name: found.value.reason} if absent and isinstance(found.value, Undefined) else {},
        )

    async def _published(self, needs: Sequence[tuple[str, date]], base: str) -> list[TrailRate]:
        found = [(day, await self._rates.rate(currency, base, day)) for currency, day in needs]
        return [TrailRate(each.base, day, each.day, each.rate, RATE_SOURCE) for day, each in found]

    async def _of_range(self, owner: OwnerId, portfolio_id: PortfolioId, asked: FigureQuery) -> Found:
        history = await self._history(
            owner,
            portfolio_id,
            start=asked.start,
            end=asked.end,
            period=asked.period,
            benchmark=asked.benchmark,
            scope=asked.scope,
            gross=asked.gross,
        )
        report = await self._performance.measured(history)
        tables = (
            await self._range_tables(history, asked)
            if FORMULAS[asked.name].kind is FigureKind.RANGE
            else TrailTables(steps=_steps(history))
        )
        inputs: dict[str, Decimal | float] = {}
        if tables.steps:
            inputs["risk_free_annual"] = asked.risk_free
        else:
            inputs |= {"value_start": report.value_start.amount, "value_end": report.value_end.amount}
        return Found(
            value=_value(asked, report, history),
            tables=tables,
            start=history.start,
            end=history.end,
            base_currency=history.portfolio.base_currency,
            inputs=inputs,
            conventions={**PERFORMANCE, **(RISK if tables.steps else {})},
        )

    async def _contribution(self, owner: OwnerId, portfolio_id: PortfolioId, asked: FigureQuery) -> Found:
        """What a holding gave to the return of the portfolio, or of the account."""
        history = await self._history(
            owner,
            portfolio_id,
            start=asked.start,
            end=asked.end,
            period=asked.period,
            scope=Scope(asked.scope.account_id),
        )
        check_scope(asked.scope, history.book)
        parts = [days for part, days in segments_of(history).items() if part.symbol == asked.scope.symbol]
        found = day_effects(whole_of(history), parts)
        days = history.daily.days
        effects: list[TrailEffect] = []
        value: Figure
        if isinstance(found, Undefined) or not found:
            value = found if isinstance(found, Undefined) else Undefined("no day begins with a value above zero")
        else:
            effects = [TrailEffect(to_date(days[e.index + 1]), e.before, e.gain, e.rate, e.coefficient) for e in found]
            value = math.fsum(e.gain / e.before * e.coefficient for e in found)
        return Found(
            value=value,
            tables=TrailTables(effects=effects),
            start=history.start,
            end=history.end,
            base_currency=history.portfolio.base_currency,
            inputs={},
            conventions=dict(CONTRIBUTION),
        )

    async def _range_tables(self, history: DailyHistory, asked: FigureQuery) -> TrailTables:
        """The values at both ends, and what moved between."""
        bars, scope = history.material.bars, history.scope
        positions = positions_at(history.book, bars, history.rates, history.end, scope)
        cash = cash_at(history.book, history.rates, history.end, scope)
        if not history.since_inception:
            before, rates = await self._reader.book(history.material, history.start)
            positions = [*positions_at(before, bars, rates, history.start, scope), *positions]
            cash = [*cash_at(before, rates, history.start, scope), *cash]
        flows = [flow_row(moved.day, moved.amount, moved.origin) for moved in history.flows]
        if history.gross and asked.name != "net_flows":
            flows += [charge_row(charge, history.portfolio.base_currency) for charge in history.charges]
        return TrailTables(
            positions=() if asked.name == "net_flows" else positions,
            cash=() if asked.name == "net_flows" else cash,
            flows=sorted(flows, key=lambda row: row.day),
        )


def _place(page: PageRequest) -> int:
    if not page.page_token:
        return 0
    after = decode_token(page.page_token).get("after", "")
    if not after.isdecimal() or len(after) > 9:
        raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
    return int(after)


def _steps(history: DailyHistory) -> list[TrailStep]:
    daily = history.daily
    benchmark = None if history.benchmark is None else history.benchmark.returns
    return steps_of(daily.days, daily.values, daily.flows, history.returns, benchmark)


def _value(asked: FigureQuery, report: PerformanceReport, history: DailyHistory) -> Decimal | Figure:
    if asked.name in _AMOUNTS:
        return report.gain.amount if asked.name == "gain" else report.net_flows.amount
    if asked.name == "benchmark_twr" and history.benchmark is not None:
        return history.benchmark.twr
    if asked.name in report.figures:
        return report.figures[asked.name]
    risk = series_risk(
        history.daily.days,
        history.returns,
        benchmark=None if history.benchmark is None else history.benchmark.returns,
        risk_free=asked.risk_free,
    )
    return risk.figures[asked.name]
