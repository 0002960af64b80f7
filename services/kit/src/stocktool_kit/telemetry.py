"""Tracing: OpenTelemetry with W3C propagation; where spans go is configuration.

A folder (`traces_dir`) takes them as lines of OTLP/JSON, `OTEL_EXPORTER_OTLP_ENDPOINT` as OTLP over HTTP. With neither,
spans still have ids, so that logs can be joined and callers' traces go through.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AnyValue

from stocktool_kit.config import ServiceSettings
from stocktool_kit.spans import SpanFile

_PROPAGATOR = TraceContextTextMapPropagator()
_FLUSH_EVERY_MS = 1000


def configure(settings: ServiceSettings) -> None:
    """Set up the process's tracing; before anything that makes spans is built."""
    provider = make_provider(settings.service, settings.traces_dir)
    propagate.set_global_textmap(_PROPAGATOR)
    trace.set_tracer_provider(provider)
    botocore = BotocoreInstrumentor()  # type: ignore[no-untyped-call]  # untyped there
    if not botocore.is_instrumented_by_opentelemetry:
        botocore.instrument(tracer_provider=provider)


def shutdown() -> None:
    """Send what is still buffered and stop."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def make_provider(service: str, traces_dir: Path | None = None) -> TracerProvider:
    """Make a provider with the exporters the configuration asks for."""
    attributes: dict[str, AnyValue] = {
        "service.name": service,
        "service.namespace": "stocktool",
        "process.pid": os.getpid(),
    }
    provider = TracerProvider(resource=Resource.create(attributes), id_generator=_SystemIds(), shutdown_on_exit=False)
    if traces_dir is not None:
        sink = SpanFile(traces_dir, service)
        provider.add_span_processor(BatchSpanProcessor(sink, schedule_delay_millis=_FLUSH_EVERY_MS))
    # These two are the SDK's own names, which operators know; the exporter reads them and its many relatives itself.
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        # Imported here since it brings `requests`, which costs every process memory that few need.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def inject(carrier: dict[str, str]) -> dict[str, str]:
    """Add the current trace (`traceparent`) to a dict of texts and give it back; one already there stays."""
    if "traceparent" not in carrier:
        _PROPAGATOR.inject(carrier)
    return carrier


def extract(carrier: Mapping[str, str]) -> Context:
    """The trace a dict of texts carries, as the context to start spans in."""
    return _PROPAGATOR.extract({name.lower(): value for name, value in carrier.items()}, Context())


def current_trace_id() -> str:
    """The trace id as 32 hexadecimal digits; empty outside a trace."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


class _SystemIds(IdGenerator):
    """Ids from the system's randomness: those of `random` repeat in a process that seeds it for its simulations."""

    def generate_span_id(self) -> int:
        return int.from_bytes(os.urandom(8), "big") or 1

    def generate_trace_id(self) -> int:
        return int.from_bytes(os.urandom(16), "big") or 1

    def is_trace_id_random(self) -> bool:
        return True
