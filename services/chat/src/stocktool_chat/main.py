"""The command `stocktool-chat`."""

from __future__ import annotations

import argparse
import sys

from stocktool_kit.http.app import openapi_json
from stocktool_kit.process import run

from stocktool_chat.bootstrap import bootstrap, openapi_app
from stocktool_chat.settings import Settings


def main(arguments: list[str] | None = None) -> None:
    """Serve, or print the OpenAPI document."""
    parser = argparse.ArgumentParser(prog="stocktool-chat", description="The chat service of StockTool.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve HTTP and gRPC, and run turns")
    commands.add_parser("openapi", help="print the OpenAPI document")
    if parser.parse_args(arguments).command == "openapi":
        sys.stdout.write(openapi_json(openapi_app()))
        return
    run(Settings(), bootstrap)
