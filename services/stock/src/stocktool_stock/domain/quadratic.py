"""Convex quadratic programs, solved to about the last digits where the answer is unique."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stocktool_stock.domain.bars import Column

Matrix = npt.NDArray[np.float64]
_ROUNDS = 4
_OVER = 1e-10
_UNDER = -1e-9
_GOOD = frozenset({"Solved", "AlmostSolved", "InsufficientProgress", "MaxIterations"})
"""States of the solver whose answer is near the optimum; the others say that there is none."""


class NoSolution(ArithmeticError):
    """Nothing is within the limits, or the least has no bound, as far as the solver can tell."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Minimise x'Mx / 2 + q'x under A x <= b and E x = v; M is positive semidefinite."""

    matrix: Matrix
    linear: Column
    rows: Matrix
    limits: Column
    equal: Matrix
    values: Column

    def interior(self) -> Column:
        """The answer of the interior-point method alone.

        Raises:
            NoSolution: There is none, or it is nothing.
        """
        return self._solved()[0]

    def solution(self) -> Column:
        """The exact optimum on the limits that hold at the interior-point answer; that itself where it is none.

        Raises:
            NoSolution: There is none, or it is nothing.
        """
        start, duals = self._solved()
        slack = self.limits - self.rows @ start
        active: npt.NDArray[np.bool_] = duals > np.maximum(slack, 1e-9)
        for _ in range(_ROUNDS):
            exact, prices = self._on(active)
            if exact is None:
                return start
            over = self.rows @ exact - self.limits
            if over.max(initial=0.0) <= _OVER and prices.min(initial=0.0) >= _UNDER:
                return exact
            places = np.flatnonzero(active)
            active = active.copy()
            active[places[prices < _UNDER]] = False
            active[over > _OVER] = True
        return start

    def _on(self, active: npt.NDArray[np.bool_]) -> tuple[Column | None, Column]:
        """The optimum with some limits as equations, and what these cost."""
        size = len(self.linear)
        held = np.vstack([self.equal, self.rows[active]])
        count = len(held)
        system = np.block([[self.matrix, held.T], [held, np.zeros((count, count))]])
        wanted = np.concatenate([-self.linear, self.values, self.limits[active]])
        try:
            found = np.linalg.solve(system, wanted)
        except np.linalg.LinAlgError:
            return None, np.zeros(0)
        if not np.allclose(system @ found, wanted, rtol=0.0, atol=1e-9):
            return None, np.zeros(0)
        return found[:size], found[size + len(self.values) :]

    def _solved(self) -> tuple[Column, Column]:
        # The first optimisation pays for the solver and scipy, not every start.
        import clarabel  # type: ignore[import-untyped]  # noqa: PLC0415
        from scipy import sparse  # type: ignore[import-untyped]  # noqa: PLC0415

        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-11
        settings.max_threads = 1
        solution = clarabel.DefaultSolver(
            sparse.csc_matrix(np.triu(self.matrix)),
            self.linear,
            sparse.csc_matrix(np.vstack([self.equal, self.rows])),
            np.concatenate([self.values, self.limits]),
            [clarabel.ZeroConeT(len(self.values)), clarabel.NonnegativeConeT(len(self.limits))],
            settings,
        ).solve()
        found = np.array(solution.x, dtype=np.float64)
        if str(solution.status) not in _GOOD or not np.isfinite(found).all() or not found.any():
            raise NoSolution(f"the solver found no portfolio ({solution.status})")
        return found, np.array(solution.z, dtype=np.float64)[len(self.values) :]


def least_square(matrix: Matrix, rows: Matrix, limits: Column, equal: Matrix, values: Column) -> Column:
    """Minimise x'Mx under A x <= b and E x = v."""
    return Program(matrix, np.zeros(len(matrix)), rows, limits, equal, values).solution()
