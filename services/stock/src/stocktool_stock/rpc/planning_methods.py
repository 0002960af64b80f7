"""The methods of `AnalyticsService` that plan for a portfolio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from stocktool.stock.v1 import analytics_service_pb2_grpc as pb_grpc
from stocktool.stock.v1 import planning_pb2 as pb
from stocktool_kit.core.caller import current_caller
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.rpc.idempotency import idempotency_key

from stocktool_stock.application.optimise_allocation import Method
from stocktool_stock.application.optimise_portfolio import OptimisationReport, Task
from stocktool_stock.application.planning_uses import PlanningUses
from stocktool_stock.application.project_portfolio import ProjectionReport, ProjectionRequest, ProjectPortfolio
from stocktool_stock.application.rebalance_report import RebalancePlan, Request
from stocktool_stock.application.what_if import WhatIfReport
from stocktool_stock.application.xray_portfolio import XRayReport
from stocktool_stock.domain.allocation import AllocationBy
from stocktool_stock.domain.analysis import Json
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.domain.ledger import Draft
from stocktool_stock.domain.plan import Withdrawals
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.domain.rebalance import Mode
from stocktool_stock.domain.targets import Targets, read_targets
from stocktool_stock.domain.xray import Thresholds
from stocktool_stock.rpc.wire import Context, from_date, struct

_MODES = {pb.REBALANCE_MODE_BUY_ONLY: Mode.BUY_ONLY}
_METHODS = {
    pb.OPTIMISATION_METHOD_MIN_VARIANCE: Method.MIN_VARIANCE,
    pb.OPTIMISATION_METHOD_MAX_SHARPE: Method.MAX_SHARPE,
    pb.OPTIMISATION_METHOD_RISK_PARITY: Method.RISK_PARITY,
    pb.OPTIMISATION_METHOD_HRP: Method.HRP,
    pb.OPTIMISATION_METHOD_FRONTIER: Method.FRONTIER,
}
_POINTS = 20
_LEAST_PATHS = 100


@dataclass(frozen=True, slots=True)
class PlanningRender:
    """Writes answers in the shapes of the public API."""

    plan: Callable[[RebalancePlan], Mapping[str, Json]]
    comparison: Callable[[WhatIfReport], Mapping[str, Json]]
    optimisation: Callable[[OptimisationReport], Mapping[str, Json]]
    xray: Callable[[XRayReport], Mapping[str, Json]]
    projection: Callable[[ProjectionReport], Mapping[str, Json]]


class PlanningMethods(pb_grpc.AnalyticsServiceServicer):
    """Converts, calls, converts."""

    _planning: PlanningUses
    _project: ProjectPortfolio
    _render: PlanningRender

    async def PlanRebalance(self, request: pb.PlanRebalanceRequest, context: Context) -> pb.PlanRebalanceResponse:
        """Plan trades."""
        asked = _trading(
            request.rules,
            Request(
                targets=_targets(request.targets) if request.HasField("targets") else None,
                mode=_MODES.get(request.mode, Mode.FULL),
                tolerance_band=Decimal(request.tolerance_band) if request.tolerance_band else None,
                account_id=request.account_id,
                candidates=tuple(dict.fromkeys(parse_symbol(each, "candidates") for each in request.candidates)),
            ),
        )
        plan = await self._planning.rebalance(current_caller().owner, PortfolioId(request.portfolio_id), asked)
        return pb.PlanRebalanceResponse(plan=struct(self._render.plan(plan)))

    async def CompareWhatIf(self, request: pb.CompareWhatIfRequest, context: Context) -> pb.CompareWhatIfResponse:
        """Compare before and after."""
        report = await self._planning.what_if(
            current_caller().owner,
            PortfolioId(request.portfolio_id),
            [_draft(trade) for trade in request.trades],
            benchmark=request.benchmark,
            start=from_date(request, "start"),
        )
        return pb.CompareWhatIfResponse(comparison=struct(self._render.comparison(report)))

    async def StoreWhatIf(self, request: pb.StoreWhatIfRequest, context: Context) -> pb.StoreWhatIfResponse:
        """Keep a what-if as a portfolio."""
        fork = await self._planning.store_what_if(
            current_caller(),
            PortfolioId(request.portfolio_id),
            request.name,
            [_draft(trade) for trade in request.trades],
            key=idempotency_key("StoreWhatIf", request),
        )
        return pb.StoreWhatIfResponse(portfolio_id=fork.id, name=fork.name, version=fork.version)

    async def OptimisePortfolio(
        self, request: pb.OptimisePortfolioRequest, context: Context
    ) -> pb.OptimisePortfolioResponse:
        """Find the best weights."""
        task = Task(
            method=_METHODS[request.method],
            start=from_date(request, "start"),
            end=from_date(request, "end"),
            bounds={name: _span(bounds) for name, bounds in request.bounds.items()},
            default_bounds=_span(request.default_bounds) if request.HasField("default_bounds") else (0.0, 1.0),
            sector_bounds={name: _span(bounds) for name, bounds in request.sector_bounds.items()},
            risk_free=request.risk_free_annual if request.HasField("risk_free_annual") else 0.0,
            points=request.points or _POINTS,
            symbols=tuple(dict.fromkeys(request.symbols)),
            cash_weight=_decimal(request.cash_weight),
            trading=_trading(request.rules, Request()),
        )
        report = await self._planning.optimise(current_caller().owner, PortfolioId(request.portfolio_id), task)
        return pb.OptimisePortfolioResponse(optimisation=struct(self._render.optimisation(report)))

    async def GetXRay(self, request: pb.GetXRayRequest, context: Context) -> pb.GetXRayResponse:
        """Examine a portfolio."""
        report = await self._planning.xray(
            current_caller().owner,
            PortfolioId(request.portfolio_id),
            as_of=from_date(request, "as_of"),
            benchmark=request.benchmark if request.HasField("benchmark") else None,
            thresholds=Thresholds.read(dict(request.thresholds), "thresholds") if request.thresholds else None,
        )
        return pb.GetXRayResponse(xray=struct(self._render.xray(report)))

    async def ProjectPortfolio(
        self, request: pb.ProjectPortfolioRequest, context: Context
    ) -> pb.ProjectPortfolioResponse:
        """Look years ahead."""
        report = await self._project(
            current_caller().owner, PortfolioId(request.portfolio_id), _projection_request(request)
        )
        return pb.ProjectPortfolioResponse(projection=struct(self._render.projection(report)))


def _projection_request(request: pb.ProjectPortfolioRequest) -> ProjectionRequest:
    usual = ProjectionRequest()
    asked = ProjectionRequest(
        years=request.years or usual.years,
        paths=max(request.paths or usual.paths, _LEAST_PATHS),
        seed=request.seed,
        drift=request.drift if request.HasField("drift") else None,
        volatility=request.volatility if request.HasField("volatility") else None,
        contribution_monthly=float(_decimal(request.contribution_monthly)),
        withdrawals=_withdrawals(request.withdrawal) if request.HasField("withdrawal") else None,
    )
    if asked.withdrawals is not None and asked.withdrawals.start_month >= asked.years * 12:
        raise InvalidArgument.of("withdrawal.start_years", "must be before the last of the years")
    return asked


def _withdrawals(message: pb.MonthlyWithdrawal) -> Withdrawals:
    amount = float(_decimal(message.amount))
    if (amount > 0) == message.HasField("rate"):
        raise InvalidArgument.of("withdrawal", "must have exactly one of amount, above zero, and rate")
    return Withdrawals(
        amount if amount > 0 else None,
        message.rate if message.HasField("rate") else None,
        message.inflation,
        round(message.start_years * 12),
    )


def _decimal(text: str) -> Decimal:
    return Decimal(text or "0")


def _targets(message: pb.TargetWeights) -> Targets:
    weights = {name: Decimal(weight) for name, weight in message.weights.items()}
    return read_targets(message.by or AllocationBy.HOLDING, weights, _decimal(message.band), "targets")


def _trading(rules: pb.TradingRules, request: Request) -> Request:
    return Request(
        targets=request.targets,
        mode=request.mode,
        cash=_decimal(rules.cash),
        whole_shares=rules.whole_shares,
        fee_fixed=_decimal(rules.fee_fixed),
        fee_rate=_decimal(rules.fee_rate),
        min_trade=_decimal(rules.min_trade),
        tolerance_band=request.tolerance_band,
        account_id=request.account_id,
        candidates=request.candidates,
    )


def _draft(trade: pb.TriedTrade) -> Draft:
    return Draft(
        type=trade.type,
        day=None,
        symbol=trade.symbol or None,
        quantity=trade.quantity or None,
        price=trade.price or None,
        amount=trade.amount or None,
        fee=trade.fee or None,
        currency=trade.currency or None,
        account_id=trade.account_id or None,
    )


def _span(bounds: pb.WeightBounds) -> tuple[float, float]:
    return bounds.least, bounds.most
