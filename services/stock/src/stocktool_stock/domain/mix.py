"""Holdings as a mix: what their weights of today would have risked over a window of days. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from stocktool_stock.domain.bars import Bars, Column, Days
from stocktool_stock.domain.daily import FxColumns, carried
from stocktool_stock.domain.days import day64
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.optimise import Matrix
from stocktool_stock.domain.risk import PERIODS_A_YEAR, Figure, relative_figures, series_risk
from stocktool_stock.domain.valuation import Valuation
from stocktool_stock.domain.weighted import concentration, risk_parts

LEAST_RETURNS = 20
_FLAT = 1e-14
MIX_FIGURES = (
    "total_return",
    "volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "var95_hist",
    "cvar95_hist",
    "worst_daily_return",
)
CONVENTIONS: Mapping[str, str] = {
    "risk": "of today's weights, kept every day, over the window; not of what was held then",
    "returns": "simple daily returns of adjusted closes in the base currency; gaps carry the last price forward",
    "window": "from the first day on which every name that counts has a price; names with less than half are left out",
    "cash": "the base currency's returns nothing, another one's what its rate does",
    "hhi": "sum of squared weights among the holdings, cash apart; effective_number is its inverse",
    "var": "signed one-day return at 95 %, historical by linear interpolation; CVaR the mean at or below it",
    "beta": "against the benchmark's total return in the base currency",
    "periods_per_year": str(PERIODS_A_YEAR),
    "ddof": "1",
}


@dataclass(frozen=True, slots=True, eq=False)
class ReturnTable:
    """Daily returns by name, in the base currency; `days` is one longer. `left_out` says which names have none."""

    days: Days
    returns: Mapping[str, Column]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_returns(self) -> int:
        """How many days have a return."""
        return max(len(self.days) - 1, 0)

    def covariance(self, names: Sequence[str]) -> Matrix:
        """Sample covariance per year; at least two returns."""
        columns = np.column_stack([self.returns[name] for name in names])
        return np.atleast_2d(np.cov(columns, rowvar=False, ddof=1)) * PERIODS_A_YEAR

    def means(self, names: Sequence[str]) -> Column:
        """Arithmetic mean per year."""
        return np.array([float(self.returns[name].mean()) for name in names]) * PERIODS_A_YEAR

    def only(self, names: Collection[str]) -> ReturnTable:
        """The table of some names."""
        return ReturnTable(self.days, {n: r for n, r in self.returns.items() if n in names}, self.left_out)


def cash_name(currency: str) -> str:
    """The name of cash in a foreign currency; no symbol has a blank."""
    return f"cash {currency}"


def window(bars: Mapping[str, Bars], start: date, end: date) -> tuple[Days, dict[str, str]]:
    """The days of a return table, and why names are left out of it.

    Args:
        bars: By name.
        start: First day, whose close is the base.
        end: Last day.
    """
    low, high = day64(start), day64(end)
    seen: dict[str, Days] = {}
    for name, known in bars.items():
        days = known.days[~np.isnan(_closes(known))]
        # The last price at or before the start is the base of the first return.
        at = days[days <= low][-1:]
        inside = days[(days > low) & (days <= high)]
        seen[name] = np.concatenate([np.full(len(at), low), inside])
    most = max((len(days) for days in seen.values()), default=0)
    needed = max(LEAST_RETURNS + 1, (most + 1) // 2)
    left_out = {
        name: f"has prices on {len(days)} days from {start} to {end}; {needed} are needed"
        for name, days in seen.items()
        if len(days) < needed
    }
    kept = [days for name, days in seen.items() if name not in left_out]
    if not kept:
        return np.array([], dtype="datetime64[D]"), left_out
    begin = max(days[0] for days in kept)
    every = np.unique(np.concatenate(kept))
    return every[every >= begin].astype("datetime64[D]"), left_out


def return_table(
    bars: Mapping[str, Bars], days: Days, left_out: Mapping[str, str], fx: FxColumns, base: str
) -> ReturnTable:
    """Returns of the names that are not left out, and of cash in every currency of `fx`, on the days of `window`."""
    prices: dict[str, Column] = {cash_name(code): rates for code, rates in fx.items()}
    for name, known in bars.items():
        if name not in left_out:
            rate = fx[known.currency] if known.currency != base else 1.0
            prices[name] = carried(days, known.days, _closes(known)) * rate
    missing = dict(left_out)
    returns: dict[str, Column] = {}
    for name, column in prices.items():
        if len(column) < 2 or np.isnan(column).any() or float(column.min()) <= 0:
            missing[name] = "has no price or rate on a day of the window"
        else:
            returns[name] = column[1:] / column[:-1] - 1.0
    return ReturnTable(days, returns, missing)


def _closes(known: Bars) -> Column:
    return np.where(np.isnan(known.adjusted_close), known.close, known.adjusted_close)


@dataclass(frozen=True, slots=True, eq=False)
class MixRisk:
    """Risk of a mix.

    Attributes:
        figures: By API name.
        contribution: Each name's share of the variance.
        weights: Of the names that count, parts of the whole that counts.
        covered: Part of the portfolio's total that counts.
        returns: Daily returns of the mix, none when it is undefined.
    """

    figures: Mapping[str, Figure]
    contribution: Mapping[str, float] | Undefined
    weights: Mapping[str, float]
    covered: Figure
    n_returns: int
    returns: Column | Undefined


def mix_weights(valuation: Valuation) -> dict[str, float]:
    """Parts of the total: holdings by symbol, foreign cash by `cash_name`, the base currency's cash left out."""
    total = valuation.total.amount
    result: dict[str, float] = {}
    if total <= 0:
        return result
    for part in valuation.parts:
        if part.symbol or part.currency != valuation.total.currency:
            name = part.symbol or cash_name(part.currency)
            result[name] = result.get(name, 0.0) + float(part.value / total)
    return {name: weight for name, weight in result.items() if weight}


