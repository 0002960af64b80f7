"""`stock-updater` as the infrastructure declares it: the function, its role, its schedule, on the emulator."""

from __future__ import annotations

import json
import sysconfig
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from stocktool_infra import updater
from stocktool_infra.deploy import deploy
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.table import Attr, Table

from tests.conftest import EmulatedAws
from tests.fakes.market_server import DEMO_NOW, MarketServer, market_server

_MARKERS = "M#market-refresh"


@pytest.fixture(scope="module")
def market() -> Iterator[MarketServer]:
    with market_server() as server:
        yield server


@pytest.fixture(scope="module")
def deployed(emulator: EmulatedAws, market: MarketServer) -> None:
    """The function told where its code and the market stand-in are; its schedule stays off."""
    parameters = {
        "SitePackages": sysconfig.get_paths()["purelib"],
        "YahooBaseUrl": market.url,
        "MarketNow": DEMO_NOW,
    }
    deploy(endpoint_url=emulator.endpoint_url, parameters=parameters)


def invoked() -> dict[str, Any]:
    """Start the function and wait for its answer."""
    answer = boto3.client("lambda").invoke(FunctionName=updater.FUNCTION)
    body: dict[str, Any] = json.load(answer["Payload"])
    assert "FunctionError" not in answer, body
    return body


@pytest.mark.usefixtures("deployed")
async def test_function_refreshes_within_its_role_and_a_repetition_changes_nothing() -> None:
    aws = AwsClients()
    cache, portfolios = Table(aws, updater.CACHE_TABLE), Table(aws, updater.PORTFOLIOS_TABLE)
    held = {"pk": "P#prt_updater", "sk": "T#1"}
    await portfolios.put(held | {"symbol": "JPM", "type": "buy"})
    for marker in await markers(portfolios):  # another test may have told of the same refresh
        await portfolios.delete({"pk": _MARKERS, "sk": marker})
    first = invoked()
    brought = await bodies(cache)
    told = await markers(portfolios)
    second = invoked()
    await portfolios.delete(held)
    assert len(told) == 1
    assert await markers(portfolios) == told
    assert await bodies(cache) == brought
    assert {("JPM", "quote"), ("JPM", "bars#1d"), ("SPY", "quote")} <= brought.keys()
    assert first["session"] == "2024-11-29"
    # Other tests may have left holdings and alerts of their own.
    assert first["refreshed"] >= 2
    assert second | {"alerts_fired": 0} == first | {"alerts_fired": 0}
    archived = boto3.client("s3").list_objects_v2(Bucket="stocktool-knowledge", Prefix="bars/JPM/")
    assert archived["KeyCount"] > 0
    metrics = boto3.client("cloudwatch").list_metrics(Namespace=updater.METRICS_NAMESPACE)["Metrics"]
    named = {
        (metric["MetricName"], dimension["Value"])
        for metric in metrics
        for dimension in metric["Dimensions"]
        if dimension["Name"] == "Service"
    }
    assert {("CacheHitRate", "stock-updater"), ("ToolExecTime", "stock-updater")} <= named
    aws.close()


def test_schedule_is_off_until_somebody_wants_it(emulator: EmulatedAws) -> None:
    schedule = boto3.client("scheduler", endpoint_url=emulator.endpoint_url).get_schedule(Name=updater.FUNCTION)
    assert (schedule["State"], schedule["ScheduleExpression"]) == ("DISABLED", updater.SCHEDULE)


async def bodies(cache: Table) -> dict[tuple[str, str], bytes]:
    """What the cache holds of the two, without times."""
    items, _ = await cache.scan()
    return {
        (item["symbol"], item["data_type"]): bytes(item.get("body", b""))
        for item in items
        if item["symbol"] in {"JPM", "SPY"}
    }


async def markers(portfolios: Table) -> set[str]:
    """Summaries that were let out."""
    items, _ = await portfolios.scan(where=Attr("pk").eq(_MARKERS))
    return {item["sk"] for item in items}
