"""The scheduled refresh, `stock-updater`: a command (CronJob) and a Lambda handler over the same code."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from stocktool_kit.aws.cloudwatch import MetricsExporter
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.table import Table
from stocktool_kit.logs import configure_logging
from stocktool_kit.process import Runtime

from stocktool_stock.adapters.updater import refresh
from stocktool_stock.application.refresh_market import RefreshSummary
from stocktool_stock.bootstrap.halves import market_half, portfolios_half
from stocktool_stock.bootstrap.watching import alerts_of
from stocktool_stock.settings import Settings

SERVICE = "stock-updater"


async def refresh_once(settings: Settings) -> RefreshSummary:
    """Bring the cached market data up to date, evaluate alerts, and let one summary out."""
    if settings.service == "stock":  # a name of its own in logs and metrics
        settings = settings.model_copy(update={"service": SERVICE})
    runtime = Runtime(settings)
    try:
        table = Table(runtime.aws, settings.portfolios_table)
        async with market_half(runtime) as market:
            portfolios = portfolios_half(runtime, market, table, Leases(table, runtime.clock))
            return await refresh(
                market,
                cache=Table(runtime.aws, settings.stock_cache_table),
                portfolios=table,
                clock=runtime.clock,
                always=[settings.benchmark],
                evaluate=alerts_of(runtime, market, portfolios, table).evaluate,
                metrics=runtime.metrics,
            )
    finally:
        if settings.cloudwatch_metrics:  # a Lambda has no interval to wait for
            await MetricsExporter(runtime.aws, runtime.metrics).export()
        await runtime.close()


async def update_once(settings: Settings) -> str:
    """Refresh, and say in a line what was done."""
    summary = await refresh_once(settings)
    counts = f"{len(summary.refreshed)} refreshed, {len(summary.stale)} stale, {len(summary.failed)} failed"
    return f"session {summary.session}: {counts}, {summary.fired} alerts fired"


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Entry point of the Lambda `stock-updater`: `stocktool_stock.bootstrap.updating.handler`.

    Returns:
        Counts of what was refreshed, stale and failed, and of alerts that fired.
    """
    settings = Settings()
    configure_logging(SERVICE, settings.log_level, json=True)
    summary = asyncio.run(refresh_once(settings))
    return {
        "session": summary.session.isoformat(),
        "refreshed": len(summary.refreshed),
        "stale": len(summary.stale),
        "failed": len(summary.failed),
        "alerts_fired": summary.fired,
    }
