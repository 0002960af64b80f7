"""`/portfolios/{id}/history`: who wrote what."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field
from stocktool_kit.http.model import ResponseModel

from stocktool_stock.application.list_writes import ToldWrite
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.portfolio_models import TransactionModel
from stocktool_stock.http.portfolio_uses import PageQuery, Reader, Uses

router = APIRouter(tags=["portfolios"])


class WriteModel(ResponseModel):
    """One write to a portfolio."""

    version: int = Field(description="What the portfolio's version became.")
    at: datetime
    actor: str = Field(description="Who did it.")
    action: str = Field(examples=["transactions.recorded"])
    symbol: str | None = Field(description="Instrument of the user's own that it changed.")
    detail: dict[str, str | int]
    transactions: list[TransactionModel] = Field(
        description="The first ten of the entries it recorded, took back or restored, as they are now."
    )
    transaction_count: int = Field(description="How many there were.")

    @classmethod
    def of(cls, told: ToldWrite) -> WriteModel:
        """As the API writes it."""
        write = told.write
        return cls(
            version=write.version,
            at=write.at,
            actor=write.actor,
            action=write.action,
            symbol=write.about or None,
            detail=dict(write.detail),
            transactions=[TransactionModel.of(entry) for entry in told.entries],
            transaction_count=told.count,
        )


class WritePage(ResponseModel):
    """A page of writes, newest first."""

    items: list[WriteModel]
    next_page_token: str = ""


@router.get("/portfolios/{portfolio_id}/history")
async def list_writes(portfolio_id: str, caller: Reader, page: PageQuery, uses: Uses) -> WritePage:
    """Every write with its version and actor, newest first, and what it was about."""
    found = await uses.writes(caller, PortfolioId(portfolio_id), page)
    return WritePage(items=[WriteModel.of(told) for told in found.items], next_page_token=found.next_page_token)
