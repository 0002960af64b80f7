"""Puts the analyst together."""

from __future__ import annotations

from fastapi import FastAPI

from stocktool_analyst.adapters.installed_embedder import InstalledEmbedder
from stocktool_analyst.application.rank import Ranker
from stocktool_analyst.application.respond import Respond
from stocktool_analyst.http import errors
from stocktool_analyst.http.completions import completions_router
from stocktool_analyst.http.responses import responses_router
from stocktool_analyst.settings import Settings


def build(settings: Settings) -> FastAPI:
    """Build the application."""
    app = FastAPI(title="Offline analyst", openapi_url=None)
    respond = Respond(Ranker(InstalledEmbedder(settings.embedder)) if settings.embedder else None)
    app.include_router(responses_router(respond, settings.words_per_second))
    app.include_router(completions_router(respond, settings.words_per_second))
    errors.install(app)
    return app
