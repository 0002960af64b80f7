"""The operations port: liveness, readiness and metrics, for the kubelet, the supervisor and the scraper."""

from __future__ import annotations

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stocktool_kit.health import Health
from stocktool_kit.metrics import CONTENT_TYPE, Metrics


def ops_app(health: Health, metrics: Metrics) -> Starlette:
    """Build `/livez`, `/readyz` and `/metrics`, which tell the same truth as gRPC health."""

    async def livez(_: Request) -> Response:
        return Response("ok\n" if health.alive else "failed\n", 200 if health.alive else 503, media_type="text/plain")

    async def readyz(_: Request) -> Response:
        body = orjson.dumps(health.snapshot(), default=str)
        return Response(body, 200 if health.ready else 503, media_type="application/json")

    async def scrape(_: Request) -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", scrape)])
