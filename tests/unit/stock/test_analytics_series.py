"""`POST /analytics/series` against numpy, statistics and recorded figures of empyrical."""

from __future__ import annotations

import csv
import gzip
import json
import math
import statistics
from collections.abc import AsyncIterator
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_stock.application.analyse_series import PriceSeries, analyse_series
from stocktool_stock.domain.days import days64
from stocktool_stock.domain.exact import Undefined

from tests.fakes.analytics_app import AnalyticsClient, analytics_client

Json = dict[str, Any]
Prices = list[float | None]

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "stock" / "empyrical.json").read_text())["figures"]

A: list[float] = [100, 102, 99, 101, 105, 104, 108, 103, 107, 110]
B: list[float] = [50, 49.5, 50.5, 51, 50, 52, 53, 52.5, 54, 53]
M: list[float] = [1000, 1011, 998, 1004, 1020, 1022, 1035, 1010, 1030, 1041]
ALONE = [
    "total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "skew", "kurtosis", "max_drawdown",
    "max_drawdown_peak", "max_drawdown_trough", "max_drawdown_recovery", "var95_hist", "cvar95_hist", "var95_normal",
    "cvar95_normal", "var95_cornish_fisher", "worst_daily_return",
]  # fmt: skip


@pytest.fixture
async def client() -> AsyncIterator[AnalyticsClient]:
    async with analytics_client() as opened:
        yield opened


def dates(count: int) -> list[str]:
    return [str(date(2024, 1, 1) + timedelta(days=i)) for i in range(count)]


def body(series: dict[str, Any], **more: Any) -> Json:
    return {"prices": {"dates": dates(len(next(iter(series.values())))), "series": series}, **more}


def returns(prices: list[float]) -> np.ndarray:
    values = np.array(prices)
    return values[1:] / values[:-1] - 1  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def closes() -> dict[str, Prices]:
    """The bundled closes of 2012 to 2021, nulls before a listing."""
    path = files("stocktool_market") / "data" / "closes.csv.gz"
    with gzip.open(str(path), "rt") as file:
        rows = [row for row in csv.DictReader(file) if "2012-01-03" <= row["date"] <= "2021-12-31"]
    columns: dict[str, Any] = {
        name: [float(row[name]) if row[name] else None for row in rows] for name in rows[0] if name != "date"
    }
    return columns | {"date": [row["date"] for row in rows]}


async def test_bundled_prices_agree_with_empyrical(client: AnalyticsClient, closes: dict[str, Prices]) -> None:
    found = await client.figures(
        "series",
        {
            "prices": {"dates": closes["date"], "series": {name: closes[name] for name in RECORDED}},
            "benchmark": closes["SPY"],
            "risk_free_annual": "0.02",
        },
    )
    for name, expected in RECORDED.items():
        for figure, value in expected.items():
            assert found["series"][name][figure] == (
                value if isinstance(value, str) else pytest.approx(value, rel=1e-9)
            ), (name, figure)


