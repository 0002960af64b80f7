"""A book valued at the close of a day, in exact decimals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter

from stocktool_kit.core.money import Money

from stocktool_stock.domain.bars import Bars, Split
from stocktool_stock.domain.book import Book, Position
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.lots import Lot, held
from stocktool_stock.domain.rates import RateTable
from stocktool_stock.domain.splits import SplitSchedule, schedule
from stocktool_stock.domain.values import value

LEDGER = "ledger"
NO_PRICE = "no price is known on or before this day"
_ORDER = attrgetter("day", "id")


@value(frozen=True, slots=True)
class PricePoint:
    """Price of one share as traded, on its day; `source` is `LEDGER` when only the user's trades tell it."""

    price: Money
    day: date
    stale: bool
    source: str


@value(frozen=True, slots=True)
class Holding:
    """What is held of a symbol; money in the base currency but for `price`.

    `unrealised` = `price_effect` (at today's rate) + `currency_effect` (on the cost).
    """

    symbol: str
    quantity: Decimal
    cost_basis: Money
    lots: tuple[Lot, ...]
    price: PricePoint | None
    market_value: Money | None
    currency_effect: Money | None
    weight: float | Undefined

    @property
    def unrealised(self) -> Money | None:
        """Market value less cost."""
        return None if self.market_value is None else self.market_value - self.cost_basis

    @property
    def price_effect(self) -> Money | None:
        """The part of the gain that comes from the price."""
        if self.unrealised is None or self.currency_effect is None:
            return None
        return self.unrealised - self.currency_effect

    @property
    def unrealised_return(self) -> float | Undefined:
        """Gain over cost."""
        if self.unrealised is None:
            return Undefined(NO_PRICE)
        if self.cost_basis.amount == 0:
            return Undefined("the cost is zero")
        return float(self.unrealised.amount / self.cost_basis.amount)


@value(frozen=True, slots=True)
class AccountValue:
    """What a position, or cash in a currency (symbol empty), is worth in the base currency."""

    account_id: str
    symbol: str
    currency: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Valuation:
    """A portfolio at the close of a day; `parts` are what the total is made of."""

    as_of: date
    holdings: tuple[Holding, ...]
    cash: tuple[Money, ...]
    cash_value: Money
    total: Money
    parts: tuple[AccountValue, ...]
    unpriced: tuple[str, ...]
    unbooked_splits: tuple[tuple[str, Split], ...]
    warnings: tuple[str, ...]

    @property
    def stale_prices(self) -> int:
        """How many prices are older than the day asked for."""
        return sum(holding.price is not None and holding.price.stale for holding in self.holdings)

    @property
    def prices_as_of(self) -> date | None:
        """Day of the oldest price, None without any."""
        return min((holding.price.day for holding in self.holdings if holding.price), default=None)

    @property
    def cost_basis(self) -> Money:
        """Cost of all holdings."""
        return sum((h.cost_basis for h in self.holdings), Money.zero(self.total.currency))

    @property
    def unrealised(self) -> Money:
        """Gain of all holdings that have a price."""
        return sum((h.unrealised for h in self.holdings if h.unrealised), Money.zero(self.total.currency))


def decimal_of(value: float) -> Decimal:
    """A vendor's float as the decimal it was written as."""
    return Decimal(repr(float(value)))


def schedules(book: Book, bars: Mapping[str, Bars]) -> dict[Position, SplitSchedule]:
    """The split schedule of every position."""
    return {
        position: schedule(bars[position[1]].splits if position[1] in bars else (), book.splits_of(position))
        for position in book.quantities
    }


def price_at(symbol: str, book: Book, bars: Mapping[str, Bars], as_of: date) -> PricePoint | None:
    """The last price at or before a day, as traded on that day.

    Args:
        symbol: The symbol.
        book: Its trades tell a price where the market does not.
        bars: By symbol, with enough history before `as_of`.
        as_of: The day.
    """
    known = bars.get(symbol)
    found = known.close_on(as_of) if known else None
    if known and found:
        close, day = found
        price = decimal_of(close) * known.split_factor_after(as_of)
        return PricePoint(Money(price, known.currency), day, _is_stale(known, day, as_of), known.source)
    traded = [trade for trade in book.trade_prices.get(symbol, []) if trade.day <= as_of]
    if not traded:
        return None
    last = traded[-1]
    # Splits booked after the trade have multiplied the shares that this price was for.
    price = last.price
    seen = {(split.day, split.ratio) for split in book.splits if split.symbol == symbol}
    for day, ratio in seen:
        if last.day < day <= as_of:
            price = price * ratio.denominator / ratio.numerator
    return PricePoint(Money(price, last.currency), last.day, last.day < as_of, LEDGER)


def _is_stale(known: Bars, day: date, as_of: date) -> bool:
    """Whether the data end before they should, or the last bar has no close."""
    last = known.last_day
    return known.stale or (last is not None and day < last <= as_of)


def value_book(book: Book, bars: Mapping[str, Bars], rates: RateTable, *, as_of: date) -> Valuation:
    """Value a book that was kept until `as_of`.

    Args:
        book: Kept with `until=as_of`.
        bars: By symbol; a symbol without is valued at its last trade and counts as stale.
        rates: Has the rate of every currency on `as_of`.
        as_of: The day.
    """
    with exact():
        return _Valuer(book, bars, rates, as_of).valuation()


