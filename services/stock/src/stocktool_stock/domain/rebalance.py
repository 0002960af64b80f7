"""Trades that bring a portfolio to its targets, in exact decimals of the base currency. See docs/formulas.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from stocktool_stock.domain.exact import exact

FRACTION = Decimal("0.000001")
"""Smallest part of a share that is traded where fractions are."""
_ZERO = Decimal(0)


class Mode(StrEnum):
    """What a plan may do."""

    BUY_ONLY = "buy_only"
    FULL = "full"


class Side(StrEnum):
    """Direction of a trade."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class Fee:
    """What a trade costs: a fixed part and a part of its amount, rounded to the minor unit."""

    fixed: Decimal = _ZERO
    rate: Decimal = _ZERO
    unit: Decimal = Decimal("0.01")

    def of(self, amount: Decimal) -> Decimal:
        """The fee of an amount."""
        return (self.fixed + self.rate * amount).quantize(self.unit, rounding=ROUND_HALF_EVEN)

    def payable(self, purse: Decimal) -> Decimal:
        """The largest amount that a purse pays for with its fee, whichever way that is rounded."""
        rounding = self.unit / 2 if self.rate or self.fixed % self.unit else _ZERO
        return (purse - self.fixed - rounding) / (1 + self.rate)


@dataclass(frozen=True, slots=True)
class Rules:
    """How a plan is made; `min_trade` is an amount before fees."""

    mode: Mode = Mode.FULL
    whole_shares: bool = False
    fee: Fee = field(default_factory=Fee)
    min_trade: Decimal = _ZERO

    @property
    def step(self) -> Decimal:
        """Quantities are multiples of it."""
        return Decimal(1) if self.whole_shares else FRACTION


@dataclass(frozen=True, slots=True)
class Situation:
    """What a plan begins with.

    Attributes:
        prices: Of one share, by symbol that may be traded, more than 0.
        held: Shares by symbol and account.
        purses: Cash that can pay for purchases, by account, the new cash included; negative cash must be made good.
        reserve: Cash that must stay.
        wanted: Value that each symbol is meant to have; symbols that are held and not named are left alone.
        first_account: Where purchases go that no account holds yet.
    """

    prices: Mapping[str, Decimal]
    held: Mapping[str, Mapping[str, Decimal]]
    purses: Mapping[str, Decimal]
    reserve: Decimal
    wanted: Mapping[str, Decimal]
    first_account: str

    def value(self, symbol: str) -> Decimal:
        """What is held of a symbol."""
        return sum(self.held.get(symbol, {}).values(), _ZERO) * self.prices[symbol]


@dataclass(frozen=True, slots=True)
class PlannedTrade:
    """A trade; `amount` = quantity x price, before the fee."""

    symbol: str
    side: Side
    account_id: str
    quantity: Decimal
    amount: Decimal
    fee: Decimal


def plan_trades(situation: Situation, rules: Rules) -> list[PlannedTrade]:
    """Trades towards the wanted values, sales first; the same input gives the same plan.

    Sales bring what is above its wanted value down to it (not in `buy_only`). Purchases spend what the accounts then
    have above the reserve, at most; where it does not suffice the largest shortfalls are filled first, evenly: the
    purchases that leave the least sum of squared distances. No account spends more than it has.
    """
    with exact():
        planner = _Planner(situation, rules)
        sales = planner.sell() if rules.mode is Mode.FULL else []
        return [*sales, *planner.buy()]


def fill_shortfalls(shortfalls: Mapping[str, Decimal], budget: Decimal) -> dict[str, Decimal]:
    """Spread a budget so that the largest shortfalls come down to one level; none gets more than it lacks."""
    order = sorted(
        ((lack, name) for name, lack in shortfalls.items() if lack > 0), key=lambda each: (-each[0], each[1])
    )
    if budget <= 0 or not order:
        return {}
    if budget >= sum((lack for lack, _ in order), _ZERO):
        return {name: lack for lack, name in order}
    level, spent = _ZERO, _ZERO
    for count, (lack, _) in enumerate(order, start=1):
        spent += lack
        following = order[count][0] if count < len(order) else _ZERO
        level = (spent - budget) / count
        if level >= following:
            break
    return {name: lack - level for lack, name in order if lack > level}


