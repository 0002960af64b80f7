"""What sales realised: lot by lot, long or short held, and how much of it price and exchange rate made."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

from stocktool_stock.domain.book import Sale
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.holding_period import HoldingRule, days_held
from stocktool_stock.domain.ledger import Entry, EntryType
from stocktool_stock.domain.lots import Lot
from stocktool_stock.domain.rates import RateTable

WASH_DAYS = 30
MAX_TOLD = 20
"""At most so many purchases are named with a loss."""
_PURCHASES = frozenset({EntryType.BUY, EntryType.REINVEST})


@dataclass(frozen=True, slots=True)
class SoldLot:
    """Part of a sale that came out of one lot; money in the base currency.

    Attributes:
        lot: The shares taken, with their cost.
        proceeds: The sale's, by shares.
        currency_effect: Cost in the lot's currency x (rate of the sale's day - rate of the lot's), `price_effect` the
            rest of the gain.
    """

    lot: Lot
    proceeds: Decimal
    currency_effect: Decimal
    days_held: int
    long_term: bool

    @property
    def gain(self) -> Decimal:
        """Proceeds less cost."""
        return self.proceeds - self.lot.base_cost

    @property
    def price_effect(self) -> Decimal:
        """The part of the gain that comes from the price."""
        return self.gain - self.currency_effect


@dataclass(frozen=True, slots=True)
class RealisedSale:
    """A sale with what each lot made.

    `repurchases` are the ids, at most twenty, of purchases of the same symbol within 30 days before or after a loss:
    what US tax law may call a wash sale. Nothing is adjusted for them.
    """

    sale: Sale
    lots: tuple[SoldLot, ...]
    repurchases: tuple[str, ...]

    @property
    def price_effect(self) -> Decimal:
        """Sum over the lots."""
        return sum((lot.price_effect for lot in self.lots), Decimal(0))

    @property
    def currency_effect(self) -> Decimal:
        """Sum over the lots."""
        return sum((lot.currency_effect for lot in self.lots), Decimal(0))


@dataclass(frozen=True, slots=True)
class RealisedTotal:
    """Sums over sold lots, in the base currency; gain = short + long = price effect + currency effect."""

    proceeds: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    short_term: Decimal = Decimal(0)
    long_term: Decimal = Decimal(0)
    price_effect: Decimal = Decimal(0)
    currency_effect: Decimal = Decimal(0)

    @property
    def gain(self) -> Decimal:
        """Proceeds less cost."""
        return self.proceeds - self.cost


def realised_sales(
    sales: Sequence[Sale], entries: Sequence[Entry], rates: RateTable, rule: HoldingRule
) -> list[RealisedSale]:
    """Take sales apart.

    Args:
        sales: What a book sold.
        entries: Standing entries by day, among which repurchases are looked for, in all accounts.
        rates: Has the rate of each lot's currency on the day of its sale.
        rule: When a lot was held long.
    """
    with exact():
        bought: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.type in _PURCHASES:
                bought[entry.symbol].append(entry)
        return [_taken_apart(sale, bought.get(sale.symbol, ()), rates, rule) for sale in sales]


def _taken_apart(sale: Sale, bought: Sequence[Entry], rates: RateTable, rule: HoldingRule) -> RealisedSale:
    shares = sum((lot.quantity for lot in sale.lots), Decimal(0))
    parts: list[SoldLot] = []
    left = sale.proceeds
    for index, lot in enumerate(sale.lots):
        # The last lot takes the rest, so that nothing is lost to rounding.
        proceeds = left if index == len(sale.lots) - 1 else sale.proceeds * lot.quantity / shares
        left -= proceeds
        parts.append(
            SoldLot(
                lot=lot,
                proceeds=proceeds,
                currency_effect=rates.to_base(lot.cost, lot.currency, sale.day) - lot.base_cost,
                days_held=days_held(lot.day, sale.day),
                long_term=rule.is_long(lot.day, sale.day),
            )
        )
    return RealisedSale(sale, tuple(parts), _repurchases(sale, bought) if sale.gain < 0 else ())


def _repurchases(sale: Sale, bought: Sequence[Entry]) -> tuple[str, ...]:
    """Purchases around a loss, but for those whose shares are the ones that were sold."""
    sold = {lot.id.partition(".")[0] for lot in sale.lots}
    window = timedelta(days=WASH_DAYS)
    first = bisect_left(bought, sale.day - window, key=_day_of)
    last = bisect_right(bought, sale.day + window, key=_day_of)
    around = (entry.id for entry in bought[first:last] if entry.id not in sold)
    return tuple(islice(around, MAX_TOLD))


def _day_of(entry: Entry) -> date:
    return entry.day


def total(sales: Iterable[RealisedSale]) -> RealisedTotal:
    """Sum sales up."""
    with exact():
        lots = [lot for each in sales for lot in each.lots]
        return RealisedTotal(
            proceeds=_sum(lot.proceeds for lot in lots),
            cost=_sum(lot.lot.base_cost for lot in lots),
            short_term=_sum(lot.gain for lot in lots if not lot.long_term),
            long_term=_sum(lot.gain for lot in lots if lot.long_term),
            price_effect=_sum(lot.price_effect for lot in lots),
            currency_effect=_sum(lot.currency_effect for lot in lots),
        )


def totals_by_symbol(sales: Sequence[RealisedSale]) -> Mapping[str, RealisedTotal]:
    """Sums of each symbol, in order of the alphabet."""
    by: dict[str, list[RealisedSale]] = defaultdict(list)
    for each in sales:
        by[each.sale.symbol].append(each)
    return {symbol: total(by[symbol]) for symbol in sorted(by)}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
