"""Optimising a portfolio through its route, over fakes, with figures worked out from the same prices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.factories.stock import a_portfolio, an_entry
from tests.fakes.stock_planning import ENTRIES, PROFILES, Planning, answered, bars, planning, planning_client, refused

Json = dict[str, Any]


@pytest.fixture
async def kit() -> Planning:
    made = planning(bars(), PROFILES)
    await made.keep(a_portfolio(), ENTRIES)
    return made


def moments(names: str) -> tuple[np.ndarray, np.ndarray]:
    """Yearly mean and covariance over all 300 days of the prices."""
    returns = np.array([bars()[name].close[1:] / bars()[name].close[:-1] - 1 for name in names])
    return returns.mean(axis=1) * 252, np.cov(returns) * 252


async def test_two_holdings_have_the_closed_form_and_the_trades_lead_there(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        found = await answered(http, "POST", "/optimise", {"method": "min_variance", "cash_weight": "0.1"})
    mean, cov = moments("AB")
    first = (cov[1, 1] - cov[0, 1]) / (cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])
    weights = {item["symbol"]: item["weight"] for item in found["items"]}
    assert weights == pytest.approx({"A": first, "B": 1 - first}, rel=1e-9)
    best = np.array([first, 1 - first])
    assert found["proposed"]["volatility"] == pytest.approx(np.sqrt(best @ cov @ best), rel=1e-9)
    assert found["proposed"]["expected_return"] == pytest.approx(best @ mean, rel=1e-9)
    now = np.array([4000, 2500]) / 6500
    assert [item["weight_now"] for item in found["items"]] == pytest.approx(now.tolist())
    assert found["now"]["volatility"] == pytest.approx(np.sqrt(now @ cov @ now), rel=1e-9)
    shares = [item["risk_contribution_now"] for item in found["items"]]
    assert shares == pytest.approx((now * (cov @ now) / (now @ cov @ now)).tolist(), rel=1e-9)
    assert (found["n_returns"], found["conditioning"]["singular"]) == (299, False)
    after = {group["key"]: group["weight_after"] for group in found["plan"]["groups"]}
    assert after == pytest.approx({"A": 0.9 * first, "B": 0.9 * (1 - first), "cash": 0.1}, abs=1e-6)


async def test_bounds_of_names_and_sectors_hold_with_a_further_symbol(kit: Planning) -> None:
    body = {
        "method": "max_sharpe",
        "symbols": ["c"],
        "bounds": {"A": [0.1, 0.3]},
        "default_bounds": [0.2, 1],
        "sector_bounds": {"Utilities": [0, 0.25]},
        "risk_free_annual": -0.9,
    }
    async with planning_client(kit.uses) as http:
        found = await answered(http, "POST", "/optimise", body)
    weights = {item["symbol"]: item["weight"] for item in found["items"]}
    assert sum(weights.values()) == pytest.approx(1.0)
    assert 0.1 <= weights["A"] <= 0.3 + 1e-12
    assert 0.2 - 1e-12 <= weights["C"] <= 0.25 + 1e-12
    assert {item["symbol"]: item["sector"] for item in found["items"]} == {
        "A": "Energy", "B": "funds", "C": "Utilities",
    }  # fmt: skip
    assert {t["symbol"] for t in found["plan"]["trades"]} <= {"A", "B", "C"}


async def test_a_frontier_has_points_and_no_trades(kit: Planning) -> None:
    async with planning_client(kit.uses) as http:
        body = {"method": "frontier", "points": 5, "default_bounds": [0.1, 0.8], "symbols": ["C"]}
        found = await answered(http, "POST", "/optimise", body)
    assert len(found["points"]) == 5
    risks = [point["volatility"] for point in found["points"]]
    assert risks == sorted(risks)
    assert (found["plan"], set(found["undefined"])) == (None, {"plan"})
    assert all(0.1 - 1e-9 <= w <= 0.8 + 1e-9 for point in found["points"] for w in point["weights"].values())


@pytest.mark.parametrize("method", ["risk_parity", "hrp"])
async def test_risk_is_shared_and_what_has_no_prices_stays_as_it_is(kit: Planning, method: str) -> None:
    house = an_entry("buy", "2024-01-02", "HOUSE", quantity="1", price="1000")
    made = planning(bars(), PROFILES)
    await made.keep(a_portfolio(), [*ENTRIES, house])
    async with planning_client(made.uses) as http:
        found = await answered(http, "POST", "/optimise", {"method": method})
    _, cov = moments("AB")
    # Two assets: equal risk goes by the deviations, clusters by the variances.
    power = 0.5 if method == "risk_parity" else 1.0
    inverse = 1 / np.diag(cov) ** power
    assert [item["weight"] for item in found["items"]] == pytest.approx((inverse / inverse.sum()).tolist(), rel=1e-9)
    groups = {group["key"]: group for group in found["plan"]["groups"]}
    assert groups["HOUSE"]["value_after"]["amount"] == "1000.00"
    assert groups["cash"]["weight_after"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"bounds": {"A": [0.7, 1], "B": [0.5, 1]}}, "/bounds"),
        ({"default_bounds": [0, 0.4]}, "/default_bounds"),
        ({"bounds": {"A": [0.5, 0.2]}}, "/bounds/A"),
        ({"bounds": {"C": [0, 1]}}, "/bounds/C"),
        ({"bounds": {"A": [0.6, 1]}, "sector_bounds": {"Energy": [0, 0.5]}}, "/sector_bounds/Energy"),
        ({"sector_bounds": {"Mining": [0, 0.5]}}, "/sector_bounds/Mining"),
        ({"method": "hrp", "sector_bounds": {"Energy": [0, 0.5]}}, "/sector_bounds"),
        ({"symbols": ["NOPE"]}, "/symbols/0"),
        ({"start": "2024-11-29"}, "/start"),
        ({"method": "best"}, "/method"),
        ({"default_bounds": [0, 1, 2]}, "/default_bounds"),
        ({"default_bounds": [0, "NaN"]}, "/default_bounds/1"),
    ],
)
async def test_what_nothing_meets_is_named(kit: Planning, more: Json, pointer: str) -> None:
    async with planning_client(kit.uses) as http:
        found = await refused(http, "POST", "/optimise", {"method": "min_variance"} | more)
        assert (found["status"], found["errors"][0]["pointer"]) == (422, pointer)


async def test_without_prices_there_is_nothing_to_optimise() -> None:
    made = planning({}, PROFILES)
    await made.keep(a_portfolio(), ENTRIES)
    async with planning_client(made.uses) as http:
        found = await refused(http, "POST", "/optimise", {"method": "hrp"})
        assert (found["status"], found["reason"]) == (409, "NOTHING_TO_OPTIMISE")


async def test_the_same_asset_twice_is_singular_and_said() -> None:
    made = planning(bars() | {"B": bars()["A"]}, PROFILES)
    await made.keep(a_portfolio(), ENTRIES)
    async with planning_client(made.uses) as http:
        found = await answered(http, "POST", "/optimise", {"method": "min_variance", "default_bounds": [0, 0.9]})
    assert (found["conditioning"]["singular"], found["conditioning"]["rank"]) == (True, 1)
    assert [item["weight"] for item in found["items"]] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert any("singular" in warning for warning in found["warnings"])
