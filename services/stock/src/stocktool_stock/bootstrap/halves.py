"""The halves of the service that several kinds of process share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.outbox import Destination, OutboxRelay
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table
from stocktool_kit.aws.topic import Topic
from stocktool_kit.process import Runtime
from stocktool_kit.push.publisher import Publisher

from stocktool_stock.adapters.dynamodb_analyses import ANALYSIS_QUEUE, NOTIFICATIONS
from stocktool_stock.adapters.market_parts import MarketOptions, MarketParts, market_parts
from stocktool_stock.adapters.portfolio_parts import Market, PortfolioParts, portfolio_parts
from stocktool_stock.adapters.push_hints import PushHints
from stocktool_stock.adapters.tiingo_provider import TiingoOptions
from stocktool_stock.adapters.yfinance_client import YahooOptions
from stocktool_stock.http.analysis_results import WIRE
from stocktool_stock.settings import Settings


def market_options(settings: Settings, *, serves: bool = False) -> MarketOptions:
    """The market half's share of the settings; `serves` says that the process answers requests."""
    return MarketOptions(
        market_now=settings.market_now,
        yahoo=YahooOptions(
            base_url=settings.yahoo_base_url,
            timeout_seconds=settings.yahoo_timeout_seconds,
            calls_per_second=settings.yahoo_calls_per_second,
            burst=settings.yahoo_burst,
            threads=settings.yahoo_threads,
        ),
        quote_fresh=timedelta(seconds=settings.quote_fresh_seconds),
        bars_fresh=timedelta(seconds=settings.bars_fresh_seconds),
        providers=[name.strip() for name in settings.providers.split(",")],
        tiingo=None
        if settings.tiingo_api_key is None
        else TiingoOptions(
            key=settings.tiingo_api_key.get_secret_value(),
            base_url=settings.tiingo_base_url,
            timeout_seconds=settings.tiingo_timeout_seconds,
            calls_per_second=settings.tiingo_calls_per_second,
        ),
        audit_table=settings.audit_table,
        serves=serves,
    )


@asynccontextmanager
async def market_half(runtime: Runtime[Settings], *, serves: bool = False) -> AsyncIterator[MarketParts]:
    """Market data, as the settings want it; `serves` says that the process answers requests."""
    cache = Table(runtime.aws, runtime.settings.stock_cache_table)
    bucket = Bucket(runtime.aws, runtime.settings.knowledge_bucket)
    options = market_options(runtime.settings, serves=serves)
    async with market_parts(options, cache, runtime.clock, runtime.metrics.cache_hit, bucket) as parts:
        yield parts


def portfolios_half(runtime: Runtime[Settings], market: MarketParts, table: Table, leases: Leases) -> PortfolioParts:
    """Portfolios over the market half."""
    return portfolio_parts(
        Market(market.bars, market.fx, market.instruments, market.status),
        table,
        leases,
        runtime.clock,
        Bucket(runtime.aws, runtime.settings.knowledge_bucket, runtime.settings.s3_public_endpoint_url),
        audit_table=runtime.settings.audit_table,
        benchmark=runtime.settings.benchmark,
        wire=WIRE,
        hints=PushHints(Publisher(runtime.settings.push_target, runtime.channel)),
    )


def relay(runtime: Runtime[Settings], table: Table, leases: Leases) -> OutboxRelay:
    """The worker that sends what transactions put into the outbox."""
    settings = runtime.settings
    destinations: dict[str, Destination] = {
        ANALYSIS_QUEUE: Queue(runtime.aws, settings.analysis_queue),
        NOTIFICATIONS: Topic(runtime.aws, settings.notifications_topic_arn),
    }
    return OutboxRelay(table, leases, destinations, idle_seconds=settings.outbox_idle_seconds)
