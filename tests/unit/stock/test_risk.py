"""Risk figures against Python's statistics module and worked examples."""

from __future__ import annotations

import math
import statistics
from datetime import date, timedelta

import numpy as np
import pytest
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.risk import Figure, correlation, deepest, series_risk

from tests.factories.stock import day

RETURNS = [0.012, -0.034, 0.008, 0.021, -0.017, 0.004, -0.009, 0.03, -0.002, 0.011, -0.026, 0.015]
MARKET = [0.01, -0.02, 0.006, 0.012, -0.011, 0.006, -0.004, 0.018, 0.001, 0.004, -0.015, 0.009]


def some_days(count: int) -> np.ndarray:  # type: ignore[type-arg]  # one dtype, plain enough here
    return np.array([day("2024-01-01") + timedelta(days=i) for i in range(count)], dtype="datetime64[D]")


def number(figure: Figure) -> float:
    assert not isinstance(figure, Undefined)
    return figure


def figures(returns: list[float], **options: object) -> dict[str, Figure]:
    risk = series_risk(some_days(len(returns) + 1), np.array(returns), **options)  # type: ignore[arg-type]
    return dict(risk.figures)


def test_moments_agree_with_the_statistics_module() -> None:
    result = figures(RETURNS)
    mean, deviation = statistics.fmean(RETURNS), statistics.stdev(RETURNS)
    assert number(result["volatility"]) == pytest.approx(deviation * math.sqrt(252), rel=1e-12)
    assert number(result["sharpe"]) == pytest.approx(mean / deviation * math.sqrt(252), rel=1e-12)
    total = math.prod(1 + r for r in RETURNS) - 1
    assert number(result["total_return"]) == pytest.approx(total, rel=1e-12)
    assert number(result["cagr"]) == pytest.approx((1 + total) ** (252 / 12) - 1, rel=1e-12)
    spread = statistics.pstdev(RETURNS)
    assert number(result["skew"]) == pytest.approx(sum(((r - mean) / spread) ** 3 for r in RETURNS) / 12, rel=1e-12)
    assert number(result["kurtosis"]) == pytest.approx(
        sum(((r - mean) / spread) ** 4 for r in RETURNS) / 12 - 3, rel=1e-12
    )
    assert result["worst_daily_return"] == -0.034


def test_risk_free_rate_is_spread_over_252_days() -> None:
    excess = [r - 0.0252 / 252 for r in RETURNS]
    result = figures(RETURNS, risk_free=0.0252)
    sharpe = statistics.fmean(excess) / statistics.stdev(excess) * math.sqrt(252)
    assert number(result["sharpe"]) == pytest.approx(sharpe, rel=1e-12)
    downside = math.sqrt(sum(min(r, 0) ** 2 for r in excess) / 12)
    assert number(result["sortino"]) == pytest.approx(statistics.fmean(excess) / downside * math.sqrt(252), rel=1e-12)


def test_value_at_risk_agrees_with_the_statistics_module() -> None:
    result = figures(RETURNS)
    cut = statistics.quantiles(RETURNS, n=20, method="inclusive")[0]
    assert number(result["var95_hist"]) == pytest.approx(cut, rel=1e-12)
    assert number(result["cvar95_hist"]) == pytest.approx(-0.034, rel=1e-12)  # only one lies below -0.0296
    normal = statistics.NormalDist(statistics.fmean(RETURNS), statistics.stdev(RETURNS))
    assert number(result["var95_normal"]) == pytest.approx(normal.inv_cdf(0.05), rel=1e-12)
    tail = normal.mean - normal.stdev * statistics.NormalDist().pdf(statistics.NormalDist().inv_cdf(0.05)) / 0.05
    assert number(result["cvar95_normal"]) == pytest.approx(tail, rel=1e-12)


