"""The market half of stock as a process of its own: real sockets, the emulator's tables, the market stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from stocktool.common.v1 import push_service_pb2 as push_pb
from stocktool.common.v1 import push_service_pb2_grpc as push_grpc
from stocktool.stock.v1 import stock_service_pb2 as pb
from stocktool.stock.v1 import stock_service_pb2_grpc as pb_grpc
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Table
from stocktool_kit.http.app import create_app
from stocktool_kit.process import Parts, Process, Runtime, running
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.publisher import Publisher
from stocktool_kit.push.servicer import PushServicer
from stocktool_kit.rpc.server import Registration
from stocktool_kit.testing.process import ephemeral
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.adapters.market_parts import MarketOptions, MarketParts, market_parts
from stocktool_stock.adapters.threads import Threads
from stocktool_stock.adapters.yfinance_client import YahooOptions
from stocktool_stock.application.inbox import ListNotifications, ReadNotification
from stocktool_stock.domain.quotes import QuoteBatch
from stocktool_stock.http.market_routers import MARKET_ROUTERS
from stocktool_stock.http.market_uses import MarketUses
from stocktool_stock.http.notifications import InboxUses
from stocktool_stock.http.quotes import quotes_body
from stocktool_stock.http.stream_session import StreamUses
from stocktool_stock.rpc.stock_servicer import StockServicer
from stocktool_stock.settings import Settings
from stocktool_stock.worker.live_quotes import LiveQuotes

from tests.fakes.market_server import DEMO_NOW, MarketServer
from tests.fakes.stock_process import KEYS


@asynccontextmanager
async def stock_process(
    market: MarketServer,
    *,
    now: str = DEMO_NOW,
    fresh: timedelta = timedelta(minutes=5),
    call_seconds: float = 30.0,
    poll_seconds: float = 0.1,
    archive: bool = False,
    bars_fresh: timedelta = timedelta(minutes=15),
    calls_per_second: float = 100,
    moving: Callable[[], bool] | None = lambda: True,
) -> AsyncIterator[Process[Settings]]:
    """Run it until the block ends."""
    yahoo = YahooOptions(
        base_url=market.url, timeout_seconds=call_seconds, calls_per_second=calls_per_second, burst=100
    )
    options = MarketOptions(
        market_now=now, yahoo=yahoo, quote_fresh=fresh, bars_fresh=bars_fresh, serves=True, tend_seconds=0.3
    )

    @asynccontextmanager
    async def bootstrap(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(KEYS)
        hub = Hub()
        publisher = Publisher(None, runtime.channel, hub)
        table = Table(runtime.aws, runtime.settings.stock_cache_table)
        portfolios = Table(runtime.aws, runtime.settings.portfolios_table)
        inbox = DynamoDBInbox(portfolios, runtime.clock)
        bucket = Bucket(runtime.aws, "stocktool-knowledge") if archive else None
        async with market_parts(options, table, runtime.clock, runtime.metrics.cache_hit, bucket) as parts:
            app = create_app(runtime, title="stock", prefix="/api/stock/v1", routers=MARKET_ROUTERS)
            app.state.market = MarketUses(
                quotes=parts.quotes,
                bars=parts.bars,
                instruments=parts.instruments,
                news=parts.news,
                status=parts.status,
                companies=parts.companies,
                movers=parts.movers,
                quarantine=parts.quarantine,
                release_print=parts.release_print,
                calendars=parts.calendars,
            )
            app.state.inbox = InboxUses(ListNotifications(inbox), ReadNotification(inbox))
            app.state.stream = StreamUses(hub, parts.quotes, inbox, runtime.verifier, runtime.clock, runtime.draining)
            live = LiveQuotes(
                parts.quotes,
                hub,
                publisher,
                is_moving=moving or parts.is_moving,
                write=_bodies,
                seconds=poll_seconds,
            )
            push = Registration(
                push_grpc.add_PushServiceServicer_to_server,
                PushServicer(hub, runtime.draining),
                push_pb.DESCRIPTOR.services_by_name["PushService"],
            )
            yield Parts(app=app, registrations=[_registration(parts), push], workers=[parts.fetches, live])

    async with running(Settings.model_validate(ephemeral(service="stock")), bootstrap) as process:
        yield process


async def empty_the_cache() -> None:
    """Forget what earlier tests cached."""
    aws = AwsClients()
    table = Table(aws, "stocktool-stock-cache")
    items, _ = await table.scan()
    await table.batch_write(deletes=[{"symbol": item["symbol"], "data_type": item["data_type"]} for item in items])
    aws.close()


def _registration(parts: MarketParts) -> Registration:
    servicer = StockServicer(
        quotes=parts.quotes,
        bars=parts.bars,
        instruments=parts.instruments,
        news=parts.news,
        status=parts.status,
        companies=parts.companies,
        movers=parts.movers,
        offload=Threads(),
    )
    return Registration(
        pb_grpc.add_StockServiceServicer_to_server, servicer, pb.DESCRIPTOR.services_by_name["StockService"]
    )


def _bodies(batch: QuoteBatch) -> list[dict[str, object]]:
    items: list[dict[str, object]] = quotes_body(batch)["items"]
    return items
