"""Bodies of trails: a figure with the rows it came from. Amounts are exact decimal text."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from pydantic import Field
from stocktool_kit.http.model import MoneyModel, ResponseModel

from stocktool_stock.domain.book import Charge, Sale
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.income import IncomePayment
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import Lot
from stocktool_stock.domain.trail import Trail, TrailCash, TrailEffect, TrailFlow, TrailPosition, TrailRate, TrailStep
from stocktool_stock.http.figure_models import Undefinable

_PLACES = Decimal("1e-12")


def _text(number: Decimal) -> str:
    with exact():
        return plain(number.quantize(_PLACES, rounding=ROUND_HALF_EVEN))


class TrailPositionModel(ResponseModel):
    """value = quantity x close x split_factor x rate."""

    as_of: date
    account_id: str
    symbol: str
    quantity: str
    close: str = Field(description="Adjusted for later splits, as its source gives it.")
    split_factor: str
    price_as_of: date
    source: str
    stale: bool
    currency: str
    rate: str
    value: str

    @classmethod
    def of(cls, row: TrailPosition) -> TrailPositionModel:
        """As the API writes it."""
        return cls(
            as_of=row.as_of,
            account_id=row.account_id,
            symbol=row.symbol,
            quantity=plain(row.quantity),
            close=_text(row.close),
            split_factor=_text(row.split_factor),
            price_as_of=row.price_as_of,
            source=row.source,
            stale=row.stale,
            currency=row.currency,
            rate=_text(row.rate),
            value=_text(row.value),
        )


class TrailCashModel(ResponseModel):
    """value = amount x rate."""

    as_of: date
    account_id: str
    currency: str
    amount: str
    rate: str
    value: str

    @classmethod
    def of(cls, row: TrailCash) -> TrailCashModel:
        """As the API writes it."""
        return cls(
            as_of=row.as_of,
            account_id=row.account_id,
            currency=row.currency,
            amount=_text(row.amount),
            rate=_text(row.rate),
            value=_text(row.value),
        )


class TrailLotModel(ResponseModel):
    """An open lot, or what a sale took of one."""

    id: str
    account_id: str
    symbol: str
    date: date
    quantity: str
    cost: str = Field(description="Fees included, in `currency`.")
    currency: str
    cost_basis: str = Field(description="In the base currency, at the rate of its date.")

    @classmethod
    def of(cls, lot: Lot) -> TrailLotModel:
        """As the API writes it."""
        return cls(
            id=lot.id,
            account_id=lot.account_id,
            symbol=lot.symbol,
            date=lot.day,
            quantity=plain(lot.quantity),
            cost=_text(lot.cost),
            currency=lot.currency,
            cost_basis=_text(lot.base_cost),
        )


class TrailSaleModel(ResponseModel):
    """A sale in the base currency, with the lots it took."""

    transaction_id: str
    date: date
    account_id: str
    symbol: str
    quantity: str
    proceeds: str
    cost: str
    gain: str
    lots: list[TrailLotModel]

    @classmethod
    def of(cls, sale: Sale) -> TrailSaleModel:
        """As the API writes it."""
        with exact():
            gain = sale.gain
        return cls(
            transaction_id=sale.entry_id,
            date=sale.day,
            account_id=sale.account_id,
            symbol=sale.symbol,
            quantity=plain(sale.quantity),
            proceeds=_text(sale.proceeds),
            cost=_text(sale.cost),
            gain=_text(gain),
            lots=[TrailLotModel.of(lot) for lot in sale.lots],
        )


class TrailIncomeModel(ResponseModel):
    """A dividend or interest in the base currency."""

    transaction_id: str
    date: date
    account_id: str
    symbol: str
    gross: str
    tax: str
    fee: str

    @classmethod
    def of(cls, payment: IncomePayment) -> TrailIncomeModel:
        """As the API writes it."""
        return cls(
            transaction_id=payment.entry_id,
            date=payment.day,
            account_id=payment.account_id,
            symbol=payment.symbol,
            gross=_text(payment.gross),
            tax=_text(payment.tax),
            fee=_text(payment.fee),
        )


class TrailChargeModel(ResponseModel):
    """Fee and tax of a transaction in the base currency."""

    transaction_id: str
    date: date
    account_id: str
    symbol: str
    fee: str
    tax: str

    @classmethod
    def of(cls, charge: Charge) -> TrailChargeModel:
        """As the API writes it."""
        return cls(
            transaction_id=charge.entry_id,
            date=charge.day,
            account_id=charge.account_id,
            symbol=charge.symbol,
            fee=_text(charge.fee),
            tax=_text(charge.tax),
        )


class TrailFlowModel(ResponseModel):
    """What moved in (positive) or out."""

    date: date
    kind: str = Field(description="flow, implied, payment (of or for a holding) or charge.")
    account_id: str
    symbol: str
    quantity: str = Field(description="Shares that moved; 0 for cash.")
    amount: str = Field(description="In `currency`; of shares their cost, which the value does not follow.")
    currency: str
    value: str = Field(description="In the base currency: cash at its day's rate, shares at their price.")
    transaction_id: str | None

    @classmethod
    def of(cls, row: TrailFlow) -> TrailFlowModel:
        """As the API writes it."""
        return cls(
            date=row.day,
            kind=row.kind,
            account_id=row.account_id,
            symbol=row.symbol,
            quantity=plain(row.quantity),
            amount=_text(row.amount),
            currency=row.currency,
            value=_text(row.value),
            transaction_id=row.transaction_id or None,
        )


class TrailStepModel(ResponseModel):
    """A day of a chain; its values have trails of their own (`figure=market_value&as_of=...`)."""

    date: date
    before: float
    flow: float
    value: float
    rate: float | None
    benchmark: float | None = Field(description="The benchmark's return of the day.")

    @classmethod
    def of(cls, row: TrailStep) -> TrailStepModel:
        """As the API writes it."""
        return cls(
            date=row.day,
            before=row.before,
            flow=row.flow,
            value=row.value,
            rate=row.rate,
            benchmark=row.benchmark,
        )


class TrailEffectModel(ResponseModel):
    """A day of a contribution: gain / before x coefficient; `before` and `rate` are the whole portfolio's."""

    date: date
    before: float
    gain: float
    rate: float
    coefficient: float

    @classmethod
    def of(cls, row: TrailEffect) -> TrailEffectModel:
        """As the API writes it."""
        return cls(date=row.day, before=row.before, gain=row.gain, rate=row.rate, coefficient=row.coefficient)


