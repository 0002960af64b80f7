"""One scheduled refresh, put together and run: `stocktool-stock update`, a Lambda handler, a CronJob."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import Clock

from stocktool_stock.adapters.market_parts import MarketOptions, market_parts
from stocktool_stock.adapters.outbox_summaries import OutboxSummaries
from stocktool_stock.adapters.watched_symbols import DynamoDBWatchedSymbols
from stocktool_stock.application.refresh_market import RefreshMarket, RefreshSummary


async def update(
    options: MarketOptions, *, cache: Table, portfolios: Table, clock: Clock, always: Sequence[str]
) -> RefreshSummary:
    """Refresh what is held or named in `always`, and let one summary out.

    Args:
        options: The market half's options.
        cache: `stocktool-stock-cache`.
        portfolios: `stocktool-portfolios`.
        clock: Real time.
        always: Symbols refreshed whether held or not, such as the benchmark.
    """
    async with market_parts(options, cache, clock, lambda _: None) as parts:
        refresh = RefreshMarket(
            DynamoDBWatchedSymbols(portfolios, always),
            parts.quotes,
            parts.bars,
            parts.status,
            OutboxSummaries(portfolios, Outbox(portfolios.name), clock),
        )
        stop = asyncio.Event()
        fetching = asyncio.create_task(parts.fetches.run(stop))
        try:
            return await refresh()
        finally:
            stop.set()
            await fetching