async def test_moments_agree_with_the_statistics_module(client: AnalyticsClient) -> None:
    figures = (await client.figures("series", body({"A": A}, risk_free_annual=0.0252)))["series"]["A"]
    r = returns(A).tolist()
    mean, deviation, spread = statistics.fmean(r), statistics.stdev(r), statistics.pstdev(r)
    normal = statistics.NormalDist(mean, deviation)
    cut = statistics.quantiles(r, n=20, method="inclusive")[0]
    skew = statistics.fmean(((x - mean) / spread) ** 3 for x in r)
    kurtosis = statistics.fmean(((x - mean) / spread) ** 4 for x in r) - 3
    z = statistics.NormalDist().inv_cdf(0.05)
    stretched = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * kurtosis / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    downside = math.sqrt(statistics.fmean(min(x - 0.0001, 0) ** 2 for x in r))
    expected = {
        "total_return": 0.1,
        "cagr": 1.1 ** (252 / 9) - 1,
        "volatility": deviation * math.sqrt(252),
        "sharpe": (mean - 0.0001) / deviation * math.sqrt(252),
        "sortino": (mean - 0.0001) / downside * math.sqrt(252),
        "calmar": (1.1 ** (252 / 9) - 1) / (5 / 108),
        "skew": skew,
        "kurtosis": kurtosis,
        "max_drawdown": 103 / 108 - 1,
        "var95_hist": cut,
        "cvar95_hist": statistics.fmean(x for x in r if x <= cut),
        "var95_normal": normal.inv_cdf(0.05),
        "cvar95_normal": mean - deviation * statistics.NormalDist().pdf(z) / 0.05,
        "var95_cornish_fisher": mean + deviation * stretched,
        "worst_daily_return": 103 / 108 - 1,
        "n_returns": 9,
    }
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value, rel=1e-9), name
    assert (figures["max_drawdown_peak"], figures["max_drawdown_trough"]) == ("2024-01-07", "2024-01-08")
    assert figures["max_drawdown_recovery"] == "2024-01-10"
    assert (figures["first_date"], figures["last_date"], figures["undefined"]) == ("2024-01-01", "2024-01-10", {})
    assert "beta" not in figures
    assert "factor_betas" not in figures


async def test_benchmark_figures_agree_with_the_statistics_module(client: AnalyticsClient) -> None:
    figures = (await client.figures("series", body({"A": A}, benchmark=M)))["series"]["A"]
    r, m = returns(A).tolist(), returns(M).tolist()
    line = statistics.linear_regression(m, r)
    apart = [x - y for x, y in zip(r, m, strict=True)]
    assert figures["beta"] == pytest.approx(line.slope, rel=1e-12)
    assert figures["alpha_annual"] == pytest.approx(line.intercept * 252, rel=1e-9)
    assert figures["correlation"] == pytest.approx(statistics.correlation(r, m), rel=1e-12)
    assert figures["tracking_error"] == pytest.approx(statistics.stdev(apart) * math.sqrt(252), rel=1e-12)
    ratio = statistics.fmean(apart) / statistics.stdev(apart) * math.sqrt(252)
    assert figures["information_ratio"] == pytest.approx(ratio, rel=1e-9)


async def test_text_and_numbers_are_the_same(client: AnalyticsClient) -> None:
    numbers = await client.figures("series", body({"A": A}, weights={"A": 1}, benchmark=M))
    text = await client.figures(
        "series", body({"A": [str(x) for x in A]}, weights={"A": "1.0"}, benchmark=[str(x) for x in M])
    )
    assert text == numbers


async def test_a_null_carries_the_last_price_forward(client: AnalyticsClient) -> None:
    gaps: Prices = [None, 10, None, None, 12, 9, None]
    filled = [10, 10, 10, 12, 9, 9]
    found = (await client.figures("series", body({"A": gaps})))["series"]["A"]
    plain = (await client.figures("series", body({"A": filled})))["series"]["A"]
    for name in ("total_return", "volatility", "max_drawdown", "var95_hist", "skew", "n_returns"):
        assert found[name] == plain[name], name
    assert (found["first_date"], found["last_date"], found["n_returns"]) == ("2024-01-02", "2024-01-07", 5)


async def test_a_high_that_lasts_begins_on_its_first_day(client: AnalyticsClient) -> None:
    found = (await client.figures("series", body({"A": [10, 12, None, 9, 12, 11]})))["series"]["A"]
    assert found["max_drawdown"] == -0.25
    assert found["max_drawdown_peak"] == "2024-01-02"
    assert found["max_drawdown_trough"] == "2024-01-04"
    assert found["max_drawdown_recovery"] == "2024-01-05"


async def test_a_high_reached_again_is_the_peak_of_the_next_fall(client: AnalyticsClient) -> None:
    found = (await client.figures("series", body({"A": [0.1, 0.3, 0.27, 0.3, 0.2, 0.21]})))["series"]["A"]
    assert (found["max_drawdown_peak"], found["max_drawdown_trough"]) == ("2024-01-04", "2024-01-05")
    assert found["max_drawdown_recovery"] is None
    assert found["undefined"] == {"max_drawdown_recovery": "the high was not reached again"}


