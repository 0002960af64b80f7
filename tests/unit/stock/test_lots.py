"""Which lots a sale takes, and that no share and no cent is lost on the way."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.domain.exact import exact
from stocktool_stock.domain.lots import CostMethod, Lot, averaged, held, split, take

from tests.factories.stock import day


def a_lot(number: int, quantity: str, cost: str) -> Lot:
    return Lot(
        f"txn_{number}",
        "acc_1",
        "X",
        day(f"2020-01-{number:02d}"),
        Decimal(quantity),
        Decimal(cost),
        "USD",
        Decimal(cost),
    )


def cost_of(lots: list[Lot]) -> Decimal:
    return sum((lot.cost for lot in lots), Decimal(0))


# IRS Publication 550 (2023) on identifying shares: those acquired first are sold first. The numbers are ours: 100 at
# 10, 200 at 11 and 200 at 12, of which 150 are sold.
THREE = [a_lot(1, "100", "1000"), a_lot(2, "200", "2200"), a_lot(3, "200", "2400")]


def test_fifo_takes_the_oldest_first() -> None:
    taken, left = take(THREE, Decimal(150), CostMethod.FIFO)
    assert [(lot.id, lot.quantity) for lot in taken] == [("txn_1", 100), ("txn_2", 50)]
    assert cost_of(taken) == Decimal(1000 + 550)
    assert [(lot.id, lot.quantity, lot.cost) for lot in left] == [("txn_2", 150, 1650), ("txn_3", 200, 2400)]


def test_lifo_takes_the_newest_first_and_leaves_the_rest_in_order() -> None:
    taken, left = take(THREE, Decimal(250), CostMethod.LIFO)
    assert [(lot.id, lot.quantity) for lot in taken] == [("txn_3", 200), ("txn_2", 50)]
    assert [lot.id for lot in left] == ["txn_1", "txn_2"]


def test_hifo_takes_the_dearest_first_and_the_older_among_equals() -> None:
    lots = [a_lot(1, "10", "120"), a_lot(2, "10", "100"), a_lot(3, "10", "120")]
    taken, _ = take(lots, Decimal(15), CostMethod.HIFO)
    assert [(lot.id, lot.quantity) for lot in taken] == [("txn_1", 10), ("txn_3", 5)]


def test_average_gives_every_share_the_same_cost() -> None:
    lots = averaged(THREE)
    assert [lot.cost for lot in lots] == [Decimal(1120), Decimal(2240), Decimal(2240)]  # 5600 / 500 = 11.20 a share


def test_split_keeps_the_cost() -> None:
    assert [(lot.quantity, lot.cost) for lot in split(THREE[:1], Fraction(3, 2))] == [(150, 1000)]


def test_reverse_split_with_a_remainder_is_kept_to_the_quantum() -> None:
    lots = split([a_lot(1, "100", "1000")], Fraction(1, 3))
    assert lots[0].quantity == Decimal("33.333333333333")
    taken, left = take(lots, Decimal("33.333333333333"), CostMethod.FIFO)
    assert cost_of(taken) == 1000
    assert left == []


quantities = st.decimals("0.000000000001", "100000", places=12)
lots_strategy = st.lists(st.tuples(quantities, st.decimals("0", "1000000", places=12)), min_size=1, max_size=8)


@given(lots_strategy, st.sampled_from(CostMethod), st.fractions(0, 1))
def test_what_is_taken_and_what_is_left_sum_to_what_was_there(
    rows: list[tuple[Decimal, Decimal]], method: CostMethod, share: Fraction
) -> None:
    with exact():
        lots = [a_lot(1 + i, str(quantity), str(cost)) for i, (quantity, cost) in enumerate(rows)]
        quantity = (held(lots) * share.numerator / share.denominator).quantize(Decimal("1e-12"))
        if not 0 < quantity <= held(lots):
            return
        lots = averaged(lots) if method is CostMethod.AVERAGE else lots
        taken, left = take(lots, quantity, method)
        assert held(taken) == quantity
        assert held(taken) + held(left) == held(lots)
        assert abs(cost_of(taken) + cost_of(left) - sum(cost for _, cost in rows)) < Decimal("1e-30")
        assert all(lot.quantity > 0 for lot in [*taken, *left])
