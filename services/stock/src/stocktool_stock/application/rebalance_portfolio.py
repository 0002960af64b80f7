"""A plan of trades towards targets. Nothing is traded or stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np
from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.money import Money, minor_units

from stocktool_stock.application.portfolio_picture import Forked, Picture, ReadPicture
from stocktool_stock.application.portfolio_plans import KeepTargets
from stocktool_stock.domain.allocation import CASH, AllocationBy
from stocktool_stock.domain.book import Sale
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.fork import NewTrade
from stocktool_stock.domain.ledger import EntryType
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.rebalance import (
    Fee,
    GroupState,
    Mode,
    PlannedTrade,
    Rules,
    Side,
    Situation,
    outside_band,
    plan_trades,
    wanted_values,
)
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.targets import Targets
from stocktool_stock.domain.tradable import Tradable, drift_of, groups_of, tradable_of

_ZERO = Decimal(0)
MAX_CASH = Decimal("1e15")

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


class NothingToRebalance(FailedPrecondition):
    """The portfolio with the new cash is worth nothing."""

    reason = "NOTHING_TO_REBALANCE"


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


class RebalancePortfolio:
    """Plans trades."""

    def __init__(self, pictures: ReadPicture, targets: KeepTargets) -> None:
        self._pictures = pictures
        self._targets = targets

    async def __call__(self, owner: OwnerId, portfolio_id: PortfolioId, request: Request) -> RebalancePlan:
        """Plan at the market's last prices.

        Raises:
            TargetsNotSet: None are given and none are kept.
            InvalidArgument: A symbol or account is not known.
            NothingToRebalance: There is nothing to trade with.
            PortfolioNotFound: None by this id is the owner's.
        """
        version: int | None = None
        targets = request.targets
        if targets is None:
            stored = await self._targets.get(owner, portfolio_id)
            targets, version = stored.targets, stored.version
        named = [key for key in targets.weights if key != CASH] if targets.by is AllocationBy.HOLDING else []
        also = sorted({*named, *request.candidates})
        picture = await self._pictures(owner, portfolio_id, also=also)
        held = {holding.symbol for holding in picture.valuation.holdings}
        for symbol in also:
            if symbol not in held:
                picture.require(symbol, "/targets/weights" if symbol in named else "/candidates")
        return await self.plan(picture, targets, request, also=also, version=version)

    async def plan(
        self,
        picture: Picture,
        targets: Targets,
        request: Request,
        *,
        also: Sequence[str] = (),
        version: int | None = None,
    ) -> RebalancePlan:
        """Plan for a picture that has the prices of `also`.

        Raises:
            InvalidArgument: The account is not known.
            NothingToRebalance: There is nothing to trade with.
        """
        portfolio = picture.portfolio
        if request.account_id and request.account_id not in portfolio.by_account:
            raise InvalidArgument.of("/account_id", "is no account of this portfolio")
        receiver = request.account_id or portfolio.default_account.id
        scope = _scope(picture, request, also)
        total = scope.total + request.cash
        if total <= 0:
            raise NothingToRebalance("with the new cash the portfolio is worth nothing; give cash", total=total)
        cash = scope.cash + request.cash
        groups = groups_of(scope, targets, picture.kinds, cash)
        band = targets.band if request.tolerance_band is None else request.tolerance_band
        outside = outside_band(groups, total, band)
        invested = [group for group in groups if group.key != CASH]
        wanted = wanted_values(invested, total, {s: scope.values.get(s, _ZERO) for s in scope.prices})
        kept = targets.weights.get(CASH, _ZERO) * total
        rules = Rules(
            mode=request.mode,
            whole_shares=request.whole_shares,
            fee=Fee(request.fee_fixed, request.fee_rate, Decimal(1).scaleb(-minor_units(picture.base))),
            min_trade=request.min_trade,
        )
        reason = ""
        trades: list[PlannedTrade] = []
        if request.mode is Mode.FULL and not outside:
            reason = "every slice is within the band"
        else:
            trades = plan_trades(_situation(scope, wanted, kept, request.cash, receiver), rules)
            reason = "" if trades else "no trade is large enough, or there is no cash to buy with"
        forked = await self._pictures.fork(picture, _orders(picture, scope, trades, request.cash, receiver))
        after = tradable_of(
            forked.valuation,
            forked.book,
            picture.material.bars,
            picture.rates,
            account_id=request.account_id,
            also=also,
        )
        reached = groups_of(after, targets, picture.kinds, after.cash)
        before = groups_of(scope, targets, picture.kinds, scope.cash)
        ideal = {symbol: float(value / total) for symbol, value in wanted.items()}
        money = _Moneys(picture.base)
        return RebalancePlan(
            portfolio=portfolio,
            as_of=picture.day,
            request=request,
            targets=targets,
            targets_version=version,
            band=band,
            traded=bool(trades),
            reason=reason,
            trades=_reports(scope, trades, forked, request.cash, picture),
            groups=_group_reports(before, reached, set(outside), money),
            total_before=money(scope.total),
            total_after=money(after.total),
            cash_left=money(after.cash),
            fees=money(sum((trade.fee for trade in trades), _ZERO)),
            bought=money(sum((t.amount for t in trades if t.side is Side.BUY), _ZERO)),
            sold=money(sum((t.amount for t in trades if t.side is Side.SELL), _ZERO)),
            gain=money(sum((sale.gain for sale in forked.sales), _ZERO)),
            figures={
                "drift_before": _drift(before),
                "drift_after": _drift(reached),
                "largest_drift_before": _largest(before),
                "largest_drift_after": _largest(reached),
                "tracking_before": _tracking(picture, scope, ideal),
                "tracking_after": _tracking(picture, after, ideal),
            },
            locked=scope.locked,
            unreachable=[g.key for g in invested if g.target > 0 and not g.symbols and g.locked < g.target * total],
            warnings=_warnings(picture, forked, scope),
        )


class _Moneys:
    """Amounts of one currency."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def __call__(self, amount: Decimal) -> Money:
        return Money(amount, self._currency)


