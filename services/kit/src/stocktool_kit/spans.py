"""Spans as lines of OTLP/JSON in a file of bounded size."""

from __future__ import annotations

import base64
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_MAX_BYTES = 8 * 1024 * 1024
_MAX_FILES = 6  # of one service: each restart begins another
_ID_FIELDS = ("traceId", "spanId", "parentSpanId")
_log = logging.getLogger(__name__)


class SpanLines:
    """Appends to `<folder>/<service>-<pid>.jsonl`; a full file is kept once, as `.1.jsonl`.

    Args:
        folder: Made when missing.
        service: Name of the service.
        max_bytes: Size at which a file is full.
    """

    def __init__(self, folder: Path, service: str, *, max_bytes: int = _MAX_BYTES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{service}-{os.getpid()}.jsonl"
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._forget(folder, service)
        self._file = self._path.open("ab")

    def append(self, request: ExportTraceServiceRequest) -> bool:
        """Append one line; False when it could not be written, which is logged."""
        line = orjson.dumps(otlp_json(request), option=orjson.OPT_APPEND_NEWLINE)
        with self._lock:
            if self._file.closed:
                return False
            try:
                if self._file.tell() + len(line) > self._max_bytes and self._file.tell():
                    self._rotate()
                self._file.write(line)
                self._file.flush()
            except OSError:
                _log.exception("spans_not_written")
                return False
        return True

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_suffix(".1.jsonl"))
        self._file = self._path.open("ab")

    def _forget(self, folder: Path, service: str) -> None:
        files = sorted(folder.glob(f"{service}-*.jsonl"), key=_modified)
        for old in files[: max(0, len(files) - _MAX_FILES + 1)]:
            if old != self._path:
                old.unlink(missing_ok=True)


class SpanFile(SpanExporter):
    """Writes the spans of this process, one export request a line."""

    def __init__(self, folder: Path, service: str, *, max_bytes: int = _MAX_BYTES) -> None:
        self._lines = SpanLines(folder, service, max_bytes=max_bytes)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append one line."""
        written = self._lines.append(encode_spans(spans))
        return SpanExportResult.SUCCESS if written else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Close the file."""
        self._lines.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the signature of the SDK
        """Nothing is buffered here."""
        return True


def otlp_json(request: ExportTraceServiceRequest) -> dict[str, Any]:
    """An export request in OTLP's JSON form: as protobuf's, but ids in hexadecimal and enums as numbers."""
    document: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for resource in document.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for span in scope.get("spans", []):
                for entry in (span, *span.get("links", [])):
                    for name in _ID_FIELDS:
                        if name in entry:
                            entry[name] = base64.b64decode(entry[name]).hex()
    return document


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process of the service cleaned up at the same moment
        return 0.0
