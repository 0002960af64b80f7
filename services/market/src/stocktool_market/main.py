"""Console script: `stocktool-market serve [--port 8000] [--now 2024-11-29T21:00:00Z] [--allow-faults]`."""

from __future__ import annotations

import argparse
import sys

import uvicorn
from fastapi import FastAPI

from stocktool_market.bootstrap import build
from stocktool_market.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="stocktool-market", description="Yahoo's wire over bundled real prices.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer until SIGTERM")
    serve.add_argument("--host", help="address to listen on")
    serve.add_argument("--port", dest="http_port", type=int, help="port to listen on")
    serve.add_argument("--now", help="the market's now, or a replay: '<instant> from <real instant> x<speed>'")
    serve.add_argument("--allow-faults", action="store_true", default=None, help="tests only: faults on demand")
    given = {key: value for key, value in vars(parser.parse_args(arguments)).items() if value is not None}
    given.pop("command")
    settings = Settings(**given)
    try:
        app = build(settings)
    except ValueError as error:
        print(f"stocktool-market: {error}", file=sys.stderr)  # noqa: T201 - a command line speaks here
        return 2
    uvicorn.Server(server_config(app, settings)).run()
    return 0


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How the application is served."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.http_port,
        http="h11",  # curl offers h2c on plain connections; httptools then drops the body of a POST
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
