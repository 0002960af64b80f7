"""The stock service and its workers in tests, on free ports: as their console script composes them, or as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from stocktool_kit.process import Parts, Process, Runtime
from stocktool_kit.testing.process import SERVICE_SECRET, TokenFactory, ephemeral
from stocktool_stock.settings import Settings

from tests.fakes.market_server import DEMO_NOW, MarketServer

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

SCOPES = "market.read portfolio.read portfolio.write"


def stock_settings(market: MarketServer, emulator: EmulatedAws, **overrides: object) -> Settings:
    """Settings over the emulator and the market stand-in."""
    values = ephemeral(
        service="stock",
        market_now=DEMO_NOW,
        yahoo_base_url=market.url,
        yahoo_calls_per_second=100,
        yahoo_burst=100,
        notifications_topic_arn=emulator.notifications_topic_arn,
        s3_public_endpoint_url=emulator.endpoint_url,
        outbox_idle_seconds=0.05,
    )
    return Settings.model_validate(values | overrides)


def believing(keys: TokenFactory, start: Callable[[Runtime[Settings]], Any]) -> Callable[[Runtime[Settings]], Any]:
    """A composition that believes the test's tokens."""

    @asynccontextmanager
    async def bootstrapped(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(keys)
        async with start(runtime) as parts:
            yield parts

    return bootstrapped


def stock_client(process: Process[Settings], keys: TokenFactory, user: str, scope: str = SCOPES) -> httpx.AsyncClient:
    """A client of the served routes."""
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{process.http_port}/api/stock/v1",
        headers={"authorization": f"Bearer {keys.token(user, scope)}"},
        timeout=30,
    )


@contextmanager
def analysis_worker(settings: Settings, emulator: EmulatedAws, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of `analysis-queue` as its supervisor starts it."""
    own = {
        "AUTH_ADDRESS": "127.0.0.1:1",
        "OPS_PORT": "0",
        "SERVICE_TOKEN_SECRET": SERVICE_SECRET,
        "MARKET_NOW": settings.market_now,
        "YAHOO_BASE_URL": settings.yahoo_base_url,
        "YAHOO_CALLS_PER_SECOND": "100",
        "NOTIFICATIONS_TOPIC_ARN": settings.notifications_topic_arn,
        "OUTBOX_IDLE_SECONDS": "0.05",
        "ANALYSIS_VISIBILITY_SECONDS": "3",
    }
    environment = {f"STOCKTOOL_STOCK_{name}": value for name, value in own.items()}
    program = Path(sys.executable).with_name("stocktool-stock")
    with log.open("ab") as out:
        process = subprocess.Popen(
            [str(program), "worker", "--queue", "analysis"],
            env=os.environ | emulator.environment | environment,
            stdout=out,
            stderr=out,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=20)
