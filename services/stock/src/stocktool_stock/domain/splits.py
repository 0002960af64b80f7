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


_NEVER = SplitSchedule(())


def schedule(market: Sequence[Split], booked: Sequence[BookedSplit]) -> SplitSchedule:
    """Match splits of the market with bookings within ten days, each once: those of the same ratio first, the nearest.

    A reverse split and a split that undoes it lie days apart, so the ratio tells them apart better than the day.
    """
    if not market:
        return _NEVER
    pairs = sorted(
        (_ratio(split) != booking.ratio, abs((booking.day - split.ex_date).days), at, by)
        for at, split in enumerate(market)
        for by, booking in enumerate(booked)
        if abs((booking.day - split.ex_date).days) <= MATCH_DAYS
    )
    matched: dict[int, int] = {}
    for _, _, at, by in pairs:
        if at not in matched and by not in matched.values():
            matched[at] = by
    return SplitSchedule(
        tuple(
            (booked[matched[at]].day if at in matched else split.ex_date, split.ratio)
            for at, split in enumerate(market)
        ),
        tuple(split for at, split in enumerate(market) if at not in matched),
    )


def _ratio(split: Split) -> Fraction:
    """The market's ratio as companies declare them: 1.3333 is four for three."""
    return Fraction(split.ratio).limit_denominator(1000)