async def test_the_earliest_of_equal_falls_counts(client: AnalyticsClient) -> None:
    found = (await client.figures("series", body({"A": [120, 90, 140, 105, 150]})))["series"]["A"]
    assert (found["max_drawdown_trough"], found["max_drawdown_recovery"]) == ("2024-01-02", "2024-01-03")


async def test_prices_below_one_are_prices(client: AnalyticsClient) -> None:
    small = [x / 1000 for x in A]
    found = await client.figures("series", body({"A": A, "small": small}, benchmark=M))
    for name, value in found["series"]["A"].items():
        if isinstance(value, float):
            assert found["series"]["small"][name] == pytest.approx(value, rel=1e-9), name


async def test_one_price_has_days_but_no_figures(client: AnalyticsClient) -> None:
    found = (await client.figures("series", body({"A": [100]})))["series"]["A"]
    assert (found["n_returns"], found["first_date"], found["last_date"]) == (0, "2024-01-01", "2024-01-01")
    assert [found[name] for name in ALONE] == [None] * len(ALONE)
    assert set(found["undefined"]) == set(ALONE)


async def test_no_price_at_all_is_said(client: AnalyticsClient) -> None:
    found = await client.figures(
        "series", body({"A": [None, None, None], "B": [1, 2, 3]}, benchmark=[1, 2, 3], weights={"A": 0.5, "B": 0.5})
    )
    nothing = found["series"]["A"]
    assert (nothing["n_returns"], nothing["first_date"], nothing["beta"]) == (0, None, None)
    assert nothing["undefined"]["total_return"] == "there is no price"
    assert nothing["undefined"]["beta"] == "there is no price"
    assert found["portfolio"]["undefined"]["value_end"] == "A has no price"
    assert found["correlation"]["A/B"] is None
    assert found["undefined"]["correlation/A/B"]


async def test_two_prices_have_a_return_but_no_deviation(client: AnalyticsClient) -> None:
    found = (await client.figures("series", body({"A": [100, 110]})))["series"]["A"]
    assert found["total_return"] == pytest.approx(0.1, rel=1e-12)
    assert found["worst_daily_return"] == pytest.approx(0.1, rel=1e-12)
    assert found["volatility"] is None
    assert found["undefined"]["volatility"] == "needs at least two daily returns"
    assert found["cagr"] == pytest.approx(1.1**252 - 1, rel=1e-9)


async def test_a_rate_too_large_for_a_number_is_said(client: AnalyticsClient) -> None:
    found = (await client.figures("series", body({"A": [1, 1000]})))["series"]["A"]
    assert (found["cagr"], found["calmar"]) == (None, None)
    assert found["undefined"]["cagr"] == "the yearly rate is too large for a number"


async def test_equal_prices_have_no_ratios(client: AnalyticsClient) -> None:
    found = await client.figures(
        "series",
        body({"A": [7.7] * 5, "B": B[:5]}, benchmark=[3] * 5, weights={"A": 1}, factors={"F": [3] * 5}),
    )
    flat = found["series"]["A"]
    zero = ("total_return", "cagr", "volatility", "max_drawdown", "var95_hist", "cvar95_hist", "tracking_error")
    assert [flat[name] for name in zero] == [0] * len(zero)
    for name in ("sharpe", "sortino", "calmar", "skew", "kurtosis", "beta", "correlation", "information_ratio"):
        assert flat[name] is None, name
        assert flat["undefined"][name], name
    assert flat["undefined"]["factor_betas"] == "the returns of F do not vary"
    assert found["correlation"] == {"A/A": None, "A/B": None, "B/A": None, "B/B": 1}
    portfolio = found["portfolio"]
    assert (portfolio["risk_contribution"], portfolio["diversification_ratio"]) == (None, None)
    assert (portfolio["hhi"], portfolio["value_end"], portfolio["weights_end"]) == (1, "1", {"A": 1})


async def test_steady_growth_does_not_vary(client: AnalyticsClient) -> None:
    found = (await client.figures("series", body({"A": [100 * 1.01**i for i in range(50)]})))["series"]["A"]
    assert (found["volatility"], found["sharpe"], found["max_drawdown"]) == (0, None, 0)


