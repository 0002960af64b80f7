"""Where returns come from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from stocktool_stock.domain.contribution import ContributionBy
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.contribution_models import ContributionModel
from stocktool_stock.http.portfolio_uses import RangeQuery, Reader, ScopeQuery, Uses

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
