"""Console script: `stocktool-analyst serve [--port 8000]`."""

from __future__ import annotations

import argparse

import uvicorn

from stocktool_analyst.bootstrap import build
from stocktool_analyst.settings import Settings


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="stocktool-analyst", description="OpenAI's wire over rules and tool results.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer until SIGTERM")
    serve.add_argument("--host", help="address to listen on")
    serve.add_argument("--port", dest="http_port", type=int, help="port to listen on")
    serve.add_argument("--words-per-second", type=float, help="pace of streamed text; 0: as fast as it goes")
    given = {key: value for key, value in vars(parser.parse_args()).items() if value is not None}
    given.pop("command")
    settings = Settings(**given)
    uvicorn.run(
        build(settings),
        host=settings.host,
        port=settings.http_port,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
