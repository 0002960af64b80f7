"""Spans and metrics of turns and tools."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog
from opentelemetry import trace
from stocktool_kit.metrics import Metrics
from stocktool_kit.telemetry import extract

from stocktool_chat.application.ports import ModelAnswer
from stocktool_chat.domain.conversation import TurnId

log = structlog.get_logger("turn")
_tracer = trace.get_tracer("stocktool_chat")


class TelemetryObserver:
    """`Observer` over OpenTelemetry and the process's metrics.

    Args:
        tools: Names of the tools: the closed set the metric's dimension may take.
    """

    def __init__(self, metrics: Metrics, tools: frozenset[str]) -> None:
        self._metrics = metrics
        self._tools = tools

    @contextmanager
    def tool(self, name: str) -> Iterator[None]:
        """See the port."""
        known = name if name in self._tools else "unknown"
        begin = time.perf_counter()
        with _tracer.start_as_current_span(f"tool {known}", record_exception=False):
            try:
                yield
            finally:
                self._metrics.tool_exec_time(known, (time.perf_counter() - begin) * 1000)

    @contextmanager
    def turn(self, turn_id: TurnId, trace_headers: Mapping[str, str]) -> Iterator[None]:
        """See the port."""
        begin = time.perf_counter()
        with _tracer.start_as_current_span("turn", context=extract(trace_headers), attributes={"turn": turn_id}):
            try:
                yield
            finally:
                log.info("turn", turn=turn_id, duration_ms=round((time.perf_counter() - begin) * 1000, 1))

    def tokens(self, model: str, answer: ModelAnswer) -> None:
        """See the port."""
        self._metrics.model_tokens(model, "input", answer.input_tokens - answer.cached_tokens)
        self._metrics.model_tokens(model, "cached", answer.cached_tokens)
        self._metrics.model_tokens(model, "output", answer.output_tokens)

    def bug(self, error: Exception) -> None:
        """See the port."""
        log.error("turn_bug", exc_info=error)
