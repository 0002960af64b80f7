"""A mesh for one measurement: on a free port, with a state of its own, gone at the end."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stocktool_dev.emulator import ROOT, free_port
from stocktool_dev.layout import Layout

_OF_MAKE = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS"})


class MeshRefused(Exception):
    """`make` did not bring the mesh up, or down; the message carries what it said."""


@contextmanager
def mesh_of_its_own(environment: Mapping[str, str] | None = None) -> Iterator[Layout]:
    """Start a mesh by `make up`, and take it down at the end of the block.

    Args:
        environment: Variables it is started with beside this process's own.

    Raises:
        MeshRefused: It does not start or end.
    """
    with tempfile.TemporaryDirectory(prefix="stocktool-own-") as state:
        layout = Layout(ROOT, Path(state).resolve(), free_port())
        own = {"STOCKTOOL_PORT": str(layout.port), "STOCKTOOL_STATE_DIR": str(layout.state)}
        inherited = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
        variables = inherited | dict(environment or {}) | own

        def make(target: str) -> None:
            command = ["make", "-s", target]
            done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
            if done.returncode:
                raise MeshRefused(f"make {target}:\n{done.stdout}{done.stderr}")

        try:
            make("up")
            yield layout
        finally:
            make("down")
