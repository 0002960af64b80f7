"""Bodies of holdings with their lots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

import orjson
from pydantic import Field, TypeAdapter
from stocktool_kit.core.money import minor_units
from stocktool_kit.http.model import MoneyModel, ResponseModel, plain_decimal

from stocktool_stock.application.value_portfolio import HoldingsReport
from stocktool_stock.domain.exact import exact, number_or_none
from stocktool_stock.domain.holding_period import HoldingRule, days_held
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import QUANTUM, Lot
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


_LOTS = TypeAdapter(list[LotModel])


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
    lots: list[LotModel] = Field(description="In order of acquisition; empty where they were not asked for.")
    undefined: Undefinable

    @classmethod
    def of(cls, holding: Holding, as_of: Day, rule: HoldingRule = US_RULE, *, lots: bool = True) -> HoldingModel:
        """As the API writes it, with its lots or without."""
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
            lots=_LOTS.validate_python(_lot_rows(holding.lots, base, as_of, rule)) if lots else [],
            undefined=undefined,
        )


def _lot_rows(lots: Sequence[Lot], base_currency: str, as_of: date, rule: HoldingRule) -> list[dict[str, object]]:
    """What `LotModel` says, in plain values.

    A long ledger has tens of thousands of lots: their numbers are written in one block of exact arithmetic.
    """
    unit = Decimal(1).scaleb(-minor_units(base_currency))
    ages: dict[date, tuple[int, bool]] = {}
    rows: list[dict[str, object]] = []
    with exact():
        for lot in lots:
            day = lot.day
            age = ages.get(day)
            if age is None:
                age = ages[day] = (days_held(day, as_of), rule.is_long(day, as_of))
            price = (lot.cost / lot.quantity).quantize(QUANTUM, rounding=ROUND_HALF_EVEN)
            cost = lot.base_cost.quantize(unit, rounding=ROUND_HALF_EVEN)
            rows.append(
                {
                    "id": lot.id,
                    "account_id": lot.account_id,
                    "date": day,
                    "quantity": plain(lot.quantity),
                    "price": {"amount": plain(price), "currency": lot.currency},
                    "cost_basis": {"amount": plain_decimal(cost), "currency": base_currency},
                    "days_held": age[0],
                    "long_term": age[1],
                }
            )
    return rows


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
    def of(cls, report: HoldingsReport, rule: HoldingRule = US_RULE, *, lots: bool = True) -> HoldingsModel:
        """As the API writes it, with lots or without."""
        valuation = report.valuation
        return cls(
            portfolio_id=report.portfolio.id,
            as_of=valuation.as_of,
            items=[HoldingModel.of(holding, valuation.as_of, rule, lots=lots) for holding in valuation.holdings],
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


def holdings_json(report: HoldingsReport, rule: HoldingRule = US_RULE) -> bytes:
    """`HoldingsModel` with lots as JSON, without a model for each lot: a third of the time where they are many."""
    body = HoldingsModel.of(report, rule, lots=False).model_dump()
    for item, holding in zip(body["items"], report.valuation.holdings, strict=True):
        item["lots"] = _lot_rows(holding.lots, holding.cost_basis.currency, report.valuation.as_of, rule)
    return orjson.dumps(body)
