"""Metrics and logs arrive in CloudWatch."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from stocktool_kit.aws.clients import AwsClients, AwsOptions
from stocktool_kit.aws.cloudwatch import MetricsExporter
from stocktool_kit.aws.log_shipper import CloudWatchLogs
from stocktool_kit.core.ids import new_ulid
from stocktool_kit.metrics import Metrics


async def statistics(aws: AwsClients, name: str, dimensions: dict[str, str], *asked: str) -> dict[str, float]:
    now = datetime.now(UTC)
    queries = [
        {
            "Id": f"q{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "StockTool",
                    "MetricName": name,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                },
                "Period": 3600,
                "Stat": statistic,
            },
        }
        for number, statistic in enumerate(asked)
    ]
    answer = await aws.call(
        "cloudwatch",
        "get_metric_data",
        MetricDataQueries=queries,
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(hours=1),
    )
    return {asked[int(result["Id"][1:])]: result["Values"][0] for result in answer["MetricDataResults"]}


def a_logger(handler: logging.Handler) -> logging.Logger:
    logger = logging.getLogger(f"test.{new_ulid()}")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    return logger


async def test_the_five_metrics_can_be_read_back(aws: AwsClients) -> None:
    service = f"test-{new_ulid()}"
    metrics = Metrics(service)
    for milliseconds in range(1, 1001):
        metrics.api_latency("/v1/quotes", milliseconds)
    metrics.tool_exec_time("get_quotes", 12.0)
    for hit in (True, True, True, False):
        metrics.cache_hit(hit)
    metrics.model_tokens("analyst", "input", 100)
    metrics.model_tokens("analyst", "output", 23)
    metrics.queue_depth("analysis-queue", 4)
    stop = asyncio.Event()
    stop.set()

    await MetricsExporter(aws, metrics).run(stop)  # a stop sends what is left

    latency = await statistics(
        aws, "APILatency", {"Service": service, "Route": "/v1/quotes"}, "SampleCount", "Average", "Maximum", "p99"
    )
    assert latency["SampleCount"] == 1000
    assert latency["Average"] == pytest.approx(500.5, rel=0.01)
    assert latency["Maximum"] == pytest.approx(1000, rel=0.05)
    assert latency["p99"] == pytest.approx(990, rel=0.05)
    tool = await statistics(aws, "ToolExecTime", {"Service": service, "Tool": "get_quotes"}, "Average")
    assert tool == {"Average": 12.0}
    assert await statistics(aws, "CacheHitRate", {"Service": service}, "Average") == {"Average": 75.0}
    assert await statistics(aws, "ModelTokens", {"Service": service, "Model": "analyst"}, "Sum") == {"Sum": 123.0}
    depth = await statistics(aws, "QueueDepth", {"Service": service, "Queue": "analysis-queue"}, "Maximum")
    assert depth == {"Maximum": 4.0}
    assert not metrics.take()


async def test_what_cannot_be_sent_waits_for_the_next_export(aws: AwsClients) -> None:
    metrics = Metrics(f"test-{new_ulid()}")
    metrics.queue_depth("analysis-queue", 4)
    nobody = AwsClients(options=AwsOptions("http://127.0.0.1:1", "us-east-1", "test", "test", attempts=1))

    await MetricsExporter(nobody, metrics).export()
    await MetricsExporter(aws, metrics).export()

    depth = await statistics(aws, "QueueDepth", {"Service": metrics.service, "Queue": "analysis-queue"}, "Maximum")
    assert depth == {"Maximum": 4.0}


async def test_log_lines_arrive_in_order_and_lost_ones_are_said(aws: AwsClients) -> None:
    service = f"test-{new_ulid()}"
    await aws.call("logs", "create_log_group", logGroupName=f"/stocktool/{service}")
    handler = CloudWatchLogs(aws, service, capacity=50, interval_seconds=60)
    logger = a_logger(handler)
    for number in range(60):
        logger.info("line %d", number)

    await asyncio.to_thread(handler.close)

    answer = await aws.call(
        "logs", "get_log_events", logGroupName=handler.group, logStreamName=handler.stream, startFromHead=True
    )
    first, *lines = [event["message"] for event in answer["events"]]
    assert json.loads(first) == {"event": "log_lines_dropped", "level": "warning", "lines": 10}
    assert lines == [f"line {number}" for number in range(10, 60)]


async def test_lines_wait_while_the_group_is_missing(aws: AwsClients) -> None:
    service = f"test-{new_ulid()}"
    handler = CloudWatchLogs(aws, service, interval_seconds=0.05)
    logger = a_logger(handler)
    logger.info("early")
    async with asyncio.timeout(60):
        while not handler.complained:  # noqa: ASYNC110 - it tries on a thread of its own
            await asyncio.sleep(0.01)
    await aws.call("logs", "create_log_group", logGroupName=handler.group)

    await asyncio.to_thread(handler.close)

    answer = await aws.call("logs", "get_log_events", logGroupName=handler.group, logStreamName=handler.stream)
    assert [event["message"] for event in answer["events"]] == ["early"]
