"""All routes of the service, and their description without a process."""

from __future__ import annotations

from fastapi import FastAPI
from stocktool_kit.http.app import describe

from stocktool_rag.http import document_routes, search_routes

TITLE = "StockTool rag"
PREFIX = "/api/rag/v1"
ROUTERS = (document_routes.router, search_routes.router)


def described() -> FastAPI:
    """The routes alone, for the OpenAPI document."""
    return describe(title=TITLE, prefix=PREFIX, routers=ROUTERS)
