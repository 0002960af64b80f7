"""All routes of the service, and their description without a process."""

from __future__ import annotations

from fastapi import FastAPI
from stocktool_kit.http.app import describe

from stocktool_auth.http import account_routes, sign_in_routes

TITLE = "StockTool auth"
PREFIX = "/api/auth/v1"
ROUTERS = (sign_in_routes.router, account_routes.router)
ROOT_ROUTERS = (sign_in_routes.root_router,)


def described() -> FastAPI:
    """The routes alone, for the OpenAPI document."""
    return describe(title=TITLE, prefix=PREFIX, routers=ROUTERS, root_routers=ROOT_ROUTERS)
