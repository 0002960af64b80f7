"""`/portfolios/{id}/targets`: what a portfolio is meant to look like."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.portfolio_uses import Key, Reader, Uses, Writer
from stocktool_stock.http.portfolios import version_of
from stocktool_stock.http.target_models import NewTargetsBody, TargetsModel

router = APIRouter(tags=["planning"], prefix="/portfolios/{portfolio_id}/targets")


@router.put("")
async def put_targets(
    *,
    portfolio_id: str,
    body: NewTargetsBody,
    caller: Writer,
    key: Key,
    uses: Uses,
    response: Response,
    if_match: Annotated[str | None, Header(description='Version the change was made on, as in "7".')] = None,
) -> TargetsModel:
    """Set or replace the targets; with a version that is not the newest: 409 STALE_VERSION."""
    stored = await uses.planning.targets.put(
        caller,
        PortfolioId(portfolio_id),
        body.targets(),
        version=body.version if if_match is None else version_of(if_match),
        key=key,
    )
    response.headers["etag"] = f'"{stored.version}"'
    return TargetsModel.of(stored)


@router.get("")
async def get_targets(portfolio_id: str, caller: Reader, uses: Uses, response: Response) -> TargetsModel:
    """The targets; without any: 404 TARGETS_NOT_SET. Their version is the ETag."""
    stored = await uses.planning.targets.get(caller.owner, PortfolioId(portfolio_id))
    response.headers["etag"] = f'"{stored.version}"'
    return TargetsModel.of(stored)


@router.delete("", status_code=204)
async def delete_targets(portfolio_id: str, caller: Writer, key: Key, uses: Uses) -> None:
    """Remove the targets, if there are any."""
    await uses.planning.targets.delete(caller, PortfolioId(portfolio_id), key=key)