class TrailRateModel(ResponseModel):
    """Units of the base currency for one."""

    currency: str
    published: date
    date: date
    rate: str
    source: str

    @classmethod
    def of(cls, row: TrailRate) -> TrailRateModel:
        """As the API writes it."""
        return cls(
            currency=row.currency,
            date=row.day,
            published=row.published,
            rate=_text(row.rate),
            source=row.source,
        )


class TrailModel(ResponseModel):
    """A figure, its formula, and one page of each table of rows it came from."""

    figure: str
    value: float | None = Field(description="A ratio, null for an amount.")
    amount: MoneyModel | None = Field(description="An amount with all its digits, null for a ratio.")
    formula: str
    formula_source: str | None
    account_id: str | None
    symbol: str | None
    start: date | None
    end: date
    inputs: dict[str, str | float] = Field(description="Further numbers of the formula, by its names.")
    positions: list[TrailPositionModel]
    cash: list[TrailCashModel]
    lots: list[TrailLotModel]
    sales: list[TrailSaleModel]
    income: list[TrailIncomeModel]
    charges: list[TrailChargeModel]
    flows: list[TrailFlowModel]
    steps: list[TrailStepModel]
    effects: list[TrailEffectModel]
    rates: list[TrailRateModel] = Field(description="Of the rows of this page.")
    totals: dict[str, int] = Field(description="Rows of each table on all pages together.")
    next_page_token: str
    conventions: dict[str, str]
    undefined: Undefinable

    @classmethod
    def of(cls, trail: Trail) -> TrailModel:
        """As the API writes it."""
        value, tables = trail.value, trail.tables
        amount = MoneyModel(amount=_text(value), currency=trail.base_currency) if isinstance(value, Decimal) else None
        return cls(
            figure=trail.figure,
            value=None if isinstance(value, Decimal) else value,
            amount=amount,
            formula=trail.formula.text,
            formula_source=trail.formula.source or None,
            account_id=trail.scope.account_id or None,
            symbol=trail.scope.symbol or None,
            start=trail.start,
            end=trail.end,
            inputs={name: _text(n) if isinstance(n, Decimal) else n for name, n in trail.inputs.items()},
            positions=[TrailPositionModel.of(row) for row in tables.positions],
            cash=[TrailCashModel.of(row) for row in tables.cash],
            lots=[TrailLotModel.of(lot) for lot in tables.lots],
            sales=[TrailSaleModel.of(sale) for sale in tables.sales],
            income=[TrailIncomeModel.of(payment) for payment in tables.income],
            charges=[TrailChargeModel.of(charge) for charge in tables.charges],
            flows=[TrailFlowModel.of(row) for row in tables.flows],
            steps=[TrailStepModel.of(row) for row in tables.steps],
            effects=[TrailEffectModel.of(row) for row in tables.effects],
            rates=[TrailRateModel.of(row) for row in trail.rates],
            totals=dict(trail.totals),
            next_page_token=trail.next_page_token,
            conventions=dict(trail.conventions),
            undefined=dict(trail.undefined),
        )