def test_cornish_fisher_of_a_symmetric_sample_differs_by_kurtosis_alone() -> None:
    sample = [-0.02, -0.01, 0.0, 0.01, 0.02]
    result = figures(sample)
    z, kurtosis = statistics.NormalDist().inv_cdf(0.05), -1.3  # (16 + 1 + 0 + 1 + 16) / 5 / 4 - 3
    expected = statistics.stdev(sample) * (z + (z**3 - 3 * z) * kurtosis / 24)
    assert number(result["kurtosis"]) == pytest.approx(kurtosis, rel=1e-12)
    assert number(result["var95_cornish_fisher"]) == pytest.approx(expected, rel=1e-12)


def test_figures_against_a_benchmark_agree_with_the_statistics_module() -> None:
    result = figures(RETURNS, benchmark=np.array(MARKET))
    line = statistics.linear_regression(MARKET, RETURNS)
    assert number(result["beta"]) == pytest.approx(line.slope, rel=1e-12)
    assert number(result["alpha_annual"]) == pytest.approx(line.intercept * 252, rel=1e-11)
    assert number(result["correlation"]) == pytest.approx(statistics.correlation(MARKET, RETURNS), rel=1e-12)
    difference = [mine - its for mine, its in zip(RETURNS, MARKET, strict=True)]
    error = statistics.stdev(difference) * math.sqrt(252)
    assert number(result["tracking_error"]) == pytest.approx(error, rel=1e-12)
    assert number(result["information_ratio"]) == pytest.approx(statistics.fmean(difference) * 252 / error, rel=1e-12)


def test_benchmark_days_without_a_return_are_left_out_of_both() -> None:
    market = np.array(MARKET)
    market[3] = np.nan
    line = statistics.linear_regression(MARKET[:3] + MARKET[4:], RETURNS[:3] + RETURNS[4:])
    assert number(figures(RETURNS, benchmark=market)["beta"]) == pytest.approx(line.slope, rel=1e-12)


def test_the_deepest_drawdown_has_its_days() -> None:
    index = np.array([100.0, 120.0, 90.0, 110.0, 120.0, 118.0, 130.0])
    fall = deepest(some_days(7), index)
    assert fall.depth == pytest.approx(90 / 120 - 1)
    assert (fall.peak, fall.trough, fall.recovery) == (day("2024-01-02"), day("2024-01-03"), day("2024-01-05"))


def test_a_drawdown_that_lasts_has_no_recovery() -> None:
    risk = series_risk(some_days(3), np.array([0.1, -0.2]))
    assert risk.days["max_drawdown_recovery"] == Undefined("the high was not reached again")
    assert risk.undefined()["max_drawdown_recovery"] == "the high was not reached again"


def test_prices_below_one_are_prices() -> None:
    # FACTS section 8: a library reads these as returns and finds no drawdown.
    prices = np.array([0.5, 0.4, 0.45])
    risk = series_risk(some_days(3), prices[1:] / prices[:-1] - 1)
    assert number(risk.figures["max_drawdown"]) == pytest.approx(-0.2)


def test_prices_that_never_move_have_no_ratios() -> None:
    result = figures([0.0] * 10)
    assert result["volatility"] == 0.0
    assert result["max_drawdown"] == 0.0
    for name in ("sharpe", "sortino", "skew", "kurtosis", "calmar"):
        assert isinstance(result[name], Undefined), name


def test_a_single_price_has_no_figures() -> None:
    risk = series_risk(some_days(1), np.array([]))
    assert risk.n_returns == 0
    assert all(isinstance(figure, Undefined) for figure in risk.figures.values())
    assert risk.first_date == risk.last_date == date(2024, 1, 1)


def test_one_return_has_a_total_but_no_spread() -> None:
    result = figures([0.1])
    assert result["total_return"] == pytest.approx(0.1)
    assert isinstance(result["volatility"], Undefined)


def test_a_total_loss_has_no_yearly_rate() -> None:
    result = figures([0.1, -1.0])
    assert result["total_return"] == -1.0
    assert result["cagr"] == Undefined("everything was lost")


def test_correlation_of_a_flat_series_does_not_exist() -> None:
    assert isinstance(correlation(np.array([0.0, 0.0, 0.0]), np.array([0.1, 0.2, 0.3])), Undefined)
    assert correlation(np.array([0.1, 0.2, np.nan]), np.array([0.2, 0.4, 9.0])) == pytest.approx(1.0)
