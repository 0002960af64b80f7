"""`GET /market`: the market's now and how the provider is doing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.http.market_uses import Market, Reader

router = APIRouter(tags=["market"])


class ProviderModel(ResponseModel):
    """How the provider of prices is doing."""

    state: Literal["ok", "limited", "down"]
    detail: str = Field(description="One sentence, empty when all is well.")


class MarketModel(ResponseModel):
    """The market's status."""

    now: datetime = Field(description="The market's now; ages of prices count to it.")
    today: date = Field(description="Its calendar day at the exchange.")
    mode: Literal["real", "fixed", "replay"] = Field(description="Real time, one held instant, or past days passing.")
    open: bool
    calendar: str = Field(description="MIC of the exchange whose sessions count.")
    time_zone: str
    session: date = Field(description="The session that runs, or the last that ended.")
    session_close: datetime
    next_open: datetime
    provider: ProviderModel
    source: str = Field(description="Name shown beside prices.")


@router.get("/market")
async def get_market(market: Market, _caller: Reader) -> MarketModel:
    """The market's status."""
    status = await market.status.status()
    return MarketModel(
        now=status.now,
        today=market.status.today(),
        mode=status.mode.value,
        open=status.open,
        calendar=status.calendar,
        time_zone=status.time_zone,
        session=status.session,
        session_close=status.session_close,
        next_open=status.next_open,
        provider=ProviderModel(state=status.provider_state.value, detail=status.provider_detail),
        source=status.source,
    )
