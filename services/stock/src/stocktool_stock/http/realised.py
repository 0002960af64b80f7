"""`/portfolios/{id}/realised`: what sales made."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.application.report_realised import RealisedReport
from stocktool_stock.domain.holding_period import HoldingRule
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.realised import RealisedSale, RealisedTotal, SoldLot
from stocktool_stock.http.figure_models import money
from stocktool_stock.http.portfolio_uses import LongTermDays, PageQuery, Reader, Uses

router = APIRouter(tags=["figures"])


class SoldLotModel(ResponseModel):
    """Part of a sale that came out of one lot; money in the base currency."""

    lot_id: str
    acquired: date
    quantity: str
    proceeds: MoneyModel
    cost: MoneyModel
    gain: MoneyModel
    days_held: int
    long_term: bool

    @classmethod
    def of(cls, sold: SoldLot, base: str) -> SoldLotModel:
        """As the API writes it."""
        return cls(
            lot_id=sold.lot.id,
            acquired=sold.lot.day,
            quantity=plain(sold.lot.quantity),
            proceeds=money(Money(sold.proceeds, base)),
            cost=money(Money(sold.lot.base_cost, base)),
            gain=money(Money(sold.gain, base)),
            days_held=sold.days_held,
            long_term=sold.long_term,
        )


class RealisedSaleModel(ResponseModel):
    """A sale, or the cash of a merger or of a fraction of a share; money in the base currency."""

    transaction_id: str
    type: str = Field(description="sell, merger or spin_off: what realised the gain.")
    date: date
    symbol: str
    account_id: str
    quantity: str
    proceeds: MoneyModel = Field(description="After fee.")
    cost: MoneyModel
    gain: MoneyModel
    price_effect: MoneyModel = Field(description="Part of the gain that comes from the price.")
    currency_effect: MoneyModel = Field(description="Part of the gain that comes from the currency.")
    lots: list[SoldLotModel]
    wash_sale: bool = Field(description="A loss with a purchase of the symbol within 30 days around it.")
    repurchases: list[str] = Field(description="Ids of those purchases, at most twenty.")

    @classmethod
    def of(cls, told: RealisedSale, base: str) -> RealisedSaleModel:
        """As the API writes it."""
        sale = told.sale
        return cls(
            transaction_id=sale.entry_id,
            type=sale.type.value,
            date=sale.day,
            symbol=sale.symbol,
            account_id=sale.account_id,
            quantity=plain(sale.quantity),
            proceeds=money(Money(sale.proceeds, base)),
            cost=money(Money(sale.cost, base)),
            gain=money(Money(sale.gain, base)),
            price_effect=money(Money(told.price_effect, base)),
            currency_effect=money(Money(told.currency_effect, base)),
            lots=[SoldLotModel.of(lot, base) for lot in told.lots],
            wash_sale=bool(told.repurchases),
            repurchases=list(told.repurchases),
        )


class RealisedTotalModel(ResponseModel):
    """Sums in the base currency; the gain is short_term + long_term, and price_effect + currency_effect."""

    proceeds: MoneyModel
    cost: MoneyModel
    gain: MoneyModel
    short_term: MoneyModel
    long_term: MoneyModel
    price_effect: MoneyModel
    currency_effect: MoneyModel

    @classmethod
    def of(cls, total: RealisedTotal, base: str) -> RealisedTotalModel:
        """As the API writes it."""
        return cls(
            proceeds=money(Money(total.proceeds, base)),
            cost=money(Money(total.cost, base)),
            gain=money(Money(total.gain, base)),
            short_term=money(Money(total.short_term, base)),
            long_term=money(Money(total.long_term, base)),
            price_effect=money(Money(total.price_effect, base)),
            currency_effect=money(Money(total.currency_effect, base)),
        )


class SymbolTotalModel(RealisedTotalModel):
    """Sums of one symbol."""

    symbol: str


class RealisedModel(ResponseModel):
    """A page of sales in the order they were booked, and sums over the whole range."""

    portfolio_id: str
    start: date | None
    end: date
    items: list[RealisedSaleModel]
    next_page_token: str
    total: RealisedTotalModel
    by_symbol: list[SymbolTotalModel]
    conventions: dict[str, str]

    @classmethod
    def of(cls, report: RealisedReport) -> RealisedModel:
        """As the API writes it."""
        base = report.portfolio.base_currency
        return cls(
            portfolio_id=report.portfolio.id,
            start=report.start,
            end=report.end,
            items=[RealisedSaleModel.of(told, base) for told in report.sales.items],
            next_page_token=report.sales.next_page_token,
            total=RealisedTotalModel.of(report.total, base),
            by_symbol=[
                SymbolTotalModel(symbol=symbol, **dict(RealisedTotalModel.of(total, base)))
                for symbol, total in report.by_symbol.items()
            ],
            conventions=dict(report.conventions),
        )


@router.get("/portfolios/{portfolio_id}/realised")
async def get_realised(
    *,
    portfolio_id: str,
    caller: Reader,
    page: PageQuery,
    uses: Uses,
    start: Annotated[date | None, Query(description="First day; by default that of the ledger.")] = None,
    end: Annotated[date | None, Query(description="Last day; by default, and at most, the market's today.")] = None,
    account_id: Annotated[str, Query(max_length=64, description="Only sales of this account.")] = "",
    symbol: Annotated[str, Query(max_length=32, description="Only sales of this symbol.")] = "",
    long_term_days: LongTermDays = None,
) -> RealisedModel:
    """Sales from `start` to `end`, lot by lot, with gains by holding period, price and currency."""
    report = await uses.realised(
        caller.owner,
        PortfolioId(portfolio_id),
        page,
        start=start,
        end=end,
        account_id=account_id,
        symbol=parse_symbol(symbol) if symbol else "",
        rule=HoldingRule(long_term_days),
    )
    return RealisedModel.of(report)
