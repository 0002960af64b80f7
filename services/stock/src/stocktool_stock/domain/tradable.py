"""What of a portfolio may be traded, what may not and why, and its slices as targets see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stocktool_stock.domain.allocation import CASH, AllocationBy, Kind, group_of
from stocktool_stock.domain.bars import MANUAL, Bars
from stocktool_stock.domain.book import Book
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.lots import held
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.rebalance import GroupState
from stocktool_stock.domain.targets import Targets
from stocktool_stock.domain.valuation import LEDGER, PricePoint, Valuation, price_at

_ZERO = Decimal(0)
_SAME = Decimal("1e-20")


@dataclass(frozen=True, slots=True, eq=False)
class Tradable:
    """A portfolio, or one of its accounts, on a day; values in the base currency.

    Attributes:
        prices: Of what may be traded, one share.
        points: The same prices as the market gives them.
        held: Shares by symbol and account, of what may be traded.
        locked: Why held symbols may not be traded.
        values: Of every holding with a price.
        purses: Cash of each account in its own currency.
        cash: All cash, also in other currencies.
    """

    prices: Mapping[str, Decimal]
    points: Mapping[str, PricePoint]
    held: Mapping[str, Mapping[str, Decimal]]
    locked: Mapping[str, str]
    values: Mapping[str, Decimal]
    purses: Mapping[str, Decimal]
    cash: Decimal

    @property
    def total(self) -> Decimal:
        """Everything in it."""
        return sum(self.values.values(), _ZERO) + self.cash


def tradable_of(
    valuation: Valuation,
    book: Book,
    bars: Mapping[str, Bars],
    rates: RateTable,
    *,
    account_id: str = "",
    also: Sequence[str] = (),
) -> Tradable:
    """See what can be traded.

    Args:
        valuation: Of the book.
        book: Gives shares and cash.
        bars: Prices of `also` too.
        rates: Has the rate of every currency on the valuation's day.
        account_id: Only this account, all when empty.
        also: Symbols that may be bought, held or not.
    """
    with exact():
        points = {h.symbol: h.price for h in valuation.holdings if h.price is not None}
        shares: dict[str, dict[str, Decimal]] = defaultdict(dict)
        for (account, symbol), lots in book.lots.items():
            if lots and account_id in ("", account):
                shares[symbol][account] = held(lots)
        values: dict[str, Decimal] = defaultdict(Decimal)
        cash = _ZERO
        for part in valuation.parts:
            if account_id not in ("", part.account_id):
                continue
            if part.symbol:
                values[part.symbol] += part.value
            else:
                cash += part.value
        for symbol in also:
            point = points.get(symbol) or price_at(symbol, book, bars, valuation.as_of)
            if point is not None:
                points[symbol] = point
        prices = {s: rates.to_base(p.price.amount, p.price.currency, valuation.as_of) for s, p in points.items()}
        locked: dict[str, str] = {}
        unbooked = {symbol for symbol, _ in valuation.unbooked_splits}
        for symbol in [*shares, *(each for each in also if each not in shares)]:
            reason = _lock(points.get(symbol), prices.get(symbol, _ZERO), named=symbol in also)
            worth = sum(shares[symbol].values(), _ZERO) * prices.get(symbol, _ZERO)
            if not reason and (symbol in unbooked or abs(worth - values[symbol]) > _SAME * abs(worth)):
                reason = "has a split that is not booked; book it first"
            if reason:
                locked[symbol] = reason
        free = {symbol for symbol in points if symbol not in locked}
        purses = {
            account.id: rates.to_base(
                book.cash.get((account.id, account.currency), _ZERO), account.currency, valuation.as_of
            )
            for account in book.portfolio.accounts
            if account_id in ("", account.id)
        }
        return Tradable(
            prices={symbol: price for symbol, price in prices.items() if symbol in free},
            points=points,
            held={symbol: amounts for symbol, amounts in shares.items() if symbol in free},
            locked=locked,
            values={symbol: value for symbol, value in values.items() if symbol in shares},
            purses=purses,
            cash=cash,
        )


def _lock(point: PricePoint | None, price: Decimal, *, named: bool) -> str:
    if point is None:
        return "has no price"
    if point.source == LEDGER:
        return "has no market price; its last trade only stands in"
    if point.source == MANUAL and not named:
        return "has a price entered by hand; name it among the targets to trade it"
    return "" if price > 0 else "has a price of zero"


def groups_of(scope: Tradable, targets: Targets, kinds: Mapping[str, Kind], cash: Decimal) -> list[GroupState]:
    """Slices by the targets' key, cash last; `cash` is what there is with new cash.

    A symbol that may be bought and is not held is in its slice with value 0.
    """
    members: dict[str, list[str]] = defaultdict(list)
    values: dict[str, Decimal] = defaultdict(Decimal)
    locked: dict[str, Decimal] = defaultdict(Decimal)
    with exact():
        for symbol in sorted({*scope.values, *scope.prices}):
            key = key_of(symbol, targets.by, kinds, scope.points)
            value = scope.values.get(symbol, _ZERO)
            values[key] += value
            if symbol in scope.prices:
                members[key].append(symbol)
            else:
                locked[key] += value
    keys = sorted({*values, *(key for key in targets.weights if key != CASH)})
    states = [
        GroupState(key, targets.weights.get(key, _ZERO), values[key], tuple(members[key]), locked[key]) for key in keys
    ]
    return [*states, GroupState(CASH, targets.weights.get(CASH, _ZERO), cash)]


def key_of(symbol: str, by: AllocationBy, kinds: Mapping[str, Kind], points: Mapping[str, PricePoint]) -> str:
    """The slice of a symbol; among currencies that of its price."""
    if by is AllocationBy.CURRENCY:
        return points[symbol].price.currency
    return group_of(symbol, by, kinds)


def drift_of(groups: Sequence[GroupState]) -> dict[str, float]:
    """Weight less target by slice; none where the whole is not above zero."""
    with exact():
        total = sum((group.value for group in groups), _ZERO)
        if total <= 0:
            return {}
        return {group.key: float(group.value / total - group.target) for group in groups}
