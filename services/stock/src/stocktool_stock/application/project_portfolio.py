"""Where a portfolio may stand in some years, under a plan of savings and withdrawals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from stocktool_kit.core.errors import FailedPrecondition, FieldViolation, InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.money import Money

from stocktool_stock.application.offload import Offload
from stocktool_stock.application.portfolio_reader import price_warnings
from stocktool_stock.application.read_history import ReadHistory
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.plan import (
    CONVENTIONS,
    Plan,
    PlanOutlook,
    Withdrawals,
    estimated_growth,
    project_plan,
)
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.projection import Growth, Outlook, closed_form

MAX_YEARS = 60
MAX_PATHS = 20_000


class NothingToProject(FailedPrecondition):
    """The portfolio is worth nothing, so there is nothing that could grow."""

    reason = "NOTHING_TO_PROJECT"


@dataclass(frozen=True, slots=True)
class ProjectionRequest:
    """What is asked for: `drift` and `volatility` None are estimated from the portfolio's history."""

    years: int = 10
    paths: int = 10_000
    seed: int = 0
    drift: float | None = None
    volatility: float | None = None
    contribution_monthly: float = 0.0
    withdrawals: Withdrawals | None = None
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class ProjectionReport:
    """A projection; `closed_form` is that of the distribution itself, where no flows disturb it."""

    portfolio: Portfolio
    as_of: date
    initial: Money
    request: ProjectionRequest
    growth: Growth
    estimated: tuple[str, ...]
    history_start: date
    n_returns: int
    outlook: PlanOutlook
    closed_form: Outlook | Undefined
    prices_as_of: date | None
    stale_prices: int
    warnings: tuple[str, ...]
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))


class ProjectPortfolio:
    """Projects portfolios."""

    def __init__(self, history: ReadHistory, offload: Offload) -> None:
        self._history = history
        self._offload = offload

    async def __call__(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        request: ProjectionRequest,
        *,
        tell: Callable[[str], Awaitable[None]] | None = None,
    ) -> ProjectionReport:
        """Project from the value of the market's today, telling the parts `history` and `paths` when they are done.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            NothingToProject: It is worth nothing.
            InvalidArgument: Drift or volatility is neither given nor to be had from its history.
        """
        history = await self._history(owner, portfolio_id, with_ledger=False)
        at_end = history.valued_at_end()
        if at_end.total.amount <= 0:
            raise NothingToProject("the portfolio is worth nothing on this day", as_of=at_end.as_of)
        tell = tell or _to_nobody
        await tell("history")
        growth, estimated = _growth(request, estimated_growth(history.returns))
        plan = Plan(
            initial=float(at_end.total.amount),
            growth=growth,
            years=request.years,
            contribution_monthly=request.contribution_monthly,
            withdrawals=request.withdrawals,
            confidence=request.confidence,
        )
        outlook = await self._offload(lambda: project_plan(plan, paths=request.paths, seed=request.seed))
        await tell("paths")
        flows = request.withdrawals is not None or request.contribution_monthly > 0
        held = [holding.symbol for holding in at_end.holdings]
        return ProjectionReport(
            portfolio=history.portfolio,
            as_of=at_end.as_of,
            initial=at_end.total,
            request=request,
            growth=growth,
            estimated=estimated,
            history_start=history.start,
            n_returns=len(history.returns),
            outlook=outlook,
            closed_form=Undefined("the plan has flows") if flows else closed_form(plan.initial, growth, request.years),
            prices_as_of=at_end.prices_as_of,
            stale_prices=at_end.stale_prices,
            warnings=(*at_end.warnings, *price_warnings(history.material, held)),
        )


async def _to_nobody(_name: str) -> None:
    """What is done goes untold."""


def _growth(request: ProjectionRequest, history: Growth | Undefined) -> tuple[Growth, tuple[str, ...]]:
    """Growth as given, or as estimated, and what of it was."""
    given = {"drift": request.drift, "volatility": request.volatility}
    missing = tuple(name for name, value in given.items() if value is None)
    if isinstance(history, Undefined):
        if missing:
            violations = [FieldViolation(f"/{name}", f"must be given: {history.reason}") for name in missing]
            raise InvalidArgument("growth cannot be estimated", violations)
        history = Growth(0.0, 0.0)
    return (
        Growth(
            history.drift if request.drift is None else request.drift,
            history.volatility if request.volatility is None else request.volatility,
        ),
        missing,
    )
