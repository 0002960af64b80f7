"""Bodies of `POST /analytics/allocation`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field
from stocktool_kit.core.errors import FieldViolation, InvalidArgument
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.application.optimise_allocation import (
    CONVENTIONS,
    AllocationResult,
    Method,
    Moments,
    Optimised,
    moments_of,
)
from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.exact import Undefined, number_or_none
from stocktool_stock.domain.optimise import Conditioning, is_covariance
from stocktool_stock.domain.optimise_bounds import Bounds, infeasible
from stocktool_stock.domain.risk import Figure
from stocktool_stock.http.analytics_route import Conventions, Number, checked_number
from stocktool_stock.http.analytics_tables import Name, TableModel
from stocktool_stock.http.figure_models import Undefinable, undefined_of

MOST_ASSETS = 200
MOST_POINTS = 200
_SYMMETRY = 1e-9

Part = Annotated[Decimal, BeforeValidator(checked_number), Field(ge=0, le=1)]
Span = Annotated[list[Part], Field(min_length=2, max_length=2)]
"""Least and most."""
Cell = Annotated[Decimal, Field(ge=Decimal("-1e6"), le=Decimal("1e6"))]


class AllocationBody(RequestModel):
    """Prices, or a covariance with expected returns where the method needs them."""

    prices: TableModel | None = None
    covariance: list[list[Cell]] | None = Field(default=None, max_length=MOST_ASSETS, description="Yearly.")
    names: list[Name] | None = Field(default=None, max_length=MOST_ASSETS, description="Of the covariance's rows.")
    expected_returns: list[Cell] | None = Field(
        default=None, max_length=MOST_ASSETS, description="Yearly, beside a covariance."
    )
    method: Method
    risk_free_annual: Annotated[Decimal, Field(gt=-1, le=10)] = Decimal(0)
    points: int = Field(default=20, ge=1, le=MOST_POINTS, description="Of a frontier without target_returns.")
    target_returns: list[Number] | None = Field(default=None, max_length=MOST_POINTS)
    bounds: dict[Name, Span] | None = Field(
        default=None, max_length=MOST_ASSETS, description="Least and most weight by name; by default 0 and 1."
    )
    default_bounds: Span | None = Field(default=None, description="Of every name without bounds of its own.")

    def moments(self) -> Moments:
        """Mean and covariance.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its place.
        """
        found = self._violations()
        if found:
            raise InvalidArgument(f"{found[0].pointer} {found[0].detail}", found)
        if self.prices is not None:
            return moments_of(self.prices.table("/prices"))
        covariance = np.array(self.covariance, dtype=np.float64)
        covariance = (covariance + covariance.T) / 2
        if not is_covariance(covariance):
            raise InvalidArgument.of("/covariance", "is no covariance: some mix of the assets has a negative variance")
        names = tuple(self.names or [str(index) for index in range(1, len(covariance) + 1)])
        expected: Column | Undefined = Undefined("expected returns are not given")
        if self.expected_returns is not None:
            expected = np.array(self.expected_returns, dtype=np.float64)
        return Moments(names, expected, covariance)

    def limits(self, names: tuple[str, ...]) -> Bounds | None:
        """Bounds of the weights, none where every long-only portfolio will do.

        Raises:
            InvalidArgument: Nothing is within them, or they name what is not there; each violation names its place.
        """
        if self.bounds is None and self.default_bounds is None:
            return None
        own = self.bounds or {}
        found = [FieldViolation(f"/bounds/{name}", "is not among the names") for name in own if name not in names]
        if self.target_returns is not None:
            found.append(FieldViolation("/target_returns", "go without bounds only; give points"))
        spans = [own.get(name, self.default_bounds or [Decimal(0), Decimal(1)]) for name in names]
        bounds = Bounds(np.array([float(low) for low, _ in spans]), np.array([float(high) for _, high in spans]))
        found = found or infeasible(bounds, names, "/bounds" if own else "/default_bounds")
        if found:
            raise InvalidArgument(f"{found[0].pointer} {found[0].detail}", found)
        return None if bounds.free else bounds

    def _violations(self) -> list[FieldViolation]:
        if self.prices is not None:
            found = [
                FieldViolation(f"/{name}", "goes with a covariance, not with prices")
                for name in ("covariance", "names", "expected_returns")
                if getattr(self, name) is not None
            ]
            if not 1 <= len(self.prices.series) <= MOST_ASSETS:
                found.append(FieldViolation("/prices/series", f"must hold 1 to {MOST_ASSETS} names"))
            return found
        if self.covariance is None:
            return [FieldViolation("/prices", "give either prices or a covariance")]
        return self._covariance_violations(self.covariance)

    def _covariance_violations(self, rows: list[list[Decimal]]) -> list[FieldViolation]:
        size = len(rows)
        if not size:
            return [FieldViolation("/covariance", "must have at least one row")]
        found = [
            FieldViolation(f"/covariance/{index}", f"has {len(row)} numbers for {size} rows; it must be square")
            for index, row in enumerate(rows)
            if len(row) != size
        ]
        for name in ("names", "expected_returns"):
            given = getattr(self, name)
            if given is not None and len(given) != size:
                found.append(FieldViolation(f"/{name}", f"has {len(given)} entries for {size} rows"))
        if self.names is not None and len(set(self.names)) < len(self.names):
            found.append(FieldViolation("/names", "names one asset twice"))
        if self.expected_returns is None and self.method in (Method.MAX_SHARPE, Method.FRONTIER):
            found.append(FieldViolation("/expected_returns", f"is needed for {self.method} beside a covariance"))
        if found:
            return found
        scale = float(max(abs(cell) for row in rows for cell in row))
        return [
            FieldViolation(f"/covariance/{i}/{j}", f"differs from row {j}, column {i}; it must be symmetric")
            for i in range(size)
            for j in range(i + 1, size)
            if abs(float(rows[i][j] - rows[j][i])) > _SYMMETRY * scale
        ] + [
            FieldViolation(f"/covariance/{i}/{i}", "a variance must not be negative")
            for i in range(size)
            if rows[i][i] < 0
        ]


class PointModel(ResponseModel):
    """A portfolio of the frontier."""

    expected_return: float | None
    volatility: float | None
    sharpe: float | None
    weights: dict[str, float] | None
    efficient: bool = Field(description="Whether none earns more at no more risk.")
    undefined: Undefinable

    @classmethod
    def of(cls, point: Optimised) -> PointModel:
        """As the API writes it."""
        return cls(
            expected_return=number_or_none(point.expected_return),
            volatility=number_or_none(point.volatility),
            sharpe=number_or_none(point.sharpe),
            weights=_named(point.names, point.weights),
            efficient=point.efficient,
            undefined={name: why for name, why in _undefined(point).items() if name in cls.model_fields},
        )


class ConditioningModel(ResponseModel):
    """How well the covariance can be inverted."""

    singular: bool
    rank: int
    size: int
    condition_number: float | None = Field(description="Largest over smallest eigenvalue; null when singular.")
    handling: str

    @classmethod
    def of(cls, known: Conditioning) -> ConditioningModel:
        """As the API writes it."""
        return cls(
            singular=known.singular,
            rank=known.rank,
            size=known.size,
            condition_number=number_or_none(known.condition_number),
            handling=str(CONVENTIONS["singular"]) if known.singular else "taken as it is",
        )


class AllocationAnswer(ResponseModel):
    """Weights, yearly figures and where they come from; of a frontier the points."""

    method: Method
    weights: dict[str, float] | None
    expected_return: float | None
    volatility: float | None
    sharpe: float | None
    risk_contribution: dict[str, float] | None = Field(description="Share of the variance.")
    points: list[PointModel] | None
    conditioning: ConditioningModel | None
    n_returns: int = Field(description="Daily returns used; 0 for a covariance that was given.")
    warnings: list[str]
    undefined: Undefinable
    conventions: Conventions

    @classmethod
    def of(cls, method: Method, result: AllocationResult) -> AllocationAnswer:
        """As the API writes it."""
        best = result.best
        undefined = _undefined(best)
        for name, figure in (("points", result.points), ("conditioning", result.conditioning)):
            if isinstance(figure, Undefined):
                undefined[name] = figure.reason
        return cls(
            method=method,
            weights=_named(best.names, best.weights),
            expected_return=number_or_none(best.expected_return),
            volatility=number_or_none(best.volatility),
            sharpe=number_or_none(best.sharpe),
            risk_contribution=_named(best.names, best.risk_contribution),
            points=None if isinstance(result.points, Undefined) else [PointModel.of(each) for each in result.points],
            conditioning=None
            if isinstance(result.conditioning, Undefined)
            else ConditioningModel.of(result.conditioning),
            n_returns=result.n_returns,
            warnings=list(result.warnings),
            undefined=undefined,
            conventions=dict(CONVENTIONS),
        )


def _named(names: tuple[str, ...], values: Column | Undefined) -> dict[str, float] | None:
    return None if isinstance(values, Undefined) else dict(zip(names, values.tolist(), strict=True))


def _undefined(best: Optimised) -> dict[str, str]:
    figures: dict[str, Figure] = {
        "expected_return": best.expected_return,
        "volatility": best.volatility,
        "sharpe": best.sharpe,
    }
    found = undefined_of(figures)
    for name, column in (("weights", best.weights), ("risk_contribution", best.risk_contribution)):
        if isinstance(column, Undefined):
            found[name] = column.reason
    return found
