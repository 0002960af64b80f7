"""Notifications from the queue to the inbox and the socket, and the scheduled refresh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.consumer import ConsumerOptions, QueueConsumer
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Key, Table
from stocktool_kit.aws.topic import Topic
from stocktool_kit.core.clock import SystemClock, instant
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId, new_ulid
from stocktool_kit.core.paging import PageRequest
from stocktool_kit.push.hub import Hub
from stocktool_kit.push.publisher import Publisher
from stocktool_kit.testing.aws import emulated, own_bucket, own_table
from stocktool_stock.adapters.dynamodb_inbox import DynamoDBInbox
from stocktool_stock.adapters.market_parts import MarketOptions
from stocktool_stock.adapters.push_hints import PushHints
from stocktool_stock.adapters.updater import update
from stocktool_stock.adapters.yfinance_client import YahooOptions
from stocktool_stock.application.inbox import DeliverNotification
from stocktool_stock.application.refresh_market import RefreshSummary
from stocktool_stock.worker.notify import NotifyHandler, notification_of

from tests.fakes.market_server import DEMO_NOW, MarketServer, market_server

if TYPE_CHECKING:
    import grpc

    from tests.conftest import EmulatedAws


@pytest.fixture(scope="module")
def market() -> Iterator[MarketServer]:
    with market_server() as server:
        yield server


@pytest.fixture
async def aws(emulator: EmulatedAws) -> AsyncIterator[AwsClients]:
    clients = emulated(emulator.endpoint_url)
    yield clients
    clients.close()


def no_channel(target: str) -> grpc.aio.Channel:
    raise AssertionError(f"nothing is sent to {target}")


async def test_published_notification_reaches_inbox_and_socket_once(emulator: EmulatedAws, aws: AwsClients) -> None:
    owner = OwnerId(f"usr_{new_ulid()}")
    inbox, hub = DynamoDBInbox(Table(aws, "stocktool-portfolios"), SystemClock()), Hub()
    listening = hub.subscribe([owner])
    handler = NotifyHandler(DeliverNotification(inbox, PushHints(Publisher(None, no_channel, hub))))
    consumer = QueueConsumer(Queue(aws, "notify-queue"), handler, ConsumerOptions(wait_seconds=1))
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    body = {
        "id": new_ulid(),
        "owner": owner,
        "type": "analysis",
        "title": "Your portfolio analysis is ready",
        "analysis_id": "ana_1",
        "state": "done",
        "created_at": instant(datetime.now(UTC)),
    }
    topic = Topic(aws, emulator.notifications_topic_arn)
    await topic.publish({"type": "market.refreshed", "session": "2024-11-29"})  # for nobody: ends in the handler
    await topic.publish(body)
    await topic.publish(body)
    async with asyncio.timeout(30):
        hints = [await listening.next() for _ in range(2)]
    stop.set()
    await running
    assert [(hint.event.type, hint.event.id) for hint in hints if hint] == [
        ("notification", body["id"]),
        ("job", "ana_1"),
    ]
    page = await inbox.list(owner, PageRequest())
    assert [(row.id, row.title, row.read) for row in page.items] == [(body["id"], body["title"], False)]
    assert page.items[0].data == {"analysis_id": "ana_1", "state": "done"}


@pytest.mark.parametrize(
    "body", [{"owner": "usr_1"}, {"id": "1", "owner": "usr_1", "type": "a", "title": "t", "created_at": "yesterday"}]
)
def test_malformed_notification_is_refused_for_good(body: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument):
        notification_of(body)


async def test_refresh_brings_what_is_held_and_a_repetition_tells_nothing(
    aws: AwsClients, market: MarketServer
) -> None:
    options = MarketOptions(
        market_now=DEMO_NOW,
        yahoo=YahooOptions(base_url=market.url, calls_per_second=100, burst=100),
        quote_fresh=timedelta(minutes=5),
    )
    async with (
        own_table(aws, partition_key="symbol", sort_key="data_type") as cache,
        own_table(aws) as portfolios,
    ):
        await portfolios.put({"pk": "P#prt_1", "sk": "T#1", "symbol": "JPM", "type": "buy"})
        await portfolios.put({"pk": "P#prt_1", "sk": "T#2", "symbol": "NOPE", "type": "buy"})
        await portfolios.put({"pk": "P#prt_1", "sk": "head", "name": "no symbol"})

        async def refresh() -> RefreshSummary:
            return await update(
                options, cache=cache, portfolios=portfolios, clock=SystemClock(), always=["SPY", "MSFT"]
            )

        first = await refresh()
        bodies = await stored(cache)
        second = await refresh()
        outbox, _ = await portfolios.query(Key("pk").eq("O#0"))
        assert await stored(cache) == bodies
    assert first == second
    assert (first.refreshed, first.stale, first.failed) == (("JPM", "MSFT", "SPY"), ("MSFT",), ("NOPE",))
    assert {key for key, body in bodies.items() if body} == {
        (symbol, kind) for symbol in ("JPM", "MSFT", "SPY") for kind in ("quote", "bars#1d")
    }
    assert len(outbox) == 1


async def test_refresh_writes_the_archive_and_the_next_reads_it(aws: AwsClients, market: MarketServer) -> None:
    options = MarketOptions(market_now=DEMO_NOW, yahoo=YahooOptions(base_url=market.url, calls_per_second=100))
    async with own_table(aws) as portfolios, own_bucket(aws, versioned=False) as bucket:
        charts = []
        for _ in range(2):
            before = market.calls("/v8/finance/chart/BAC")
            async with own_table(aws, partition_key="symbol", sort_key="data_type") as cache:
                summary = await update(
                    options, cache=cache, portfolios=portfolios, clock=SystemClock(), always=["BAC"], bucket=bucket
                )
                series = (await stored(cache))["BAC", "bars#1d"]
            charts.append((market.calls("/v8/finance/chart/BAC") - before, summary.refreshed, series))
            assert await bucket.head("bars/BAC/head") is not None
    assert charts[0][0] > 0
    assert charts[1] == (0, ("BAC",), charts[0][2])


async def stored(cache: Table) -> dict[tuple[str, str], bytes]:
    """What the cache holds, without its times."""
    items, _ = await cache.scan()
    return {(item["symbol"], item["data_type"]): bytes(item.get("body", b"")) for item in items}
