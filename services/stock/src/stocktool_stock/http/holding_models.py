"""Bodies of holdings with their lots."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias

from pydantic import Field
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.application.value_portfolio import HoldingsReport
from stocktool_stock.domain.exact import exact, number_or_none
from stocktool_stock.domain.holding_period import HoldingRule, days_held
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import Lot
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.valuation import Holding
from stocktool_stock.http.figure_models import Undefinable, maybe_money, money, undefined_of, unit_price

Day: TypeAlias = date
"""For models in which `date` is a field."""
US_RULE = HoldingRule()


class LotModel(ResponseModel):
    """Shares acquired together and still held."""

    id: str
    account_id: str
    date: date
    quantity: str
    price: MoneyModel = Field(description="Cost of one share, fees included, in the currency it was paid in.")
    cost_basis: MoneyModel = Field(description="In the base currency, at the rate of its day.")
    days_held: int = Field(description="From the day of acquisition to that of the valuation.")
    long_term: bool = Field(description="Whether a sale on the day of the valuation would count as long-term.")

    @classmethod
    def of(cls, lot: Lot, base_currency: str, as_of: Day, rule: HoldingRule) -> LotModel:
        """As the API writes it."""
        with exact():
            price = unit_price(lot.cost / lot.quantity, lot.currency)
        return cls(
            id=lot.id,
            account_id=lot.account_id,
            date=lot.day,
            quantity=plain(lot.quantity),
            price=price,
            cost_basis=money(Money(lot.base_cost, base_currency)),
            days_held=days_held(lot.day, as_of),
            long_term=rule.is_long(lot.day, as_of),
        )


class HoldingModel(ResponseModel):
    """What is held of a symbol; values in the base currency, the price in the instrument's."""

    symbol: str
    quantity: str
    cost_basis: MoneyModel
    price: MoneyModel | None
    price_as_of: date | None
    price_source: str | None
    stale: bool
    market_value: MoneyModel | None
    unrealised: MoneyModel | None
    unrealised_return: float | None
    price_effect: MoneyModel | None = Field(description="Part of the gain that comes from the price.")
    currency_effect: MoneyModel | None = Field(description="Part of the gain that comes from the currency.")
    weight: float | None
    lots: list[LotModel]
    undefined: Undefinable

    @classmethod
    def of(cls, holding: Holding, as_of: date, rule: HoldingRule = US_RULE) -> HoldingModel:
        """As the API writes it."""
        price, base = holding.price, holding.cost_basis.currency
        figures: dict[str, Figure] = {"unrealised_return": holding.unrealised_return, "weight": holding.weight}
        undefined = undefined_of(figures)
        if price is None:
            undefined |= dict.fromkeys(
                ("price", "market_value", "unrealised"), "no price is known on or before this day"
            )
        return cls(
            symbol=holding.symbol,
            quantity=plain(holding.quantity),
            cost_basis=money(holding.cost_basis),
            price=None if price is None else unit_price(price.price.amount, price.price.currency),
            price_as_of=None if price is None else price.day,
            price_source=None if price is None else price.source,
            stale=price is None or price.stale,
            market_value=maybe_money(holding.market_value),
            unrealised=maybe_money(holding.unrealised),
            unrealised_return=number_or_none(holding.unrealised_return),
            price_effect=maybe_money(holding.price_effect),
            currency_effect=maybe_money(holding.currency_effect),
            weight=number_or_none(holding.weight),
            lots=[LotModel.of(lot, base, as_of, rule) for lot in holding.lots],
            undefined=undefined,
        )


class UnbookedSplitModel(ResponseModel):
    """A split of the market that the ledger has not booked."""

    symbol: str
    date: date
    ratio: str


class HoldingsModel(ResponseModel):
    """A portfolio valued at the close of a day."""

    portfolio_id: str
    as_of: date
    items: list[HoldingModel]
    cash: list[MoneyModel] = Field(description="By currency, in that currency.")
    cash_value: MoneyModel = Field(description="All cash in the base currency.")
    total: MoneyModel
    cost_basis: MoneyModel
    unrealised: MoneyModel
    realised: MoneyModel
    income: MoneyModel
    stale_prices: int
    unpriced: list[str]
    unbooked_splits: list[UnbookedSplitModel]
    warnings: list[str]
    conventions: dict[str, str]

    @classmethod
    def of(cls, report: HoldingsReport, rule: HoldingRule = US_RULE) -> HoldingsModel:
        """As the API writes it."""
        valuation = report.valuation
        return cls(
            portfolio_id=report.portfolio.id,
            as_of=valuation.as_of,
            items=[HoldingModel.of(holding, valuation.as_of, rule) for holding in valuation.holdings],
            cash=[money(amount) for amount in valuation.cash],
            cash_value=money(valuation.cash_value),
            total=money(valuation.total),
            cost_basis=money(valuation.cost_basis),
            unrealised=money(valuation.unrealised),
            realised=money(report.realised),
            income=money(report.income),
            stale_prices=valuation.stale_prices,
            unpriced=list(valuation.unpriced),
            unbooked_splits=[
                UnbookedSplitModel(symbol=symbol, date=split.ex_date, ratio=plain(split.ratio))
                for symbol, split in valuation.unbooked_splits
            ],
            warnings=list(report.warnings),
            conventions={**report.conventions, "long_term": rule.text},
        )
