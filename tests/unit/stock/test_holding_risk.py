"""Risk by holding, against numpy on the same prices."""

from __future__ import annotations

import numpy as np
import pytest
from stocktool_stock.application.measure_risk import MeasureRisk
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.holding_risk import WINDOW, holding_risk, rolling_volatility
from stocktool_stock.domain.segments import Scope
from stocktool_stock.http.risk_models import RiskModel

from tests.factories.measured import two_accounts

PRICES = {
    "A": np.array([100.0, 102, 99, 104, 103, 108]),
    "B": np.array([50.0, 49, 51, 52, 50, 53]),
    "late": np.array([np.nan, np.nan, 10, 11, 10.5, 10.8]),
}


def test_contributions_share_out_the_variance_of_the_weights() -> None:
    found = holding_risk({"A": PRICES["A"], "B": PRICES["B"]}, {"A": 600.0, "B": 200.0})
    returns = np.array([PRICES[name][1:] / PRICES[name][:-1] - 1 for name in "AB"])
    w, covariance = np.array([0.75, 0.25]), np.cov(returns, ddof=1)
    assert not isinstance(found.parts.contribution, Undefined)
    expected = w * (covariance @ w) / (w @ covariance @ w)
    assert list(found.parts.contribution.values()) == pytest.approx(expected.tolist(), rel=1e-12)
    single = w @ np.sqrt(np.diag(covariance))
    assert found.parts.diversification_ratio == pytest.approx(single / np.sqrt(w @ covariance @ w), rel=1e-12)
    assert found.hhi == pytest.approx(0.625)
    assert found.correlations["A", "B"] == pytest.approx(np.corrcoef(returns)[0, 1], rel=1e-12)


def test_a_late_listing_shortens_the_common_days_only() -> None:
    found = holding_risk(PRICES, {"A": 1.0, "B": 1.0, "late": 1.0})
    late = PRICES["late"][3:] / PRICES["late"][2:-1] - 1
    a = PRICES["A"][3:] / PRICES["A"][2:-1] - 1
    assert found.correlations["A", "late"] == pytest.approx(np.corrcoef(a, late)[0, 1], rel=1e-12)
    whole = holding_risk({"A": PRICES["A"], "B": PRICES["B"]}, {"A": 1.0, "B": 1.0})
    assert found.correlations["A", "B"] == whole.correlations["A", "B"]


def test_nothing_held_has_no_risk() -> None:
    found = holding_risk({}, {})
    assert found.hhi == Undefined("nothing with a price is held")
    assert found.correlations == {}


def test_rolling_volatility_needs_a_quarter() -> None:
    returns = np.sin(np.arange(WINDOW + 2.0)) / 100
    found = rolling_volatility(returns)
    assert np.isnan(found[: WINDOW - 1]).all()
    assert found[-1] == pytest.approx(returns[-WINDOW:].std(ddof=1) * np.sqrt(252), rel=1e-12)
    assert np.isnan(rolling_volatility(returns[:10])).all()


async def test_a_portfolios_risk_tells_its_holdings() -> None:
    measured = two_accounts()
    measure = MeasureRisk(measured.read)
    report = await measure(measured.portfolio.owner, measured.portfolio.id)
    body = RiskModel.of(report, include_series=True)
    assert body.holding_weights == {"Y": pytest.approx(1200 / 1744.5), "X": pytest.approx(544.5 / 1744.5)}
    assert body.holding_correlation["X/Y"] == body.holding_correlation["Y/X"]
    assert body.risk_contribution is not None
    assert sum(body.risk_contribution.values()) == pytest.approx(1)
    assert body.series is not None
    assert min(each for each in body.series.drawdown if each is not None) == pytest.approx(body.max_drawdown)
    one = await measure(measured.portfolio.owner, measured.portfolio.id, scope=Scope("acc_1"))
    assert RiskModel.of(one).holding_weights == {"X": 1}
    assert RiskModel.of(one).series is None
