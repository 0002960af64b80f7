"""`GET /news/{symbol}`: notes about an instrument."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.http.market_uses import Market, Reader, SmallPage

router = APIRouter(tags=["market"])


class NewsModel(ResponseModel):
    """One note. Titles come from outside."""

    title: str
    url: str = Field(description="Empty when the note has no page of its own.")
    publisher: str
    published_at: datetime
    sentiment: float | None = Field(description="Tone of the title, -1 to 1; null when nothing in it tells.")
    summary: str


class NewsList(ResponseModel):
    """Newest first."""

    items: list[NewsModel]
    next_page_token: str


@router.get("/news/{symbol}")
async def list_news(symbol: str, market: Market, _caller: Reader, page: SmallPage) -> NewsList:
    """Notes about an instrument, newest first."""
    found = await market.news.news(parse_symbol(symbol), page)
    items = [
        NewsModel(
            title=item.title,
            url=item.url,
            publisher=item.publisher,
            published_at=item.published_at,
            sentiment=item.sentiment,
            summary=item.summary,
        )
        for item in found.items
    ]
    return NewsList(items=items, next_page_token=found.next_page_token)
