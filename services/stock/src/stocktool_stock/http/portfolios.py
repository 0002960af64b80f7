"""`/portfolios`: create, list, read, change, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response
from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.portfolio_models import (
    NewPortfolioModel,
    PortfolioChangeModel,
    PortfolioModel,
    PortfolioPage,
)
from stocktool_stock.http.portfolio_uses import Key, PageQuery, Reader, Uses, Writer

router = APIRouter(tags=["portfolios"])


@router.post("/portfolios", status_code=201)
async def create_portfolio(body: NewPortfolioModel, caller: Writer, key: Key, uses: Uses) -> PortfolioModel:
    """Create a portfolio; without accounts it gets one in the base currency."""
    portfolio = await uses.create(
        caller,
        name=body.name,
        base_currency=body.base_currency,
        accounts=[account.account() for account in body.accounts],
        cost_method=body.cost_method,
        key=key,
    )
    return PortfolioModel.of(portfolio)


@router.get("/portfolios")
async def list_portfolios(caller: Reader, page: PageQuery, uses: Uses) -> PortfolioPage:
    """The caller's portfolios, oldest first."""
    found = await uses.read.list(caller, page)
    return PortfolioPage(items=[PortfolioModel.of(each) for each in found.items], next_page_token=found.next_page_token)


@router.get("/portfolios/{portfolio_id}")
async def get_portfolio(portfolio_id: str, caller: Reader, uses: Uses, response: Response) -> PortfolioModel:
    """One portfolio; its version is the ETag."""
    portfolio = await uses.read.get(caller, PortfolioId(portfolio_id))
    response.headers["etag"] = f'"{portfolio.version}"'
    return PortfolioModel.of(portfolio)


@router.patch("/portfolios/{portfolio_id}")
async def update_portfolio(
    *,
    portfolio_id: str,
    body: PortfolioChangeModel,
    caller: Writer,
    key: Key,
    uses: Uses,
    response: Response,
    if_match: Annotated[str | None, Header(description='Version the change was made on, as in "7".')] = None,
) -> PortfolioModel:
    """Change name, cost method or accounts; with a version that is not the newest: 409 STALE_VERSION."""
    portfolio = await uses.update(
        caller,
        PortfolioId(portfolio_id),
        name=body.name,
        cost_method=body.cost_method,
        add_accounts=[account.account() for account in body.add_accounts],
        version=body.version if if_match is None else version_of(if_match),
        key=key,
    )
    response.headers["etag"] = f'"{portfolio.version}"'
    return PortfolioModel.of(portfolio)


@router.delete("/portfolios/{portfolio_id}", status_code=204)
async def delete_portfolio(portfolio_id: str, caller: Writer, key: Key, uses: Uses) -> None:
    """Delete a portfolio with its ledger."""
    await uses.delete(caller, PortfolioId(portfolio_id), key=key)


def version_of(etag: str) -> int:
    """The version that an ETag names.

    Raises:
        InvalidArgument: It names none.
    """
    text = etag.removeprefix("W/").strip('"')
    if not text.isdigit():
        raise InvalidArgument.of("If-Match", 'must be one version, as in "7"')
    return int(text)
