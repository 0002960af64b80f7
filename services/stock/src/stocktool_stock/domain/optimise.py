"""Portfolios that are best in some sense: long only, weights that sum to 1. Formulas in docs/formulas.md.

The quadratic programs are solved by an interior-point method, and its answer is then made exact on the assets it holds
(an active-set step on the optimality conditions), so that weights are good to about 1e-9 where they are unique.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined

Matrix = npt.NDArray[np.float64]
Weights = Column | Undefined

RIDGE = 1e-9
"""Added to a singular covariance's diagonal, times its mean: among equally good weights the most even are taken."""
_RANK = 1e-10
_DUST = 1e-9
_SINGULAR_DUST = 1e-6
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Conditioning:
    """How well a covariance can be inverted; `condition_number` is undefined for a singular one."""

    rank: int
    size: int
    condition_number: float | Undefined

    @property
    def singular(self) -> bool:
        """Whether some mix of assets carries no risk at all, as far as the data tell."""
        return self.rank < self.size


@dataclass(frozen=True, slots=True, eq=False)
class FrontierPoint:
    """The portfolio of least risk for a return; `efficient` unless another earns more at no more risk."""

    target: float
    weights: Weights
    efficient: bool


def conditioning(covariance: Matrix) -> Conditioning:
    """Rank and condition number; the rank is judged on correlations, so that units do not matter."""
    deviation = np.sqrt(np.diag(covariance))
    varying = deviation > _RANK * deviation.max(initial=0.0)
    scaled = covariance[np.ix_(varying, varying)] / np.outer(deviation[varying], deviation[varying])
    spectrum = np.linalg.eigvalsh(scaled) if varying.any() else np.zeros(0)
    rank = int(np.count_nonzero(spectrum > _RANK * spectrum.max(initial=0.0)))
    size = len(covariance)
    number: float | Undefined = Undefined("the covariance is singular")
    if rank == size:
        own = np.linalg.eigvalsh(covariance)
        number = float(own[-1] / own[0]) if own[0] > 0 else number
    return Conditioning(rank, size, number)


def is_covariance(matrix: Matrix) -> bool:
    """Whether no mix of assets has a negative variance, but for rounding."""
    spectrum = np.linalg.eigvalsh(matrix)
    return bool(spectrum[0] >= -1e-9 * max(float(spectrum[-1]), 0.0)) and bool(np.diag(matrix).min() >= 0)


def min_variance(covariance: Matrix) -> Column:
    """The weights of least variance."""
    return cleaned(_program(regular(covariance), np.ones((1, len(covariance))), np.ones(1)), covariance)


def max_sharpe(covariance: Matrix, excess: Column) -> Weights:
    """The weights of the highest mean excess return per volatility.

    Source:
        Cornuejols and Tutuncu, Optimization Methods in Finance: the ratio does not depend on scale, so the least
        variance among positions of excess return 1 has the same proportions.
    """
    if excess.max() <= 0:
        return Undefined("no expected return lies above the risk-free rate")
    scale = float(excess.max())
    positions = _program(regular(covariance), (excess / scale)[None, :], np.ones(1))
    return cleaned(positions / positions.sum(), covariance)


def risk_parity(covariance: Matrix) -> Weights:
    """The weights with which every asset contributes the same share of the risk.

    Source:
        Spinu (2013), An Algorithm for Computing Risk Parity Weights: the minimum of x'Cx / 2 - sum(log x) / n, found
        by damped Newton steps on correlations.
    """
    deviation = np.sqrt(np.diag(covariance))
    if deviation.min() <= _RANK * deviation.max(initial=0.0):
        return Undefined("an asset does not vary, so it cannot carry its share of the risk")
    size = len(covariance)
    share = 1.0 / size
    scaled = covariance / np.outer(deviation, deviation)
    position = np.full(size, 1.0 / np.sqrt(max(float(scaled.sum()), share)))
    for _ in range(_STEPS):
        gradient = scaled @ position - share / position
        try:
            step = np.linalg.solve(scaled + np.diag(share / position**2), gradient)
        except np.linalg.LinAlgError:
            break
        decrement = float(np.sqrt(max(gradient @ step, 0.0) / share))
        if decrement < 1e-13:
            break
        # Self-concordant: this damping never leaves the domain and ends in quadratic convergence.
        position = position - step / (1.0 + decrement) if decrement > 0.25 else position - step
    # A mix without risk could be made ever larger, so there the steps never end.
    contributions = position * (scaled @ position) * size
    if not np.allclose(contributions, 1.0, rtol=0.0, atol=1e-8):
        return Undefined("some mix of the assets carries no risk, so there is none to share")
    weights = position / deviation
    result: Column = weights / weights.sum()
    return result


def frontier(covariance: Matrix, expected: Column, targets: Column) -> list[FrontierPoint]:
    """The portfolios of least variance for each target return; null where no mix of the assets has it."""
    matrix = regular(covariance)
    least = float(expected @ min_variance(covariance))
    low, high = float(expected.min()), float(expected.max())
    slack = 1e-12 * max(abs(low), abs(high), 1e-12)
    reach = _Reach(low, high, least, slack)
    return [_point(covariance, matrix, expected, float(target), reach) for target in targets]


