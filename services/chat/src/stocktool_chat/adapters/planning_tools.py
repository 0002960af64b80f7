"""Tools that look ahead: nothing they try is traded or stored."""

from __future__ import annotations

from google.protobuf.struct_pb2 import Struct
from stocktool.stock.v1 import planning_pb2 as pb

from stocktool_chat.adapters import tool_arguments as args
from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.adapters.tool_session import Session, Tool, about
from stocktool_chat.domain.json_types import JsonObject


async def xray(session: Session, wanted: args.OfPortfolio) -> JsonObject:
    """What an examination finds."""
    portfolio = await session.portfolio(wanted.portfolio)
    answer = await session.ask.analytics.GetXRay(pb.GetXRayRequest(portfolio_id=portfolio.id))
    return about(portfolio, to_plain(answer.xray))


async def what_if(session: Session, wanted: args.WhatIf) -> JsonObject:
    """Before and after some trades."""
    portfolio = await session.portfolio(wanted.portfolio)
    trades = [
        pb.TriedTrade(
            type=each.type,
            symbol=each.symbol,
            quantity=each.quantity or "",
            price=each.price or "",
            amount=each.amount or "",
        )
        for each in wanted.trades
    ]
    request = pb.CompareWhatIfRequest(portfolio_id=portfolio.id, trades=trades)
    return about(portfolio, to_plain((await session.ask.analytics.CompareWhatIf(request)).comparison))


async def rebalance(session: Session, wanted: args.Rebalance) -> JsonObject:
    """Trades towards targets."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = pb.PlanRebalanceRequest(
        portfolio_id=portfolio.id,
        mode=pb.REBALANCE_MODE_BUY_ONLY if wanted.buy_only else pb.REBALANCE_MODE_FULL,
        rules=pb.TradingRules(whole_shares=wanted.whole_shares is not False, cash=wanted.new_cash or ""),
    )
    if wanted.targets:
        weights = {target.symbol: f"{target.weight:.12f}".rstrip("0").rstrip(".") for target in wanted.targets}
        request.targets.CopyFrom(pb.TargetWeights(by="holding", weights=weights))
    return about(portfolio, to_plain((await session.ask.analytics.PlanRebalance(request)).plan))


async def optimise(session: Session, wanted: args.Optimise) -> JsonObject:
    """Best weights by a method."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = pb.OptimisePortfolioRequest(
        portfolio_id=portfolio.id,
        method=pb.OptimisationMethod.Value(f"OPTIMISATION_METHOD_{wanted.method.upper()}"),
    )
    if wanted.most_per_holding is not None:
        request.default_bounds.CopyFrom(pb.WeightBounds(least=0.0, most=wanted.most_per_holding))
    return about(portfolio, to_plain((await session.ask.analytics.OptimisePortfolio(request)).optimisation))


async def project(session: Session, wanted: args.Projection) -> JsonObject:
    """Where the value may stand in some years."""
    portfolio = await session.portfolio(wanted.portfolio)
    request = pb.ProjectPortfolioRequest(
        portfolio_id=portfolio.id,
        years=wanted.years or 0,
        drift=wanted.drift,
        volatility=wanted.volatility,
        contribution_monthly=wanted.saving_monthly or "",
    )
    if wanted.withdrawal_monthly is not None or wanted.withdrawal_rate is not None:
        request.withdrawal.CopyFrom(
            pb.MonthlyWithdrawal(
                amount=wanted.withdrawal_monthly or "",
                rate=wanted.withdrawal_rate,
                inflation=wanted.inflation or 0.0,
                start_years=wanted.withdrawal_start_years or 0.0,
            )
        )
    return about(portfolio, to_plain((await session.ask.analytics.ProjectPortfolio(request)).projection))


TOOLS = (
    Tool("get_xray", "Examines a portfolio by rules: concentration, sectors, currencies, fees, cash, stale prices, "
         "drawdown; a failing rule names the positions behind it.", args.OfPortfolio, xray, Struct, ("portfolio",)),
    Tool("what_if", "Compares the portfolio with what it would be after some trades: allocation, risk, gains realised. "
         "Nothing is stored.", args.WhatIf, what_if, Struct, ("portfolio",)),
    Tool("plan_rebalance", "Trades that bring a portfolio to target weights, the stored ones or those given. Nothing "
         "is traded.", args.Rebalance, rebalance, Struct, ("portfolio",)),
    Tool("optimise_portfolio", "Weights of the portfolio's holdings that are best by a method, over its history.",
         args.Optimise, optimise, Struct, ("portfolio",)),
    Tool("project_portfolio", "Where a portfolio's value may stand in some years, by simulation (Monte Carlo) under a "
         "plan of savings and withdrawals: percentiles by year, the risk of a loss and of running out.",
         args.Projection, project, Struct, ("portfolio",)),
)  # fmt: skip
