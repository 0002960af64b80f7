"""Contributions: published linking, effects by hand, and rows that always sum to the return."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_stock.application.measure_contribution import segments_of, whole_of
from stocktool_stock.domain.contribution import Contribution, ContributionBy, Row, contribute
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.linking import coefficients
from stocktool_stock.domain.returns import time_weighted_return
from stocktool_stock.domain.segments import Scope

from tests.factories.measured import Measured, two_accounts
from tests.factories.stock import a_portfolio, an_entry, day

DAYS = ["2024-01-02", "2024-01-03", "2024-01-04"]


async def shared(measured: Measured, by: ContributionBy = ContributionBy.HOLDING, **asked: object) -> Contribution:
    history = await measured.history(**asked)
    found = contribute(whole_of(history), segments_of(history), by, {"X": "Energy", "Y": "Utilities"})
    assert not isinstance(found, Undefined)
    assert math.fsum(row.contribution for row in found.rows) == pytest.approx(found.total_return, abs=1e-15)
    assert found.total_return == pytest.approx(time_weighted_return(history.returns), rel=1e-12)
    for row in found.rows:
        assert row.effects.total == pytest.approx(row.contribution, abs=1e-15)
    return found


def by_key(found: Contribution) -> dict[str, Row]:
    return {row.key: row for row in found.rows}


def test_coefficients_are_carinos() -> None:
    """Two periods of 10 % and 20 %, 32 % in all: k = ln(1+r)/r, worked out with a pocket calculator's logarithms."""
    found = coefficients(np.array([0.10, 0.20]))
    assert not isinstance(found, Undefined)
    # ln 1.1 = 0.0953102, ln 1.2 = 0.1823216, ln 1.32 = 0.2776317
    assert found[0] == pytest.approx((0.0953102 / 0.1) / (0.2776317 / 0.32), rel=1e-6)
    assert found[1] == pytest.approx((0.1823216 / 0.2) / (0.2776317 / 0.32), rel=1e-6)
    assert found @ np.array([0.10, 0.20]) == pytest.approx(0.32, rel=1e-12)


def test_days_that_stand_still_count_their_limit() -> None:
    assert coefficients(np.zeros(3)) == pytest.approx([1, 1, 1])
    assert isinstance(coefficients(np.array([0.1, -1.0])), Undefined)


async def test_a_single_day_is_shared_out_by_weights_times_returns() -> None:
    measured = Measured(
        [
            an_entry("deposit", DAYS[0], amount="2000"),
            an_entry("buy", DAYS[0], "X", quantity="10", price="100"),
            an_entry("buy", DAYS[0], "Y", quantity="10", price="50"),
            an_entry("interest", DAYS[1], amount="4"),
            an_entry("fee", DAYS[1], amount="1"),
            an_entry("dividend", DAYS[1], "Y", amount="10", tax="2"),
        ],
        series={"X": dict.fromkeys(DAYS[:1], 100) | {DAYS[1]: 110}, "Y": {DAYS[0]: 50, DAYS[1]: 49}},
        today=DAYS[1],
    )
    rows = by_key(await shared(measured))
    assert rows["X"].contribution == pytest.approx(100 / 2000, rel=1e-12)
    y = rows["Y"]
    assert (y.effects.price, y.effects.income, y.effects.taxes) == pytest.approx((-0.005, 0.005, -0.001), rel=1e-9)
    assert (y.gain.price, y.gain.income, y.gain.taxes) == pytest.approx((-10, 10, -2))
    assert y.average_weight == pytest.approx(0.25)
    assert rows["cash"].effects.income == pytest.approx(4 / 2000)
    assert rows["fees"].effects.fees == pytest.approx(-1 / 2000)
    assert set(rows) == {"X", "Y", "cash", "fees"}


