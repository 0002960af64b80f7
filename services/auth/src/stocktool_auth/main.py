"""Console script `stocktool-auth`."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Sequence

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.core.clock import SystemClock, instant
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.http.app import openapi_json
from stocktool_kit.process import run

from stocktool_auth.bootstrap import Console, bootstrap, console
from stocktool_auth.domain.roles import Role
from stocktool_auth.http.routers import described
from stocktool_auth.settings import Settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the service, or one of the operator's commands."""
    parser = argparse.ArgumentParser(prog="stocktool-auth", description="Users, sessions, keys, roles and grants.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve HTTP and gRPC")
    commands.add_parser("openapi", help="print the OpenAPI document; needs neither AWS nor settings")
    role = commands.add_parser("grant-role", help="give a registered user a role; uses your AWS credentials")
    role.add_argument("--email", required=True, help="address the user registered")
    role.add_argument("--role", required=True, choices=[each.value for each in Role])
    commands.add_parser("rotate-keys", help="add the next signing key; it signs in a quarter of an hour")
    options = parser.parse_args(arguments)
    match options.command:
        case "serve":
            run(Settings(), bootstrap)
        case "openapi":
            sys.stdout.write(openapi_json(described()))
        case "grant-role":
            _operate(lambda with_: _grant_role(with_, options.email, options.role))
        case "rotate-keys":
            _operate(_rotate_keys)


async def _grant_role(with_: Console, email: str, role: str) -> str:
    user = await with_.grant_role(email, role, by=f"operator:{getpass.getuser()}")
    return f"{user.email} ({user.id}) is now: {', '.join(sorted(user.roles))}"


async def _rotate_keys(with_: Console) -> str:
    key = await with_.add_signing_key()
    return f"{key.id} is shown within a minute and signs from {instant(key.signs_from)}"


def _operate(action: Callable[[Console], Awaitable[str]]) -> None:
    async def operate() -> str:
        aws = AwsClients()
        try:
            return await action(console(Settings(), aws, SystemClock()))
        finally:
            aws.close()

    try:
        sys.stdout.write(asyncio.run(operate()) + "\n")
    except StockToolError as error:
        sys.exit(f"stocktool-auth: {error.message}")
