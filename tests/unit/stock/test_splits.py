"""Which booking is which split of the market."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from stocktool_stock.domain.bars import Split
from stocktool_stock.domain.splits import BookedSplit, schedule

from tests.factories.stock import day


def booked(on: str, ratio: str) -> BookedSplit:
    return BookedSplit("acc_1", "X", day(on), Fraction(ratio))


def test_a_booking_some_days_late_is_the_same_split() -> None:
    found = schedule([Split(day("2020-08-31"), Decimal(4))], [booked("2020-09-02", "4")])
    assert found.steps == ((day("2020-09-02"), Decimal(4)),)
    assert found.unbooked == ()


def test_a_reverse_split_before_the_first_share_does_not_take_the_booking_of_the_split_that_undid_it() -> None:
    reverse, forward = Split(day("2024-01-10"), Decimal("0.5")), Split(day("2024-01-16"), Decimal(2))
    found = schedule([reverse, forward], [booked("2024-01-16", "2")])
    assert found.steps == ((day("2024-01-10"), Decimal("0.5")), (day("2024-01-16"), Decimal(2)))
    assert found.unbooked == (reverse,)


def test_of_equal_splits_the_nearest_is_meant() -> None:
    first, second = Split(day("2024-01-05"), Decimal(2)), Split(day("2024-01-14"), Decimal(2))
    found = schedule([first, second], [booked("2024-01-14", "2")])
    assert found.unbooked == (first,)


def test_a_ratio_of_four_decimals_is_the_fraction_it_rounds() -> None:
    market = [Split(day("2024-01-05"), Decimal("0.3333")), Split(day("2024-01-09"), Decimal(3))]
    found = schedule(market, [booked("2024-01-08", "1/3"), booked("2024-01-08", "3")])
    assert found.steps == ((day("2024-01-08"), Decimal("0.3333")), (day("2024-01-08"), Decimal(3)))
    assert found.unbooked == ()