async def test_exchange_rates_are_told_apart_from_prices() -> None:
    """Ten at 100 EUR; the price rises to 110 and the euro from 1.25 to 1.30: 10 x 10 x 1.30 and 1000 x 0.05."""
    measured = Measured(
        [
            an_entry("deposit", DAYS[0], amount="1600", currency="EUR"),
            an_entry("buy", DAYS[0], "X", quantity="10", price="100", currency="EUR"),
        ],
        a_portfolio(accounts={"acc_1": "EUR"}),
        {"X": {DAYS[0]: 100, DAYS[1]: 110}},
        {"X": "EUR"},
        today=DAYS[1],
    )
    measured.moving("EUR", {DAYS[0]: "1.25", DAYS[1]: "1.30"})
    rows = by_key(await shared(measured))
    assert (rows["X"].gain.price, rows["X"].gain.currency) == pytest.approx((130, 50))
    assert rows["fx"].gain.currency == pytest.approx(30)  # 600 EUR of cash
    currencies = by_key(await shared(measured, ContributionBy.CURRENCY))
    assert currencies["EUR"].gain.total == pytest.approx(210)


async def test_a_name_without_prices_counts_in_the_currency_it_was_traded_in() -> None:
    """No cash and no price is in euros: 2 at 10 EUR, bought with dollars, stay worth what was paid for them."""
    measured = Measured(
        [
            an_entry("deposit", DAYS[0], amount="2000"),
            an_entry("buy", DAYS[0], "X", quantity="10", price="100"),
            an_entry("buy", DAYS[0], "Y", quantity="2", price="10", currency="EUR", fx_rate="1.25"),
        ],
        series={"X": {DAYS[0]: 100, DAYS[1]: 110}},
        today=DAYS[1],
    )
    rows = by_key(await shared(measured))
    assert (rows["X"].gain.total, rows["Y"].gain.total) == pytest.approx((100, 0))
    currencies = by_key(await shared(measured, ContributionBy.CURRENCY))
    assert currencies["EUR"].average_weight == pytest.approx(25 / 2000)


async def test_accounts_and_sectors_share_out_the_same_return() -> None:
    for by, keys in (
        (ContributionBy.ACCOUNT, {"acc_1", "acc_2"}),
        (ContributionBy.SECTOR, {"Energy", "Utilities"}),
        (ContributionBy.CURRENCY, {"USD"}),
    ):
        found = await shared(two_accounts(), by)
        assert keys <= set(by_key(found))
        assert math.fsum(row.gain.total for row in found.rows) == pytest.approx(373.5, rel=1e-12)
    one = await shared(two_accounts(), scope=Scope("acc_1"))
    assert by_key(one)["X"].contribution == pytest.approx(0.089, rel=1e-9)


async def test_a_spin_off_moves_value_and_is_no_gain() -> None:
    measured = Measured(
        [
            an_entry("deposit", DAYS[0], amount="1000"),
            an_entry("buy", DAYS[0], "X", quantity="10", price="100"),
            an_entry("spin_off", DAYS[1], "X", ratio="1/2", new_symbol="Y", cost_fraction="0.2"),
        ],
        series={"X": {DAYS[0]: 100, DAYS[1]: 80, DAYS[2]: 80}, "Y": {DAYS[1]: 40, DAYS[2]: 44}},
        today=DAYS[2],
    )
    rows = by_key(await shared(measured))
    assert rows["X"].gain.total == pytest.approx(0, abs=1e-9)
    assert rows["Y"].gain.total == pytest.approx(20)


async def test_purchases_on_the_day_of_a_spin_off_are_paid_for_in_cash() -> None:
    """Ten X at 80 give five Y at 40; four more Y are bought that day, and two Z at 100 become eight Y."""
    measured = Measured(
        [
            an_entry("deposit", DAYS[0], amount="1400"),
            an_entry("buy", DAYS[0], "X", quantity="10", price="100"),
            an_entry("buy", DAYS[0], "Z", quantity="2", price="160"),
            an_entry("buy", DAYS[1], "Y", quantity="1", price="80"),
            an_entry("spin_off", DAYS[1], "X", ratio="1/4", new_symbol="Y", cost_fraction="0.2"),
            an_entry("merger", DAYS[1], "Z", ratio="2", new_symbol="Y"),
            an_entry("split", DAYS[1], "Y", ratio="2"),
        ],
        series={
            "X": {DAYS[0]: 100, DAYS[1]: 80, DAYS[2]: 80},
            "Y": {DAYS[1]: 40, DAYS[2]: 44},
            "Z": {DAYS[0]: 160},
        },
        today=DAYS[2],
    )
    rows = by_key(await shared(measured))
    # by hand: X 1000 = 800 + 5 Y; Z 320 = 8 Y; 2 + 5 + 8 Y gain 4 each
    assert [rows[name].gain.total for name in "XYZ"] == pytest.approx([0, 60, 0], abs=1e-9)