def holdings_concentration(valuation: Valuation) -> tuple[Figure, Figure]:
    """Herfindahl-Hirschman index of the holdings among themselves, and its inverse, the effective number of them."""
    values = [float(h.market_value.amount) for h in valuation.holdings if h.market_value is not None]
    whole = sum(values)
    if whole <= 0:
        none = Undefined("nothing with a price is held")
        return none, none
    hhi = concentration({str(index): value / whole for index, value in enumerate(values)})
    return hhi, 1.0 / hhi


def mix_risk(
    valuation: Valuation, table: ReturnTable, *, benchmark: Column | None = None, risk_free: float = 0.0
) -> MixRisk:
    """Measure a valuation's mix.

    Args:
        valuation: Gives the weights.
        table: Has returns of what can be counted.
        benchmark: Returns on the same days.
        risk_free: Yearly rate.
    """
    hhi, effective = holdings_concentration(valuation)
    every = mix_weights(valuation)
    known = {name: weight for name, weight in every.items() if name in table.returns}
    base_cash = 1.0 - sum(every.values())
    covered = base_cash + sum(known.values())
    names = (*MIX_FIGURES, "beta", "correlation", "diversification_ratio")
    reason = _absence(valuation, table, known, covered)
    if reason:
        none = Undefined(reason)
        figures: dict[str, Figure] = dict.fromkeys(names, none)
        figures |= {"hhi": hhi, "effective_number": effective}
        share: Figure = covered if valuation.total.amount > 0 else none
        return MixRisk(figures, none, {}, share, table.n_returns, none)
    weights = {name: weight / covered for name, weight in known.items()}
    daily: Column = np.column_stack([table.returns[name] for name in weights]) @ np.array(list(weights.values()))
    risk = series_risk(table.days, daily, risk_free=risk_free)
    parts = risk_parts(table.returns, weights)
    figures = {name: risk.figures[name] for name in MIX_FIGURES}
    beta: Figure = Undefined("no benchmark is given")
    related: Figure = beta
    if benchmark is not None:
        against = relative_figures(daily, benchmark, risk_free)
        beta, related = against["beta"], against["correlation"]
    figures |= {
        "beta": beta,
        "correlation": related,
        "diversification_ratio": parts.diversification_ratio,
        "hhi": hhi,
        "effective_number": effective,
    }
    return MixRisk(figures, parts.contribution, weights, covered, table.n_returns, daily)


def _absence(valuation: Valuation, table: ReturnTable, known: Mapping[str, float], covered: float) -> str:
    if valuation.total.amount <= 0:
        return "the portfolio's total is not above zero"
    if not known:
        return "nothing that is held has enough prices"
    if table.n_returns < 2:
        return "needs at least two daily returns"
    return "" if covered > 1e-9 else "what has prices is worth nothing"


def related_groups(table: ReturnTable, names: Sequence[str], least: float) -> list[list[str]]:
    """Names chained together by correlations of at least `least`, groups of two or more, largest first.

    What does not vary is related to nothing.
    """
    order = [name for name in names if name in table.returns and float(np.ptp(table.returns[name])) > _FLAT]
    if len(order) < 2:
        return []
    related: Matrix = np.corrcoef(np.column_stack([table.returns[name] for name in order]), rowvar=False)
    together = np.asarray(related >= least)
    groups: list[list[str]] = []
    left = set(range(len(order)))
    while left:
        reached, fresh = set[int](), {min(left)}
        while fresh:
            reached |= fresh
            fresh = {int(j) for i in fresh for j in np.flatnonzero(together[i])} - reached
        left -= reached
        groups.append(sorted(order[index] for index in reached))
    return sorted((group for group in groups if len(group) > 1), key=lambda group: (-len(group), group))