class _Valuer:
    """Values one book on one day; one use."""

    def __init__(self, book: Book, bars: Mapping[str, Bars], rates: RateTable, as_of: date) -> None:
        self._book = book
        self._bars = bars
        self._rates = rates
        self._as_of = as_of
        self._base = book.portfolio.base_currency
        self._plans = schedules(book, bars)
        self._parts: list[AccountValue] = []
        self._held: dict[str, dict[Position, list[Lot]]] = defaultdict(dict)
        for position, lots in book.lots.items():
            if lots:
                self._held[position[1]][position] = lots

    def valuation(self) -> Valuation:
        priced = [(symbol, *self._priced(symbol)) for symbol in sorted(self._held)]
        cash = self._cash()
        cash_value = sum((self._to_base(money.amount, money.currency) for money in cash), Decimal(0))
        self._parts += [
            AccountValue(account_id, "", currency, self._to_base(amount, currency))
            for (account_id, currency), amount in sorted(self._book.cash.items())
            if amount
        ]
        total = sum([part.value for part in self._parts], Decimal(0))
        holdings = [self._holding(symbol, point, value, total) for symbol, point, value in priced]
        holdings.sort(key=lambda h: (-(h.market_value.amount if h.market_value else Decimal(0)), h.symbol))
        unbooked = self._unbooked()
        return Valuation(
            as_of=self._as_of,
            holdings=tuple(holdings),
            cash=tuple(cash),
            cash_value=Money(cash_value, self._base),
            total=Money(total, self._base),
            parts=tuple(self._parts),
            unpriced=tuple(h.symbol for h in holdings if h.price is None),
            unbooked_splits=unbooked,
            warnings=tuple(_warnings(self._book, holdings, unbooked)),
        )

    def _to_base(self, amount: Decimal, currency: str) -> Decimal:
        return self._rates.to_base(amount, currency, self._as_of)

    def _priced(self, symbol: str) -> tuple[PricePoint | None, Money | None]:
        """Price and value of what is held of a symbol; its parts are noted."""
        point = price_at(symbol, self._book, self._bars, self._as_of)
        if point is None:
            return None, None
        parts = [
            AccountValue(position[0], symbol, point.price.currency, self._worth(position, held(lots), point))
            for position, lots in self._held[symbol].items()
        ]
        self._parts += parts
        return point, Money(sum([part.value for part in parts], Decimal(0)), self._base)

    def _holding(self, symbol: str, point: PricePoint | None, value: Money | None, total: Decimal) -> Holding:
        lots = sorted((lot for some in self._held[symbol].values() for lot in some), key=_ORDER)
        cost = sum([lot.base_cost for lot in lots], Decimal(0))
        effect: Money | None = None
        if point is not None:
            paid: dict[str, Decimal] = defaultdict(Decimal)
            for lot in lots:
                paid[lot.currency] += lot.cost
            at_today = sum((self._to_base(amount, currency) for currency, amount in paid.items()), Decimal(0))
            effect = Money(at_today - cost, self._base)
        return Holding(
            symbol=symbol,
            quantity=held(lots),
            cost_basis=Money(cost, self._base),
            lots=tuple(lots),
            price=point,
            market_value=value,
            currency_effect=effect,
            weight=_weight(value, total),
        )

    def _worth(self, position: Position, quantity: Decimal, point: PricePoint) -> Decimal:
        """Value of a position; an account that booked a split on a day of its own counts by its own schedule."""
        worth = quantity * point.price.amount
        if point.source != LEDGER:
            adjusted = point.price.amount / self._bars[position[1]].split_factor_after(self._as_of)
            worth = quantity * adjusted * self._plans[position].factor_after(self._as_of)
        return self._to_base(worth, point.price.currency)

    def _cash(self) -> list[Money]:
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for (_, currency), amount in self._book.cash.items():
            totals[currency] += amount
        kept = {account.currency for account in self._book.portfolio.accounts}
        for currency in kept:
            totals[currency] += 0
        return [Money(amount, currency) for currency, amount in sorted(totals.items()) if amount or currency in kept]

    def _unbooked(self) -> tuple[tuple[str, Split], ...]:
        """Splits of the market on a day when shares were held, that no account booked."""
        found: dict[tuple[str, date], Split] = {}
        for position, plan in self._plans.items():
            for split in plan.unbooked:
                before = [quantity for day, quantity in self._book.quantities[position] if day < split.ex_date]
                if split.ex_date > self._as_of or self._book.spun_off_near(position[1], split.ex_date):
                    continue  # some vendors tell a spin-off as a split, which it is not
                if before and before[-1] > 0:
                    found[position[1], split.ex_date] = split
        return tuple((symbol, split) for (symbol, _), split in sorted(found.items(), key=lambda item: item[0]))


def _weight(value: Money | None, total: Decimal) -> float | Undefined:
    if value is None:
        return Undefined(NO_PRICE)
    if total <= 0:
        return Undefined("the portfolio's total is not above zero")
    return float(value.amount / total)


def _warnings(book: Book, holdings: Sequence[Holding], unbooked: Sequence[tuple[str, Split]]) -> list[str]:
    names = {account.id: account.name for account in book.portfolio.accounts}
    said = [
        f"cash of account {names[account_id]} is negative: {plain(amount)} {currency}"
        for (account_id, currency), amount in sorted(book.cash.items())
        if amount < 0
    ]
    said += [
        f"{h.symbol} has no market price; its last trade stands in"
        for h in holdings
        if h.price is not None and h.price.source == LEDGER
    ]
    said += [f"{h.symbol} has no price at all and is left out of the total" for h in holdings if h.price is None]
    said += [
        f"{symbol} split {plain(split.ratio)} for 1 on {split.ex_date}; the ledger has not booked it"
        for symbol, split in unbooked
    ]
    return said
