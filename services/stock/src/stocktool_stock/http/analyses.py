"""Background analyses: start, list, read, cancel."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from stocktool_kit.core.paging import PageRequest

from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.analysis_models import AnalysisModel, AnalysisPage, NewAnalysisModel, stored_parameters
from stocktool_stock.http.portfolio_uses import Key, Reader, Uses, Writer

router = APIRouter(tags=["analyses"])


def _page(
    page_size: Annotated[int, Query(ge=1, le=50, description="At most so many.")] = 20,
    page_token: Annotated[str, Query(max_length=512, description="Token of the next page.")] = "",
) -> PageRequest:
    return PageRequest(page_size, page_token)


@router.post("/portfolios/{portfolio_id}/analyses", status_code=202)
async def start_analysis(
    portfolio_id: str, body: NewAnalysisModel, caller: Writer, key: Key, uses: Uses
) -> AnalysisModel:
    """Queue an analysis that runs in the background; the inbox and the socket tell when it has ended."""
    analysis = await uses.start_analysis(
        caller, PortfolioId(portfolio_id), body.kind, parameters=stored_parameters(body.kind, body.parameters), key=key
    )
    return AnalysisModel.of(analysis)


@router.get("/portfolios/{portfolio_id}/analyses")
async def list_analyses(
    portfolio_id: str, caller: Reader, page: Annotated[PageRequest, Depends(_page)], uses: Uses
) -> AnalysisPage:
    """A portfolio's analyses of the last ninety days, newest first, without results and files."""
    found = await uses.read_analysis.list(caller, PortfolioId(portfolio_id), page)
    return AnalysisPage(items=[AnalysisModel.of(each) for each in found.items], next_page_token=found.next_page_token)


@router.get("/analyses/{analysis_id}")
async def get_analysis(analysis_id: str, caller: Reader, uses: Uses) -> AnalysisModel:
    """An analysis as it is now; addresses of files are made for this answer and hold for some minutes."""
    found = await uses.read_analysis.linked(caller, analysis_id)
    return AnalysisModel.of(found.analysis, found.links)


@router.post("/analyses/{analysis_id}:cancel")
async def cancel_analysis(analysis_id: str, caller: Writer, key: Key, uses: Uses) -> AnalysisModel:
    """End an analysis that is queued or running: failed, with reason CANCELLED. Done or failed: 409."""
    return AnalysisModel.of(await uses.cancel_analysis(caller, analysis_id, key=key))