async def test_correlations_use_the_dates_both_names_have(client: AnalyticsClient) -> None:
    late: Prices = [None, None, None, *B[3:]]
    found = await client.figures("series", body({"A": A, "B": B, "late": late}))
    assert set(found["correlation"]) == {f"{x}/{y}" for x in ("A", "B", "late") for y in ("A", "B", "late")}
    for pair, left, right in (("A/B", A, B), ("A/late", A[3:], B[3:])):
        expected = statistics.correlation(returns(left).tolist(), returns(right).tolist())
        assert found["correlation"][pair] == pytest.approx(expected, rel=1e-12)
        assert found["correlation"]["/".join(pair.split("/")[::-1])] == found["correlation"][pair]
    assert found["correlation"]["A/A"] == pytest.approx(1, abs=1e-15)
    assert found["portfolio"] is None
    assert found["undefined"] == {"portfolio": "no weights are given"}


async def test_gaps_of_the_benchmark_carry_forward(client: AnalyticsClient) -> None:
    gaps: Prices = [None, None, *M[2:5], None, *M[6:]]
    filled = [*M[2:5], M[4], *M[6:]]
    found = (await client.figures("series", body({"A": A}, benchmark=gaps)))["series"]["A"]
    line = statistics.linear_regression(returns(filled).tolist(), returns(A[2:]).tolist())
    assert found["beta"] == pytest.approx(line.slope, rel=1e-12)
    assert found["n_returns"] == 9


async def test_factors_agree_with_normal_equations(client: AnalyticsClient) -> None:
    found = (await client.figures("series", body({"A": A}, factors={"B": B, "M": M})))["series"]["A"]
    x = np.column_stack([np.ones(9), returns(B), returns(M)])
    y = returns(A)
    solved = np.linalg.solve(x.T @ x, x.T @ y)
    rest = y - x @ solved
    assert found["factor_alpha_daily"] == pytest.approx(solved[0], rel=1e-8)
    assert found["factor_betas"] == {
        "B": pytest.approx(solved[1], rel=1e-8),
        "M": pytest.approx(solved[2], rel=1e-8),
    }
    assert found["factor_r2"] == pytest.approx(1 - rest @ rest / ((y - y.mean()) ** 2).sum(), rel=1e-9)
    assert found["factor_n"] == 9


async def test_a_regression_begins_with_the_return_of_its_first_day(client: AnalyticsClient) -> None:
    found = (
        await client.figures("series", body({"A": A}, factors={"M": M}, benchmark=M, regression_start="2024-01-04"))
    )["series"]["A"]
    line = statistics.linear_regression(returns(M[2:]).tolist(), returns(A[2:]).tolist())
    assert found["factor_n"] == 7
    assert found["factor_betas"]["M"] == pytest.approx(line.slope, rel=1e-9)
    assert found["factor_alpha_daily"] == pytest.approx(line.intercept, rel=1e-9)
    whole = statistics.linear_regression(returns(M).tolist(), returns(A).tolist())
    assert found["beta"] == pytest.approx(whole.slope, rel=1e-9)


@pytest.mark.parametrize(
    ("factors", "start", "reason", "n"),
    [
        ({"M": M, "twice": [2 * x for x in M]}, None, "the factors are collinear", 9),
        ({"M": M, "B": B}, "2024-01-09", "needs at least 3 daily returns in common with the factors", 2),
        ({"M": [None] * 10}, None, "needs at least 2 daily returns in common with the factors", 0),
        ({"M": [5] * 10}, None, "the returns of M do not vary", 9),
    ],
)
async def test_a_regression_that_cannot_be_says_why(
    client: AnalyticsClient, factors: Json, start: str | None, reason: str, n: int
) -> None:
    found = (await client.figures("series", body({"A": A}, factors=factors, regression_start=start)))["series"]["A"]
    assert (found["factor_betas"], found["factor_r2"], found["factor_alpha_daily"]) == (None, None, None)
    assert found["factor_n"] == n
    assert found["undefined"]["factor_betas"] == reason


