"""A period's sales lot by lot, and the lots open at its end: what a tax form asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stocktool_kit.core.money import Money

from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.holding_period import HoldingRule, days_held
from stocktool_stock.domain.lots import Lot
from stocktool_stock.domain.realised import RealisedSale, RealisedTotal, total
from stocktool_stock.domain.valuation import Holding


@dataclass(frozen=True, slots=True)
class OpenLot:
    """Shares still held; `value` None where no price is known. Money in the base currency."""

    lot: Lot
    value: Decimal | None
    days_held: int
    long_term: bool

    @property
    def unrealised(self) -> Decimal | None:
        """Value less cost."""
        return None if self.value is None else self.value - self.lot.base_cost


@dataclass(frozen=True, slots=True)
class TaxLots:
    """Sales of a period and open lots at its end."""

    start: date
    end: date
    sales: tuple[RealisedSale, ...]
    total: RealisedTotal
    open: tuple[OpenLot, ...]

    @property
    def open_cost(self) -> Decimal:
        """Cost of what is held."""
        with exact():
            return sum((each.lot.base_cost for each in self.open), Decimal(0))


def tax_lots(
    sales: Sequence[RealisedSale], holdings: Sequence[Holding], *, start: date, end: date, rule: HoldingRule
) -> TaxLots:
    """Put them together.

    Args:
        sales: Of the whole ledger, in order.
        holdings: Valued at `end`.
        start: First day of the period, included.
        end: Its last, included.
        rule: When a lot was held long.
    """
    shown = tuple(each for each in sales if start <= each.sale.day <= end)
    with exact():
        open_ = [_open(lot, holding, end, rule) for holding in holdings for lot in holding.lots]
    return TaxLots(
        start, end, shown, total(shown), tuple(sorted(open_, key=lambda each: (each.lot.symbol, each.lot.day)))
    )


def _open(lot: Lot, holding: Holding, end: date, rule: HoldingRule) -> OpenLot:
    value: Money | None = holding.market_value
    part = None if value is None or not holding.quantity else value.amount * lot.quantity / holding.quantity
    return OpenLot(lot, part, days_held(lot.day, end), rule.is_long(lot.day, end))
