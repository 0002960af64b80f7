"""`POST /analytics/allocation` against closed forms, optimality conditions and PyPortfolioOpt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage, to_tree
from scipy.spatial.distance import squareform
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.optimise import frontier, max_sharpe, min_variance, risk_parity
from stocktool_stock.domain.risk_clusters import hierarchical_risk_parity, single_linkage_order

from tests.fakes import bundled as bundled_prices
from tests.fakes.analytics_app import AnalyticsClient, analytics_client

Json = dict[str, Any]

TWO = [[0.04, 0.006], [0.006, 0.09]]  # deviations 20 % and 30 %, correlation 0.1

# PyPortfolioOpt 1.6.0 (CLARABEL at 1e-13; HRPOpt) on the bundled closes of 2015-01-02 to 2024-11-29: mean and sample
# covariance of daily returns x 252, risk-free rate 0.02, target return 0.25. Left out: below 1e-9.
NAMES = ["AAPL", "AMD", "AMZN", "BAC", "BBY", "GE", "GOOG", "JPM", "MA", "META", "PFE", "T", "WMT", "XOM", "SPY"]
ORACLE: dict[str, tuple[dict[str, float], float]] = {
    "min_variance": (
        {
            "PFE": 0.1623246896945675,
            "T": 0.1612161951822654,
            "WMT": 0.2763956094405939,
            "XOM": 0.0387707577917324,
            "SPY": 0.3612927478882308,
        },
        0.15170930523467155,
    ),
    "max_sharpe": (
        {
            "AAPL": 0.1346858435327902,
            "AMD": 0.1750925546315092,
            "AMZN": 0.223737447589729,
            "JPM": 0.1500179730320282,
            "MA": 0.0115878740169602,
            "WMT": 0.3048783071966136,
        },
        0.22213529952120334,
    ),
    "frontier": (
        {
            "AAPL": 0.1126987563005994,
            "AMD": 0.1063517912835892,
            "AMZN": 0.1743492657351916,
            "JPM": 0.1497323032864133,
            "MA": 0.0428668863780184,
            "T": 0.0430897156430566,
            "WMT": 0.3709112813119488,
        },
        0.19436917574238197,
    ),
    "hrp": (
        {
            "AAPL": 0.04505402608544213,
            "AMD": 0.019353584006201,
            "AMZN": 0.033296914099471914,
            "BAC": 0.04157212152513013,
            "BBY": 0.0485376705748895,
            "GE": 0.04708976855126401,
            "GOOG": 0.05006184939958629,
            "JPM": 0.04877971030144606,
            "MA": 0.042248899295425156,
            "META": 0.025436114336977286,
            "PFE": 0.11659251155906775,
            "T": 0.12205251648970336,
            "WMT": 0.18811501116528076,
            "XOM": 0.07451241309696592,
            "SPY": 0.09729688951314874,
        },
        0.16758383159717094,
    ),
}


@pytest.fixture
async def client() -> AsyncIterator[AnalyticsClient]:
    async with analytics_client() as opened:
        yield opened


@pytest.fixture(scope="module")
def bundled() -> Json:
    rows = bundled_prices.rows("2015-01-02", "2024-11-29")
    return {"dates": [row["date"] for row in rows], "series": {name: [row[name] for row in rows] for name in NAMES}}


@pytest.mark.parametrize("method", ORACLE)
async def test_pyportfolioopt_agrees_on_ten_years_of_fifteen_names(
    client: AnalyticsClient, bundled: Json, method: str
) -> None:
    body = {"prices": bundled, "method": method, "risk_free_annual": 0.02}
    if method == "frontier":
        body["target_returns"] = [0.25]
    found = await client.figures("allocation", body)
    if method == "frontier":
        [found] = found["points"]
        assert found["expected_return"] == pytest.approx(0.25, rel=1e-12)
    weights, volatility = ORACLE[method]
    assert found["weights"] == pytest.approx({name: weights.get(name, 0.0) for name in NAMES}, abs=2e-8)
    assert found["volatility"] == pytest.approx(volatility, rel=1e-9)
    assert sum(found["weights"].values()) == pytest.approx(1.0, abs=1e-12)


async def test_two_assets_have_closed_forms(client: AnalyticsClient) -> None:
    body = {"covariance": TWO, "names": ["A", "B"], "expected_returns": [0.08, "0.12"], "risk_free_annual": "0.02"}

    async def weight(method: str) -> float:
        found = await client.figures("allocation", body | {"method": method})
        assert sum(found["risk_contribution"].values()) == pytest.approx(1.0, abs=1e-12)
        return float(found["weights"]["A"])

    # (s2^2 - s12) / (s1^2 + s2^2 - 2 s12)
    assert await weight("min_variance") == pytest.approx(0.084 / 0.118, rel=1e-10)
    # proportional to C^-1 (mean - rf): (0.09 x 0.06 - 0.006 x 0.10, 0.04 x 0.10 - 0.006 x 0.06)
    assert await weight("max_sharpe") == pytest.approx(0.0048 / (0.0048 + 0.00364), rel=1e-10)
    # s2 / (s1 + s2), whatever the correlation
    assert await weight("risk_parity") == pytest.approx(0.6, rel=1e-12)
    # by the inverse of the variances
    assert await weight("hrp") == pytest.approx(9 / 13, rel=1e-12)


async def test_without_correlation_weights_follow_variances(client: AnalyticsClient) -> None:
    variances = np.array([0.01, 0.04, 0.09, 0.16])
    body = {"covariance": np.diag(variances).tolist(), "expected_returns": [0.05] * 4}
    inverse = 1 / variances / (1 / variances).sum()
    for method in ("min_variance", "max_sharpe", "hrp"):
        found = await client.figures("allocation", body | {"method": method})
        assert list(found["weights"].values()) == pytest.approx(inverse.tolist(), rel=1e-9), method
    found = await client.figures("allocation", body | {"method": "risk_parity"})
    even = 1 / np.sqrt(variances)
    assert list(found["weights"].values()) == pytest.approx((even / even.sum()).tolist(), rel=1e-12)
    assert list(found["risk_contribution"].values()) == pytest.approx([0.25] * 4, rel=1e-12)
    assert list(found["weights"]) == ["1", "2", "3", "4"]


async def test_mean_and_covariance_come_from_daily_returns(client: AnalyticsClient) -> None:
    """One name: returns 10 %, -5 %, 2 %; a gap carries forward, so its day returns nothing."""
    days = [f"2024-01-0{number}" for number in range(1, 6)]
    prices = {"dates": days, "series": {"A": [None, 100, 110, 104.5, "106.59"]}}
    found = await client.figures("allocation", {"prices": prices, "method": "min_variance"})
    returns = np.array([0.1, -0.05, 0.02])
    assert found["weights"] == {"A": 1.0}
    assert found["expected_return"] == pytest.approx(returns.mean() * 252, rel=1e-12)
    assert found["volatility"] == pytest.approx(returns.std(ddof=1) * np.sqrt(252), rel=1e-12)
    assert found["n_returns"] == 3
    gap = {"dates": days, "series": {"A": [100, 110, None, 104.5, "106.59"]}}
    found = await client.figures("allocation", {"prices": gap, "method": "min_variance"})
    assert found["expected_return"] == pytest.approx(np.array([0.1, 0.0, -0.05, 0.02]).mean() * 252, rel=1e-12)


async def test_the_frontier_goes_from_the_least_risk_to_the_highest_return(client: AnalyticsClient) -> None:
    body = {"covariance": TWO, "names": ["A", "B"], "expected_returns": [0.08, 0.12], "method": "frontier", "points": 3}
    points = (await client.figures("allocation", body))["points"]
    least = (await client.figures("allocation", body | {"method": "min_variance"}))["expected_return"]
    assert [point["expected_return"] for point in points] == pytest.approx([least, (least + 0.12) / 2, 0.12], rel=1e-9)
    assert points[-1]["weights"] == {"A": 0.0, "B": 1.0}
    assert all(point["efficient"] for point in points)
    targets = (await client.figures("allocation", body | {"target_returns": [0.085, 0.10, 0.13]}))["points"]
    assert targets[1]["weights"] == pytest.approx({"A": 0.5, "B": 0.5}, rel=1e-12)
    assert targets[1]["volatility"] == pytest.approx(np.sqrt(0.25 * (0.04 + 0.09 + 0.012)), rel=1e-12)
    assert [point["efficient"] for point in targets] == [False, True, False]
    assert targets[2]["weights"] is None
    assert targets[2]["undefined"]["weights"] == "no mix of the assets is expected to return 0.13"


@pytest.mark.parametrize("method", ["min_variance", "max_sharpe", "risk_parity", "hrp"])
async def test_a_singular_covariance_is_handled_and_said(client: AnalyticsClient, method: str) -> None:
    """The first two are one asset under two names."""
    twins = [[0.04, 0.04, 0.01], [0.04, 0.04, 0.01], [0.01, 0.01, 0.09]]
    body = {"covariance": twins, "expected_returns": [0.08, 0.08, 0.12], "method": method}
    found = await client.figures("allocation", body)
    assert (found["conditioning"]["singular"], found["conditioning"]["rank"]) == (True, 2)
    assert found["conditioning"]["condition_number"] is None
    assert found["warnings"] == ["the covariance is singular: rank 2 of 3; other weights may be as good"]
    weights = list(found["weights"].values())
    assert weights[0] == pytest.approx(weights[1], rel=1e-6)
    # two assets in truth: the least variance is at (0.09 - 0.01) / (0.13 - 0.02), the best ratio at 0.0060 : 0.0040
    expected = {"min_variance": 8 / 11, "max_sharpe": 0.6, "risk_parity": None, "hrp": None}[method]
    if expected is not None:
        assert weights[0] + weights[1] == pytest.approx(expected, rel=1e-7)


async def test_fewer_days_than_names_are_singular(client: AnalyticsClient) -> None:
    rng = np.random.default_rng(7)
    columns = 100 * np.cumprod(1 + rng.normal(0, 0.01, (6, 8)), axis=0)
    dates = [f"2024-01-0{number}" for number in range(1, 7)]
    prices = {"dates": dates, "series": {f"N{i}": columns[:, i].tolist() for i in range(8)}}
    for method in ("min_variance", "max_sharpe", "risk_parity", "hrp", "frontier"):
        found = await client.figures("allocation", {"prices": prices, "method": method, "points": 5})
        assert found["conditioning"]["singular"] is True
        assert found["conditioning"]["rank"] <= 5
        for each in found["points"] or [found]:
            if each["weights"] is None:  # some mix is without risk
                assert method == "risk_parity"
                assert "no risk" in found["undefined"]["weights"]
                continue
            assert sum(each["weights"].values()) == pytest.approx(1.0, abs=1e-9)
            assert min(each["weights"].values()) >= 0


async def test_what_does_not_exist_is_null_with_its_reason(client: AnalyticsClient) -> None:
    few = {"dates": ["2024-01-02", "2024-01-03"], "series": {"A": [1, 2], "B": [2, 3]}}
    found = await client.figures("allocation", {"prices": few, "method": "min_variance"})
    assert found["weights"] is found["volatility"] is found["conditioning"] is None
    assert "two daily returns" in found["undefined"]["weights"]
    poor = {"covariance": TWO, "expected_returns": [0.01, 0.02], "risk_free_annual": 0.02, "method": "max_sharpe"}
    found = await client.figures("allocation", poor)
    assert found["undefined"]["weights"] == "no expected return lies above the risk-free rate"
    still = {"covariance": [[0, 0], [0, 0.04]], "names": ["CASH", "B"]}
    for method in ("risk_parity", "hrp"):
        found = await client.figures("allocation", still | {"method": method})
        assert found["weights"] is None
        assert "does not vary" in found["undefined"]["weights"]
    found = await client.figures("allocation", still | {"method": "min_variance"})
    assert found["weights"] == pytest.approx({"CASH": 1.0, "B": 0.0}, abs=1e-8)
    assert found["undefined"]["expected_return"] == "expected returns are not given"
    flat = {"dates": [f"2024-01-0{i}" for i in range(1, 5)], "series": {"A": [5, 5, 5, 5]}}
    found = await client.figures("allocation", {"prices": flat, "method": "min_variance"})
    assert (found["weights"], found["volatility"], found["sharpe"]) == ({"A": 1.0}, 0.0, None)


async def test_wrong_input_is_named(client: AnalyticsClient) -> None:
    good = {"covariance": TWO, "expected_returns": [0.1, 0.1], "method": "max_sharpe"}
    for pointer, wrong in {
        "/covariance/0/1": {"covariance": [[1, 0.5], [0.4, 1]]},
        "/covariance/1": {"covariance": [[1, 0.5], [0.5]]},
        "/covariance/0/0": {"covariance": [[-1, 0], [0, 1]]},
        "/covariance": {"covariance": [[1, 2], [2, 1]]},
        "/covariance/1/1": {"covariance": [[1, 0], [0, "NaN"]]},
        "/names": {"names": ["A"]},
        "/expected_returns": {"expected_returns": None},
        "/method": {"method": "best"},
        "/points": {"points": 0},
        "/prices": {"covariance": None},
    }.items():
        assert await client.pointers("allocation", good | wrong) == [pointer], wrong
    prices = {"dates": ["2024-01-01", "2024-01-02", "2024-01-03"], "series": {"A": [1, 0, 2]}}
    assert await client.pointers("allocation", {"prices": prices, "method": "hrp"}) == ["/prices/series/A/1"]


@st.composite
def covariances(draw: st.DrawFn) -> np.ndarray[Any, np.dtype[np.float64]]:
    size = draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    root = rng.normal(size=(size, size + 3)) * rng.uniform(0.02, 0.6, size)[:, None]
    product: np.ndarray[Any, np.dtype[np.float64]] = root @ root.T
    return product


@settings(deadline=None)  # the first example loads the solver
@given(covariances(), st.integers(0, 1000))
def test_the_optimality_conditions_hold(covariance: np.ndarray[Any, np.dtype[np.float64]], seed: int) -> None:
    """Least variance: no asset held has a higher marginal variance, none left out a lower one."""
    weights = min_variance(covariance)
    marginal = covariance @ weights / (weights @ covariance @ weights)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert marginal.min() >= 1 - 1e-7
    assert np.abs(marginal - 1)[weights > 0].max() <= 1e-7

    parity = risk_parity(covariance)
    assert not isinstance(parity, Undefined)
    shares = parity * (covariance @ parity) / (parity @ covariance @ parity)
    assert shares == pytest.approx(np.full(len(shares), 1 / len(shares)), rel=1e-9)

    excess = np.random.default_rng(seed).uniform(-0.05, 0.3, len(covariance))
    best = max_sharpe(covariance, excess)
    if excess.max() <= 0:
        assert isinstance(best, Undefined)
        return
    assert not isinstance(best, Undefined)
    ratio = (excess @ best) / (best @ covariance @ best)
    slack = excess - ratio * (covariance @ best)  # the ratio cannot be raised by any asset
    assert slack.max() <= 1e-7
    assert np.abs(slack[best > 0]).max() <= 1e-7

    targets = np.linspace(excess.min(), excess.max(), 4)
    for point in frontier(covariance, excess, targets):
        assert not isinstance(point.weights, Undefined)
        assert point.weights @ excess == pytest.approx(point.target, abs=1e-9)
        assert point.weights @ covariance @ point.weights >= weights @ covariance @ weights * (1 - 1e-9)


@given(covariances())
def test_hrp_weights_are_a_whole(covariance: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    weights = hierarchical_risk_parity(covariance)
    assert not isinstance(weights, Undefined)
    assert weights.min() > 0
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)


@given(st.integers(2, 12), st.integers(0, 10_000))
def test_the_tree_is_scipys(size: int, seed: int) -> None:
    distance = np.random.default_rng(seed).uniform(0.1, 1, (size, size))
    distance = (distance + distance.T) / 2
    np.fill_diagonal(distance, 0)
    assert single_linkage_order(distance) == to_tree(linkage(squareform(distance), "single")).pre_order()


def test_the_solver_is_not_loaded_at_the_start() -> None:
    code = "import sys, stocktool_stock.bootstrap.serving; print({'scipy', 'clarabel'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "set()"


async def test_bounds_are_kept_and_those_that_nothing_meets_are_named(client: AnalyticsClient) -> None:
    body = {"covariance": TWO, "names": ["A", "B"], "expected_returns": [0.08, 0.12], "method": "min_variance"}
    found = await client.figures("allocation", body | {"bounds": {"A": ["0.1", 0.5]}})
    # Without bounds 0.084 / 0.118 of A.
    assert found["weights"] == pytest.approx({"A": 0.5, "B": 0.5}, abs=1e-9)
    free = await client.figures("allocation", body | {"default_bounds": [0, 1]})
    assert free == await client.figures("allocation", body)
    frontier = await client.figures("allocation", body | {"method": "frontier", "bounds": {"A": [0.2, 1]}, "points": 3})
    assert [point["weights"]["B"] for point in frontier["points"]][-1] == pytest.approx(0.8, abs=1e-6)
    pointers = [
        ({"bounds": {"C": [0, 1]}}, "/bounds/C"),
        ({"bounds": {"A": [0.6, 0.5]}}, "/bounds/A"),
        ({"default_bounds": [0, 0.4]}, "/default_bounds"),
        ({"bounds": {"A": [0.6, 1], "B": [0.6, 1]}}, "/bounds"),
        ({"bounds": {"A": [0, "NaN"]}}, "/bounds/A/1"),
        ({"bounds": {"A": [0, 1]}, "method": "frontier", "target_returns": [0.1]}, "/target_returns"),
    ]
    for more, pointer in pointers:
        assert await client.pointers("allocation", body | more) == [pointer]
