"""Returns of portfolios, accounts and holdings. Expected numbers are worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
import pyxirr
from stocktool_kit.core.errors import InvalidArgument
from stocktool_stock.application.measure_contribution import segments_of, whole_of
from stocktool_stock.domain.contribution import ContributionBy, contribute
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.portfolio import Account
from stocktool_stock.domain.segments import Scope

from tests.factories.measured import TODAY, Measured, two_accounts
from tests.factories.stock import an_entry, day


async def test_an_account_is_measured_by_its_own_flows() -> None:
    one = await two_accounts().performance(scope=Scope(account_id="acc_1"))
    assert one.figures["twr"] == pytest.approx(0.089, rel=1e-12)  # X: +10 %, +10 %, -10 %
    assert (one.value_end.amount, one.net_flows.amount, one.gain.amount) == (Decimal("544.5"), 395, Decimal("149.5"))
    two = await two_accounts().performance(scope=Scope(account_id="acc_2"))
    assert two.figures["twr"] == pytest.approx(1234 / 1000 - 1, rel=1e-12)  # 1000 of Y, then 1200 and 34 of cash
    assert (two.value_end.amount, two.gain.amount) == (1234, 224)
    assert (two.fees.amount, two.taxes.amount) == (10, 6)
    whole = await two_accounts().performance()
    assert whole.gain.amount == one.gain.amount + two.gain.amount
    assert whole.figures["twr"] == pytest.approx(
        2100 / 2000 * (1210 + 1234) / 2100 * (544.5 + 1234) / 1839 - 1, rel=1e-12
    )


async def test_a_holding_is_paid_for_with_its_purchases_and_pays_its_income() -> None:
    y = await two_accounts().performance(scope=Scope(symbol="Y"))
    assert y.figures["twr"] == pytest.approx(1.2 + 34 / 1000 - 1, rel=1e-12)
    assert (y.net_flows.amount, y.value_end.amount, y.gain.amount) == (976, 1200, 224)  # 1010 - 34
    assert y.figures["xirr"] == pytest.approx(
        pyxirr.xirr([day("2024-01-02"), day("2024-02-29"), day(TODAY)], [-1010, 34, 1200]), rel=1e-9
    )
    x = await two_accounts().performance(scope=Scope(symbol="X"))
    assert x.figures["twr"] == pytest.approx(0.089, rel=1e-12)
    assert x.gain.amount == Decimal("149.5")


async def test_gross_adds_fees_and_taxes_back() -> None:
    measured = two_accounts()
    net = await measured.performance(scope=Scope(symbol="Y"))
    gross = await measured.performance(scope=Scope(symbol="Y"), gross=True)
    assert gross.gain.amount == net.gain.amount + 16
    assert gross.figures["twr"] == pytest.approx(1.2 + 40 / 1000 - 1, rel=1e-12)
    assert gross.net_flows == net.net_flows
    whole = await measured.performance(gross=True)
    assert whole.gain.amount == (await measured.performance()).gain.amount + 16


async def test_flows_of_the_start_day_are_in_the_value_at_start() -> None:
    measured = two_accounts()
    later = await measured.performance(start=day("2024-01-02"))
    assert (later.value_start.amount, later.net_flows.amount) == (2000, -605)
    inception = await measured.performance()
    assert (inception.value_start.amount, inception.net_flows.amount) == (0, 1405)
    assert later.figures["twr"] == pytest.approx(inception.figures["twr"], rel=1e-12)
    assert later.gain.amount == inception.gain.amount + 10  # the fee of the first day is before the start
    assert "start_day" in later.conventions


async def test_months_chain_to_the_year() -> None:
    report = await two_accounts().performance(scope=Scope(symbol="X"), start=day("2024-01-02"))
    [row] = report.monthly
    assert row.year == 2024
    assert row.months[:4] == (pytest.approx(0.1), pytest.approx(0.1), pytest.approx(-0.1), None)
    assert row.total == pytest.approx(0.089, rel=1e-12)


async def test_the_benchmark_gets_the_same_flows() -> None:
    report = await two_accounts().performance(benchmark="SPY")
    # 2010 at 400, 605 out at 440, the rest at 484.
    units = 2010 / 400 - 605 / 440
    assert report.same_flows is not None
    assert report.same_flows.value_end == pytest.approx(units * 484, rel=1e-12)
    assert report.same_flows.gain == pytest.approx(units * 484 - 1405, rel=1e-12)
    expected = pyxirr.xirr([day("2024-01-02"), day("2024-02-29"), day(TODAY)], [-2010, 605, units * 484])
    assert report.same_flows.xirr == pytest.approx(expected, rel=1e-9)


async def test_a_benchmark_that_would_be_used_up_says_so() -> None:
    entries = [
        an_entry("buy", "2024-01-02", "X", quantity="1", price="100"),
        an_entry("deposit", "2024-01-02", amount="100"),
        an_entry("sell", "2024-02-29", "X", quantity="1", price="200"),
        an_entry("withdrawal", "2024-02-29", amount="200"),
    ]
    report = await Measured(entries).performance(benchmark="SPY")
    assert report.same_flows is not None
    assert report.same_flows.value_end == Undefined("it would have been used up by 2024-02-29")


async def test_modified_dietz_and_the_rate_of_the_range() -> None:
    report = await two_accounts().performance(start=day("2024-01-31"))
    # 2100 at start, 605 out on 29 February: 29 of 58 days to the end are left.
    assert report.figures["modified_dietz"] == pytest.approx((1778.5 - 2100 + 605) / (2100 - 605 * 29 / 58), rel=1e-12)
    rate = pyxirr.xirr([day("2024-01-31"), day("2024-02-29"), day(TODAY)], [-2100, 605, 1778.5])
    assert report.figures["xirr"] == pytest.approx(rate, rel=1e-9)
    assert report.figures["irr"] == pytest.approx((1 + rate) ** (58 / 365) - 1, rel=1e-9)


@pytest.mark.parametrize(("scope", "field"), [(Scope("acc_9"), "account_id"), (Scope("", "Z"), "symbol")])
async def test_a_part_that_is_not_there_is_refused(scope: Scope, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await two_accounts().performance(scope=scope)
    assert [violation.pointer for violation in caught.value.violations] == [field]


async def test_every_part_of_the_value_belongs_to_one_account_and_one_holding_or_its_cash() -> None:
    measured = two_accounts()
    whole = await measured.history()
    accounts = [await measured.history(scope=Scope(each)) for each in ("acc_1", "acc_2")]
    assert np.allclose(sum(each.daily.values for each in accounts), whole.daily.values, rtol=1e-12)
    assert np.allclose(sum(each.daily.flows for each in accounts), whole.daily.flows, rtol=1e-12)


async def test_a_flow_on_a_day_without_trading_counts_on_its_own_day() -> None:
    """Doubled on a Saturday at the unchanged price, then up 10 %: the return is that of the price."""
    measured = Measured(
        [
            an_entry("buy", "2024-01-05", "X", quantity="10", price="100"),
            an_entry("deposit", "2024-01-05", amount="1000"),
            an_entry("deposit", "2024-01-06", amount="1000"),
            an_entry("buy", "2024-01-06", "X", quantity="10", price="100"),
        ],
        series={"X": {"2024-01-05": 100, "2024-01-08": 110}},
        today="2024-01-08",
    )
    report = await measured.performance()
    assert report.figures["twr"] == pytest.approx(0.1, rel=1e-12)
    history = await measured.history()
    assert np.count_nonzero(~np.isnan(history.returns)) == 1  # Saturday is no daily return
    found = contribute(whole_of(history), segments_of(history), ContributionBy.HOLDING, {})
    assert not isinstance(found, Undefined)
    assert math.fsum(row.contribution for row in found.rows) == pytest.approx(0.1, rel=1e-12)


async def test_a_loss_of_all_within_days_has_a_rate_of_the_range() -> None:
    measured = Measured(
        [
            an_entry("deposit", "2024-01-05", amount="1000"),
            an_entry("buy", "2024-01-05", "X", quantity="10", price="100"),
        ],
        series={"X": {"2024-01-05": 100, "2024-01-08": 1e-9}},
        today="2024-01-08",
    )
    report = await measured.performance()
    assert report.figures["irr"] == pytest.approx(-1)


async def test_an_account_without_entries_has_no_figures_and_says_why() -> None:
    measured = two_accounts()
    head = replace(measured.portfolio, accounts=(*measured.portfolio.accounts, Account("acc_3", "Empty", "USD")))
    report = await Measured(measured.entries, head).performance(scope=Scope("acc_3"), benchmark="SPY")
    assert set(report.figures.values()) == {Undefined("the ledger has no entries in this range")}
    assert (report.value_end.amount, report.gain.amount, report.monthly) == (0, 0, ())
