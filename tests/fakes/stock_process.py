"""The stock service as a process over the emulator and the market stand-in, and users who talk to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from stocktool_kit.process import Parts, Process, Runtime, running
from stocktool_kit.testing.process import SERVICE_SECRET, TokenFactory, ephemeral
from stocktool_stock.bootstrap.serving import serve
from stocktool_stock.settings import Settings

from tests.fakes.market_server import DEMO_NOW, MarketServer

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

KEYS = TokenFactory()
Json = dict[str, Any]
SCOPES = "market.read portfolio.read portfolio.write"


def stock_settings(market: MarketServer, emulator: EmulatedAws, **overrides: object) -> Settings:
    """Settings of a process that asks the stand-in as often as it likes."""
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


def trusting(start: Callable[[Runtime[Settings]], Any] = serve) -> Callable[[Runtime[Settings]], Any]:
    """The composition of the console script, believing the test's tokens."""

    @asynccontextmanager
    async def bootstrapped(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
        runtime.verifier.use(KEYS)
        async with start(runtime) as parts:
            yield parts

    return bootstrapped


@asynccontextmanager
async def stock_process(
    market: MarketServer, emulator: EmulatedAws, **overrides: object
) -> AsyncIterator[Process[Settings]]:
    """Run the service until the block ends."""
    async with running(stock_settings(market, emulator, **overrides), trusting()) as process:
        yield process


def user_of(
    process: Process[Settings], user: str, *, scope: str = SCOPES, under: str = "/api/stock/v1"
) -> httpx.AsyncClient:
    """A user's client of the HTTP API, to be closed."""
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{process.http_port}{under}",
        headers={"authorization": f"Bearer {KEYS.token(user[:60], scope)}"},
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


async def a_portfolio(http: httpx.AsyncClient, **body: object) -> str:
    """Make a portfolio; its id."""
    answer = await http.post("/portfolios", json={"name": "Mine", "base_currency": "USD"} | body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def record(http: httpx.AsyncClient, portfolio_id: str, *items: Json) -> list[Json]:
    """Book entries; what was recorded."""
    answer = await http.post(f"/portfolios/{portfolio_id}/transactions", json={"items": list(items)})
    assert answer.status_code == 201, answer.text
    recorded: list[Json] = answer.json()["items"]
    return recorded


def money(body: Json) -> Decimal:
    """The number of an amount."""
    return Decimal(body["amount"])


def apple(quantity: str, price: str, on: str) -> Json:
    """A purchase of AAPL."""
    return {"date": on, "type": "buy", "symbol": "AAPL", "quantity": quantity, "price": price}