class _Planner:
    """Makes one plan; one use."""

    def __init__(self, situation: Situation, rules: Rules) -> None:
        self._at = situation
        self._rules = rules
        self._purses: dict[str, Decimal] = defaultdict(Decimal, situation.purses)
        self._bought: dict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def sell(self) -> list[PlannedTrade]:
        trades: list[PlannedTrade] = []
        for symbol in sorted(self._at.wanted):
            price = self._at.prices[symbol]
            excess = self._at.value(symbol) - self._at.wanted[symbol]
            for account_id, quantity in self._holders(symbol):
                if excess <= 0:
                    break
                sold = min(quantity, excess / price) if self._at.wanted[symbol] else quantity
                if sold < quantity or self._rules.whole_shares:
                    sold = sold.quantize(self._rules.step, rounding=ROUND_DOWN)
                amount = sold * price
                fee = self._rules.fee.of(amount)
                if sold <= 0 or amount < self._rules.min_trade or fee >= amount:
                    continue
                excess -= amount
                self._purses[account_id] += amount - fee
                trades.append(PlannedTrade(symbol, Side.SELL, account_id, sold, amount, fee))
        return trades

    def buy(self) -> list[PlannedTrade]:
        self._keep_reserve()
        lacking = {s: wanted - self._at.value(s) for s, wanted in self._at.wanted.items()}
        parts = fill_shortfalls(lacking, self._budget())
        # What is too small to be bought leaves its share to the others.
        while small := [name for name, part in parts.items() if part < self._rules.min_trade]:
            lacking.pop(min(small, key=lambda name: (parts[name], name)))
            parts = fill_shortfalls(lacking, self._budget())
        for symbol in sorted(parts, key=lambda name: (-parts[name], name)):
            self._spend(symbol, parts[symbol])
        if self._rules.whole_shares:
            self._round_up(lacking)
        return [self._trade(symbol, account_id) for symbol, account_id in sorted(self._bought)]

    def _holders(self, symbol: str) -> list[tuple[str, Decimal]]:
        """Accounts that hold a symbol, most first."""
        held = self._at.held.get(symbol, {})
        return sorted(((a, q) for a, q in held.items() if q > 0), key=lambda each: (-each[1], each[0]))

    def _keep_reserve(self) -> None:
        """Take the reserve out of the fullest purses."""
        left = self._at.reserve
        for account_id in sorted(self._purses, key=lambda account: (-self._purses[account], account)):
            kept = max(_ZERO, min(left, self._purses[account_id]))
            self._purses[account_id] -= kept
            left -= kept

    def _budget(self) -> Decimal:
        return sum((purse for purse in self._purses.values() if purse > 0), _ZERO)

    def _spend(self, symbol: str, part: Decimal) -> None:
        """Buy for at most `part` before fees, where it is held first, then where it may be."""
        price = self._at.prices[symbol]
        first = [account_id for account_id, _ in self._holders(symbol)]
        rest = sorted(self._purses, key=lambda a: (a != self._at.first_account, -self._purses[a], a))
        for account_id in dict.fromkeys([*first, *rest]):
            purse = self._purses[account_id]
            most = min(part, self._rules.fee.payable(purse))
            if most <= 0:
                continue
            quantity = (most / price).quantize(self._rules.step, rounding=ROUND_DOWN)
            amount = quantity * price
            if quantity <= 0 or amount < self._rules.min_trade:
                continue
            self._bought[symbol, account_id] += quantity
            self._purses[account_id] -= self._cost(amount)
            part -= amount

    def _round_up(self, lacking: Mapping[str, Decimal]) -> None:
        """Buy one share more of what lacks more than half a share, the most lacking first, while there is money."""
        left = {
            symbol: lack
            - sum((q for (s, _), q in self._bought.items() if s == symbol), _ZERO) * self._at.prices[symbol]
            for symbol, lack in lacking.items()
        }
        for symbol in sorted(left, key=lambda name: (-left[name], name)):
            price = self._at.prices[symbol]
            if left[symbol] * 2 < price:
                continue
            own = sorted(a for (s, a) in self._bought if s == symbol)
            others = sorted(self._purses, key=lambda a: (a != self._at.first_account, -self._purses[a], a))
            for account_id in dict.fromkeys([*own, *others]):
                before = self._bought.get((symbol, account_id), _ZERO) * price
                cost = self._cost(before + price) - (self._cost(before) if before else _ZERO)
                if cost <= self._purses[account_id] and before + price >= self._rules.min_trade:
                    self._bought[symbol, account_id] += 1
                    self._purses[account_id] -= cost
                    break

    def _cost(self, amount: Decimal) -> Decimal:
        return amount + self._rules.fee.of(amount)

    def _trade(self, symbol: str, account_id: str) -> PlannedTrade:
        quantity = self._bought[symbol, account_id]
        amount = quantity * self._at.prices[symbol]
        return PlannedTrade(symbol, Side.BUY, account_id, quantity, amount, self._rules.fee.of(amount))


@dataclass(frozen=True, slots=True)
class GroupState:
    """A slice and what it is meant to be; `value` counts what may not be traded too."""

    key: str
    target: Decimal
    value: Decimal
    symbols: tuple[str, ...] = ()
    locked: Decimal = _ZERO


def outside_band(groups: Sequence[GroupState], total: Decimal, band: Decimal) -> list[str]:
    """Slices whose weight is further from its target than the band."""
    with exact():
        return [group.key for group in groups if abs(group.value / total - group.target) > band]


def wanted_values(groups: Sequence[GroupState], total: Decimal, values: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What each symbol is meant to be worth.

    Args:
        groups: Slices, those of cash left out.
        total: Whole that targets are parts of.
        values: Of the symbols that may be traded; within a slice its value is split as these are, evenly where all
            are 0.
    """
    wanted: dict[str, Decimal] = {}
    with exact():
        for group in groups:
            part = max(_ZERO, group.target * total - group.locked)
            whole = sum((values[symbol] for symbol in group.symbols), _ZERO)
            for symbol in group.symbols:
                share = values[symbol] / whole if whole > 0 else 1 / Decimal(len(group.symbols))
                wanted[symbol] = part * share
    return wanted
