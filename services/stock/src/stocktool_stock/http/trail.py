"""Where a figure comes from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from stocktool_stock.application.book_figures import FigureQuery
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.portfolio_uses import (
    AsOf,
    BenchmarkSymbol,
    Gross,
    PageQuery,
    RangeQuery,
    Reader,
    ScopeQuery,
    Uses,
)
from stocktool_stock.http.trail_models import TrailModel

router = APIRouter(tags=["figures"])


@router.get("/portfolios/{portfolio_id}/trail")
async def get_trail(
    *,
    portfolio_id: str,
    caller: Reader,
    uses: Uses,
    days: RangeQuery,
    scope: ScopeQuery,
    page: PageQuery,
    figure: Annotated[str, Query(max_length=40, description="twr, xirr, gain, market_value, volatility, ...")],
    as_of: AsOf = None,
    benchmark: BenchmarkSymbol = "",
    gross: Gross = False,
    risk_free_annual: Annotated[float, Query(gt=-1, le=1, allow_inf_nan=False, description="Yearly rate.")] = 0.0,
) -> TrailModel:
    """The lots, flows, prices, rates and steps a figure came from, and its formula: enough to work it out again.

    Holdings' figures take `as_of`, those of a range `start` and `end`; figures of the ledger sum up until `end`.
    """
    asked = FigureQuery(
        name=figure,
        scope=scope,
        as_of=as_of,
        start=days.start,
        end=days.end,
        period=days.period,
        benchmark=parse_symbol(benchmark, "benchmark") if benchmark else "",
        gross=gross,
        risk_free=risk_free_annual,
    )
    return TrailModel.of(await uses.trail(caller.owner, PortfolioId(portfolio_id), asked, page))
