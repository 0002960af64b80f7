"""Console script `stocktool-rag`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from stocktool_kit.http.app import openapi_json
from stocktool_kit.process import run

from stocktool_rag.bootstrap import serve, work
from stocktool_rag.http.routers import described
from stocktool_rag.settings import Settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the service, its worker, or print the OpenAPI document."""
    parser = argparse.ArgumentParser(prog="stocktool-rag", description="Documents and search with page citations.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve HTTP and gRPC")
    commands.add_parser("worker", help="read and index what is uploaded")
    commands.add_parser("openapi", help="print the OpenAPI document; needs neither AWS nor settings")
    match parser.parse_args(arguments).command:
        case "serve":
            run(Settings(), serve)
        case "worker":
            run(Settings(), work)
        case "openapi":
            sys.stdout.write(openapi_json(described()))
