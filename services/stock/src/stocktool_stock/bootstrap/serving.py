"""The server: HTTP, gRPC, the live socket and the relay of the outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stocktool.common.v1 import push_service_pb2 as push_pb
from stocktool.common.v1 import push_service_pb2_grpc as push_grpc
from stocktool.stock.v1 import alert_service_pb2 as alert_pb
from stocktool.stock.v1 import alert_service_pb2_grpc as alert_grpc
from stocktool.stock.v1 import analytics_service_pb2 as analytics_pb
from stocktool.stock.v1 import analytics_service_pb2_grpc as analytics_grpc
from stocktool.stock.v1 import portfolio_service_pb2 as portfolio_pb
from stocktool.stock.v1 import portfolio_service_pb2_grpc as portfolio_grpc
from stocktool.stock.v1 import stock_service_pb2 as stock_pb
from stocktool.stock.v1 import stock_service_pb2_grpc as stock_grpc
from stocktool_kit.aio import Limiter
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.table import Table
from stocktool_kit.http.app import create_app
from stocktool_kit.process import Parts, Runtime
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.publisher import Publisher
from stocktool_kit.push.servicer import PushServicer
from stocktool_kit.push.subscriber import Subscriber
from stocktool_kit.rpc.server import Registration

from stocktool_stock.adapters.alert_parts import AlertParts
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.adapters.market_parts import MarketParts
from stocktool_stock.adapters.portfolio_parts import PortfolioParts
from stocktool_stock.adapters.threads import Threads
from stocktool_stock.application.inbox import ListNotifications, ReadNotification
from stocktool_stock.bootstrap.halves import market_half, portfolios_half, relay
from stocktool_stock.bootstrap.planning import INSIGHT_RENDER, PLANNING_RENDER
from stocktool_stock.bootstrap.watching import alert_watch, watching_uses
from stocktool_stock.domain.quotes import QuoteBatch
from stocktool_stock.http.analysis_models import stored_parameters
from stocktool_stock.http.analytics_route import MAX_BODY_BYTES, THREADS
from stocktool_stock.http.imports import MAX_UPLOAD_BYTES
from stocktool_stock.http.market_uses import MarketUses
from stocktool_stock.http.notifications import InboxUses
from stocktool_stock.http.quotes import quotes_body
from stocktool_stock.http.routers import PREFIX, ROUTERS, TITLE
from stocktool_stock.http.stream_session import StreamUses
from stocktool_stock.rpc.alert_servicer import AlertServicer
from stocktool_stock.rpc.analytics_servicer import AnalyticsServicer
from stocktool_stock.rpc.portfolio_servicer import PortfolioServicer
from stocktool_stock.rpc.stock_servicer import StockServicer
from stocktool_stock.settings import Settings
from stocktool_stock.worker.live_quotes import LiveQuotes


@asynccontextmanager
async def serve(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """HTTP, gRPC, the live socket and the relay of the outbox."""
    settings, clock = runtime.settings, runtime.clock
    hub = Hub()
    publisher = Publisher(settings.push_target, runtime.channel, hub)
    table = Table(runtime.aws, settings.portfolios_table)
    leases = Leases(table, clock)
    inbox = DynamoDBInbox(table, clock)
    async with market_half(runtime, serves=True) as market:
        portfolios = portfolios_half(runtime, market, table, leases)
        app = create_app(
            runtime,
            title=TITLE,
            prefix=PREFIX,
            routers=ROUTERS,
            body_limits={
                f"{PREFIX}/analytics/": MAX_BODY_BYTES,
                f"{PREFIX}/portfolios/*/imports": MAX_UPLOAD_BYTES,
            },
        )
        app.state.analytics_limiter = Limiter(THREADS)
        app.state.market = MarketUses(
            quotes=market.quotes,
            bars=market.bars,
            instruments=market.instruments,
            news=market.news,
            status=market.status,
            companies=market.companies,
            movers=market.movers,
            quarantine=market.quarantine,
            release_print=market.release_print,
            calendars=market.calendars,
        )
        app.state.portfolios = portfolios.uses
        app.state.inbox = InboxUses(ListNotifications(inbox), ReadNotification(inbox))
        alerts = watching_uses(app, runtime, market, portfolios, table)
        app.state.stream = StreamUses(hub, market.quotes, inbox, runtime.verifier, clock, runtime.draining)
        live = LiveQuotes(
            market.quotes,
            hub,
            publisher,
            is_moving=market.is_moving,
            write=_quote_bodies,
            seconds=settings.stream_poll_seconds,
        )
        runtime.health.check("portfolios-table", lambda: _reach(table))
        yield Parts(
            app=app,
            registrations=_registrations(runtime, market, portfolios, alerts, hub),
            workers=[
                market.fetches,
                live,
                Subscriber(settings.push_target, runtime.channel, hub),
                relay(runtime, table, leases),
                portfolios.afterwards,
                alert_watch(runtime, alerts, hub, table, leases),
            ],
        )


def _registrations(
    runtime: Runtime[Settings], market: MarketParts, portfolios: PortfolioParts, alerts: AlertParts, hub: Hub
) -> list[Registration]:
    stock = StockServicer(
        quotes=market.quotes,
        bars=market.bars,
        instruments=market.instruments,
        news=market.news,
        status=market.status,
        companies=market.companies,
        movers=market.movers,
        offload=Threads(),
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
            AnalyticsServicer(portfolios.uses, PLANNING_RENDER, INSIGHT_RENDER, stored_parameters),
            analytics_pb.DESCRIPTOR.services_by_name["AnalyticsService"],
        ),
        Registration(
            alert_grpc.add_AlertServiceServicer_to_server,
            AlertServicer(alerts.keep, alerts.backtest, runtime.clock),
            alert_pb.DESCRIPTOR.services_by_name["AlertService"],
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
