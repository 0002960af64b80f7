"""Bodies of sales with the lots they take."""

from __future__ import annotations

from datetime import date

from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.domain.book import Sale
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import Lot
from stocktool_stock.http.figure_models import money


class SoldLotModel(ResponseModel):
    """A lot, or a part of one, that a sale takes; its gain is its share of the proceeds less its cost."""

    lot_id: str
    date: date
    quantity: str
    cost: MoneyModel
    gain: MoneyModel
    days_held: int

    @classmethod
    def of(cls, lot: Lot, sale: Sale, base_currency: str) -> SoldLotModel:
        """As the API writes it."""
        with exact():
            proceeds = sale.proceeds * lot.quantity / sale.quantity
            gain = proceeds - lot.base_cost
        return cls(
            lot_id=lot.id,
            date=lot.day,
            quantity=plain(lot.quantity),
            cost=money(Money(lot.base_cost, base_currency)),
            gain=money(Money(gain, base_currency)),
            days_held=(sale.day - lot.day).days,
        )


class SaleModel(ResponseModel):
    """A sale in the base currency; proceeds after the fee."""

    symbol: str
    account_id: str
    quantity: str
    proceeds: MoneyModel
    cost: MoneyModel
    gain: MoneyModel
    lots: list[SoldLotModel]

    @classmethod
    def of(cls, sale: Sale, base_currency: str) -> SaleModel:
        """As the API writes it."""
        return cls(
            symbol=sale.symbol,
            account_id=sale.account_id,
            quantity=plain(sale.quantity),
            proceeds=money(Money(sale.proceeds, base_currency)),
            cost=money(Money(sale.cost, base_currency)),
            gain=money(Money(sale.gain, base_currency)),
            lots=[SoldLotModel.of(lot, sale, base_currency) for lot in sale.lots],
        )
