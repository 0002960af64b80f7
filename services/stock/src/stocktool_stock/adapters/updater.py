"""One scheduled refresh, put together and run: `stocktool-stock update`, a Lambda handler, a CronJob."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.outbox import Outbox
from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import Clock, instant
from stocktool_kit.metrics import Metrics

from stocktool_stock.adapters.market_parts import MarketOptions, MarketParts, market_parts
from stocktool_stock.adapters.outbox_summaries import OutboxSummaries
from stocktool_stock.adapters.watched_symbols import DynamoDBWatchedSymbols
from stocktool_stock.application.refresh_market import Evaluates, RefreshMarket, RefreshSummary, WatchedSymbols

TOOL = "update_market"
"""Name of a refresh among the tools of `ToolExecTime`."""

_ARCHIVING_SECONDS = 30.0


async def update(
    options: MarketOptions,
    *,
    cache: Table,
    portfolios: Table,
    clock: Clock,
    always: Sequence[str],
    bucket: Bucket | None = None,
) -> RefreshSummary:
    """Refresh what is held, watched or named in `always`, and let one summary out; evaluates no alerts.

    Args:
        options: The market half's options.
        cache: `stocktool-stock-cache`.
        portfolios: `stocktool-portfolios`.
        clock: Real time.
        always: Symbols refreshed whether held or not, such as the benchmark.
        bucket: The knowledge bucket, where series are archived; None: nowhere.
    """
    async with market_parts(options, cache, clock, lambda _: None, bucket) as parts:
        return await refresh(parts, cache=cache, portfolios=portfolios, clock=clock, always=always)


async def refresh(
    parts: MarketParts,
    *,
    cache: Table,
    portfolios: Table,
    clock: Clock,
    always: Sequence[str],
    evaluate: Evaluates | None = None,
    metrics: Metrics | None = None,
) -> RefreshSummary:
    """The same over a market half that is there already.

    Args:
        parts: The market half; its worker is run here.
        cache: `stocktool-stock-cache`.
        portfolios: `stocktool-portfolios`.
        clock: Real time.
        always: Symbols refreshed whether held or not.
        evaluate: Lets alerts fire.
        metrics: Told the share of quotes that were fresh before (`CacheHitRate`) and how long it took (`ToolExecTime`).
    """
    watched: WatchedSymbols = DynamoDBWatchedSymbols(portfolios, always)
    if metrics is not None:
        watched = _Metered(watched, cache, clock, metrics)
    summaries = OutboxSummaries(portfolios, Outbox(portfolios.name), clock)
    run = RefreshMarket(watched, parts.quotes, parts.bars, parts.status, summaries, evaluate=evaluate)
    stop = asyncio.Event()
    fetching = asyncio.create_task(parts.fetches.run(stop))
    started = time.perf_counter()
    try:
        summary = await run()
        # Series are archived behind their readers' backs, and the process ends with the refresh.
        with suppress(TimeoutError):
            async with asyncio.timeout(_ARCHIVING_SECONDS):
                await parts.fetches.idle()
        return summary
    finally:
        if metrics is not None:
            metrics.tool_exec_time(TOOL, (time.perf_counter() - started) * 1000)
        stop.set()
        await fetching


class _Metered:
    """Watched symbols, counting how many of their quotes the cache holds fresh before the refresh."""

    def __init__(self, watched: WatchedSymbols, cache: Table, clock: Clock, metrics: Metrics) -> None:
        self._watched = watched
        self._cache = cache
        self._clock = clock
        self._metrics = metrics

    async def symbols(self) -> Sequence[str]:
        """Give them."""
        found = await self._watched.symbols()
        rows = await self._cache.batch_get([{"symbol": symbol, "data_type": "quote"} for symbol in found])
        now = instant(self._clock.now())
        fresh = sum(str(row.get("fresh_until", "")) > now for row in rows)
        for number in range(len(found)):
            self._metrics.cache_hit(number < fresh)
        return found
