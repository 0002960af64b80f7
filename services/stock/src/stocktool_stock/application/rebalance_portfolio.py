"""A plan of trades towards targets. Nothing is traded or stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from stocktool_kit.core.errors import FailedPrecondition, InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.money import Money, minor_units

from stocktool_stock.application.portfolio_picture import Forked, Picture, ReadPicture
from stocktool_stock.application.portfolio_plans import KeepTargets
from stocktool_stock.application.rebalance_report import (
    RebalancePlan,
    Request,
    TradeReport,
    drift,
    group_reports,
    largest_drift,
    tracking,
)
from stocktool_stock.domain.allocation import CASH, AllocationBy
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.fork import NewTrade
from stocktool_stock.domain.ledger import EntryType
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.rebalance import (
    Fee,
    Mode,
    PlannedTrade,
    Rules,
    Side,
    Situation,
    outside_band,
    plan_trades,
    wanted_values,
)
from stocktool_stock.domain.targets import Targets
from stocktool_stock.domain.tradable import Tradable, groups_of, tradable_of

_ZERO = Decimal(0)


class NothingToRebalance(FailedPrecondition):
    """The portfolio with the new cash is worth nothing."""

    reason = "NOTHING_TO_REBALANCE"


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
            groups=group_reports(before, reached, outside, picture.base),
            total_before=_money(picture, scope.total),
            total_after=_money(picture, after.total),
            cash_left=_money(picture, after.cash),
            fees=_money(picture, sum((trade.fee for trade in trades), _ZERO)),
            bought=_money(picture, sum((t.amount for t in trades if t.side is Side.BUY), _ZERO)),
            sold=_money(picture, sum((t.amount for t in trades if t.side is Side.SELL), _ZERO)),
            gain=_money(picture, sum((sale.gain for sale in forked.sales), _ZERO)),
            figures={
                "drift_before": drift(before),
                "drift_after": drift(reached),
                "largest_drift_before": largest_drift(before),
                "largest_drift_after": largest_drift(reached),
                "tracking_before": tracking(picture.table, scope, ideal),
                "tracking_after": tracking(picture.table, after, ideal),
            },
            locked=scope.locked,
            unreachable=[g.key for g in invested if g.target > 0 and not g.symbols and g.locked < g.target * total],
            warnings=_warnings(picture, forked, scope),
        )


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


def _money(picture: Picture, amount: Decimal) -> Money:
    return Money(amount, picture.base)
