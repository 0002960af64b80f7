"""The FastAPI application of a service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

from stocktool_kit.http import problem
from stocktool_kit.http.auth import refuse_undeclared
from stocktool_kit.http.middleware import RequestMiddleware
from stocktool_kit.process import Runtime


def describe(
    *, title: str, prefix: str, routers: Sequence[APIRouter], root_routers: Sequence[APIRouter] = ()
) -> FastAPI:
    """Build the routes alone: enough for the OpenAPI document, not for serving.

    Args:
        title: Name in the document.
        prefix: Public path of the service with its version, `/api/stock/v1`.
        routers: Routes below the prefix.
        root_routers: Routes with a path of their own, such as `/.well-known/jwks.json`.

    Raises:
        ValueError: A route declares no policy.
    """
    base = prefix.rsplit("/", 1)[0]
    app = FastAPI(
        title=title,
        version="1",
        openapi_url=f"{base}/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        responses={
            "default": {
                "description": "Problem document (RFC 9457)",
                "content": {problem.MEDIA_TYPE: {"schema": {"type": "object"}}},
            }
        },
    )
    for router in routers:
        app.include_router(router, prefix=prefix)
    for router in root_routers:
        app.include_router(router)
    refuse_undeclared([*routers, *root_routers])
    return app


def create_app(
    runtime: Runtime[Any],
    *,
    title: str,
    prefix: str,
    routers: Sequence[APIRouter],
    root_routers: Sequence[APIRouter] = (),
    body_limits: Mapping[str, int] | None = None,
) -> FastAPI:
    """Build the application a process serves: routes, problem documents, limits, telemetry.

    Args:
        runtime: The process.
        title: See `describe`.
        prefix: See `describe`.
        routers: See `describe`.
        root_routers: See `describe`.
        body_limits: Largest bodies by path prefix (`*`: one segment), where a route takes more than the setting allows.
    """
    app = describe(title=title, prefix=prefix, routers=routers, root_routers=root_routers)
    problem.install(app)
    app.state.runtime = runtime
    app.state.verifier = runtime.verifier
    app.add_middleware(
        RequestMiddleware,
        metrics=runtime.metrics,
        prefix=prefix,
        max_body_bytes=runtime.settings.max_body_bytes,
        body_limits=body_limits or {},
    )
    FastAPIInstrumentor.instrument_app(app, exclude_spans=["send", "receive"])
    return app


def openapi_json(app: FastAPI) -> str:
    """The app's OpenAPI document as it is committed under `docs/openapi/`."""
    return orjson.dumps(app.openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"
