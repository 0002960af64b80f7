"""Bounded portfolios against PyPortfolioOpt, skfolio and SLSQP, their optimality, and bounds that nothing meets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.optimise import Matrix, max_sharpe, min_variance, risk_parity
from stocktool_stock.domain.optimise_bounds import (
    Bounds,
    GroupBound,
    bounded_clusters,
    bounded_frontier,
    bounded_max_sharpe,
    bounded_min_variance,
    bounded_risk_parity,
    infeasible,
)
from stocktool_stock.domain.risk_clusters import hierarchical_risk_parity

from tests.fakes import bundled

NAMES = ["AAPL", "AMD", "AMZN", "BAC", "BBY", "GE", "GOOG", "JPM", "MA", "META", "PFE", "T", "WMT", "XOM", "SPY"]
TECHNOLOGY, FINANCIALS = (0, 1, 6, 9), (3, 7, 8)
GROUPS = (GroupBound("Technology", TECHNOLOGY, 0.1, 0.3), GroupBound("Financials", FINANCIALS, 0.0, 0.2))

# PyPortfolioOpt 1.6.0 (CLARABEL at 1e-13; weights 0.02 to 0.15, sector constraints as in GROUPS, risk-free rate 0.02,
# target return 0.2) and skfolio 1.12.2 (RiskBudgeting of variance, 0.02 to 0.08; HierarchicalRiskParity of variance,
# Pearson distance, single linkage in the plain order of its leaves, 0.03 to 0.12) on the bundled closes of 2015-01-02
# to 2024-11-29; volatilities.
ORACLE = {
    "min_variance": 0.16323795394139967,
    "max_sharpe": 0.2110136385684516,
    "frontier": 0.17749644699365863,
    "risk_parity": 0.18714837140948543,
    "hrp": 0.1739863615709007,
}
MAX_SHARPE = [0.11, 0.15, 0.15, 0.02, 0.0286616087799, 0.02, 0.02, 0.1080537907736, 0.0719462092264, 0.02, 0.02,
              0.0913383912001, 0.15, 0.02, 0.02]  # fmt: skip
FRONTIER = [0.1052720969782, 0.0531861870745, 0.1463244820885, 0.02, 0.02, 0.02, 0.02, 0.0753500567824,
            0.0350140825685, 0.02, 0.1155644505745, 0.15, 0.15, 0.0492886438748, 0.02]  # fmt: skip
RISK_PARITY = [0.06439837408, 0.04081971459, 0.06349196531, 0.05700327726, 0.06156746628, 0.06172589322, 0.06562491319,
               0.06501448493, 0.06435663241, 0.05599727873, 0.08, 0.08, 0.08, 0.08, 0.08]  # fmt: skip
HRP = [0.045054026085442116, 0.03, 0.03, 0.040997327098158357, 0.06180988157057502, 0.0636798671721923,
       0.04936967226300722, 0.048779710301446046, 0.04224889929542515, 0.03, 0.12, 0.12, 0.12, 0.10076372670060503,
       0.09729688951314873]  # fmt: skip


@pytest.fixture(scope="module")
def moments() -> tuple[np.ndarray, Matrix]:
    prices = np.array([[float(row[name]) for name in NAMES] for row in bundled.rows("2015-01-02", "2024-11-29")])
    returns = prices[1:] / prices[:-1] - 1
    return returns.mean(axis=0) * 252, np.cov(returns, rowvar=False) * 252


def between(low: float, high: float, size: int = 15, groups: tuple[GroupBound, ...] = ()) -> Bounds:
    return Bounds(np.full(size, low), np.full(size, high), groups)


def volatility(weights: np.ndarray, covariance: Matrix) -> float:
    return float(np.sqrt(weights @ covariance @ weights))


def known(weights: np.ndarray | Undefined) -> np.ndarray:
    assert not isinstance(weights, Undefined)
    assert weights.sum() == pytest.approx(1.0, abs=1e-9)
    return weights


def test_pyportfolioopt_agrees_within_bounds_of_names_and_sectors(moments: tuple[np.ndarray, Matrix]) -> None:
    mean, covariance = moments
    bounds = between(0.02, 0.15, groups=GROUPS)
    least = known(bounded_min_variance(covariance, bounds))
    assert volatility(least, covariance) == pytest.approx(ORACLE["min_variance"], rel=1e-9)
    best = known(bounded_max_sharpe(covariance, mean - 0.02, bounds))
    assert best.tolist() == pytest.approx(MAX_SHARPE, abs=1e-7)
    assert volatility(best, covariance) == pytest.approx(ORACLE["max_sharpe"], rel=1e-8)
    points = bounded_frontier(covariance, mean, 50, bounds)
    returns = [float(mean @ known(point.weights)) for point in points]
    risks = [volatility(known(point.weights), covariance) for point in points]
    assert np.interp(0.2, returns, risks) == pytest.approx(ORACLE["frontier"], rel=1e-4)
    assert volatility(np.array(FRONTIER), covariance) == pytest.approx(ORACLE["frontier"], rel=1e-9)
    assert np.all(np.diff(risks) > 0)
    assert np.diff(returns) == pytest.approx(np.full(49, (returns[-1] - returns[0]) / 49), rel=1e-5)


def test_skfolio_agrees_on_bounded_risk_parity_and_clusters(moments: tuple[np.ndarray, Matrix]) -> None:
    _, covariance = moments
    even = known(bounded_risk_parity(covariance, between(0.02, 0.08)))
    assert even.tolist() == pytest.approx(RISK_PARITY, abs=1e-6)
    assert volatility(even, covariance) == pytest.approx(ORACLE["risk_parity"], rel=1e-6)
    clustered = known(bounded_clusters(covariance, between(0.03, 0.12)))
    assert clustered.tolist() == pytest.approx(HRP, rel=1e-9)
    assert volatility(clustered, covariance) == pytest.approx(ORACLE["hrp"], rel=1e-9)


def test_bounds_that_allow_everything_change_nothing(moments: tuple[np.ndarray, Matrix]) -> None:
    mean, covariance = moments
    free = between(0.0, 1.0)
    assert free.free
    assert not between(0.0, 1.0, groups=GROUPS).free
    assert known(bounded_min_variance(covariance, free)).tolist() == pytest.approx(
        min_variance(covariance).tolist(), abs=1e-9
    )
    assert known(bounded_max_sharpe(covariance, mean - 0.02, free)).tolist() == pytest.approx(
        known(max_sharpe(covariance, mean - 0.02)).tolist(), abs=1e-8
    )
    assert known(bounded_risk_parity(covariance, free)).tolist() == pytest.approx(
        known(risk_parity(covariance)).tolist(), abs=1e-9
    )
    assert known(bounded_clusters(covariance, free)).tolist() == pytest.approx(
        known(hierarchical_risk_parity(covariance)).tolist(), rel=1e-12
    )


def slsqp(objective: object, bounds: Bounds) -> float:
    """The least value that SLSQP finds from many starts."""
    size = len(bounds.lower)
    rules = [{"type": "eq", "fun": lambda w: w.sum() - 1}]
    for group in bounds.groups:
        members = list(group.members)
        rules.append({"type": "ineq", "fun": lambda w, m=members, g=group: w[m].sum() - g.lower})
        rules.append({"type": "ineq", "fun": lambda w, m=members, g=group: g.upper - w[m].sum()})
    random = np.random.default_rng(7)
    found = [
        minimize(
            objective, random.dirichlet(np.ones(size)), method="SLSQP", constraints=rules,
            bounds=list(zip(bounds.lower, bounds.upper, strict=True)), options={"ftol": 1e-15, "maxiter": 500},
        )
        for _ in range(4)
    ]  # fmt: skip
    return float(min(each.fun for each in found if each.success or each.status == 8))


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, Matrix, Bounds]:
    size = draw(st.integers(3, 7))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    factors = random.normal(size=(size, size + 3))
    covariance = factors @ factors.T / 60 + np.diag(random.uniform(0.005, 0.05, size))
    lower = random.uniform(0, 0.6 / size, size)
    upper = np.maximum(random.uniform(1.2 / size, 0.9, size), lower)
    half = size // 2
    mid = 0.5 * (lower[:half].sum() + min(upper[:half].sum(), 1.0))
    group = GroupBound("G", tuple(range(half)), draw(st.sampled_from([0.0, mid * 0.9])), min(1.0, mid * 1.1))
    return random.normal(0.1, 0.05, size), covariance, Bounds(lower, upper, (group,))


@settings(max_examples=6, deadline=None)
@given(problems())
def test_slsqp_from_many_starts_finds_nothing_better(problem: tuple[np.ndarray, Matrix, Bounds]) -> None:
    mean, covariance, bounds = problem
    if infeasible(bounds, [str(i) for i in range(len(mean))]):
        return
    least = known(bounded_min_variance(covariance, bounds))
    assert least @ covariance @ least == pytest.approx(slsqp(lambda w: w @ covariance @ w, bounds), rel=1e-6)
    best = bounded_max_sharpe(covariance, mean, bounds)
    if not isinstance(best, Undefined):
        reached = slsqp(lambda w: -(mean @ w) / np.sqrt(w @ covariance @ w), bounds)
        assert (mean @ best) / volatility(best, covariance) == pytest.approx(-reached, rel=1e-6)
    even = known(bounded_risk_parity(covariance, bounds))
    size = len(mean)

    # The problem's own form: least volatility of positions with a given mean logarithm, whatever their size.
    def size_free(w: np.ndarray) -> float:
        return float(np.log(w @ covariance @ w) / 2 - np.log(np.maximum(w, 1e-300)).sum() / size)

    assert size_free(even) == pytest.approx(slsqp(size_free, bounds), abs=1e-7)
    rows, limits = bounds.rows()
    for weights in (least, even, known(bounded_clusters(covariance, Bounds(bounds.lower, bounds.upper)))):
        assert (weights >= bounds.lower - 1e-9).all()
        assert (weights <= bounds.upper + 1e-9).all()
    for weights in (least, even):
        assert (rows @ weights <= limits + 1e-9).all()


@pytest.mark.parametrize(
    ("bounds", "pointer"),
    [
        (Bounds(np.array([0.6, 0.6]), np.ones(2)), "/bounds"),
        (Bounds(np.zeros(2), np.array([0.4, 0.4])), "/bounds"),
        (Bounds(np.array([0.5, 0.0]), np.array([0.4, 1.0])), "/bounds/A"),
        (Bounds(np.array([0.0, 0.0]), np.array([1.5, 1.0])), "/bounds/A"),
        (Bounds(np.array([0.5, 0.0]), np.ones(2), (GroupBound("G", (0,), 0, 0.4),)), "/sector_bounds/G"),
        (Bounds(np.zeros(2), np.array([0.5, 1.0]), (GroupBound("G", (0,), 0.6, 1),)), "/sector_bounds/G"),
        (Bounds(np.zeros(2), np.ones(2), (GroupBound("G", (0,), 0.7, 0.6),)), "/sector_bounds/G"),
        (Bounds(np.zeros(2), np.ones(2), (GroupBound("G", (0, 1), 0, 0.6),)), "/sector_bounds"),
        (
            Bounds(np.zeros(2), np.ones(2), (GroupBound("G", (0,), 0.7, 1), GroupBound("H", (1,), 0.7, 1))),
            "/sector_bounds",
        ),
    ],
)
def test_bounds_that_nothing_meets_are_named(bounds: Bounds, pointer: str) -> None:
    assert [violation.pointer for violation in infeasible(bounds, ["A", "B"])] == [pointer]


def test_a_singular_covariance_still_has_its_best_weights() -> None:
    # Two columns of the same asset, and one of half its variance that nothing hedges.
    covariance = np.array([[0.04, 0.04, 0.0], [0.04, 0.04, 0.0], [0.0, 0.0, 0.02]])
    weights = known(bounded_min_variance(covariance, between(0.0, 0.5, size=3)))
    # 1/3 and 2/3 without bounds; with 1/2 at most the twins share the other half evenly.
    assert weights.tolist() == pytest.approx([0.25, 0.25, 0.5], abs=1e-6)
    assert isinstance(bounded_risk_parity(np.zeros((2, 2)), between(0, 1, size=2)), Undefined)
    assert isinstance(bounded_max_sharpe(covariance, np.array([-1.0, -1.0, -2.0]), between(0, 1, size=3)), Undefined)


def test_bounds_that_leave_one_portfolio_have_a_frontier_of_one_point(moments: tuple[np.ndarray, Matrix]) -> None:
    mean, covariance = moments
    fixed = np.full(15, 1 / 15)
    [point] = bounded_frontier(covariance, mean, 6, Bounds(fixed * (1 - 1e-12), fixed * (1 + 1e-12)))
    assert known(point.weights).tolist() == pytest.approx(fixed.tolist(), abs=1e-9)
    assert point.target == pytest.approx(float(mean.mean()))


def test_a_mix_without_risk_leaves_none_to_share() -> None:
    hedged = np.array([[0.04, -0.04], [-0.04, 0.04]])
    assert isinstance(bounded_risk_parity(hedged, between(0.2, 0.8, size=2)), Undefined)
