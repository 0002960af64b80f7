"""Lots: shares acquired together, and which of them a sale takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from fractions import Fraction

from stocktool_kit.core.errors import FailedPrecondition

from stocktool_stock.domain.values import value

QUANTUM = Decimal("1e-12")
"""Smallest part of a share: what entries can say, so that what is shown can be sold to the last digit."""


class CostMethod(StrEnum):
    """Which lots a sale takes."""

    FIFO = "FIFO"
    LIFO = "LIFO"
    HIFO = "HIFO"
    AVERAGE = "AVERAGE"


_FIFO, _AVERAGE = CostMethod.FIFO, CostMethod.AVERAGE
"""Looked up once: in Python 3.11 a member costs as much as four divisions."""


class LotNotOpen(FailedPrecondition):
    """A chosen lot does not lie in the account on that day, or holds fewer shares."""

    reason = "LOT_NOT_OPEN"

    def __init__(self, lot_id: str, *, index: int, quantity: Decimal, held: Decimal, day: date, entry_id: str) -> None:
        found = f"holds only {held:f} of the {quantity:f} shares" if held else "is not open in this account"
        super().__init__(
            f"lot {lot_id} {found} on {day}",
            lot_id=lot_id,
            quantity=f"{quantity:f}",
            held=f"{held:f}",
            date=day.isoformat(),
            transaction_id=entry_id,
        )
        self.entry_id = entry_id
        self.index = index
        self.field = "quantity" if held else "lot_id"


@value(frozen=True, slots=True)
class Lot:
    """Shares acquired together and still held.

    Attributes:
        id: Id of the entry that brought them; with `.2`, `.3` where an account has several of the same.
        account_id: Where they lie.
        day: When they were acquired, also where they came later by a transfer, spin-off or merger.
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

    def cut(self, quantity: Decimal) -> tuple[Lot, Lot]:
        """Some of its shares, fewer than all, with their share of the cost; and what stays.

        The costs of what stays are differences, so that nothing is lost to rounding.
        """
        identity, currency = (self.id, self.account_id, self.symbol, self.day), self.currency
        cost = base_cost = self.cost * quantity / self.quantity
        left = base_left = self.cost - cost
        if self.base_cost is not self.cost:
            base_cost = self.base_cost * quantity / self.quantity
            base_left = self.base_cost - base_cost
        return (
            Lot(*identity, quantity, cost, currency, base_cost),
            Lot(*identity, self.quantity - quantity, left, currency, base_left),
        )


def held(lots: Sequence[Lot]) -> Decimal:
    """Shares in all lots."""
    return sum([lot.quantity for lot in lots], Decimal(0))


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
    if method is _FIFO:
        left = list(lots)
        return take_first(left, quantity), left
    if method is _AVERAGE:
        return take_average(lots, quantity)
    touched: dict[int, Lot | None] = {}
    taken: list[Lot] = []
    for index in _order(lots, method):
        if quantity <= 0:
            break
        lot = part = lots[index]
        touched[index] = None
        if quantity < lot.quantity:
            part, touched[index] = lot.cut(quantity)
        taken.append(part)
        quantity -= part.quantity
    after = (touched.get(index, lot) for index, lot in enumerate(lots))
    return taken, [lot for lot in after if lot is not None]


def take_first(lots: list[Lot], quantity: Decimal) -> list[Lot]:
    """Take shares out of the oldest lots; the list keeps what is left. Gives what was taken, the oldest first."""
    for index, lot in enumerate(lots):
        there = lot.quantity
        if quantity < there:
            taken = lots[:index]
            if quantity:
                part, lots[index] = lot.cut(quantity)
                taken.append(part)
            del lots[:index]
            return taken
        quantity -= there
    taken = lots.copy()
    lots.clear()
    return taken


def take_chosen(lots: Sequence[Lot], choices: Mapping[str, Decimal]) -> tuple[list[Lot], list[Lot]]:
    """Take shares out of chosen lots.

    Args:
        lots: In order of acquisition; each id once.
        choices: Shares by lot id, each at most what the lot holds.

    Returns:
        What was taken, in the order of the choices, and what is left, in order of acquisition.
    """
    parts: dict[str, Lot] = {}
    left: list[Lot] = []
    for lot in lots:
        wanted = choices.get(lot.id)
        if wanted is None:
            left.append(lot)
        elif wanted < lot.quantity:
            parts[lot.id], rest = lot.cut(wanted)
            left.append(rest)
        else:
            parts[lot.id] = lot
    return [parts[lot_id] for lot_id in choices], left


def placed(lots: Sequence[Lot], more: Sequence[Lot]) -> list[Lot]:
    """Add lots to others, in order of acquisition; one whose id is there already gets a suffix."""
    result, ids = list(lots), {lot.id for lot in lots}
    for lot in more:
        new, number = lot.id, 1
        while new in ids:
            number += 1
            new = f"{lot.id.partition('.')[0]}.{number}"
        ids.add(new)
        result.append(replace(lot, id=new))
    result.sort(key=lambda lot: lot.day)
    return result


def spun_off(lot: Lot, symbol: str, ratio: Fraction, fraction: Decimal) -> tuple[Lot, Lot]:
    """What is left of a lot, and the new shares that come with it: the cost is shared out, the day stays."""
    cost, base_cost = lot.cost * fraction, lot.base_cost * fraction
    new = replace(lot, symbol=symbol, quantity=split_quantity(lot.quantity, ratio), cost=cost, base_cost=base_cost)
    return replace(lot, cost=lot.cost - cost, base_cost=lot.base_cost - base_cost), new


def exchanged(lot: Lot, symbol: str, ratio: Fraction) -> Lot:
    """What a lot becomes in a merger: other shares at the same cost, held since the same day."""
    return replace(lot, symbol=symbol, quantity=split_quantity(lot.quantity, ratio))


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
    """Shares after a split, to the quantum; what there is does not become nothing."""
    exact = quantity * ratio.numerator / ratio.denominator
    return max(exact.quantize(QUANTUM, rounding=ROUND_HALF_EVEN), QUANTUM)
