"""Splits the market knows against splits the ledger has booked.

Closes come adjusted for every split after their day, ledgers hold quantities as traded. So the value on day d is
quantity(d) x close(d) x the product of the ratios after d. Where a ledger booked a split some days off the ex-date, its
own day rules the product, because that is the day its quantity changes; otherwise the value would jump in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from stocktool_stock.domain.bars import Split

MATCH_DAYS = 10
"""How far from the ex-date a booked split may lie and still be the same one."""


@dataclass(frozen=True, slots=True)
class BookedSplit:
    """A split in the ledger of one account."""

    account_id: str
    symbol: str
    day: date
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class SplitSchedule:
    """Days from which one share counts as several, with the market's ratios; `unbooked` are those without a booking."""

    steps: tuple[tuple[date, Decimal], ...]
    unbooked: tuple[Split, ...] = ()

    def factor_after(self, day: date) -> Decimal:
        """What one share held on `day` has become by the last day known."""
        factor = Decimal(1)
        for step, ratio in self.steps:
            if step > day:
                factor *= ratio
        return factor


def schedule(market: Sequence[Split], booked: Sequence[BookedSplit]) -> SplitSchedule:
    """Match each split of the market with the nearest booking within ten days, each booking once."""
    free = list(booked)
    steps: list[tuple[date, Decimal]] = []
    unbooked: list[Split] = []
    for split in market:
        near = [b for b in free if abs((b.day - split.ex_date).days) <= MATCH_DAYS]
        if not near:
            steps.append((split.ex_date, split.ratio))
            unbooked.append(split)
            continue
        match = min(near, key=lambda b: abs((b.day - split.ex_date).days))
        free.remove(match)
        steps.append((match.day, split.ratio))
    return SplitSchedule(tuple(steps), tuple(unbooked))
