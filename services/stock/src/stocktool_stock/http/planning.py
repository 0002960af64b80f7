"""`/portfolios/{id}`: rebalancing, optimising, what-if, X-ray. Plans are answers; what-ifs are stored when asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.xray import Thresholds
from stocktool_stock.http.optimise_models import OptimisationModel, OptimiseBody
from stocktool_stock.http.portfolio_models import PortfolioModel
from stocktool_stock.http.portfolio_uses import AsOf, Key, Reader, Uses, Writer
from stocktool_stock.http.rebalance_models import RebalanceBody, RebalanceModel
from stocktool_stock.http.what_if_models import StoredWhatIfBody, WhatIfBody, WhatIfModel
from stocktool_stock.http.xray_models import ThresholdsBody, ThresholdsModel, XRayModel, query_thresholds

router = APIRouter(tags=["planning"], prefix="/portfolios/{portfolio_id}")


@router.post("/rebalance")
async def plan_rebalance(portfolio_id: str, body: RebalanceBody, caller: Reader, uses: Uses) -> RebalanceModel:
    """Trades that bring the portfolio to targets: those given, else those kept (404 TARGETS_NOT_SET without any)."""
    plan = await uses.planning.rebalance(caller.owner, PortfolioId(portfolio_id), body.request())
    return RebalanceModel.of(plan)


@router.post("/what-if")
async def compare_what_if(portfolio_id: str, body: WhatIfBody, caller: Reader, uses: Uses) -> WhatIfModel:
    """The portfolio before and after some trades, side by side; selling more than is held: 409 SHORT_SALE."""
    report = await uses.planning.what_if(
        caller.owner,
        PortfolioId(portfolio_id),
        [trade.draft() for trade in body.trades],
        benchmark=parse_symbol(body.benchmark, "/benchmark") if body.benchmark else "",
        start=body.start,
    )
    return WhatIfModel.of(report)


@router.post("/what-if:store", status_code=201)
async def store_what_if(
    portfolio_id: str, body: StoredWhatIfBody, caller: Writer, key: Key, uses: Uses
) -> PortfolioModel:
    """Keep a what-if as a portfolio of its own: all entries that stand, and the trades; this one does not change."""
    fork = await uses.planning.store_what_if(
        caller, PortfolioId(portfolio_id), body.name, [trade.draft() for trade in body.trades], key=key
    )
    return PortfolioModel.of(fork)


@router.post("/optimise")
async def optimise_portfolio(portfolio_id: str, body: OptimiseBody, caller: Reader, uses: Uses) -> OptimisationModel:
    """Best weights of the holdings, and of further symbols, within bounds; and the trades that lead there."""
    report = await uses.planning.optimise(caller.owner, PortfolioId(portfolio_id), body.task())
    return OptimisationModel.of(report)


@router.get("/xray")
async def get_xray(
    *,
    portfolio_id: str,
    caller: Reader,
    uses: Uses,
    as_of: AsOf = None,
    benchmark: Annotated[
        str | None, Query(max_length=32, description="Symbol for beta; the usual one by default, empty for none.")
    ] = None,
    thresholds: Annotated[
        str, Query(max_length=2000, description="Limits of this request, as in single_holding:0.3,sector:0.4.")
    ] = "",
) -> XRayModel:
    """Every rule, what it found, and the positions behind it."""
    report = await uses.planning.xray(
        caller.owner,
        PortfolioId(portfolio_id),
        as_of=as_of,
        benchmark=parse_symbol(benchmark, "benchmark") if benchmark else benchmark,
        thresholds=query_thresholds(thresholds),
    )
    return XRayModel.of(report)


@router.get("/xray/thresholds")
async def get_thresholds(portfolio_id: str, caller: Reader, uses: Uses) -> ThresholdsModel:
    """The limits that hold for this portfolio."""
    return ThresholdsModel.of(await uses.planning.thresholds.get(caller.owner, PortfolioId(portfolio_id)))


@router.put("/xray/thresholds")
async def put_thresholds(
    portfolio_id: str, body: ThresholdsBody, caller: Writer, key: Key, uses: Uses
) -> ThresholdsModel:
    """Replace the limits that differ from the defaults; with a version that is not the newest: 409 STALE_VERSION."""
    stored = await uses.planning.thresholds.put(
        caller, PortfolioId(portfolio_id), Thresholds.read(body.thresholds), version=body.version, key=key
    )
    return ThresholdsModel.of(stored)


@router.delete("/xray/thresholds", status_code=204)
async def delete_thresholds(portfolio_id: str, caller: Writer, key: Key, uses: Uses) -> None:
    """Back to the defaults."""
    await uses.planning.thresholds.delete(caller, PortfolioId(portfolio_id), key=key)
