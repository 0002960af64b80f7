"""The scheduled refresh as a command."""

from __future__ import annotations

from stocktool_kit.aio import Limiter
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import SystemClock

from stocktool_stock.adapters.updater import update
from stocktool_stock.bootstrap.halves import market_options
from stocktool_stock.settings import Settings


async def update_once(settings: Settings) -> str:
    """Bring the cached market data up to date and say in a line what was done."""
    aws = AwsClients(Limiter(settings.blocking_threads))
    try:
        summary = await update(
            market_options(settings),
            cache=Table(aws, settings.stock_cache_table),
            portfolios=Table(aws, settings.portfolios_table),
            clock=SystemClock(),
            always=[settings.benchmark],
        )
    finally:
        aws.close()
    counts = f"{len(summary.refreshed)} refreshed, {len(summary.stale)} stale, {len(summary.failed)} failed"
    return f"session {summary.session}: {counts}"