moves = st.lists(
    st.tuples(
        st.sampled_from(
            ["deposit", "withdrawal", "buy", "sell", "dividend", "interest", "fee", "transfer_in", "split"]
        ),
        st.sampled_from(["X", "Y"]),
        st.sampled_from(["acc_1", "acc_2"]),
        st.integers(1, 30),
        st.integers(0, 9),
    ),
    max_size=14,
)


def _entries(chosen: list[tuple[str, str, str, int, int]]) -> list[Entry]:
    held: dict[tuple[str, str], int] = {}
    result = [
        an_entry("deposit", "2024-01-01", amount="5000"),
        an_entry("deposit", "2024-01-01", amount="5000", account_id="acc_2", currency="EUR"),
    ]
    for number, (kind, symbol, account, size, gap) in enumerate(chosen):
        on = str(date(2024, 1, 2) + timedelta(days=number * 2 + gap % 2))
        home = "USD" if account == "acc_1" else "EUR"
        common = {"account_id": account, "currency": home}
        key = (account, symbol)
        if kind in ("buy", "transfer_in"):
            held[key] = held.get(key, 0) + size
            charged = (
                {"fee": str(gap), "fee_currency": "EUR" if home == "USD" else "USD"} if gap % 3 else {"fee": str(gap)}
            )
            result.append(an_entry(kind, on, symbol, quantity=str(size), price="47", **charged, **common))
        elif kind == "sell" and held.get(key):
            sold = min(size, held[key])
            held[key] -= sold
            result.append(an_entry(kind, on, symbol, quantity=str(sold), price="53", tax=str(gap), **common))
        elif kind == "dividend" and held.get(key):
            result.append(an_entry(kind, on, symbol, amount=str(size), tax=str(gap % size), **common))
        elif kind == "split" and held.get(key):
            held[key] *= 2
            result.append(an_entry(kind, on, symbol, ratio="2", **common))
        elif kind == "move" and held.get(key):
            other = "acc_2" if account == "acc_1" else "acc_1"
            held[key] -= 1
            held[other, symbol] = held.get((other, symbol), 0) + 1
            result.append(an_entry("transfer_out", on, symbol, quantity="1", to_account_id=other, **common))
        elif kind == "cash":
            other = "acc_2" if account == "acc_1" else "acc_1"
            result.append(an_entry("transfer_out", on, amount=str(size), to_account_id=other, **common))
        elif kind in ("deposit", "withdrawal", "interest", "fee"):
            result.append(an_entry(kind, on, amount=str(size), **common))
    return result


@settings(max_examples=50, deadline=None)
@given(moves, st.sampled_from(list(ContributionBy)), st.integers(0, 20), st.sampled_from(["", "acc_1", "acc_2"]))
async def test_rows_always_sum_to_the_return_and_none_is_unexplained(
    chosen: list[tuple[str, str, str, int, int]], by: ContributionBy, start: int, account_id: str
) -> None:
    days = [str(date(2024, 1, 1) + timedelta(days=number)) for number in range(0, 60, 1)]
    series = {
        "X": {each: 50 + 7 * math.sin(number) for number, each in enumerate(days)},
        "Y": {each: 40 + 9 * math.cos(number / 3) for number, each in enumerate(days) if number % 7 < 5},
    }
    measured = Measured(
        _entries(chosen),
        a_portfolio(accounts={"acc_1": "USD", "acc_2": "EUR"}),
        series,
        {"Y": "EUR"},
        today=days[-1],
    )
    measured.moving("EUR", {each: f"{1.1 + 0.1 * math.sin(n / 5):.4f}" for n, each in enumerate(days)})
    asked = {"start": day("2024-01-01") + timedelta(days=start)} if start else {}
    found = await shared(measured, by, scope=Scope(account_id), **asked)
    assert "other" not in by_key(found)
