"""Risk figures of daily returns. Formulas and conventions in docs/formulas.md; fractions throughout.

Float arithmetic on numpy; figures are good to about 1e-12 relative.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from stocktool_stock.domain.bars import Column, Days
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.returns import growth

PERIODS_A_YEAR = 252
Z05 = -1.6448536269514722
"""5 % quantile of the standard normal distribution."""
_PHI05 = 0.10313564037537139
"""Density of the standard normal distribution at Z05."""
_LARGEST = 709.0
"""Largest logarithm that a float's exponential can hold."""
_FLAT = 1e-14
"""Returns that differ by less than this are rounding noise around one value."""

_SAME = 1e-12
"""Levels that differ by less than this part are the same level."""

Figure = float | Undefined

_FEW = Undefined("needs at least two daily returns")
_STILL = Undefined("the returns do not vary")
_NO_DIFFERENCE: Figure = Undefined("the difference to the benchmark does not vary")

CONVENTIONS: Mapping[str, str] = {
    "periods_per_year": "252",
    "ddof": "1",
    "returns": "simple daily returns",
    "cagr": "(1 + total return) ^ (252 / number of returns) - 1",
    "sharpe": "mean of daily return less risk-free / 252, times 252, over volatility",
    "sortino": "downside deviation over the full sample against the risk-free rate",
    "skew_kurtosis": "population moments, kurtosis in excess of 3",
    "var": "signed one-day return at 95 %; historical by linear interpolation, CVaR the mean at or below it",
    "alpha": "mean daily residual of the excess returns, times 252",
}


