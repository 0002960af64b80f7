"""Lots: shares acquired together, and which of them a sale takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from fractions import Fraction

QUANTUM = Decimal("1e-12")
"""Smallest part of a share: what entries can say, so that what is shown can be sold to the last digit."""


class CostMethod(StrEnum):
    """Which lots a sale takes."""

    FIFO = "FIFO"
    LIFO = "LIFO"
    HIFO = "HIFO"
    AVERAGE = "AVERAGE"


@dataclass(frozen=True, slots=True)
class Lot:
    """Shares acquired together and still held.

    Attributes:
        id: Id of the entry that brought them.
        account_id: Where they lie.
        day: When they were acquired.
        quantity: Shares left, after splits.
        cost: What is left of their cost, fees included, in `currency`.
        base_cost: The same in the base currency, at the rate of `day`.
    """

    id: str
    account_id: str
    symbol: str
    day: date
    quantity: Decimal
    cost: Decimal
    currency: str
    base_cost: Decimal

    def part(self, quantity: Decimal) -> Lot:
        """The lot with only `quantity` of its shares and their share of the cost."""
        if quantity == self.quantity:
            return self
        return replace(
            self,
            quantity=quantity,
            cost=self.cost * quantity / self.quantity,
            base_cost=self.base_cost * quantity / self.quantity,
        )

    def less(self, part: Lot) -> Lot:
        """What stays when `part` has gone; costs by subtraction, so that nothing is lost to rounding."""
        return replace(
            self,
            quantity=self.quantity - part.quantity,
            cost=self.cost - part.cost,
            base_cost=self.base_cost - part.base_cost,
        )


def held(lots: Sequence[Lot]) -> Decimal:
    """Shares in all lots."""
    return sum((lot.quantity for lot in lots), Decimal(0))


def _order(lots: Sequence[Lot], method: CostMethod) -> Iterable[int]:
    """Which go first, as places in the list."""
    if method is CostMethod.LIFO:
        return range(len(lots) - 1, -1, -1)
    if method is CostMethod.HIFO:
        # Highest cost per share in the base currency, the older first among equals.
        return sorted(range(len(lots)), key=lambda index: -(lots[index].base_cost / lots[index].quantity))
    return range(len(lots))


def take(lots: Sequence[Lot], quantity: Decimal, method: CostMethod) -> tuple[list[Lot], list[Lot]]:
    """Take shares out of lots that are in order of acquisition.

    Args:
        lots: At least `quantity` shares in all.
        quantity: Shares to take, more than 0.
        method: Which go first; under AVERAGE every share costs the same, see `take_average`.

    Returns:
        What was taken, in the order it was, and what is left, in order of acquisition.
    """
    if method is CostMethod.AVERAGE:
        return take_average(lots, quantity)
    touched: dict[int, Lot | None] = {}
    taken: list[Lot] = []
    for index in _order(lots, method):
        if quantity <= 0:
            break
        lot = lots[index]
        part = lot.part(min(lot.quantity, quantity))
        taken.append(part)
        quantity -= part.quantity
        touched[index] = None if part.quantity == lot.quantity else lot.less(part)
    after = (touched.get(index, lot) for index, lot in enumerate(lots))
    return taken, [lot for lot in after if lot is not None]


def take_average(lots: Sequence[Lot], quantity: Decimal) -> tuple[list[Lot], list[Lot]]:
    """Take the oldest shares at the average cost of all; lots of several currencies go at their own.

    What is left has the right cost in sum, and lot by lot once it is `averaged`: to do so at every sale would make long
    ledgers quadratic.
    """
    parts, left = take(lots, quantity, CostMethod.FIFO)
    if len({lot.currency for lot in lots}) > 1:
        return parts, left
    shares = held(lots)
    cost, base_cost = _sum(lot.cost for lot in lots), _sum(lot.base_cost for lot in lots)
    taken = [
        replace(part, cost=cost * part.quantity / shares, base_cost=base_cost * part.quantity / shares)
        for part in parts
    ]
    # Nothing is lost to rounding: the difference stays with the last lot there is.
    rest = left or taken
    rest[-1] = replace(
        rest[-1],
        cost=rest[-1].cost + cost - _sum(lot.cost for lot in (*taken, *left)),
        base_cost=rest[-1].base_cost + base_cost - _sum(lot.base_cost for lot in (*taken, *left)),
    )
    return taken, left


def averaged(lots: Sequence[Lot]) -> list[Lot]:
    """Give every share the same cost; lots of several currencies are left as they are.

    The sums of cost and base cost stay exact: the last lot takes the rest.
    """
    if len(lots) < 2 or len({lot.currency for lot in lots}) > 1:
        return list(lots)
    shares = held(lots)
    cost, base_cost = _sum(lot.cost for lot in lots), _sum(lot.base_cost for lot in lots)
    result: list[Lot] = []
    for lot in lots[:-1]:
        even = replace(lot, cost=cost * lot.quantity / shares, base_cost=base_cost * lot.quantity / shares)
        result.append(even)
    last = replace(
        lots[-1],
        cost=cost - _sum(lot.cost for lot in result),
        base_cost=base_cost - _sum(lot.base_cost for lot in result),
    )
    return [*result, last]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def split(lots: Sequence[Lot], ratio: Fraction) -> list[Lot]:
    """Turn each old share into `ratio` new ones; the cost stays."""
    return [replace(lot, quantity=split_quantity(lot.quantity, ratio)) for lot in lots]


def split_quantity(quantity: Decimal, ratio: Fraction) -> Decimal:
    """Shares after a split, to the quantum."""
    exact = quantity * ratio.numerator / ratio.denominator
    return exact.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)
