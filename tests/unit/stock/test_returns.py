"""Returns against published examples and pyxirr."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.returns import (
    DatedFlow,
    annualised,
    daily_returns,
    growth,
    modified_dietz,
    simple_return,
    time_weighted_return,
    xirr,
    xirr_roots,
    xnpv,
)

from tests.factories.stock import day

# Microsoft's documentation of XIRR and XNPV: one example for both.
EXCEL = [
    DatedFlow(date(2008, 1, 1), -10_000),
    DatedFlow(date(2008, 3, 1), 2_750),
    DatedFlow(date(2008, 10, 30), 4_250),
    DatedFlow(date(2009, 2, 15), 3_250),
    DatedFlow(date(2009, 4, 1), 2_750),
]


def test_xirr_gives_excels_documented_result() -> None:
    assert xirr(EXCEL) == pytest.approx(0.373362535, abs=1e-8)  # Excel itself stops at 1e-8


def test_xnpv_gives_excels_documented_result() -> None:
    assert xnpv(0.09, EXCEL) == pytest.approx(2086.647602, abs=1e-6)


def test_xirr_does_not_depend_on_the_order_of_flows() -> None:
    assert xirr(EXCEL[::-1]) == xirr(EXCEL)


@pytest.mark.parametrize(
    ("flows", "reason"),
    [
        ([], "no sign change"),
        ([DatedFlow(day("2024-01-01"), 100.0)], "no sign change"),
        ([DatedFlow(day("2024-01-01"), -100.0), DatedFlow(day("2024-06-01"), -5.0)], "no sign change"),
        ([DatedFlow(day("2024-01-01"), -100.0), DatedFlow(day("2024-01-01"), 105.0)], "all flows fall on one day"),
    ],
)
def test_xirr_that_does_not_exist_says_why(flows: list[DatedFlow], reason: str) -> None:
    assert xirr(flows) == Undefined(reason)


def test_xirr_with_two_rates_is_ambiguous() -> None:
    # -100, +230, -132, 365 days apart: 10 % and 20 % both solve it, since (x - 1.1)(x - 1.2) = x^2 - 2.3x + 1.32.
    start = day("2021-01-01")
    flows = [DatedFlow(start + timedelta(days=365 * i), amount) for i, amount in enumerate((-100.0, 230.0, -132.0))]
    assert xirr_roots(flows) == pytest.approx([0.1, 0.2], abs=1e-12)
    assert xirr(flows) == Undefined("ambiguous: 2 rates bring the flows to zero")


amounts = st.floats(1, 1e6)
payments = st.lists(st.tuples(st.integers(0, 3000), amounts), min_size=1, max_size=20)


@given(payments, st.integers(3200, 4000), st.floats(0.5, 4))
def test_xirr_agrees_with_pyxirr(paid_in: list[tuple[int, float]], end: int, multiple: float) -> None:
    flows = [DatedFlow(date(2010, 1, 1) + timedelta(days=d), -amount) for d, amount in paid_in]
    final = multiple * sum(amount for _, amount in paid_in)
    flows.append(DatedFlow(date(2010, 1, 1) + timedelta(days=end), final))
    ours = xirr(flows)
    assert not isinstance(ours, Undefined)
    theirs = pyxirr.xirr([f.day for f in flows], [f.amount for f in flows])
    assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-9)
    worth = xnpv(ours, flows)
    assert not isinstance(worth, Undefined)
    assert abs(worth) <= 1e-9 * sum(abs(flow.amount) for flow in flows) * max(1.0, (1 + ours) ** -11)


def test_twr_links_sub_periods_closed_by_flows() -> None:
    # CFA-style: 100 grows to 110; 100 comes in; 210 falls to 189. 1.1 * 0.9 - 1 = -1 %.
    returns = daily_returns(np.array([100.0, 210.0, 189.0]), np.array([100.0, 100.0, 0.0]))
    assert time_weighted_return(returns) == pytest.approx(-0.01, abs=1e-15)
    assert growth(returns).tolist() == pytest.approx([1, 1.1, 0.99])


def test_twr_ignores_size_and_time_of_flows() -> None:
    price = np.array([10.0, 11.0, 12.0, 9.0])
    units = np.array([1.0, 5.0, 2.0, 2.0])
    flows = np.concatenate([[10.0], np.diff(units) * price[1:]])
    assert time_weighted_return(daily_returns(units * price, flows)) == pytest.approx(9 / 10 - 1, abs=1e-15)


def test_days_that_begin_with_nothing_have_no_return() -> None:
    returns = daily_returns(np.array([0.0, 100.0, 110.0, 0.0, 50.0, 55.0]), np.array([0, 100.0, 0, -110.0, 50.0, 0]))
    assert np.isnan(returns).tolist() == [True, False, False, True, False]
    assert time_weighted_return(returns) == pytest.approx(0.21)
    assert time_weighted_return(np.array([np.nan])) == Undefined("no day begins with a value above zero")


def test_modified_dietz_gives_the_textbook_result() -> None:
    # 100 at the start; 50 comes in after half of the year of 366 days; 300 at the end: gain 150 over 100 + 50 / 2.
    flows = [(day("2016-07-02"), Decimal(50))]
    result = modified_dietz(Decimal(100), Decimal(300), day("2016-01-01"), day("2017-01-01"), flows)
    assert (result.average_capital, result.gain) == (Decimal(125), Decimal(150))
    assert result.rate == 1.2


def test_yearly_rates_are_not_made_of_parts_of_a_year() -> None:
    assert annualised(0.21, 730) == pytest.approx(0.1)
    assert isinstance(annualised(0.21, 364), Undefined)
    assert isinstance(annualised(-1.0, 730), Undefined)


def test_simple_return_is_gain_over_what_was_put_to_work() -> None:
    assert simple_return(30, 100, 50) == 0.2
    assert simple_return(0, 0, 0) == Undefined("nothing was invested")
