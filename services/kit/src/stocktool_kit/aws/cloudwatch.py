"""The five metrics to CloudWatch by PutMetricData, aggregated in the process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.core.clock import Clock, SystemClock
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.metrics import NAMESPACE, Metrics, Series

log = structlog.get_logger()

_VALUES_PER_DATUM = 150
_DATA_PER_CALL = 100  # well under the 1000 allowed: with 150 values each, a call stays under 1 MB


class MetricsExporter:
    """Sends what `Metrics` gathered every interval, and once more at the stop; a `Worker` of the process."""

    name = "cloudwatch-metrics"

    def __init__(
        self, aws: AwsClients, metrics: Metrics, interval_seconds: float = 60.0, clock: Clock | None = None
    ) -> None:
        self._aws = aws
        self._metrics = metrics
        self._interval_seconds = interval_seconds
        self._clock = clock or SystemClock()

    async def run(self, stop: asyncio.Event) -> None:
        """Export until stopped, then what is left."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds):
                    await stop.wait()
            await self.export()
            if stop.is_set():
                return

    async def export(self) -> None:
        """Send what was gathered; what cannot be sent now goes with the next export."""
        now = self._clock.now()
        parts = list(_parts(self._metrics.take()))
        for at in range(0, len(parts), _DATA_PER_CALL):
            data = [_datum(series, values, now) for series, values in parts[at : at + _DATA_PER_CALL]]
            try:
                with suppress_instrumentation():
                    await self._aws.call("cloudwatch", "put_metric_data", Namespace=NAMESPACE, MetricData=data)
            except StockToolError as error:
                for series, values in parts[at:]:
                    self._metrics.put_back({series: values})
                log.warning("metrics_not_sent", data=len(parts) - at, detail=error.message)
                return


def _parts(samples: Mapping[Series, Mapping[float, int]]) -> Iterator[tuple[Series, dict[float, int]]]:
    for series, values in samples.items():
        pairs = sorted(values.items())
        for at in range(0, len(pairs), _VALUES_PER_DATUM):
            yield series, dict(pairs[at : at + _VALUES_PER_DATUM])


def _datum(series: Series, values: Mapping[float, int], now: datetime) -> dict[str, Any]:
    return {
        "MetricName": series.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
        "Timestamp": now,
        "Unit": series.unit,
        "Values": list(values),
        "Counts": [float(count) for count in values.values()],
    }
