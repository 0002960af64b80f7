"""A portfolio's value under a plan of savings and withdrawals, month by month; see docs/formulas.md.

Each month the value grows by exp((drift - volatility^2 / 2) / 12 + volatility sqrt(1 / 12) z), z standard normal, and
then, at its end, the contribution is paid in or the withdrawal taken out. What cannot be paid in full empties the
portfolio for good.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.projection import PERCENTILES, Growth

PERIODS = 252
MIN_RETURNS = 60
_MONTHS = 12
_NOISE = 1e-9  # of sums of floats; a plan that loses nothing must not lose by it

CONVENTIONS = {
    "model": "lognormal growth, month by month; flows at the end of each month",
    "drift": "continuous mean rate for a year: without flows the mean is initial x exp(drift x years)",
    "volatility": "standard deviation of the logarithm for a year",
    "estimate": f"of log daily returns of the portfolio (flows taken out), {PERIODS} a year: "
    "volatility their deviation (n - 1), drift their mean + volatility^2 / 2",
    "generator": "numpy PCG64; the same seed gives the same answer",
    "percentiles": "linear interpolation between paths",
    "contribution": "at the end of each month until withdrawals begin",
    "withdrawal": "at the end of each month after start; amount in today's money, or rate / 12 of the value at start; "
    "grows with inflation, month by month",
    "prob_depleted": "part of the paths on which a withdrawal could not be paid in full by then",
    "prob_loss": "part of the paths on which value and withdrawals come to less than initial and contributions",
    "sustainable_withdrawal": "monthly amount in today's money that the given part of the paths can pay to the end",
}


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """Money taken out each month after `start_month`.

    Attributes:
        monthly: In today's money; None where `rate` says it.
        rate: Part of the value at `start_month`, for a year.
        inflation: Yearly growth of the amount.
        start_month: Months without before.
    """

    monthly: float | None
    rate: float | None
    inflation: float
    start_month: int

    def index(self, month: int) -> float:
        """Prices at the end of a month in today's."""
        return float((1 + self.inflation) ** (month / _MONTHS))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be projected: `initial` above 0, `years` whole."""

    initial: float
    growth: Growth
    years: int
    contribution_monthly: float = 0.0
    withdrawals: Withdrawals | None = None
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class PlanYear:
    """Values at the end of a year: mean with its standard error, percentiles in the order of `PERCENTILES`."""

    year: int
    mean: float
    mean_error: float
    percentiles: Sequence[float]
    prob_loss: float
    prob_depleted: float


@dataclass(frozen=True, slots=True)
class PlanOutlook:
    """A projected plan; `sustainable` is a monthly amount in today's money."""

    years: tuple[PlanYear, ...]
    sustainable: float | Undefined


class _Paths:
    """The state of all paths; one use."""

    def __init__(self, plan: Plan, paths: int) -> None:
        self._plan = plan
        self.value = np.full(paths, plan.initial)
        self.paid_in = plan.initial
        self.withdrawn = np.zeros(paths)
        self.depleted = np.zeros(paths, dtype=bool)
        self._first = np.zeros(paths)  # withdrawal in the prices of its beginning
        # Value at the first withdrawal, and what a withdrawal of 1 in today's money is worth then, path by path.
        self._at_start = self.value
        self._discount = np.ones(paths)
        self._annuity = np.zeros(paths)

    def step(self, month: int, growth: Column) -> None:
        self.value = self.value * growth
        taking = self._plan.withdrawals
        if taking is None or month <= taking.start_month:
            self.value += self._plan.contribution_monthly
            self.paid_in += self._plan.contribution_monthly
        else:
            self._withdraw(taking, month, growth)
        if taking is not None and month == taking.start_month:
            self.begin()

    def begin(self) -> None:
        """Withdrawals start from here."""
        taking = self._plan.withdrawals
        self._at_start = self.value.copy()
        if taking is not None and taking.rate is not None:
            self._first = self.value * taking.rate / _MONTHS / taking.index(taking.start_month)

    def _withdraw(self, taking: Withdrawals, month: int, growth: Column) -> None:
        index = taking.index(month)
        wanted = index * (self._first if taking.monthly is None else taking.monthly)
        paid = np.minimum(self.value, wanted)
        self.depleted |= self.value < wanted
        self.value = np.where(self.depleted, 0.0, self.value - paid)
        self.withdrawn += paid
        self._discount /= growth
        self._annuity += index * self._discount

    def sustainable(self, confidence: float) -> float:
        return float(np.percentile(self._at_start / self._annuity, 100 * (1 - confidence)))

    def outlook(self, year: int) -> PlanYear:
        return PlanYear(
            year=year,
            mean=float(self.value.mean()),
            mean_error=float(self.value.std(ddof=1) / math.sqrt(len(self.value))),
            percentiles=np.percentile(self.value, PERCENTILES).tolist(),
            prob_loss=float(np.mean(self.value + self.withdrawn < self.paid_in * (1 - _NOISE))),
            prob_depleted=float(np.mean(self.depleted)),
        )


def project_plan(plan: Plan, *, paths: int, seed: int) -> PlanOutlook:
    """Simulate a plan.

    Args:
        plan: What to project; withdrawals begin before its end.
        paths: Number of independent paths, at least 2.
        seed: Of the generator.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    state = _Paths(plan, paths)
    drift = (plan.growth.drift - plan.growth.volatility**2 / 2) / _MONTHS
    spread = plan.growth.volatility / math.sqrt(_MONTHS)
    if plan.withdrawals is not None and plan.withdrawals.start_month == 0:
        state.begin()
    years: list[PlanYear] = []
    for month in range(1, plan.years * _MONTHS + 1):
        state.step(month, np.exp(drift + spread * random.standard_normal(paths)))
        if month % _MONTHS == 0:
            years.append(state.outlook(month // _MONTHS))
    if plan.withdrawals is None:
        return PlanOutlook(tuple(years), Undefined("the plan has no withdrawals"))
    return PlanOutlook(tuple(years), state.sustainable(plan.confidence))


def estimated_growth(returns: Column) -> Growth | Undefined:
    """Drift and volatility of daily returns; those that are not known, or a total loss, are left out."""
    known = returns[np.isfinite(returns) & (returns > -1)]
    if len(known) < MIN_RETURNS:
        return Undefined(f"the portfolio's history has {len(known)} daily returns, fewer than {MIN_RETURNS}")
    logs = np.log1p(known)
    variance = float(logs.var(ddof=1)) * PERIODS
    return Growth(float(logs.mean()) * PERIODS + variance / 2, math.sqrt(variance))
