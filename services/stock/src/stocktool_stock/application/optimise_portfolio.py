"""Weights of a portfolio's holdings that are best in some sense, beside those of today, and the trades between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import numpy as np
from stocktool_kit.core.errors import FailedPrecondition, FieldViolation, InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.offload import Offload
from stocktool_stock.application.optimise_allocation import CONVENTIONS as ALLOCATION_CONVENTIONS
from stocktool_stock.application.optimise_allocation import (
    AllocationResult,
    Method,
    Moments,
    Optimised,
    describe,
    optimise_allocation,
)
from stocktool_stock.application.portfolio_picture import Picture, ReadPicture
from stocktool_stock.application.rebalance_portfolio import RebalancePortfolio
from stocktool_stock.application.rebalance_report import RebalancePlan, Request
from stocktool_stock.domain.allocation import CASH, UNKNOWN, AllocationBy, group_of
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.optimise_bounds import Bounds, GroupBound, infeasible
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.rebalance import Mode
from stocktool_stock.domain.targets import Targets
from stocktool_stock.domain.valuation import LEDGER, decimal_of

YEARS = 3
MOST_NAMES = 100
_ZERO = Decimal(0)
Span = tuple[float, float]

CONVENTIONS: Mapping[str, str | int] = {
    **ALLOCATION_CONVENTIONS,
    "returns": "simple daily returns of adjusted closes in the base currency; gaps carry the last price forward",
    "weights": "long only, sum 1, of what is optimised; cash and what is left out stand aside",
    "window": "from the first day on which every name that counts has a price; names with less than half are left out",
    "trades": "at the last closes; cash is invested down to cash_weight, what is left out stays as it is",
    "bounds": "of weights among what is optimised; hrp keeps them at each bisection and takes none of sectors",
    "covariance": "sample covariance of daily returns x 252",
}


class NothingToOptimise(FailedPrecondition):
    """No holding has enough prices."""

    reason = "NOTHING_TO_OPTIMISE"


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked for.

    Attributes:
        bounds: Least and most weight by symbol, else `default_bounds`.
        sector_bounds: The same of whole sectors, as the allocation names them.
        symbols: Further symbols that may be bought.
        cash_weight: Part of the total that the trades leave as cash.
        trading: How the trades are made; targets and mode in it do not count.
    """

    method: Method
    start: date | None = None
    end: date | None = None
    bounds: Mapping[str, Span] = field(default_factory=dict)
    default_bounds: Span = (0.0, 1.0)
    sector_bounds: Mapping[str, Span] = field(default_factory=dict)
    risk_free: float = 0.0
    points: int = 20
    symbols: tuple[str, ...] = ()
    cash_weight: Decimal = _ZERO
    trading: Request = field(default_factory=Request)


@dataclass(frozen=True, slots=True, eq=False)
class OptimisationReport:
    """Weights of today (`now`) and the best ones; `plan` is none for a frontier and where there are none."""

    portfolio: Portfolio
    as_of: date
    window_start: date
    window_end: date
    task: Task
    bounds: Bounds
    sectors: Mapping[str, str]
    now: Optimised
    result: AllocationResult
    plan: RebalancePlan | None
    left_out: Mapping[str, str]
    warnings: Sequence[str]
    conventions: Mapping[str, str | int] = field(default_factory=lambda: dict(CONVENTIONS))