def _scope(picture: Picture, request: Request, also: Sequence[str]) -> Tradable:
    return tradable_of(
        picture.valuation,
        picture.book,
        picture.material.bars,
        picture.rates,
        account_id=request.account_id,
        also=also,
    )


def _situation(
    scope: Tradable, wanted: Mapping[str, Decimal], kept: Decimal, new_cash: Decimal, receiver: str
) -> Situation:
    with exact():
        purses = dict(scope.purses)
        other = scope.cash - sum(purses.values(), _ZERO)
        purses[receiver] += new_cash
        return Situation(
            prices=scope.prices,
            held=scope.held,
            purses=purses,
            reserve=max(_ZERO, kept - other),
            wanted=wanted,
            first_account=receiver,
        )


def _orders(
    picture: Picture, scope: Tradable, trades: Sequence[PlannedTrade], new_cash: Decimal, receiver: str
) -> list[NewTrade]:
    """The plan as entries of the ledger: new cash, then the trades in order."""
    accounts, rates, day = picture.portfolio.by_account, picture.rates, picture.day
    orders: list[NewTrade] = []
    with exact():
        if new_cash:
            currency = accounts[receiver].currency
            orders.append(NewTrade(EntryType.DEPOSIT, receiver, currency, amount=new_cash / rates.rate(currency, day)))
        for trade in trades:
            price = scope.points[trade.symbol].price
            home = accounts[trade.account_id].currency
            orders.append(
                NewTrade(
                    type=EntryType(trade.side.value),
                    account_id=trade.account_id,
                    currency=price.currency,
                    symbol=trade.symbol,
                    quantity=trade.quantity,
                    price=price.amount,
                    fee=trade.fee / rates.rate(price.currency, day),
                    fx_rate=None if home == price.currency else rates.rate(price.currency, day) / rates.rate(home, day),
                )
            )
    return orders


def _reports(
    scope: Tradable, trades: Sequence[PlannedTrade], forked: Forked, new_cash: Decimal, picture: Picture
) -> list[TradeReport]:
    sales = {sale.entry_id: sale for sale in forked.sales}
    entries = list(forked.entries)[1 if new_cash else 0 :]
    return [
        TradeReport(
            trade=trade,
            price=scope.points[trade.symbol].price,
            currency_rate=picture.rates.rate(scope.points[trade.symbol].price.currency, picture.day),
            sale=sales.get(entry.id),
        )
        for trade, entry in zip(trades, entries, strict=True)
    ]


def _group_reports(
    before: Sequence[GroupState], after: Sequence[GroupState], outside: set[str], money: _Moneys
) -> list[GroupReport]:
    first, last = _weights(before), _weights(after)
    values = {group.key: group.value for group in after}
    return [
        GroupReport(
            key=group.key,
            target=group.target,
            value_before=money(group.value),
            value_after=money(values.get(group.key, _ZERO)),
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


def _drift(groups: Sequence[GroupState]) -> Figure:
    drift = drift_of(groups)
    return sum(abs(each) for each in drift.values()) / 2 if drift else Undefined("the total is not above zero")


def _largest(groups: Sequence[GroupState]) -> Figure:
    drift = drift_of(groups)
    return max(abs(each) for each in drift.values()) if drift else Undefined("the total is not above zero")


def _tracking(picture: Picture, scope: Tradable, ideal: Mapping[str, float]) -> Figure:
    """Yearly deviation of the difference between weights and targets, cash and what may not be traded aside."""
    total, table = scope.total, picture.table
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


def _warnings(picture: Picture, forked: Forked, scope: Tradable) -> list[str]:
    said = list(picture.warnings())
    stale = [s for s in sorted(scope.prices) if scope.points[s].stale]
    if stale:
        said.append(f"the prices of {', '.join(stale)} are stale")
    said += [
        f"cash of account {account.name} stays negative"
        for account in picture.portfolio.accounts
        if forked.book.cash.get((account.id, account.currency), _ZERO) < 0
    ]
    return list(dict.fromkeys(said))