async def test_daily_rebalancing_adds_up_weighted_returns(client: AnalyticsClient) -> None:
    found = (
        await client.figures(
            "series", body({"A": A, "B": B}, weights={"A": 0.6, "B": "0.4"}, initial_value="10000", benchmark=M)
        )
    )["portfolio"]
    r = 0.6 * returns(A) + 0.4 * returns(B)
    assert found["total_return"] == pytest.approx(np.prod(1 + r) - 1, rel=1e-12)
    assert float(found["value_end"]) == pytest.approx(10_000 * np.prod(1 + r), rel=1e-12)
    assert found["volatility"] == pytest.approx(statistics.stdev(r) * math.sqrt(252), rel=1e-12)
    assert found["weights_end"] == {"A": 0.6, "B": 0.4}
    assert found["hhi"] == pytest.approx(0.52, rel=1e-12)
    line = statistics.linear_regression(returns(M).tolist(), r.tolist())
    assert found["beta"] == pytest.approx(line.slope, rel=1e-9)


async def test_without_rebalancing_what_was_bought_is_held(client: AnalyticsClient) -> None:
    given = body({"A": A, "B": B}, weights={"A": 0.6, "B": 0.4}, rebalance="none", initial_value=1000)
    found = await client.figures("series", given)
    portfolio = found["portfolio"]
    values = 600 * np.array(A) / 100 + 400 * np.array(B) / 50
    assert float(portfolio["value_end"]) == pytest.approx(600 * 1.1 + 400 * 1.06, rel=1e-12)
    assert portfolio["weights_end"]["A"] == pytest.approx(660 / 1084, rel=1e-12)
    r = values[1:] / values[:-1] - 1
    assert portfolio["volatility"] == pytest.approx(statistics.stdev(r) * math.sqrt(252), rel=1e-9)
    assert found["conventions"]["rebalance"] == "none"


async def test_risk_is_shared_out_by_covariance(client: AnalyticsClient) -> None:
    weights = {"A": 0.5, "B": 0.3, "M": 0.2}
    found = (await client.figures("series", body({"A": A, "B": B, "M": M}, weights=weights)))["portfolio"]
    w = np.array([0.5, 0.3, 0.2])
    covariance = np.cov(np.array([returns(A), returns(B), returns(M)]), ddof=1)
    shares = w * (covariance @ w) / (w @ covariance @ w)
    assert list(found["risk_contribution"].values()) == pytest.approx(shares.tolist(), rel=1e-9)
    assert sum(found["risk_contribution"].values()) == pytest.approx(1, abs=1e-12)
    ratio = w @ np.sqrt(np.diag(covariance)) / math.sqrt(w @ covariance @ w)
    assert found["diversification_ratio"] == pytest.approx(ratio, rel=1e-9)
    # The deviation of daily rebalanced returns is the one of the weights and the covariance.
    assert found["volatility"] == pytest.approx(math.sqrt(w @ covariance @ w * 252), rel=1e-9)


async def test_a_late_listing_moves_the_start_of_the_portfolio(client: AnalyticsClient) -> None:
    late: Prices = [None, None, *B[2:]]
    given = body({"A": A, "late": late, "never": [None] * 10}, weights={"A": 0.5, "late": 0.5, "never": 0})
    found = (await client.figures("series", given))["portfolio"]
    r = (returns(A[2:]) + returns(B[2:])) / 2
    assert (found["first_date"], found["n_returns"]) == ("2024-01-03", 7)
    assert found["total_return"] == pytest.approx(np.prod(1 + r) - 1, rel=1e-12)
    assert found["risk_contribution"]["never"] == 0
    assert found["weights_end"] == {"A": 0.5, "late": 0.5, "never": 0}