class OptimisePortfolio:
    """Optimises portfolios."""

    def __init__(self, pictures: ReadPicture, rebalance: RebalancePortfolio, offload: Offload) -> None:
        self._pictures = pictures
        self._rebalance = rebalance
        self._offload = offload

    async def __call__(self, owner: OwnerId, portfolio_id: PortfolioId, task: Task) -> OptimisationReport:
        """Find weights and the trades towards them.

        Raises:
            InvalidArgument: A symbol or sector is not known, or nothing is within the bounds; violations say which.
            NothingToOptimise: No holding has enough prices in the window.
            PortfolioNotFound: None by this id is the owner's.
        """
        last = self._pictures.day_of(task.end)
        start = task.start or _years_before(last, YEARS)
        picture = await self._pictures(owner, portfolio_id, start=start, end=last, also=task.symbols)
        held = {h.symbol for h in picture.valuation.holdings if h.price is not None and h.price.source != LEDGER}
        for index, symbol in enumerate(task.symbols):
            if symbol not in held:
                picture.require(symbol, f"/symbols/{index}")
        names = tuple(sorted(name for name in {*held, *task.symbols} if name in picture.table.returns))
        if not names or picture.table.n_returns < 2:
            raise NothingToOptimise("no holding has enough prices in this window", start=start, end=last)
        if len(names) > MOST_NAMES:
            raise InvalidArgument.of("/symbols", f"with the holdings at most {MOST_NAMES} can be optimised")
        bounds, sectors = _bounds_of(task, names, picture)
        moments = Moments(names, picture.table.means(names), picture.table.covariance(names), picture.table.n_returns)
        result = await self._offload(
            lambda: optimise_allocation(
                moments,
                task.method,
                risk_free=task.risk_free,
                points=task.points,
                bounds=None if bounds.free else bounds,
            )
        )
        return OptimisationReport(
            portfolio=picture.portfolio,
            as_of=picture.day,
            window_start=picture.window_start or start,
            window_end=last,
            task=task,
            bounds=bounds,
            sectors=sectors,
            now=_now(picture, moments, task.risk_free),
            result=result,
            plan=await self._trades(picture, names, result.best, task),
            left_out={n: why for n, why in picture.table.left_out.items() if n in held or n in task.symbols},
            warnings=(*picture.warnings(), *result.warnings),
        )

    async def _trades(
        self, picture: Picture, names: Sequence[str], best: Optimised, task: Task
    ) -> RebalancePlan | None:
        """The trades: what is not optimised keeps its value, the rest less cash is split by the weights."""
        total = picture.valuation.total.amount + task.trading.cash
        if isinstance(best.weights, Undefined) or total <= 0:
            return None
        with exact():
            kept = {
                h.symbol: h.market_value.amount / total
                for h in picture.valuation.holdings
                if h.market_value is not None and h.symbol not in names
            }
            free = 1 - sum(kept.values(), _ZERO) - task.cash_weight
            if free <= 0:
                return None
            weights = [decimal_of(each) for each in best.weights.tolist()]
            whole = sum(weights, _ZERO)
            wanted = {name: weight / whole * free for name, weight in zip(names, weights, strict=True)}
            targets = Targets(AllocationBy.HOLDING, {**wanted, **kept, CASH: task.cash_weight})
        request = replace(task.trading, mode=Mode.FULL, tolerance_band=_ZERO, account_id="")
        return await self._rebalance.plan(picture, targets, request, also=names)


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=min(day.day, 28))


def _now(picture: Picture, moments: Moments, risk_free: float) -> Optimised:
    """What is optimised, with the weights of today."""
    values = {h.symbol: float(h.market_value.amount) for h in picture.valuation.holdings if h.market_value is not None}
    mine = np.array([values.get(name, 0.0) for name in moments.names])
    whole = float(mine.sum())
    assert not isinstance(moments.covariance, Undefined)
    weights = mine / whole if whole > 0 else Undefined("nothing of it is held")
    return describe(moments.names, weights, moments.covariance, moments.expected, risk_free, efficient=False)


def _bounds_of(task: Task, names: Sequence[str], picture: Picture) -> tuple[Bounds, dict[str, str]]:
    """Bounds by name and sector, and the sectors.

    Raises:
        InvalidArgument: Something is named that is not there, or nothing is within the bounds.
    """
    sectors = {name: group_of(name, AllocationBy.SECTOR, picture.kinds) for name in names}
    found = [
        FieldViolation(f"/bounds/{name}", "is not among what is optimised; add it to symbols")
        for name in task.bounds
        if name not in names
    ]
    known = ", ".join(sorted({sector for sector in sectors.values() if sector != UNKNOWN})) or "none"
    found += [
        FieldViolation(f"/sector_bounds/{sector}", f"is no sector of what is optimised; those are {known}")
        for sector in task.sector_bounds
        if sector not in sectors.values()
    ]
    if task.sector_bounds and task.method is Method.HRP:
        found.append(FieldViolation("/sector_bounds", "hrp takes bounds of single holdings only"))
    spans = [task.bounds.get(name, task.default_bounds) for name in names]
    bounds = Bounds(
        np.array([low for low, _ in spans]),
        np.array([high for _, high in spans]),
        tuple(
            GroupBound(sector, tuple(i for i, name in enumerate(names) if sectors[name] == sector), low, high)
            for sector, (low, high) in sorted(task.sector_bounds.items())
        ),
    )
    if not found:
        found = infeasible(bounds, names, "/bounds" if task.bounds else "/default_bounds")
    if found:
        raise InvalidArgument(f"{found[0].pointer} {found[0].detail}", found)
    return bounds, sectors
