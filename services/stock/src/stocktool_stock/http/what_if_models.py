"""Bodies of what-if comparisons."""

from __future__ import annotations

from datetime import date

from pydantic import Field
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, RequestModel, ResponseModel

from stocktool_stock.application.what_if import MAX_TRADES, Side, WhatIfReport
from stocktool_stock.domain.exact import Undefined, number_or_none
from stocktool_stock.domain.ledger import Draft, Entry, EntryType, plain
from stocktool_stock.domain.mix import MixRisk
from stocktool_stock.domain.valuation import Holding
from stocktool_stock.http.allocation_models import SliceModel
from stocktool_stock.http.figure_models import Undefinable, maybe_money, money, undefined_of, unit_price
from stocktool_stock.http.portfolio_models import DecimalText
from stocktool_stock.http.sale_models import SaleModel


class TradeInput(RequestModel):
    """A trade to try; without price and amount the last price is taken."""

    type: str = Field(max_length=32, description="buy, sell, deposit or withdrawal.", examples=["buy"])
    symbol: str | None = Field(default=None, max_length=64, examples=["AAPL"])
    quantity: DecimalText
    price: DecimalText
    amount: DecimalText
    fee: DecimalText
    tax: DecimalText
    currency: str | None = Field(default=None, max_length=16)
    account_id: str | None = Field(default=None, max_length=64, description="By default the first.")

    def draft(self) -> Draft:
        """As the domain reads it."""
        return Draft(
            type=self.type,
            day=None,
            symbol=self.symbol,
            quantity=self.quantity,
            price=self.price,
            amount=self.amount,
            fee=self.fee,
            tax=self.tax,
            currency=self.currency,
            account_id=self.account_id,
        )


class WhatIfBody(RequestModel):
    """Trades to try, in order."""

    trades: list[TradeInput] = Field(min_length=1, max_length=MAX_TRADES)
    benchmark: str = Field(default="", max_length=32, description="Symbol for beta; none by default.")
    start: date | None = Field(default=None, description="First day of the window of returns; a year before.")


class StoredWhatIfBody(RequestModel):
    """A what-if to keep."""

    name: str = Field(max_length=200, description="Of the new portfolio.", examples=["With less Apple"])
    trades: list[TradeInput] = Field(min_length=1, max_length=MAX_TRADES)


class MixRiskModel(ResponseModel):
    """Risk of the weights, kept every day over the window."""

    total_return: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float | None
    var95_hist: float | None
    cvar95_hist: float | None
    worst_daily_return: float | None
    beta: float | None
    correlation: float | None
    diversification_ratio: float | None
    hhi: float | None
    effective_number: float | None
    risk_contribution: dict[str, float] | None = Field(description="Share of the variance.")
    covered: float | None = Field(description="Part of the total whose prices are known over the window, cash in it.")
    n_returns: int
    undefined: Undefinable

    @classmethod
    def of(cls, risk: MixRisk) -> MixRiskModel:
        """As the API writes it."""
        undefined = undefined_of({**risk.figures, "covered": risk.covered})
        parts = risk.contribution
        if isinstance(parts, Undefined):
            undefined["risk_contribution"] = parts.reason
        return cls(
            risk_contribution=None if isinstance(parts, Undefined) else dict(parts),
            covered=number_or_none(risk.covered),
            n_returns=risk.n_returns,
            undefined=undefined,
            **{name: number_or_none(figure) for name, figure in risk.figures.items()},
        )


class SideHoldingModel(ResponseModel):
    """A holding on one side."""

    symbol: str
    quantity: str
    price: MoneyModel | None
    market_value: MoneyModel | None
    cost_basis: MoneyModel
    unrealised: MoneyModel | None
    weight: float | None

    @classmethod
    def of(cls, holding: Holding) -> SideHoldingModel:
        """As the API writes it."""
        point = holding.price
        return cls(
            symbol=holding.symbol,
            quantity=plain(holding.quantity),
            price=None if point is None else unit_price(point.price.amount, point.price.currency),
            market_value=maybe_money(holding.market_value),
            cost_basis=money(holding.cost_basis),
            unrealised=maybe_money(holding.unrealised),
            weight=number_or_none(holding.weight),
        )


class SideModel(ResponseModel):
    """The portfolio on one side; values in the base currency."""

    total: MoneyModel
    cash: list[MoneyModel]
    cash_value: MoneyModel
    holdings: list[SideHoldingModel]
    allocation: dict[str, list[SliceModel]] = Field(description="By class, sector and currency.")
    risk: MixRiskModel
    realised: MoneyModel = Field(description="Of all sales so far.")
    undefined: Undefinable

    @classmethod
    def of(cls, side: Side, base_currency: str) -> SideModel:
        """As the API writes it."""
        valuation = side.valuation
        return cls(
            total=money(valuation.total),
            cash=[money(amount) for amount in valuation.cash],
            cash_value=money(valuation.cash_value),
            holdings=[SideHoldingModel.of(holding) for holding in valuation.holdings],
            allocation={
                by.value: [] if isinstance(parts, Undefined) else [SliceModel.of(part) for part in parts]
                for by, parts in side.allocation.items()
            },
            risk=MixRiskModel.of(side.risk),
            realised=money(Money(side.book.realised, base_currency)),
            undefined={
                f"allocation.{by}": parts.reason
                for by, parts in side.allocation.items()
                if isinstance(parts, Undefined)
            },
        )


class TriedModel(ResponseModel):
    """A trade as it would be booked."""

    type: EntryType
    symbol: str | None
    quantity: str | None
    price: str | None
    amount: str
    fee: str
    tax: str
    currency: str
    account_id: str

    @classmethod
    def of(cls, entry: Entry) -> TriedModel:
        """As the API writes it."""
        return cls(
            type=entry.type,
            symbol=entry.symbol or None,
            quantity=None if entry.quantity is None else plain(entry.quantity),
            price=None if entry.price is None else plain(entry.price),
            amount=plain(entry.gross),
            fee=plain(entry.fee),
            tax=plain(entry.tax),
            currency=entry.currency,
            account_id=entry.account_id,
        )


class WhatIfModel(ResponseModel):
    """Before and after; nothing is stored."""

    as_of: date
    version: int = Field(description="Of the portfolio, which this does not change.")
    window_start: date | None
    benchmark: str
    before: SideModel
    after: SideModel
    trades: list[TriedModel]
    sales: list[SaleModel] = Field(description="The lots that the trades realise, with their gain.")
    gain: MoneyModel
    fees: MoneyModel
    left_out: dict[str, str] = Field(description="Names without returns in the window, and why.")
    warnings: list[str]
    conventions: dict[str, str]

    @classmethod
    def of(cls, report: WhatIfReport) -> WhatIfModel:
        """As the API writes it."""
        base = report.portfolio.base_currency
        return cls(
            as_of=report.as_of,
            version=report.portfolio.version,
            window_start=report.window_start,
            benchmark=report.benchmark,
            before=SideModel.of(report.before, base),
            after=SideModel.of(report.after, base),
            trades=[TriedModel.of(entry) for entry in report.entries],
            sales=[SaleModel.of(sale, base) for sale in report.sales],
            gain=money(report.realised),
            fees=money(report.fees),
            left_out=dict(report.left_out),
            warnings=list(report.warnings),
            conventions=dict(report.conventions),
        )
