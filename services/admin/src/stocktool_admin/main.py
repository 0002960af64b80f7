"""Console script `stocktool-admin`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from stocktool_kit.http.app import openapi_json
from stocktool_kit.process import run

from stocktool_admin.bootstrap import bootstrap
from stocktool_admin.http.routers import described
from stocktool_admin.settings import Settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the service, or print its OpenAPI document."""
    parser = argparse.ArgumentParser(prog="stocktool-admin", description="Audit, queues, users, health of the mesh.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve HTTP and gRPC")
    commands.add_parser("openapi", help="print the OpenAPI document; needs neither AWS nor settings")
    match parser.parse_args(arguments).command:
        case "serve":
            run(Settings(), bootstrap)
        case "openapi":
            sys.stdout.write(openapi_json(described()))
