"""Tracing: OpenTelemetry with W3C propagation; where spans go is configuration."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry import propagate, trace
from opentelemetry.context import Context


def inject(carrier: dict[str, str]) -> dict[str, str]:
    """Add the current trace (`traceparent`) to a dict of texts and give it back; one already there stays."""
    if "traceparent" not in carrier:
        propagate.inject(carrier)
    return carrier


def extract(carrier: Mapping[str, str]) -> Context:
    """The trace a dict of texts carries, as the context to start spans in."""
    return propagate.extract({name.lower(): value for name, value in carrier.items()})


def current_trace_id() -> str:
    """The trace id as 32 hexadecimal digits; empty outside a trace."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""
