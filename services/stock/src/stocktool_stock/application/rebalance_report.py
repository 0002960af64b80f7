"""What a rebalancing plan is asked for, and what it comes to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
from stocktool_kit.core.money import Money

from stocktool_stock.domain.book import Sale
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.mix import ReturnTable
from stocktool_stock.domain.portfolio import Portfolio
from stocktool_stock.domain.rebalance import GroupState, Mode, PlannedTrade
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.targets import Targets
from stocktool_stock.domain.tradable import Tradable, drift_of

_ZERO = Decimal(0)

CONVENTIONS: Mapping[str, str] = {
    "weights": "parts of the total with cash in it; before: as it is now, after: with the new cash and the trades",
    "targets": "parts of the total with the new cash in it; cash is 0 unless it has a target; what has none goes to 0",
    "slices": "what a slice is meant to have is split over its holdings as they are now",
    "full": "when any slice is outside the band, all go back to their targets; within it nothing is traded",
    "buy_only": "nothing is sold; the largest shortfalls are filled first, evenly",
    "prices": "last closes; a purchase or sale at another price comes to other amounts",
    "fees": "fixed + rate x amount for each trade, rounded to the minor unit; not part of an amount",
    "quantities": "rounded towards zero, to a share or to 0.000001; whole shares then up where more than half lacks",
    "cash": "each account pays with cash in its own currency, never with more than it has",
    "drift": "half the sum of |weight - target|",
    "tracking": "yearly deviation of the returns of weights less those of targets, from the window's covariance",
    "lots": "taken by the portfolio's cost method; gain = proceeds after fee - cost, in the base currency",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; `cash`, fee and `min_trade` are in the base currency.

    Attributes:
        targets: None for those that are kept.
        cash: New cash, that comes to the account, or the first one.
        tolerance_band: Instead of the targets' own.
        account_id: Only this account, all when empty.
        candidates: Symbols that may be bought though they are not held, for targets by other than holding.
    """

    targets: Targets | None = None
    mode: Mode = Mode.FULL
    cash: Decimal = _ZERO
    whole_shares: bool = False
    fee_fixed: Decimal = _ZERO
    fee_rate: Decimal = _ZERO
    min_trade: Decimal = _ZERO
    tolerance_band: Decimal | None = None
    account_id: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TradeReport:
    """A trade of the plan with the lots a sale would realise; `price` in the instrument's currency."""

    trade: PlannedTrade
    price: Money
    currency_rate: Decimal
    sale: Sale | None


@dataclass(frozen=True, slots=True)
class GroupReport:
    """A slice before and after; weights undefined where the total is not above zero."""

    key: str
    target: Decimal
    value_before: Money
    value_after: Money
    weight_before: Figure
    weight_after: Figure
    outside_band: bool


@dataclass(frozen=True, slots=True, eq=False)
class RebalancePlan:
    """The plan and what it comes to; money in the base currency."""

    portfolio: Portfolio
    as_of: date
    request: Request
    targets: Targets
    targets_version: int | None
    band: Decimal
    traded: bool
    reason: str
    trades: Sequence[TradeReport]
    groups: Sequence[GroupReport]
    total_before: Money
    total_after: Money
    cash_left: Money
    fees: Money
    bought: Money
    sold: Money
    gain: Money
    figures: Mapping[str, Figure]
    locked: Mapping[str, str]
    unreachable: Sequence[str]
    warnings: Sequence[str]
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))


def group_reports(
    before: Sequence[GroupState], after: Sequence[GroupState], outside: Collection[str], currency: str
) -> list[GroupReport]:
    """Slices before and after."""
    first, last = _weights(before), _weights(after)
    values = {group.key: group.value for group in after}
    return [
        GroupReport(
            key=group.key,
            target=group.target,
            value_before=Money(group.value, currency),
            value_after=Money(values.get(group.key, _ZERO), currency),
            weight_before=first[group.key],
            weight_after=last.get(group.key, 0.0),
            outside_band=group.key in outside,
        )
        for group in before
    ]


def _weights(groups: Sequence[GroupState]) -> dict[str, Figure]:
    with exact():
        total = sum((group.value for group in groups), _ZERO)
        if total <= 0:
            none = Undefined("the total is not above zero")
            return {group.key: none for group in groups}
        return {group.key: float(group.value / total) for group in groups}


def drift(groups: Sequence[GroupState]) -> Figure:
    """Half the sum of distances from the targets."""
    off = drift_of(groups)
    return sum(abs(each) for each in off.values()) / 2 if off else Undefined("the total is not above zero")


def largest_drift(groups: Sequence[GroupState]) -> Figure:
    """The largest distance from a target."""
    off = drift_of(groups)
    return max(abs(each) for each in off.values()) if off else Undefined("the total is not above zero")


def tracking(table: ReturnTable, scope: Tradable, ideal: Mapping[str, float]) -> Figure:
    """Yearly deviation of the difference between weights and targets, cash and what may not be traded aside."""
    total = scope.total
    if total <= 0:
        return Undefined("the total is not above zero")
    off = {s: float(scope.values.get(s, _ZERO) / total) - ideal[s] for s in ideal}
    for symbol, each in off.items():
        if abs(each) > 1e-9 and symbol not in table.returns:
            return Undefined(f"{symbol} {table.left_out.get(symbol, 'has no returns')}")
    names = [symbol for symbol in off if symbol in table.returns]
    if not names:
        return 0.0
    if table.n_returns < 2:
        return Undefined("needs at least two daily returns")
    weights = np.array([off[name] for name in names])
    return float(np.sqrt(max(float(weights @ table.covariance(names) @ weights), 0.0)))
