"""Console script `stocktool-stock`. Each command imports its own composition: memory is paid for what runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from stocktool_kit.process import run

from stocktool_stock.settings import Settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the service, one of its workers, or a command."""
    parser = argparse.ArgumentParser(prog="stocktool-stock", description="Market data, portfolios and their figures.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve HTTP, gRPC and the live socket")
    worker = commands.add_parser("worker", help="work through a queue")
    worker.add_argument("--queue", required=True, choices=["analysis", "notify"], help="which")
    commands.add_parser("update", help="bring the cached market data up to date, once")
    commands.add_parser("rotate-sealing-key", help="add the key that seals webhooks' secrets from now on")
    commands.add_parser("openapi", help="print the OpenAPI document; needs neither AWS nor settings")
    options = parser.parse_args(arguments)
    if options.command == "openapi":
        _print_openapi()
        return
    settings = Settings()
    if options.command == "serve":
        from stocktool_stock.bootstrap.serving import serve  # noqa: PLC0415

        run(settings, serve)
    elif options.command == "rotate-sealing-key":
        from stocktool_stock.bootstrap.sealing import rotate_sealing_key  # noqa: PLC0415

        sys.stdout.write(asyncio.run(rotate_sealing_key(settings)) + "\n")
    elif options.command == "update":
        from stocktool_stock.bootstrap.updating import update_once  # noqa: PLC0415

        sys.stdout.write(asyncio.run(update_once(settings)) + "\n")
    else:
        if settings.service == "stock":  # a worker has a name of its own in logs, traces and metrics
            settings = settings.model_copy(update={"service": f"stock-worker-{options.queue}"})
        _work(settings, options.queue)


def _work(settings: Settings, queue: str) -> None:
    if queue == "analysis":
        from stocktool_stock.bootstrap.analysing import analyse  # noqa: PLC0415

        run(settings, analyse)
    else:
        from stocktool_stock.bootstrap.notifying import notify  # noqa: PLC0415

        run(settings, notify)


def _print_openapi() -> None:
    from stocktool_kit.http.app import openapi_json  # noqa: PLC0415

    from stocktool_stock.http.routers import described  # noqa: PLC0415

    sys.stdout.write(openapi_json(described()))
