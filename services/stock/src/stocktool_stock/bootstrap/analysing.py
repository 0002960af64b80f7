"""The worker of `analysis-queue`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stocktool_kit.aws.consumer import ConsumerOptions, QueueConsumer
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table
from stocktool_kit.process import Parts, Runtime

from stocktool_stock.bootstrap.halves import market_half, portfolios_half, relay
from stocktool_stock.settings import Settings
from stocktool_stock.worker.analysis import AnalysisHandler


@asynccontextmanager
async def analyse(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """The worker of `analysis-queue`; it relays the outbox too, so that its results are told with no server up."""
    settings = runtime.settings
    table = Table(runtime.aws, settings.portfolios_table)
    leases = Leases(table, runtime.clock)
    async with market_half(runtime) as market:
        portfolios = portfolios_half(runtime, market, table, leases)
        queue = Queue(runtime.aws, settings.analysis_queue)
        consumer = QueueConsumer(
            queue,
            AnalysisHandler(portfolios.run_analysis),
            ConsumerOptions(visibility_seconds=settings.analysis_visibility_seconds),
            health=runtime.health,
            metrics=runtime.metrics,
        )
        yield Parts(workers=[market.fetches, consumer, relay(runtime, table, leases), portfolios.afterwards])
