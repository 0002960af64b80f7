"""Where returns come from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from stocktool_stock.domain.contribution import ContributionBy
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.attribution_models import ActiveReturnBody, ActiveReturnModel
from stocktool_stock.http.contribution_models import ContributionModel
from stocktool_stock.http.portfolio_uses import BenchmarkSymbol, RangeQuery, Reader, ScopeQuery, Uses

router = APIRouter(tags=["figures"])


@router.get("/portfolios/{portfolio_id}/contribution")
async def get_contribution(
    *,
    portfolio_id: str,
    caller: Reader,
    uses: Uses,
    days: RangeQuery,
    scope: ScopeQuery,
    by: Annotated[ContributionBy, Query(description="What rows are made of.")] = ContributionBy.HOLDING,
) -> ContributionModel:
    """What each part gave to the return, by price, exchange rate, income and charges; the rows sum to it."""
    report = await uses.contribution(
        caller.owner,
        PortfolioId(portfolio_id),
        by=by,
        start=days.start,
        end=days.end,
        period=days.period,
        scope=scope,
    )
    return ContributionModel.of(report)


@router.get("/portfolios/{portfolio_id}/attribution")
async def get_attribution(
    portfolio_id: str, caller: Reader, uses: Uses, days: RangeQuery, benchmark: BenchmarkSymbol = "SPY"
) -> ActiveReturnModel:
    """Why the return differs from a benchmark's, by sector, where the benchmark's sectors are known.

    What a fund holds is not: then the effects are null, and POST takes the fund's sectors, or symbols and weights.
    """
    report = await uses.attribution.against_symbol(
        caller.owner,
        PortfolioId(portfolio_id),
        parse_symbol(benchmark, "benchmark"),
        start=days.start,
        end=days.end,
        period=days.period,
    )
    return ActiveReturnModel.of(report)


@router.post("/portfolios/{portfolio_id}/attribution", name="attribute_to_given")
async def attribute_to_given(
    portfolio_id: str, body: ActiveReturnBody, caller: Reader, uses: Uses
) -> ActiveReturnModel:
    """Why the return differs from that of a benchmark given by symbols and weights, or by sectors; stores nothing."""
    portfolio, mix = PortfolioId(portfolio_id), body.mix()
    if mix is None:
        return ActiveReturnModel.of(await uses.attribution.against_periods(caller.owner, portfolio, body.periods()))
    report = await uses.attribution.against_mix(
        caller.owner, portfolio, mix, start=body.start, end=body.end, period=body.period
    )
    return ActiveReturnModel.of(report)
