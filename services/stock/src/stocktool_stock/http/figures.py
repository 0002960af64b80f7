"""Valuations, returns, risk, allocation and comparison."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.holding_period import HoldingRule
from stocktool_stock.domain.instruments import parse_symbol, parse_symbols
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.allocation_models import AllocationModel
from stocktool_stock.http.comparison_models import ComparisonModel
from stocktool_stock.http.holding_models import HoldingsModel, holdings_json
from stocktool_stock.http.performance_models import PerformanceModel
from stocktool_stock.http.portfolio_uses import (
    AsOf,
    BenchmarkSymbol,
    Gross,
    LongTermDays,
    RangeQuery,
    Reader,
    ScopeQuery,
    Uses,
)
from stocktool_stock.http.risk_models import RiskModel

router = APIRouter(tags=["figures"])


@router.get("/portfolios/{portfolio_id}/holdings", response_model=HoldingsModel)
async def get_holdings(
    *,
    portfolio_id: str,
    caller: Reader,
    uses: Uses,
    as_of: AsOf = None,
    long_term_days: LongTermDays = None,
    lots: Annotated[bool, Query(description="Whether the open lots come too; a long ledger has thousands.")] = True,
) -> HoldingsModel | Response:
    """What is held at the close of a day, and its value in the base currency."""
    report = await uses.value(caller.owner, PortfolioId(portfolio_id), as_of=as_of)
    rule = HoldingRule(long_term_days)
    if not lots:
        return HoldingsModel.of(report, rule, lots=False)
    return Response(holdings_json(report, rule), media_type="application/json")


@router.get("/portfolios/{portfolio_id}/performance")
async def get_performance(
    *,
    portfolio_id: str,
    caller: Reader,
    uses: Uses,
    days: RangeQuery,
    scope: ScopeQuery,
    benchmark: BenchmarkSymbol = "",
    gross: Gross = False,
) -> PerformanceModel:
    """Returns from the close of `start` to the close of `end`, of the portfolio or of an account or holding.

    After fees and taxes unless `gross`: then these count as money taken out on their day.
    """
    report = await uses.performance(
        caller.owner,
        PortfolioId(portfolio_id),
        start=days.start,
        end=days.end,
        period=days.period,
        benchmark=_benchmark(benchmark),
        scope=scope,
        gross=gross,
    )
    return PerformanceModel.of(report)


@router.get("/portfolios/{portfolio_id}/risk")
async def get_risk(
    *,
    portfolio_id: str,
    caller: Reader,
    uses: Uses,
    days: RangeQuery,
    scope: ScopeQuery,
    benchmark: BenchmarkSymbol = "",
    gross: Gross = False,
    include_series: Annotated[bool, Query(description="Drawdown and rolling volatility by day.")] = False,
    risk_free_annual: Annotated[float, Query(gt=-1, le=1, allow_inf_nan=False, description="Yearly rate.")] = 0.0,
) -> RiskModel:
    """Risk from the close of `start` to the close of `end`."""
    report = await uses.risk(
        caller.owner,
        PortfolioId(portfolio_id),
        start=days.start,
        end=days.end,
        period=days.period,
        benchmark=_benchmark(benchmark),
        risk_free=risk_free_annual,
        scope=scope,
        gross=gross,
    )
    return RiskModel.of(report, include_series=include_series)


@router.get("/portfolios/{portfolio_id}/allocation")
async def get_allocation(
    portfolio_id: str,
    caller: Reader,
    uses: Uses,
    by: Annotated[AllocationBy, Query(description="What slices are made of.")] = AllocationBy.SECTOR,
    as_of: AsOf = None,
) -> AllocationModel:
    """The value in slices that sum to 1."""
    report = await uses.allocate(caller.owner, PortfolioId(portfolio_id), by=by, as_of=as_of)
    return AllocationModel.of(report)


@router.get("/compare")
async def compare_symbols(
    _caller: Reader,
    uses: Uses,
    days: RangeQuery,
    symbols: Annotated[str, Query(description="Symbols separated by commas, at most 20.")],
) -> ComparisonModel:
    """Symbols side by side over the days they all have prices; by default the last year."""
    wanted = parse_symbols(symbols, at_most=20)
    return ComparisonModel.of(await uses.compare(wanted, start=days.start, end=days.end, period=days.period))


def _benchmark(symbol: str) -> str:
    return parse_symbol(symbol, "benchmark") if symbol else ""
