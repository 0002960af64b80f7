"""All routes of the service, and their description without a process."""

from __future__ import annotations

from fastapi import FastAPI
from stocktool_kit.http.app import describe

from stocktool_admin.http import evaluation_routes, ready_route, routes

TITLE = "StockTool admin"
PREFIX = "/api/admin/v1"
ROUTERS = (routes.router, evaluation_routes.router)
ROOT_ROUTERS = (ready_route.root_router,)


def described() -> FastAPI:
    """The routes alone, for the OpenAPI document."""
    return describe(title=TITLE, prefix=PREFIX, routers=ROUTERS, root_routers=ROOT_ROUTERS)
