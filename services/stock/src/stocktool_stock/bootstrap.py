"""Composition root: settings in, running parts out. `serve` answers requests, the others work through queues."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from stocktool.common.v1 import push_service_pb2 as push_pb
from stocktool.common.v1 import push_service_pb2_grpc as push_grpc
from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool.stock.v1 import analytics_service_pb2_grpc as analytics_grpc
from stocktool.stock.v1 import portfolio_service_pb2 as portfolio_pb
from stocktool.stock.v1 import portfolio_service_pb2_grpc as portfolio_grpc
from stocktool.stock.v1 import stock_service_pb2 as stock_pb
from stocktool.stock.v1 import stock_service_pb2_grpc as stock_grpc
from stocktool_kit.aio import Limiter
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.consumer import QueueConsumer
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.outbox import Destination, OutboxRelay
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table
from stocktool_kit.aws.topic import Topic
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.http.app import create_app
from stocktool_kit.process import Parts, Runtime
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.publisher import Publisher
from stocktool_kit.push.servicer import PushServicer
from stocktool_kit.push.subscriber import Subscriber
from stocktool_kit.rpc.server import Registration

from stocktool_stock.adapters.dynamodb_analyses import ANALYSIS_QUEUE, NOTIFICATIONS
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.adapters.market_parts import MarketOptions, MarketParts, market_parts
from stocktool_stock.adapters.portfolio_parts import Market, PortfolioParts, portfolio_parts
from stocktool_stock.adapters.push_hints import PushHints
from stocktool_stock.adapters.updater import update
from stocktool_stock.adapters.yfinance_client import YahooOptions
from stocktool_stock.application.inbox import DeliverNotification, ListNotifications, ReadNotification
from stocktool_stock.domain.calendar import is_open
from stocktool_stock.domain.quotes import QuoteBatch
from stocktool_stock.http.figure_models import render_analysis
from stocktool_stock.http.market_uses import MarketUses
from stocktool_stock.http.notifications import InboxUses
from stocktool_stock.http.quotes import quotes_body
from stocktool_stock.http.routers import PREFIX, ROUTERS, TITLE
from stocktool_stock.http.stream_session import StreamUses
from stocktool_stock.rpc.analytics_servicer import AnalyticsServicer
from stocktool_stock.rpc.portfolio_servicer import PortfolioServicer
from stocktool_stock.rpc.stock_servicer import StockServicer
from stocktool_stock.settings import Settings
from stocktool_stock.worker.analysis import AnalysisHandler
from stocktool_stock.worker.live_quotes import LiveQuotes
from stocktool_stock.worker.notify import NotifyHandler


def market_options(settings: Settings) -> MarketOptions:
    """The market half's share of the settings."""
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
    )


