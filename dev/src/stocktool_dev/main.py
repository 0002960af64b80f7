"""Command line behind the Makefile: `stocktool-dev up | down | status | logs | doctor | seed | dev`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from stocktool_dev import cluster_keep, doctor, edge_config, launch, seed, vault, watch
from stocktool_dev.emulator import EmulatorFailed
from stocktool_dev.layout import Layout, Misconfigured
from stocktool_dev.supervision import SupervisorFailed

_EXPECTED = (
    launch.StartFailed,
    seed.SeedFailed,
    vault.WeakPassword,
    edge_config.EdgeRefused,
    Misconfigured,
    SupervisorFailed,
    EmulatorFailed,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 when it was done."""
    parser = argparse.ArgumentParser(prog="stocktool-dev", description="The mesh on one machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start the mesh and wait until it answers")
    stopping = commands.add_parser("down", help="stop the mesh")
    stopping.add_argument("--purge", action="store_true", help="remove its state too")
    commands.add_parser("status", help="processes, health and memory")
    following = commands.add_parser("logs", help="follow a log")
    following.add_argument("service", nargs="?", help="a name from `status`; all logs without it")
    commands.add_parser("doctor", help="name what is missing or broken, and its cure")
    commands.add_parser("seed", help="make what is missing of the demo")
    commands.add_parser("dev", help="start the mesh, reload services on change, and serve the page by Vite")
    commands.add_parser("cluster-keep", help="beside the emulator in a cluster: deploy to it, plant the demo")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen, Layout.from_environment())
    except BrokenPipeError:
        # Whoever read our output has seen enough (`make status | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except _EXPECTED as error:
        print(f"stocktool: {error}", file=sys.stderr)
        return 1


def _run(chosen: argparse.Namespace, layout: Layout) -> int:
    commands: dict[str, Callable[[], int]] = {
        "up": lambda: launch.up(layout),
        "down": lambda: launch.down(layout, purge=chosen.purge),
        "status": lambda: launch.show_status(layout),
        "logs": lambda: launch.follow(layout, chosen.service),
        "doctor": lambda: int(doctor.report(doctor.everything(layout)) > 0),
        "seed": lambda: _seed(layout),
        "dev": lambda: watch.develop(layout),
        "cluster-keep": cluster_keep.run,
    }
    return commands[chosen.command]()


def _seed(layout: Layout) -> int:
    seed.plant(layout, vault.load(layout.state / "secrets.json"), say=print)
    return 0


if __name__ == "__main__":
    sys.exit(main())
