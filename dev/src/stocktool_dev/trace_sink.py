"""Takes the edge's spans over OTLP/HTTP and keeps them beside those of the services, where no Collector runs.

`python -m stocktool_dev.trace_sink PORT FOLDER`
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stocktool_kit.spans import SpanLines

_PROTOBUF = "application/x-protobuf"


def sink(lines: SpanLines) -> Starlette:
    """Build the application: `POST /v1/traces`, an empty protobuf as the answer."""

    async def traces(request: Request) -> Response:
        try:
            spans = ExportTraceServiceRequest.FromString(await request.body())
        except DecodeError:
            return Response("not an OTLP trace request", 400)
        return Response(b"", 200 if lines.append(spans) else 503, media_type=_PROTOBUF)

    return Starlette(routes=[Route("/v1/traces", traces, methods=["POST"])])


def main() -> None:
    """Serve until stopped."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    lines = SpanLines(folder, "edge")
    uvicorn.run(sink(lines), host="127.0.0.1", port=port, log_level="warning", access_log=False)
    lines.close()


if __name__ == "__main__":
    main()
