"""Command line of the infrastructure: `stocktool-infra deploy`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from stocktool_infra.deploy import LOCAL_STACK, DeployFailed, as_json, deploy


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status is 0 when it was done."""
    parser = argparse.ArgumentParser(prog="stocktool-infra", description="AWS resources of StockTool")
    commands = parser.add_subparsers(required=True, dest="command")
    deploying = commands.add_parser("deploy", help="deploy a template by change set, and reconcile it on an emulator")
    deploying.add_argument("--template", type=Path, help="a synthesised template; default: the committed local one")
    deploying.add_argument("--stack", default=LOCAL_STACK)
    deploying.add_argument("--endpoint-url", help="an emulator; default: AWS_ENDPOINT_URL, else AWS")
    deploying.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the template; repeatable"
    )
    deploying.add_argument("--json", action="store_true", help="print the outputs as JSON, progress on stderr")
    chosen = parser.parse_args(arguments)

    def say(line: str) -> None:
        print(f"infra: {line}", file=sys.stderr)

    unnamed = [given for given in chosen.parameter if "=" not in given]
    if unnamed:
        parser.error(f"--parameter {unnamed[0]}: write NAME=VALUE")
    parameters = dict(given.split("=", 1) for given in chosen.parameter)
    try:
        done = deploy(
            chosen.template, stack=chosen.stack, parameters=parameters, endpoint_url=chosen.endpoint_url, say=say
        )
    except (DeployFailed, ClientError, BotoCoreError) as error:
        print(f"infra: {error}", file=sys.stderr)
        return 1
    if chosen.json:
        print(as_json(done))
    else:
        for key, value in sorted(done.outputs.items()):
            print(f"{key} = {value}")
        print("deployed" if done.changed else "nothing to change")
    return 0


if __name__ == "__main__":
    sys.exit(main())
