"""Alerts, put together from the market half and the portfolio half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import Clock

from stocktool_stock.adapters.dynamodb_alerts import DynamoDBAlerts
from stocktool_stock.adapters.market_parts import MarketParts
from stocktool_stock.adapters.portfolio_parts import PortfolioParts
from stocktool_stock.application.alert_facts import GatherFacts
from stocktool_stock.application.alerts import KeepAlerts
from stocktool_stock.application.backtest_alert import BacktestAlert
from stocktool_stock.application.company_reads import ReadCompanies
from stocktool_stock.application.evaluate_alerts import EvaluateAlerts


class ExpectedEarnings:
    """The `EarningsDates` of the mesh: the days that the provider expects; it tells no past ones."""

    def __init__(self, companies: ReadCompanies) -> None:
        self._companies = companies

    async def dates(self, symbol: str) -> Sequence[date]:
        """Give them."""
        return (await self._companies.earnings(symbol)).value.days


@dataclass(frozen=True, slots=True)
class AlertParts:
    """The use cases of alerts."""

    keep: KeepAlerts
    backtest: BacktestAlert
    evaluate: EvaluateAlerts


def alert_parts(
    market: MarketParts,
    portfolios: PortfolioParts,
    table: Table,
    clock: Clock,
    *,
    audit_table: str,
) -> AlertParts:
    """Build the parts.

    Args:
        market: The market half.
        portfolios: The portfolio half.
        table: `stocktool-portfolios`.
        clock: Real time.
        audit_table: Name of the audit table.
    """
    known = ExpectedEarnings(market.companies)
    store = DynamoDBAlerts(table, audit_table, Outbox(table.name), clock)
    gather = GatherFacts(market.quotes, market.bars, portfolios.days, known, market.status)
    return AlertParts(
        keep=KeepAlerts(store, portfolios.heads, gather, clock),
        backtest=BacktestAlert(market.bars, portfolios.days, known, market.status),
        evaluate=EvaluateAlerts(store, gather, clock),
    )
