"""The stock service as a process over the emulator and the market stand-in, and users who talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
from stocktool_kit.process import Parts, Process, Runtime, running
from stocktool_kit.testing.process import TokenFactory, ephemeral
from stocktool_stock.bootstrap.serving import serve
from stocktool_stock.settings import Settings

from tests.fakes.market_server import DEMO_NOW, MarketServer

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

KEYS = TokenFactory()
SCOPES = "market.read portfolio.read portfolio.write"


def trusting(start: Callable[[Runtime[Settings]], Any]) -> Callable[[Runtime[Settings]], Any]:
    """The composition of the console script, believing the test's tokens."""

    @asynccontextmanager
    async def bootstrapped(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(KEYS)
        async with start(runtime) as parts:
            yield parts

    return bootstrapped


@asynccontextmanager
async def stock_process(
    emulator: EmulatedAws, market: MarketServer, **overrides: object
) -> AsyncIterator[Process[Settings]]:
    """Run the service until the block ends."""
    values = ephemeral(
        service="stock",
        market_now=DEMO_NOW,
        yahoo_base_url=market.url,
        yahoo_calls_per_second=100,
        yahoo_burst=100,
        notifications_topic_arn=emulator.notifications_topic_arn,
        outbox_idle_seconds=0.05,
    )
    async with running(Settings.model_validate(values | overrides), trusting(serve)) as process:
        yield process


@asynccontextmanager
async def user_of(stock: Process[Settings], name: str) -> AsyncIterator[httpx.AsyncClient]:
    """A user's client of the service's HTTP API."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{stock.http_port}/api/stock/v1",
        headers={"authorization": f"Bearer {KEYS.token(f'usr_{name}'[:60], SCOPES)}"},
        timeout=30,
    ) as client:
        yield client
