"""Bodies of rebalancing plans."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field
from stocktool_kit.core.money import Money
from stocktool_kit.http.model import MoneyModel, RequestModel, ResponseModel

from stocktool_stock.application.rebalance_report import GroupReport, RebalancePlan, Request, TradeReport
from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.exact import Undefined, number_or_none
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.rebalance import Mode, Side
from stocktool_stock.http.analytics_route import checked_number
from stocktool_stock.http.figure_models import Undefinable, money, undefined_of, unit_price
from stocktool_stock.http.sale_models import SaleModel
from stocktool_stock.http.target_models import Fraction, TargetsBody

MAX_CANDIDATES = 50
Amount = Annotated[
    Decimal,
    BeforeValidator(checked_number, json_schema_input_type=float | str),
    Field(ge=0, le=Decimal("1e15"), max_digits=30, decimal_places=12),
]
"""An amount in the base currency, 0 or more."""


class FeeBody(RequestModel):
    """What a trade costs, in the base currency."""

    fixed: Amount = Decimal(0)
    rate: Fraction = Field(default=Decimal(0), description="Part of the amount.")


class PlanRules(RequestModel):
    """How trades are made."""

    whole_shares: bool = Field(default=False, description="No parts of shares.")
    fee: FeeBody = Field(default_factory=FeeBody)
    min_trade: Amount = Field(default=Decimal(0), description="Smaller trades are left out.")
    cash: Amount = Field(default=Decimal(0), description="New cash, which comes on top of what is there.")
    account_id: str = Field(default="", max_length=64, description="Only this account; all by default.")


class RebalanceBody(PlanRules):
    """What is to be planned."""

    targets: TargetsBody | None = Field(default=None, description="Those that are kept by default.")
    mode: Mode = Field(default=Mode.FULL, description="buy_only never sells.")
    tolerance_band: Fraction | None = Field(default=None, description="Instead of the targets' own.")
    candidates: list[str] = Field(
        default_factory=list,
        max_length=MAX_CANDIDATES,
        description="Symbols that may be bought though they are not held, for targets by other than holding.",
    )

    def request(self) -> Request:
        """As the use case takes it.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its place.
        """
        return Request(
            targets=None if self.targets is None else self.targets.targets("/targets"),
            mode=self.mode,
            cash=self.cash,
            whole_shares=self.whole_shares,
            fee_fixed=self.fee.fixed,
            fee_rate=self.fee.rate,
            min_trade=self.min_trade,
            tolerance_band=self.tolerance_band,
            account_id=self.account_id,
            candidates=tuple(
                dict.fromkeys(parse_symbol(s, f"/candidates/{index}") for index, s in enumerate(self.candidates))
            ),
        )


class TradeModel(ResponseModel):
    """A trade; amount and fee in the base currency."""

    symbol: str
    side: Side
    account_id: str
    quantity: str
    price: MoneyModel = Field(description="Last close, in the instrument's currency.")
    amount: MoneyModel = Field(description="quantity x price, before the fee.")
    fee: MoneyModel
    realises: SaleModel | None = Field(description="What a sale would realise, lot by lot.")

    @classmethod
    def of(cls, report: TradeReport, base_currency: str) -> TradeModel:
        """As the API writes it."""
        trade = report.trade
        return cls(
            symbol=trade.symbol,
            side=trade.side,
            account_id=trade.account_id,
            quantity=plain(trade.quantity),
            price=unit_price(report.price.amount, report.price.currency),
            amount=money(Money(trade.amount, base_currency)),
            fee=money(Money(trade.fee, base_currency)),
            realises=None if report.sale is None else SaleModel.of(report.sale, base_currency),
        )


class DriftModel(ResponseModel):
    """A slice before and after."""

    key: str
    target: float
    weight_before: float | None
    weight_after: float | None
    value_before: MoneyModel
    value_after: MoneyModel
    outside_band: bool
    undefined: Undefinable

    @classmethod
    def of(cls, group: GroupReport) -> DriftModel:
        """As the API writes it."""
        return cls(
            key=group.key,
            target=float(group.target),
            weight_before=number_or_none(group.weight_before),
            weight_after=number_or_none(group.weight_after),
            value_before=money(group.value_before),
            value_after=money(group.value_after),
            outside_band=group.outside_band,
            undefined=undefined_of({"weight_before": group.weight_before, "weight_after": group.weight_after}),
        )


class LockedModel(ResponseModel):
    """A holding that is left as it is, and why."""

    symbol: str
    reason: str


class RebalanceModel(ResponseModel):
    """Trades towards the targets, and what they come to; money in the base currency."""

    as_of: date
    by: AllocationBy
    mode: Mode
    band: float
    targets_version: int | None = Field(description="Of the targets that are kept, null for given ones.")
    trades: list[TradeModel]
    no_trades_because: str | None
    groups: list[DriftModel]
    total_before: MoneyModel
    total_after: MoneyModel
    new_cash: MoneyModel
    cash_left: MoneyModel = Field(description="All cash after the trades, that of other currencies in it.")
    bought: MoneyModel
    sold: MoneyModel
    fees: MoneyModel
    gain: MoneyModel = Field(description="Realised by the sales.")
    drift_before: float | None
    drift_after: float | None
    largest_drift_before: float | None
    largest_drift_after: float | None
    tracking_before: float | None
    tracking_after: float | None
    locked: list[LockedModel]
    unreachable: list[str] = Field(description="Slices with a target in which nothing may be bought.")
    warnings: list[str]
    undefined: Undefinable
    conventions: dict[str, str]

    @classmethod
    def of(cls, plan: RebalancePlan) -> RebalanceModel:
        """As the API writes it."""
        base = plan.portfolio.base_currency
        figures = {name: None if isinstance(f, Undefined) else f for name, f in plan.figures.items()}
        return cls(
            as_of=plan.as_of,
            by=plan.targets.by,
            mode=plan.request.mode,
            band=float(plan.band),
            targets_version=plan.targets_version,
            trades=[TradeModel.of(each, base) for each in plan.trades],
            no_trades_because=plan.reason or None,
            groups=[DriftModel.of(group) for group in plan.groups],
            total_before=money(plan.total_before),
            total_after=money(plan.total_after),
            new_cash=money(Money(plan.request.cash, base)),
            cash_left=money(plan.cash_left),
            bought=money(plan.bought),
            sold=money(plan.sold),
            fees=money(plan.fees),
            gain=money(plan.gain),
            locked=[LockedModel(symbol=symbol, reason=why) for symbol, why in sorted(plan.locked.items())],
            unreachable=list(plan.unreachable),
            warnings=list(plan.warnings),
            undefined=undefined_of(plan.figures),
            conventions=dict(plan.conventions),
            **figures,
        )
