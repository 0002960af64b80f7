"""`stocktool-edge render`: writes Envoy's configuration."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml

from stocktool_edge.render import render
from stocktool_edge.settings import EdgeSettings
from stocktool_edge.table import load


def main() -> None:
    """Parse the command line and write the configuration."""
    parser = argparse.ArgumentParser(prog="stocktool-edge", description=__doc__)
    commands = parser.add_subparsers(required=True)
    render_command = commands.add_parser("render", help="write Envoy's configuration from STOCKTOOL_EDGE_* settings")
    render_command.add_argument("--table", type=Path, help="another route table than the packaged one")
    render_command.add_argument("--out", type=Path, help="file to write; standard output by default")
    arguments = parser.parse_args()
    text = yaml.safe_dump(render(load(arguments.table), EdgeSettings()), sort_keys=False)
    if arguments.out is None:
        sys.stdout.write(text)
    else:
        arguments.out.write_text(text)
