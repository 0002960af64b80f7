"""Stateless analytics over real sockets: bodies larger than elsewhere, up to their own limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from stocktool_kit.process import Parts, Runtime, running
from stocktool_kit.testing.process import TokenFactory, ephemeral
from stocktool_stock.bootstrap.serving import serve
from stocktool_stock.http.analytics_route import MAX_BODY_BYTES
from stocktool_stock.settings import Settings

from tests.fakes.market_server import DEMO_NOW, MarketServer

if TYPE_CHECKING:
    from tests.conftest import EmulatedAws

KEYS = TokenFactory()


@asynccontextmanager
async def trusting(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """The composition of the console script, believing the test's tokens."""
    runtime.verifier.use(KEYS)
    async with serve(runtime) as parts:
        yield parts


@pytest.fixture
async def http(emulator: EmulatedAws, market: MarketServer) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.model_validate(
        ephemeral(
            service="stock",
            market_now=DEMO_NOW,
            yahoo_base_url=market.url,
            notifications_topic_arn=emulator.notifications_topic_arn,
        )
    )
    async with (
        running(settings, trusting) as process,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{process.http_port}/api/stock/v1/analytics",
            headers={"authorization": f"Bearer {KEYS.token('usr_1', 'market.read')}"},
            timeout=30,
        ) as opened,
    ):
        yield opened


def prices(names: int, days: int) -> dict[str, Any]:
    first = date(1990, 1, 1)
    column = [100 + 10 * (day % 7) / 7 for day in range(days)]
    return {
        "dates": [str(first + timedelta(days=day)) for day in range(days)],
        "series": {f"N{name}": column for name in range(names)},
    }


async def test_bodies_are_taken_up_to_their_limit(http: httpx.AsyncClient) -> None:
    large = await http.post("/series", json={"prices": prices(10, 10_000)})
    assert int(large.request.headers["content-length"]) > 1_000_000
    assert large.status_code == 200, large.text
    assert large.json()["series"]["N9"]["n_returns"] == 9_999
    refused = await http.post("/flows", content=b" " * (MAX_BODY_BYTES + 1))
    assert (refused.status_code, refused.json()["reason"]) == (413, "BODY_TOO_LARGE")


async def test_an_answer_over_sockets_has_its_headers(http: httpx.AsyncClient) -> None:
    flows = [{"date": "2021-01-01", "amount": "-100"}, {"date": "2022-01-01", "amount": 110}]
    answer = await http.post("/flows", json={"flows": flows})
    assert answer.json()["xirr"] == pytest.approx(0.1, rel=1e-12)
    assert answer.headers["x-request-id"]
    outlook = await http.post("/projection", json={"initial": 1, "drift": 0, "volatility": 0.1, "years": 1})
    assert outlook.status_code == 200
    refused = await http.post("/flows", json={"flows": [{"date": "2021-01-01"}]})
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["errors"][0]["pointer"] == "/flows/0/amount"
