"""`GET /instruments`: search and profiles."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.domain.instruments import Instrument, parse_symbol
from stocktool_stock.http.market_uses import Market, Reader, SmallPage

router = APIRouter(tags=["market"])


class InstrumentModel(ResponseModel):
    """What is known of an instrument; texts are empty where unknown."""

    symbol: str
    name: str
    type: str = Field(description="EQUITY, ETF, ...")
    exchange: str
    currency: str = Field(description="Empty in search results.")
    sector: str
    industry: str
    headquarters: str
    country: str
    first_trade_date: date | None
    source: str = Field(description="Empty in search results.")
    as_of: datetime | None = Field(description="The market's instant of the answer; null in search results.")

    @classmethod
    def of(cls, instrument: Instrument) -> InstrumentModel:
        """Write an instrument."""
        return cls(
            symbol=instrument.symbol,
            name=instrument.name,
            type=instrument.type,
            exchange=instrument.exchange,
            currency=instrument.currency,
            sector=instrument.sector,
            industry=instrument.industry,
            headquarters=instrument.headquarters,
            country=instrument.country,
            first_trade_date=instrument.first_trade_date,
            source=instrument.source,
            as_of=instrument.as_of,
        )


class InstrumentList(ResponseModel):
    """Best match first."""

    items: list[InstrumentModel]
    next_page_token: str


@router.get("/instruments")
async def search_instruments(
    market: Market,
    _caller: Reader,
    page: SmallPage,
    query: Annotated[str, Query(min_length=1, max_length=64, description="Part of a symbol or a name.")],
) -> InstrumentList:
    """Find instruments by symbol or name."""
    found = await market.instruments.search(query, page)
    return InstrumentList(items=[InstrumentModel.of(one) for one in found.items], next_page_token=found.next_page_token)


@router.get("/instruments/{symbol}")
async def get_instrument(symbol: str, market: Market, _caller: Reader) -> InstrumentModel:
    """One instrument's profile."""
    return InstrumentModel.of(await market.instruments.instrument(parse_symbol(symbol)))
