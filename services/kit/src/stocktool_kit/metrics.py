"""The process's metrics: Prometheus series for the scraper, and five named CloudWatch metrics.

The five (`APILatency`, `ToolExecTime`, `CacheHitRate`, `ModelTokens`, `QueueDepth`) are gathered here in bounded space
and sent by `stocktool_kit.aws.cloudwatch.MetricsExporter`. Dimensions and labels come from closed lists: a route is a
template, never a path; there is no symbol and no user.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

NAMESPACE = "StockTool"
MAX_SERIES = 500
"""Dimension sets kept between two exports; more mean a label that is not closed, and are counted, not kept."""

_REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_EXACT_VALUES = 450  # distinct values of a series kept at three digits; a crowded series goes on with two


@dataclass(frozen=True, slots=True)
class Series:
    """What identifies a CloudWatch series."""

    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]


class Metrics:
    """What a process measures. Every method may be called from any thread.

    Args:
        service: `stock`, `chat`, ...; the prefix of the Prometheus names and the dimension `Service`.
        registry: Where the Prometheus series live; one per process, handed to whoever serves `/metrics`.
    """

    def __init__(self, service: str, registry: CollectorRegistry | None = None) -> None:
        self.service = service
        self.registry = registry or CollectorRegistry()
        self._lock = threading.Lock()
        self._samples: dict[Series, dict[float, int]] = {}
        prefix = f"stocktool_{service.replace('-', '_')}"

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"{prefix}_{name}", about, labels, registry=self.registry)

        def histogram(name: str, about: str, *labels: str) -> Histogram:
            return Histogram(f"{prefix}_{name}", about, labels, buckets=_REQUEST_BUCKETS, registry=self.registry)

        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(f"{prefix}_{name}", about, labels, registry=self.registry)

        self._http = histogram("http_request_seconds", "Time of HTTP requests.", "method", "route", "status")
        self._http_now = gauge("http_requests_in_flight", "HTTP requests being served.")
        self._rpc = histogram("rpc_request_seconds", "Time of RPCs served.", "method", "code")
        self._rpc_now = gauge("rpc_requests_in_flight", "RPCs being served.")
        self._tools = histogram("tool_seconds", "Time of tool runs.", "tool")
        self._cache = counter("cache_reads_total", "Reads of the cache.", "outcome")
        self._tokens = counter("model_tokens_total", "Tokens of the model.", "model", "kind")
        self._depth = gauge("queue_depth", "Messages waiting in a queue.", "queue")
        self._messages = histogram("message_seconds", "Time of messages handled.", "queue", "outcome")
        self._dropped = counter("metrics_dropped_total", "Measurements whose dimensions are beyond the bound.")

    def api_latency(self, route: str, milliseconds: float) -> None:
        """Time of one request to a route (template) or RPC method."""
        self._add("APILatency", "Milliseconds", max(milliseconds, 0.01), Route=route)

    def tool_exec_time(self, tool: str, milliseconds: float) -> None:
        """Time of one tool run."""
        self._tools.labels(tool).observe(milliseconds / 1000)
        self._add("ToolExecTime", "Milliseconds", max(milliseconds, 0.01), Tool=tool)

    def cache_hit(self, hit: bool) -> None:  # noqa: FBT001 - it is the measurement
        """One read of the cache; the metric is the percentage of hits, as the average of 100s and 0s."""
        self._cache.labels("hit" if hit else "miss").inc()
        self._add("CacheHitRate", "Percent", 100.0 if hit else 0.0)

    def model_tokens(self, model: str, kind: str, count: int) -> None:
        """Tokens of one model call; `kind` is `input`, `cached`, `output` or `reasoning`. Read it as a sum."""
        self._tokens.labels(model, kind).inc(count)
        self._add("ModelTokens", "Count", float(count), Model=model)

    def queue_depth(self, queue: str, messages: int) -> None:
        """Messages waiting in a queue now."""
        self._depth.labels(queue).set(messages)
        self._add("QueueDepth", "Count", float(messages), Queue=queue)

    def http_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One HTTP request served; also counts as `APILatency` of its route."""
        self._http.labels(method, route, str(status)).observe(seconds)
        self.api_latency(route, seconds * 1000)

    def rpc_request(self, method: str, code: str, seconds: float) -> None:
        """One RPC served (`/stocktool.stock.v1.StockService/GetQuotes`, `OK`); also counts as `APILatency`."""
        self._rpc.labels(method, code).observe(seconds)
        self.api_latency(method, seconds * 1000)

    def message(self, queue: str, outcome: str, seconds: float) -> None:
        """One queue message handled; `outcome` is `done`, `retry` or `refused`."""
        self._messages.labels(queue, outcome).observe(seconds)

    @contextmanager
    def http_in_flight(self) -> Iterator[None]:
        """Count a request while the block runs."""
        with self._http_now.track_inprogress():
            yield

    @contextmanager
    def rpc_in_flight(self) -> Iterator[None]:
        """Count an RPC while the block runs."""
        with self._rpc_now.track_inprogress():
            yield

    def exposition(self) -> bytes:
        """The body of `/metrics`, in Prometheus' text format (`stocktool_kit.metrics.CONTENT_TYPE`)."""
        return generate_latest(self.registry)

    def take(self) -> Mapping[Series, Mapping[float, int]]:
        """Hand over what was gathered since the last call: per series, each value and how often it occurred."""
        with self._lock:
            samples, self._samples = self._samples, {}
        return samples

    def put_back(self, samples: Mapping[Series, Mapping[float, int]]) -> None:
        """Return samples that could not be sent, to go with the next export."""
        for series, values in samples.items():
            for value, count in values.items():
                self._count(series, value, count)

    def _add(self, name: str, unit: str, value: float, **dimensions: str) -> None:
        series = Series(name, unit, (("Service", self.service), *dimensions.items()))
        self._count(series, value, 1)

    def _count(self, series: Series, value: float, count: int) -> None:
        with self._lock:
            values = self._samples.get(series)
            if values is None:
                if len(self._samples) >= MAX_SERIES:
                    self._dropped.inc(count)
                    return
                values = self._samples[series] = {}
            if series.unit == "Milliseconds":
                value = _rounded(value, values)
            values[value] = values.get(value, 0) + count


CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def _rounded(value: float, values: Mapping[float, int]) -> float:
    """Keep three significant digits (an error of at most 0.5 %), two (5 %) once a series has many distinct values."""
    digits = 2 if len(values) < _EXACT_VALUES else 1
    return float(f"{value:.{digits}e}")
