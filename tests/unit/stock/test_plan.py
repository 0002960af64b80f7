"""Projections under a plan: against the lognormal distribution itself, annuities, and a seed said twice."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.plan import Plan, Withdrawals, estimated_growth, project_plan
from stocktool_stock.domain.projection import PERCENTILES, Growth

GROWTH = Growth(0.06, 0.15)
STILL = Growth(0.05, 0.0)
PATHS = 10_000


def test_without_flows_it_agrees_with_the_lognormal_distribution_within_sampling_error() -> None:
    years = project_plan(Plan(1000, GROWTH, 20), paths=PATHS, seed=7).years
    assert [year.year for year in years] == list(range(1, 21))
    for t in (1, 10, 20):
        found = years[t - 1]
        middle, spread = (0.06 - 0.15**2 / 2) * t, 0.15 * math.sqrt(t)
        exact = NormalDist(middle, spread)
        mean = 1000 * math.exp(0.06 * t)
        error = mean * math.sqrt((math.exp(spread**2) - 1) / PATHS)
        assert found.mean == pytest.approx(mean, abs=4 * error)
        assert found.mean_error == pytest.approx(error, rel=0.1)
        for percentile, value in zip(PERCENTILES, found.percentiles, strict=True):
            p, at = percentile / 100, exact.inv_cdf(percentile / 100)
            error = math.sqrt(p * (1 - p) / PATHS) / exact.pdf(at)  # of a sample quantile, in the logarithm
            assert math.log(value / 1000) == pytest.approx(at, abs=4 * error)
        loss = exact.cdf(0)
        assert found.prob_loss == pytest.approx(loss, abs=4 * math.sqrt(loss * (1 - loss) / PATHS))
        assert found.prob_depleted == 0


def test_the_same_seed_gives_the_same_answer_and_another_another() -> None:
    plan = Plan(1000, GROWTH, 3, withdrawals=Withdrawals(5, None, 0.02, 0))
    assert project_plan(plan, paths=500, seed=3) == project_plan(plan, paths=500, seed=3)
    assert project_plan(plan, paths=500, seed=3) != project_plan(plan, paths=500, seed=4)


def test_savings_without_chance_are_an_annuity() -> None:
    [*_, last] = project_plan(Plan(1000, STILL, 10, contribution_monthly=50), paths=2, seed=0).years
    rate = math.exp(0.05 / 12) - 1
    assert last.mean == pytest.approx(1000 * (1 + rate) ** 120 + 50 * ((1 + rate) ** 120 - 1) / rate, rel=1e-12)
    assert last.percentiles == pytest.approx([last.mean] * 5, rel=1e-12)


def test_withdrawals_without_chance_are_a_growing_annuity_and_the_sustainable_one_empties_it_at_the_end() -> None:
    taking = Withdrawals(4, None, 0.02, 0)
    outlook = project_plan(Plan(1000, STILL, 25, withdrawals=taking), paths=2, seed=0)
    rate, inflation, months = math.exp(0.05 / 12) - 1, 1.02 ** (1 / 12) - 1, 300
    shrink = (1 + inflation) / (1 + rate)
    present = (1 + inflation) * (1 - shrink**months) / (rate - inflation)  # of 1 in today's money at each month's end
    assert outlook.years[-1].mean == pytest.approx((1000 - 4 * present) * (1 + rate) ** months, rel=1e-11)
    assert outlook.sustainable == pytest.approx(1000 / present, rel=1e-11)
    for amount, depleted in ((1000 / present * 1.0001, 1.0), (1000 / present * 0.9999, 0.0)):
        plan = Plan(1000, STILL, 25, withdrawals=Withdrawals(amount, None, 0.02, 0))
        assert project_plan(plan, paths=2, seed=0).years[-1].prob_depleted == depleted


def test_a_rate_is_of_the_value_when_withdrawals_begin_after_the_savings() -> None:
    taking = Withdrawals(None, 0.04, 0.0, 24)
    outlook = project_plan(Plan(1000, Growth(0, 0), 5, 100, taking), paths=2, seed=0)
    assert [year.mean for year in outlook.years[:2]] == pytest.approx([2200, 3400])
    assert outlook.years[-1].mean == pytest.approx(3400 - 36 * 3400 * 0.04 / 12)
    assert outlook.sustainable == pytest.approx(3400 / 36)
    assert outlook.years[-1].prob_loss == 0  # what was taken out counts


def test_what_cannot_be_paid_empties_it_for_good() -> None:
    outlook = project_plan(Plan(10, Growth(0, 0), 2, withdrawals=Withdrawals(3, None, 0, 0)), paths=2, seed=0)
    assert [(year.mean, year.prob_depleted) for year in outlook.years] == [(0, 1), (0, 1)]
    assert outlook.years[-1].prob_loss == 0  # 3 + 3 + 3 + 1 were paid


def test_the_sustainable_withdrawal_is_paid_to_the_end_on_as_many_paths_as_asked() -> None:
    plan = Plan(1000, GROWTH, 30, withdrawals=Withdrawals(1, None, 0.02, 0), confidence=0.9)
    amount = project_plan(plan, paths=2000, seed=1).sustainable
    assert isinstance(amount, float)
    again = Plan(1000, GROWTH, 30, withdrawals=Withdrawals(amount, None, 0.02, 0))
    assert project_plan(again, paths=2000, seed=1).years[-1].prob_depleted == pytest.approx(0.1, abs=0.001)


def test_growth_is_estimated_from_daily_returns() -> None:
    step = 0.01
    returns = np.tile([math.exp(step) - 1, math.exp(-step / 2) - 1], 100)  # logarithms of 1 % and -0.5 % in turn
    growth = estimated_growth(np.append(returns, [np.nan, -1.0]))
    assert isinstance(growth, Growth)
    deviation = 0.0075 * math.sqrt(200 / 199)
    assert growth.volatility == pytest.approx(deviation * math.sqrt(252), rel=1e-12)
    assert growth.drift == pytest.approx(0.0025 * 252 + deviation**2 * 252 / 2, rel=1e-12)
    assert estimated_growth(returns[:59]) == Undefined("the portfolio's history has 59 daily returns, fewer than 60")