@asynccontextmanager
async def serve(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """HTTP, gRPC, the live socket and the relay of the outbox."""
    settings, clock = runtime.settings, runtime.clock
    hub = Hub()
    publisher = Publisher(settings.push_target, runtime.channel, hub)
    table = Table(runtime.aws, settings.portfolios_table)
    leases = Leases(table, clock)
    inbox = DynamoDBInbox(table, clock)
    async with _market(runtime) as market:
        portfolios = _portfolios(runtime, market, table, leases)
        app = create_app(runtime, title=TITLE, prefix=PREFIX, routers=ROUTERS)
        app.state.market = MarketUses(
            quotes=market.quotes,
            bars=market.bars,
            instruments=market.instruments,
            news=market.news,
            status=market.status,
        )
        app.state.portfolios = portfolios.uses
        app.state.inbox = InboxUses(ListNotifications(inbox), ReadNotification(inbox))
        app.state.stream = StreamUses(hub, market.quotes, inbox, runtime.verifier, clock, runtime.draining)
        live = LiveQuotes(
            market.quotes,
            hub,
            publisher,
            leases,
            is_moving=lambda: is_open(market.clock.now()),
            write=_quote_bodies,
            seconds=settings.stream_poll_seconds,
        )
        runtime.health.check("portfolios-table", lambda: _reach(table))
        yield Parts(
            app=app,
            registrations=_registrations(runtime, market, portfolios, hub),
            workers=[
                market.fetches,
                live,
                Subscriber(settings.push_target, runtime.channel, hub),
                _relay(runtime, table, leases),
            ],
        )


@asynccontextmanager
async def analyse(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """The worker of `analysis-queue`; it relays the outbox too, so that its results are told with no server up."""
    settings = runtime.settings
    table = Table(runtime.aws, settings.portfolios_table)
    leases = Leases(table, runtime.clock)
    async with _market(runtime) as market:
        portfolios = _portfolios(runtime, market, table, leases)
        queue = Queue(runtime.aws, settings.analysis_queue)
        consumer = QueueConsumer(
            queue, AnalysisHandler(portfolios.run_analysis), health=runtime.health, metrics=runtime.metrics
        )
        yield Parts(workers=[market.fetches, consumer, _relay(runtime, table, leases)])


@asynccontextmanager
async def notify(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """The worker of `notify-queue`."""
    settings = runtime.settings
    inbox = DynamoDBInbox(Table(runtime.aws, settings.portfolios_table), runtime.clock)
    hints = PushHints(Publisher(settings.push_target, runtime.channel))
    handler = NotifyHandler(DeliverNotification(inbox, hints))
    queue = Queue(runtime.aws, settings.notify_queue)
    yield Parts(workers=[QueueConsumer(queue, handler, health=runtime.health, metrics=runtime.metrics)])


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


@asynccontextmanager
async def _market(runtime: Runtime[Settings]) -> AsyncIterator[MarketParts]:
    cache = Table(runtime.aws, runtime.settings.stock_cache_table)
    options = market_options(runtime.settings)
    async with market_parts(options, cache, runtime.clock, runtime.metrics.cache_hit) as parts:
        yield parts


def _portfolios(runtime: Runtime[Settings], market: MarketParts, table: Table, leases: Leases) -> PortfolioParts:
    return portfolio_parts(
        Market(market.bars, market.fx, market.instruments, market.status),
        table,
        leases,
        runtime.clock,
        audit_table=runtime.settings.audit_table,
        benchmark=runtime.settings.benchmark,
        render=render_analysis,
    )


def _relay(runtime: Runtime[Settings], table: Table, leases: Leases) -> OutboxRelay:
    settings = runtime.settings
    destinations: dict[str, Destination] = {
        ANALYSIS_QUEUE: Queue(runtime.aws, settings.analysis_queue),
        NOTIFICATIONS: Topic(runtime.aws, settings.notifications_topic_arn),
    }
    return OutboxRelay(table, leases, destinations, idle_seconds=settings.outbox_idle_seconds)


def _registrations(
    runtime: Runtime[Settings], market: MarketParts, portfolios: PortfolioParts, hub: Hub
) -> list[Registration]:
    stock = StockServicer(
        quotes=market.quotes,
        bars=market.bars,
        instruments=market.instruments,
        news=market.news,
        status=market.status,
    )
    return [
        Registration(
            stock_grpc.add_StockServiceServicer_to_server, stock, stock_pb.DESCRIPTOR.services_by_name["StockService"]
        ),
        Registration(
            portfolio_grpc.add_PortfolioServiceServicer_to_server,
            PortfolioServicer(portfolios.uses),
            portfolio_pb.DESCRIPTOR.services_by_name["PortfolioService"],
        ),
        Registration(
            analytics_grpc.add_AnalyticsServiceServicer_to_server,
            AnalyticsServicer(portfolios.uses),
            analytics_pb.DESCRIPTOR.services_by_name["AnalyticsService"],
        ),
        Registration(
            push_grpc.add_PushServiceServicer_to_server,
            PushServicer(hub, runtime.draining),
            push_pb.DESCRIPTOR.services_by_name["PushService"],
        ),
    ]


def _quote_bodies(batch: QuoteBatch) -> list[dict[str, object]]:
    items: list[dict[str, object]] = quotes_body(batch)["items"]
    return items


async def _reach(table: Table) -> None:
    await table.get({"pk": "health", "sk": "probe"}, consistent=False)
