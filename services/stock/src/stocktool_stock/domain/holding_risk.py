"""Where a portfolio's risk comes from: its holdings now, by how they moved over a range. Fractions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.risk import PERIODS_A_YEAR, Figure, correlation
from stocktool_stock.domain.weighted import RiskParts, concentration, risk_parts

MOST = 50
"""So many holdings, the largest, have their correlations told."""
WINDOW = 63
"""Trading days of a quarter."""

HOLDINGS: Mapping[str, str] = {
    "holdings": "weights at the end among the holdings that have prices, cash left out; total returns in the base "
    "currency over the range",
    "holding_correlation": f"of daily returns over the days both have, of the {MOST} largest holdings",
    "risk_contribution": "w x (covariance w) / variance over the days all have a return; sums to 1",
    "diversification_ratio": "weighted volatilities over the volatility of the weights",
    "hhi": "sum of the squares of the weights",
    "rolling_volatility": f"deviation of the last {WINDOW} daily returns x sqrt(252)",
}


@dataclass(frozen=True, slots=True)
class HoldingRisk:
    """Risk by holding; correlations by unordered pair."""

    weights: Mapping[str, float]
    correlations: Mapping[tuple[str, str], Figure]
    parts: RiskParts
    hhi: Figure


def holding_risk(prices: Mapping[str, Column], values: Mapping[str, float]) -> HoldingRisk:
    """Share out risk.

    Args:
        prices: Total return of each holding on common days, NaN before the first.
        values: What each is worth, above zero.
    """
    total = sum(values.values())
    if not values or total <= 0:
        none = Undefined("nothing with a price is held")
        return HoldingRisk({}, {}, RiskParts(none, none), none)
    weights = {name: value / total for name, value in sorted(values.items(), key=lambda item: (-item[1], item[0]))}
    returns = {name: prices[name][1:] / prices[name][:-1] - 1.0 for name in weights}
    together = ~np.isnan(np.column_stack(list(returns.values()))).any(axis=1)
    return HoldingRisk(
        weights=weights,
        correlations={
            (left, right): correlation(returns[left], returns[right])
            for left, right in combinations(list(weights)[:MOST], 2)
        },
        parts=risk_parts({name: column[together] for name, column in returns.items()}, weights),
        hhi=concentration(weights),
    )


def rolling_volatility(returns: Column) -> Column:
    """Yearly deviation of the last `WINDOW` daily returns, one per day after the first; NaN where there are fewer."""
    result = np.full(len(returns), np.nan)
    if len(returns) >= WINDOW:
        windows = np.lib.stride_tricks.sliding_window_view(returns, WINDOW)
        result[WINDOW - 1 :] = windows.std(axis=1, ddof=1) * np.sqrt(PERIODS_A_YEAR)
    return result
