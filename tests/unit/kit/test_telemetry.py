"""Spans on their way into a file, and traces through texts."""

from __future__ import annotations

import json
import random
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind
from stocktool_kit.spans import SpanFile
from stocktool_kit.telemetry import current_trace_id, extract, inject, make_provider


def spans_in(folder: Path) -> list[dict[str, object]]:
    return [
        span
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text().splitlines()
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def test_spans_are_written_as_otlp_json(tmp_path: Path) -> None:
    provider = make_provider("stock", tmp_path)
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("parent"), tracer.start_as_current_span("child", kind=SpanKind.CLIENT) as child:
        child.set_attribute("rpc.method", "GetQuotes")
        context = child.get_span_context()
    provider.shutdown()

    spans = {span["name"]: span for span in spans_in(tmp_path)}
    assert spans["child"]["traceId"] == trace.format_trace_id(context.trace_id)
    assert spans["child"]["spanId"] == trace.format_span_id(context.span_id)
    assert spans["child"]["parentSpanId"] == spans["parent"]["spanId"]
    assert spans["child"]["kind"] == 3
    assert spans["child"]["attributes"] == [{"key": "rpc.method", "value": {"stringValue": "GetQuotes"}}]
    (path,) = tmp_path.glob("stock-*.jsonl")
    resource = json.loads(path.read_text().splitlines()[0])["resourceSpans"][0]["resource"]["attributes"]
    assert {"key": "service.name", "value": {"stringValue": "stock"}} in resource


def test_spans_go_to_a_collector_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        provider = make_provider("stock")
        with provider.get_tracer("test").start_as_current_span("request"):
            pass
        provider.shutdown()
        server.shutdown()
        thread.join()

    ((path, body),) = got
    assert path == "/v1/traces"
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert resource.scope_spans[0].spans[0].name == "request"


def some_spans(count: int) -> list[ReadableSpan]:
    tracer = make_provider("stock").get_tracer("test")
    spans: list[ReadableSpan] = []
    for number in range(count):
        with tracer.start_as_current_span(f"span-{number}") as span:
            assert isinstance(span, ReadableSpan)
        spans.append(span)
    return spans


def test_a_full_file_is_kept_once(tmp_path: Path) -> None:
    sink = SpanFile(tmp_path, "stock", max_bytes=2000)
    for span in some_spans(40):
        sink.export([span])
    sink.shutdown()

    names = [span["name"] for span in spans_in(tmp_path)]
    assert len(list(tmp_path.iterdir())) == 2
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4000
    assert "span-39" in names
    assert "span-0" not in names


def test_files_of_earlier_processes_do_not_pile_up(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"stock-{number}x.jsonl").write_text("{}")
    (tmp_path / "chat-1.jsonl").write_text("{}")

    SpanFile(tmp_path, "stock").shutdown()

    assert len(list(tmp_path.glob("stock-*"))) == 6
    assert (tmp_path / "chat-1.jsonl").exists()


def test_a_trace_goes_through_texts() -> None:
    tracer = make_provider("stock").get_tracer("test")
    with tracer.start_as_current_span("sender"):
        carrier = inject({"kind": "job"})
        sent = current_trace_id()
    assert current_trace_id() == ""

    with tracer.start_as_current_span("receiver", context=extract({"Traceparent": carrier["traceparent"]})):
        assert current_trace_id() == sent
    with tracer.start_as_current_span("other"):
        assert inject(dict(carrier)) == carrier  # what was there stays


def test_without_a_trace_nothing_is_added() -> None:
    assert inject({}) == {}


def test_ids_do_not_repeat_when_random_is_seeded() -> None:
    tracer = make_provider("stock").get_tracer("test")
    ids = set()
    for _ in range(3):
        random.seed(1)
        with tracer.start_as_current_span("x") as span:
            ids.add(span.get_span_context().trace_id)
    assert len(ids) == 3