async def test_a_short_portfolio_that_is_ruined_has_no_figures(client: AnalyticsClient) -> None:
    given = body({"A": [1, 1, 1], "B": [1, 3, 1]}, weights={"A": 2, "B": -1}, rebalance="none")
    found = (await client.figures("series", given))["portfolio"]
    assert found["value_end"] is None
    assert found["undefined"]["total_return"] == "its value is not above zero on 2024-01-02"
    assert found["hhi"] == 5


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"prices": {"dates": [], "series": {"A": []}}}, ["/prices/dates"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {}}}, ["/prices/series"]),
        ({"prices": {"dates": ["2024-01-01", "2024-01-01"], "series": {"A": [1, 2]}}}, ["/prices/dates/1"]),
        ({"prices": {"dates": ["2024-01-02", "2024-01-01"], "series": {"A": [1, 2]}}}, ["/prices/dates/1"]),
        ({"prices": {"dates": ["2024-01-02", "soon"], "series": {"A": [1, 2]}}}, ["/prices/dates/1"]),
        ({"prices": {"dates": ["2024-01-01", "2024-01-02"], "series": {"A": [1]}}}, ["/prices/series/A"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {"A": 1}}}, ["/prices/series/A"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {"A/B": [0]}}}, ["/prices/series/A~1B/0"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {"A": [-1]}}}, ["/prices/series/A/0"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {"A": [True]}}}, ["/prices/series/A/0"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {"A": ["NaN"]}}}, ["/prices/series/A/0"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {"A": ["1,5"]}}}, ["/prices/series/A/0"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {"A": [{}]}}}, ["/prices/series/A/0"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {"A": ["2_0"]}}}, ["/prices/series/A/0"]),
        ({"prices": {"dates": [20240101], "series": {"A": [1]}}}, ["/prices/dates/0"]),
        ({"prices": {"dates": ["2024-01-01"], "series": {"A": [1e300]}}}, ["/prices/series/A/0"]),
        ({"weights": {"C": 1}}, ["/weights/C"]),
        ({"weights": {"A": 0.5}}, ["/weights"]),
        ({"weights": {}}, ["/weights"]),
        ({"weights": {"A": "x"}}, ["/weights/A"]),
        ({"rebalance": "weekly"}, ["/rebalance"]),
        ({"initial_value": 0}, ["/initial_value"]),
        ({"benchmark": [1]}, ["/benchmark"]),
        ({"benchmark": [1, -1]}, ["/benchmark/1"]),
        ({"factors": {"F": [1, "x"]}}, ["/factors/F/1"]),
        ({"regression_start": "x"}, ["/regression_start"]),
        ({"risk_free_annual": 11}, ["/risk_free_annual"]),
        ({"risk_free_annual": -1}, ["/risk_free_annual"]),
        ({"benchmarks": []}, ["/benchmarks"]),
    ],
)
async def test_bad_input_names_the_field(client: AnalyticsClient, changes: Json, pointers: list[str]) -> None:
    assert await client.pointers("series", body({"A": [1, 2]}) | changes) == pointers


async def test_a_body_that_is_no_number_in_json_is_refused(client: AnalyticsClient) -> None:
    content = '{"prices": {"dates": ["2024-01-01"], "series": {"A": [%s]}}}'
    for number in ("NaN", "Infinity", "1e400"):
        assert (await client.post("series", content=content % number)).status_code == 422, number


positive = st.floats(0.01, 1000)


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=30), st.floats(0, 1))
def test_weights_and_risk_always_add_up(rows: list[tuple[float, float]], part: float) -> None:
    prices = {name: np.array(column) for name, column in zip("AB", zip(*rows, strict=True), strict=True)}
    days = days64([date(2024, 1, 1) + timedelta(days=i) for i in range(len(rows))])
    report = analyse_series(PriceSeries(days=days, prices=prices, weights={"A": part, "B": 1 - part}))
    assert report.portfolio is not None
    contribution = report.portfolio.parts.contribution
    if not isinstance(contribution, Undefined):
        assert sum(contribution.values()) == pytest.approx(1, abs=1e-6)
    for figures in [*report.series.values(), report.portfolio.series]:
        assert not isinstance(figures.risk, Undefined)
        for figure in figures.risk.figures.values():
            assert isinstance(figure, Undefined) or math.isfinite(figure)
