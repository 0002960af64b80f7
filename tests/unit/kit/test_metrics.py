"""What a process measures, and in which form it leaves."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_kit.metrics import MAX_SERIES, Metrics, Series


def test_values_are_kept_with_their_counts_and_dimensions() -> None:
    metrics = Metrics("stock")
    for milliseconds in (12.0, 12.04, 700.0):
        metrics.tool_exec_time("get_quotes", milliseconds)
    metrics.model_tokens("analyst", "input", 100)
    metrics.model_tokens("analyst", "output", 100)

    assert metrics.take() == {
        Series("ToolExecTime", "Milliseconds", (("Service", "stock"), ("Tool", "get_quotes"))): {12.0: 2, 700.0: 1},
        Series("ModelTokens", "Count", (("Service", "stock"), ("Model", "analyst"))): {100.0: 2},
    }
    assert metrics.take() == {}


def test_every_dimension_is_of_the_closed_list() -> None:
    metrics = Metrics("chat")
    metrics.http_request("GET", "/v1/x", 200, 0.1)
    metrics.rpc_request("/stocktool.chat.v1.ChatService/GetTurn", "OK", 0.1)
    metrics.tool_exec_time("get_quotes", 1)
    metrics.cache_hit(hit=True)
    metrics.model_tokens("analyst", "input", 1)
    metrics.queue_depth("notify-queue", 1)

    series = metrics.take()

    assert {one.name for one in series} == {"APILatency", "ToolExecTime", "CacheHitRate", "ModelTokens", "QueueDepth"}
    allowed = {"Service", "Route", "Tool", "Model", "Queue"}
    assert {name for one in series for name, _ in one.dimensions} <= allowed


@given(st.lists(st.floats(min_value=0.01, max_value=100_000), min_size=1, max_size=2000))
def test_a_series_stays_bounded_and_close(values: list[float]) -> None:
    metrics = Metrics("stock")
    for value in values:
        metrics.api_latency("/v1/x", value)

    ((_, kept),) = metrics.take().items()

    assert sum(kept.values()) == len(values)
    assert len(kept) < 1100
    assert sum(value * count for value, count in kept.items()) == pytest.approx(sum(values), rel=0.051)


def test_an_open_label_is_dropped_and_counted() -> None:
    metrics = Metrics("stock")
    for number in range(MAX_SERIES + 7):
        metrics.queue_depth(f"queue-{number}", 1)

    assert len(metrics.take()) == MAX_SERIES
    assert "stocktool_stock_metrics_dropped_total 7.0" in metrics.exposition().decode()


def test_what_was_put_back_is_added_to_what_came_since() -> None:
    metrics = Metrics("stock")
    metrics.queue_depth("q", 4)
    taken = metrics.take()
    metrics.queue_depth("q", 4)

    metrics.put_back(taken)

    assert list(metrics.take().values()) == [{4.0: 2}]


def test_prometheus_sees_base_units_and_closed_labels() -> None:
    metrics = Metrics("stock")
    metrics.http_request("GET", "/v1/quotes", 200, 0.003)
    with metrics.rpc_in_flight():
        during = metrics.exposition().decode()
    metrics.cache_hit(hit=False)

    text = metrics.exposition().decode()

    quotes = '{method="GET",route="/v1/quotes",status="200"}'
    assert f"stocktool_stock_http_request_seconds_sum{quotes} 0.003" in text
    assert 'stocktool_stock_cache_reads_total{outcome="miss"} 1.0' in text
    assert "stocktool_stock_rpc_requests_in_flight 1.0" in during
    assert "stocktool_stock_rpc_requests_in_flight 0.0" in text


def test_two_processes_in_one_test_do_not_share_series() -> None:
    one, other = Metrics("stock"), Metrics("stock")
    one.cache_hit(hit=True)

    assert "cache_reads_total{" not in other.exposition().decode()


def test_threads_lose_nothing() -> None:
    metrics = Metrics("stock")

    def read() -> None:
        for _ in range(500):
            metrics.cache_hit(hit=True)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(metrics.take().values()) == [{100.0: 2000}]