@dataclass(frozen=True, slots=True)
class RiskFigures:
    """Figures by the names of the HTTP API; `figures` holds numbers, `days` days, each defined or not."""

    figures: Mapping[str, Figure]
    days: Mapping[str, date | Undefined]
    n_returns: int
    first_date: date
    last_date: date

    def undefined(self) -> dict[str, str]:
        """Why figures are absent, by name."""
        every: dict[str, Figure | date] = {**self.figures, **self.days}
        return {name: value.reason for name, value in every.items() if isinstance(value, Undefined)}


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from a high; `recovery` is the first day at the high again."""

    depth: float
    peak: date | Undefined
    trough: date | Undefined
    recovery: date | Undefined


def drawdowns(index: Column) -> Column:
    """Fall from the highest point so far, 0 or less, for each point of a growth index."""
    return index / np.maximum.accumulate(index) - 1.0


def deepest(days: Days, index: Column) -> Drawdown:
    """The deepest drawdown of a growth index or of prices; the earliest of equals.

    The peak is the last time before the trough that the high was reached, and the first day of that if it lasted.
    """
    falls = drawdowns(index)
    depth = float(falls.min())
    if depth >= -_SAME:
        still = Undefined("the value never fell")
        return Drawdown(0.0, still, still, still)
    trough = int(np.flatnonzero(falls <= depth + _SAME)[0])
    high = float(index[: trough + 1].max()) * (1.0 - _SAME)
    at_high = np.flatnonzero(index[: trough + 1] >= high)
    breaks = np.flatnonzero(np.diff(at_high) > 1)
    peak = int(at_high[breaks[-1] + 1] if breaks.size else at_high[0])
    back = np.flatnonzero(index[trough:] >= high)
    recovery: date | Undefined = (
        to_date(days[trough + int(back[0])]) if back.size else Undefined("the high was not reached again")
    )
    return Drawdown(depth, to_date(days[peak]), to_date(days[trough]), recovery)


def series_risk(
    days: Days,
    returns: Column,
    *,
    values: Column | None = None,
    benchmark: Column | None = None,
    risk_free: float = 0.0,
) -> RiskFigures:
    """All figures of one series.

    Args:
        days: One more than there are returns; the first is the base.
        returns: Daily, NaN where a day has none.
        values: Values or prices that the returns are those of, one per day, where they are known: levels that are
            equal are then equal to the last bit.
        benchmark: Returns of the benchmark on the same days, NaN where it has none.
        risk_free: Yearly rate.
    """
    known = returns[~np.isnan(returns)]
    index = growth(returns) if values is None else values / values[0]
    worst = deepest(days, index)
    figures: dict[str, Figure] = {
        **_level_figures(known, index, worst.depth),
        **_spread_figures(known, risk_free),
        **_tail_figures(known),
    }
    if benchmark is not None:
        figures |= relative_figures(returns, benchmark, risk_free)
    return RiskFigures(
        figures=figures,
        days={
            "max_drawdown_peak": worst.peak,
            "max_drawdown_trough": worst.trough,
            "max_drawdown_recovery": worst.recovery,
        },
        n_returns=int(known.size),
        first_date=to_date(days[0]),
        last_date=to_date(days[-1]),
    )


def _level_figures(known: Column, index: Column, depth: float) -> dict[str, Figure]:
    if not known.size:
        none = Undefined("there are no daily returns")
        return dict.fromkeys(("total_return", "cagr", "calmar", "max_drawdown", "worst_daily_return"), none)
    last = float(index[-1])
    cagr: Figure = Undefined("everything was lost")
    if last > 0:
        yearly = math.log(last) * PERIODS_A_YEAR / known.size
        cagr = math.expm1(yearly) if yearly < _LARGEST else Undefined("the yearly rate is too large for a number")
    calmar: Figure = cagr
    if not isinstance(cagr, Undefined):
        calmar = cagr / -depth if depth < 0 else Undefined("the value never fell")
    return {
        "total_return": last - 1.0,
        "cagr": cagr,
        "calmar": calmar,
        "max_drawdown": depth,
        "worst_daily_return": float(known.min()),
    }


def _flat(values: Column) -> bool:
    return float(np.ptp(values)) <= _FLAT


def _spread_figures(known: Column, risk_free: float) -> dict[str, Figure]:
    names = ("volatility", "sharpe", "sortino", "skew", "kurtosis")
    if known.size < 2:
        return dict.fromkeys(names, _FEW)
    excess = known - risk_free / PERIODS_A_YEAR
    downside = float(np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2)))
    yearly = float(excess.mean()) * PERIODS_A_YEAR
    sortino: Figure = Undefined("no day lies below the risk-free rate")
    if downside > _FLAT:
        sortino = yearly / (downside * float(np.sqrt(PERIODS_A_YEAR)))
    if _flat(known):
        return dict(zip(names, (0.0, _STILL, sortino, _STILL, _STILL), strict=True))
    volatility = float(known.std(ddof=1) * np.sqrt(PERIODS_A_YEAR))
    off = known - known.mean()
    second = float(np.mean(off**2))
    return {
        "volatility": volatility,
        "sharpe": yearly / volatility,
        "sortino": sortino,
        "skew": float(np.mean(off**3)) / second**1.5,
        "kurtosis": float(np.mean(off**4)) / second**2 - 3.0,
    }


def _tail_figures(known: Column) -> dict[str, Figure]:
    names = ("var95_hist", "cvar95_hist", "var95_normal", "cvar95_normal", "var95_cornish_fisher")
    if known.size < 2:
        return dict.fromkeys(names, _FEW)
    cut = float(np.quantile(known, 0.05))
    mean, deviation = float(known.mean()), float(known.std(ddof=1))
    result: dict[str, Figure] = {
        "var95_hist": cut,
        "cvar95_hist": float(known[known <= cut].mean()),
        "var95_normal": mean + Z05 * deviation,
        "cvar95_normal": mean - deviation * _PHI05 / 0.05,
        "var95_cornish_fisher": _STILL,
    }
    if not _flat(known):
        off = known - mean
        second = float(np.mean(off**2))
        skew, kurtosis = float(np.mean(off**3)) / second**1.5, float(np.mean(off**4)) / second**2 - 3.0
        z = Z05 + (Z05**2 - 1) * skew / 6 + (Z05**3 - 3 * Z05) * kurtosis / 24 - (2 * Z05**3 - 5 * Z05) * skew**2 / 36
        result["var95_cornish_fisher"] = mean + z * deviation
    return result


def relative_figures(returns: Column, benchmark: Column, risk_free: float = 0.0) -> dict[str, Figure]:
    """Figures against a benchmark, over the days both have a return."""
    names = ("beta", "alpha_annual", "correlation", "tracking_error", "information_ratio")
    both = ~np.isnan(returns) & ~np.isnan(benchmark)
    mine, its = returns[both], benchmark[both]
    if mine.size < 2:
        return dict.fromkeys(names, Undefined("needs at least two daily returns in common with the benchmark"))
    rate = risk_free / PERIODS_A_YEAR
    difference = mine - its
    error, ratio = 0.0, _NO_DIFFERENCE
    if not _flat(difference):
        error = float(difference.std(ddof=1) * np.sqrt(PERIODS_A_YEAR))
        ratio = float(difference.mean()) * PERIODS_A_YEAR / error
    result: dict[str, Figure] = {"tracking_error": error, "information_ratio": ratio}
    if _flat(its):
        flat = Undefined("the benchmark's returns do not vary")
        return result | {"beta": flat, "alpha_annual": flat, "correlation": flat}
    covariance = np.cov(mine, its, ddof=1)
    beta = float(covariance[0, 1] / covariance[1, 1])
    alpha = float((mine - rate).mean() - beta * (its - rate).mean()) * PERIODS_A_YEAR
    return result | {"beta": beta, "alpha_annual": alpha, "correlation": correlation(mine, its)}


def correlation(left: Column, right: Column) -> Figure:
    """Pearson correlation over the days both have a return."""
    both = ~np.isnan(left) & ~np.isnan(right)
    left, right = left[both], right[both]
    if left.size < 2:
        return _FEW
    if _flat(left) or _flat(right):
        return _STILL
    return float(np.clip(np.corrcoef(left, right)[0, 1], -1.0, 1.0))


def to_date(day: np.datetime64) -> date:
    """A calendar day as Python has it."""
    return date.fromordinal(int(day.astype("datetime64[D]").astype(np.int64)) + _EPOCH)


_EPOCH = date(1970, 1, 1).toordinal()
