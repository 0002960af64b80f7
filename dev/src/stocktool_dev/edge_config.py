"""The edge's Envoy configuration for this mesh, rendered by the edge's own renderer from the one route table."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from stocktool_dev.layout import Layout
from stocktool_dev.processes import SERVICES


class EdgeRefused(Exception):
    """The renderer or Envoy's own validation refused the configuration."""


def configuration(layout: Layout) -> Path:
    """Where the rendered file lies."""
    return layout.state / "envoy.yaml"


def settings(layout: Layout, ports: Mapping[str, int]) -> dict[str, str]:
    """`STOCKTOOL_EDGE_*`: the public port and where each upstream listens."""
    upstreams = {
        f"{name}-{kind}": f"127.0.0.1:{ports[f'{name}.{kind}']}" for name in SERVICES for kind in ("http", "grpc")
    }
    upstreams |= {"page": f"127.0.0.1:{ports['page']}", "objects": f"127.0.0.1:{ports['emulator']}"}
    return {
        "STOCKTOOL_EDGE_PORT": str(layout.port),
        "STOCKTOOL_EDGE_ADMIN_PORT": str(ports["edge.admin"]),
        "STOCKTOOL_EDGE_UPSTREAMS": json.dumps(upstreams),
        "STOCKTOOL_EDGE_OTLP_ENDPOINT": f"127.0.0.1:{ports['traces']}",
    }


def render(layout: Layout, ports: Mapping[str, int]) -> None:
    """Write the configuration.

    Raises:
        EdgeRefused: The route table and the addresses do not fit together.
    """
    done = subprocess.run(
        [str(layout.binaries / "stocktool-edge"), "render", "--out", str(configuration(layout))],
        env={"PATH": "/usr/bin:/bin", **settings(layout, ports)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EdgeRefused(f"the edge's configuration cannot be rendered:\n{done.stderr.strip()[-1500:]}")
