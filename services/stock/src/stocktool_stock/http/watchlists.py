"""`/watchlists`: lists of symbols with their current quotes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi import Response as Headers
from pydantic import Field
from starlette.responses import Response
from stocktool_kit.core.clock import instant
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.application.watchlists import KeepWatchlists
from stocktool_stock.domain.watchlists import MOST_SYMBOLS, Watchlist
from stocktool_stock.http.market_uses import json_response
from stocktool_stock.http.portfolio_uses import Key, PageQuery, Reader, Writer
from stocktool_stock.http.quotes import QuoteList, quotes_body
from stocktool_stock.http.versions import version_of

router = APIRouter(tags=["watchlists"])


class NewWatchlistModel(RequestModel):
    """A list to be made."""

    name: str
    symbols: list[str] = Field(default=[], max_length=MOST_SYMBOLS)


class WatchlistChangeModel(RequestModel):
    """What is to change; absent fields stay."""

    name: str | None = None
    symbols: list[str] | None = Field(default=None, max_length=MOST_SYMBOLS, description="All symbols, in order.")
    version: int | None = Field(default=None, ge=1, description="Version the change was made on; or use If-Match.")


class WatchlistModel(ResponseModel):
    """One list."""

    id: str
    name: str
    symbols: list[str]
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, watchlist: Watchlist) -> WatchlistModel:
        """Write a list."""
        return cls(
            id=watchlist.id,
            name=watchlist.name,
            symbols=list(watchlist.symbols),
            version=watchlist.version,
            created_at=watchlist.created_at,
            updated_at=watchlist.updated_at,
        )


class QuotedWatchlistModel(WatchlistModel):
    """One list with quotes."""

    quotes: QuoteList = Field(description="Current quotes in the list's order; what has none stands in `errors`.")
    stale_quotes: int = Field(description="How many of the quotes are older than they should be.")
    as_of: datetime = Field(description="The market's now, to which ages count.")


class WatchlistPage(ResponseModel):
    """Oldest first."""

    items: list[WatchlistModel]
    next_page_token: str


async def _uses(request: Request) -> KeepWatchlists:
    found: KeepWatchlists = request.app.state.watchlists
    return found


Watchlists = Annotated[KeepWatchlists, Depends(_uses)]


@router.post("/watchlists", status_code=201)
async def create_watchlist(body: NewWatchlistModel, caller: Writer, key: Key, uses: Watchlists) -> WatchlistModel:
    """Make a list of at most 100 symbols; an owner has at most 20 lists (409 TOO_MANY_WATCHLISTS)."""
    return WatchlistModel.of(await uses.create(caller, name=body.name, symbols=body.symbols, key=key))


@router.get("/watchlists")
async def list_watchlists(caller: Reader, page: PageQuery, uses: Watchlists) -> WatchlistPage:
    """The caller's lists, oldest first, without quotes."""
    found = await uses.list(caller, page)
    return WatchlistPage(items=[WatchlistModel.of(each) for each in found.items], next_page_token=found.next_page_token)


@router.get("/watchlists/{watchlist_id}", response_model=QuotedWatchlistModel)
async def get_watchlist(watchlist_id: str, caller: Reader, uses: Watchlists) -> Response:
    """One list with the current quote of each symbol, its age and whether it is stale; the version is the ETag."""
    found = await uses.get(caller, watchlist_id)
    body: dict[str, Any] = {
        **WatchlistModel.of(found.watchlist).model_dump(mode="json"),
        "quotes": quotes_body(found.batch),
        "stale_quotes": sum(quote.stale for quote in found.batch.quotes),
        "as_of": instant(found.batch.now),
    }
    response = json_response(body)
    response.headers["etag"] = f'"{found.watchlist.version}"'
    return response


@router.patch("/watchlists/{watchlist_id}")
async def change_watchlist(
    *,
    watchlist_id: str,
    body: WatchlistChangeModel,
    caller: Writer,
    key: Key,
    uses: Watchlists,
    response: Headers,
    if_match: Annotated[str | None, Header(description='Version the change was made on, as in "7".')] = None,
) -> WatchlistModel:
    """Change name or symbols; with a version that is not the newest: 409 STALE_VERSION."""
    version = body.version if if_match is None else version_of(if_match)
    changed = await uses.change(caller, watchlist_id, name=body.name, symbols=body.symbols, version=version, key=key)
    response.headers["etag"] = f'"{changed.version}"'
    return WatchlistModel.of(changed)


@router.delete("/watchlists/{watchlist_id}", status_code=204)
async def delete_watchlist(watchlist_id: str, caller: Writer, key: Key, uses: Watchlists) -> None:
    """Delete a list."""
    await uses.delete(caller, watchlist_id, key=key)