def efficient_targets(covariance: Matrix, expected: Column, points: int) -> Column:
    """Returns evenly spaced from that of the least variance to the highest there is."""
    least = float(expected @ min_variance(covariance))
    return np.linspace(least, float(expected.max()), points) if points > 1 else np.array([least])


@dataclass(frozen=True, slots=True)
class _Reach:
    """Lowest and highest expected return there is, that of the least variance, and what counts as equal."""

    low: float
    high: float
    least: float
    slack: float


def _point(covariance: Matrix, matrix: Matrix, expected: Column, target: float, reach: _Reach) -> FrontierPoint:
    low, high, slack = reach.low, reach.high, reach.slack
    if not low - slack <= target <= high + slack:
        reason = f"no mix of the assets is expected to return {target:.6g}"
        return FrontierPoint(target, Undefined(reason), efficient=False)
    size = len(expected)
    if high - low <= slack:
        weights = min_variance(covariance)
    elif target >= high - slack or target <= low + slack:
        # Only the assets of the highest (lowest) return can give it.
        extreme = np.flatnonzero(np.abs(expected - (high if target >= high - slack else low)) <= slack)
        weights = np.zeros(size)
        weights[extreme] = min_variance(covariance[np.ix_(extreme, extreme)])
    else:
        centred = (expected - target) / (high - low)
        weights = _program(matrix, np.vstack([np.ones(size), centred]), np.array([1.0, 0.0]))
        weights = cleaned(weights, covariance)
    return FrontierPoint(target, weights, efficient=target >= reach.least - 1e-9 * max(abs(reach.least), high - low))


def regular(covariance: Matrix) -> Matrix:
    """A covariance that can be inverted, scaled to a mean variance of 1."""
    mean = float(np.trace(covariance)) / len(covariance)
    if mean <= 0:
        return np.eye(len(covariance))
    scaled = covariance / mean
    return scaled + RIDGE * np.eye(len(covariance)) if conditioning(covariance).singular else scaled


def _program(matrix: Matrix, rows: Matrix, values: Column) -> Column:
    """Minimise x'Mx under rows x = values and x >= 0."""
    start = _interior(matrix, rows, values)
    exact = _active_set(matrix, rows, values, start)
    return start if exact is None else exact


def _interior(matrix: Matrix, rows: Matrix, values: Column) -> Column:
    # The first optimisation pays for the solver and scipy, not every start.
    import clarabel  # type: ignore[import-untyped]  # noqa: PLC0415
    from scipy import sparse  # type: ignore[import-untyped]  # noqa: PLC0415

    size, equalities = len(matrix), len(rows)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-11
    settings.max_threads = 1
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix(np.triu(matrix)),
        np.zeros(size),
        sparse.csc_matrix(np.vstack([rows, -np.eye(size)])),
        np.concatenate([values, np.zeros(size)]),
        [clarabel.ZeroConeT(equalities), clarabel.NonnegativeConeT(size)],
        settings,
    )
    solution = np.maximum(np.array(solver.solve().x, dtype=np.float64), 0.0)
    if not np.isfinite(solution).all() or not solution.any():
        raise ArithmeticError("the solver found no portfolio")
    return solution


def _active_set(matrix: Matrix, rows: Matrix, values: Column, start: Column) -> Column | None:
    """The exact optimum near a good guess: equations solved on the held assets until all conditions hold."""
    size, equalities = len(matrix), len(rows)
    held = start > 1e-5 * start.max()
    for _ in range(4 * size + 10):
        index = np.flatnonzero(held)
        system = np.zeros((len(index) + equalities, len(index) + equalities))
        system[: len(index), : len(index)] = matrix[np.ix_(index, index)]
        system[: len(index), len(index) :] = -rows[:, index].T
        system[len(index) :, : len(index)] = rows[:, index]
        wanted = np.concatenate([np.zeros(len(index)), values])
        try:
            found = np.linalg.solve(system, wanted)
        except np.linalg.LinAlgError:
            return None
        if not np.allclose(system @ found, wanted, rtol=0.0, atol=1e-9):
            return None
        weights = np.zeros(size)
        weights[index] = found[: len(index)]
        if weights.min() < -1e-13:
            held[int(np.argmin(weights))] = False
            continue
        price = matrix @ weights - rows.T @ found[len(index) :]
        price[held] = 0.0
        if price.min() >= -1e-11:
            return np.maximum(weights, 0.0)
        held[int(np.argmin(price))] = True
    return None


def cleaned(weights: Column, covariance: Matrix) -> Column:
    """Leave out dust."""
    dust = _SINGULAR_DUST if conditioning(covariance).singular else _DUST
    kept = np.where(weights < dust, 0.0, weights)
    result: Column = kept / kept.sum()
    return result
