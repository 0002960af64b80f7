"""Steps are exact one by one, and the same to a float's digits as columns, whoever keeps their beginning."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.application.packed_steps import read_steps, write_columns, write_exact
from stocktool_stock.domain.bars import Days
from stocktool_stock.domain.days import ByDays, days64
from stocktool_stock.domain.steps import Step, StepColumns, Steps, drawn

FIRST = date(2024, 1, 1)
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9)
STEPS = st.dictionaries(st.integers(0, 40), AMOUNTS, max_size=6).map(
    lambda found: [(FIRST + timedelta(days=at), found[at]) for at in sorted(found)]
)


def as_plain(steps: Sequence[Step], days: Sequence[date]) -> list[float]:
    """The amount at each day, looked up one by one."""
    on = [day for day, _ in steps]
    return [float(steps[at - 1][1]) if (at := bisect_right(on, day)) else 0.0 for day in days]


@given(many=st.lists(STEPS, min_size=1, max_size=4), at=st.sets(st.integers(-5, 45), min_size=1))
def test_steps_are_drawn_as_they_are_looked_up(many: list[list[Step]], at: set[int]) -> None:
    days = [FIRST + timedelta(days=each) for each in sorted(at)]
    rows = drawn([StepColumns.of(steps) for steps in many], days64(days))
    assert rows.tolist() == [as_plain(steps, days) for steps in many]


@given(many=st.lists(STEPS, min_size=1, max_size=4), more=STEPS, data=st.data())
def test_what_is_written_is_read_and_exact_amounts_only_when_asked_for(
    many: list[list[Step]], more: list[Step], data: st.DataObject
) -> None:
    kept = [Steps(steps) for steps in many]
    reads = []

    def exact() -> list[str]:
        reads.append(1)
        return write_exact(kept)

    read = read_steps(write_columns(kept), [len(steps) for steps in kept], exact)
    index = data.draw(st.integers(0, len(many) - 1))
    count = data.draw(st.integers(0, len(many[index])))
    begun = read[index].beginning(count)
    going_on = read[index].copy()
    for day, amount in more:
        going_on.append((day + timedelta(days=100), amount))
    for found, plain in ((begun, many[index][:count]), (going_on, many[index] + list(going_on)[len(many[index]) :])):
        columns = found.columns()
        assert columns.days.tolist() == [day for day, _ in plain]
        assert columns.amounts.tolist() == [float(amount) for _, amount in plain]
        assert list(found) == plain
    assert [list(each) for each in read] == many
    assert len(reads) <= 1


def test_columns_cost_no_exact_amount() -> None:
    kept = Steps([(FIRST, Decimal(1)), (FIRST + timedelta(days=2), Decimal("2.5"))])

    def exact() -> list[str]:
        raise AssertionError("exact amounts were read")

    [read] = read_steps(write_columns([kept]), [2], exact)
    copy = read.copy()
    copy.append((FIRST + timedelta(days=3), Decimal(4)))
    assert (len(read), read.columns().amounts.tolist()) == (2, [1.0, 2.5])
    assert read.beginning(1).columns().amounts.tolist() == [1.0]
    assert copy.columns().amounts.tolist() == [1.0, 2.5, 4.0]


def test_columns_of_another_length_are_refused() -> None:
    data = write_columns([Steps([(FIRST, Decimal(1))])])
    for counts in ([2], [0], []):
        with pytest.raises(ValueError, match="another length"):
            read_steps(data, counts, list)


def test_a_work_is_done_once_for_columns_that_are_alike() -> None:
    done: list[int] = []

    def counted(days: Days) -> int:
        done.append(len(days))
        return len(done)

    count = ByDays(counted)
    week, month = days64([FIRST + timedelta(days=at) for at in range(7)]), days64([FIRST])
    assert [count(week), count(month), count(week.copy()), count(month)] == [1, 2, 1, 2]
    assert done == [7, 1]
    assert count(np.array([], "datetime64[D]")) == 3
