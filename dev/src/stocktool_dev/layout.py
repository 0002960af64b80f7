"""Where the laptop plane keeps its things, and the few variables by which a person moves them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stocktool_dev.emulator import ROOT

DEFAULT_PORT = 8080
# Carried by every process of a mesh in its environment, so that leftovers can be told from everybody else's processes.
MARK = "STOCKTOOL_MESH_HOME"
# The kernel's limit on the path of a Unix socket, less the terminator, on the stricter of our platforms.
_SOCKET_PATH_BYTES = 103


class Misconfigured(Exception):
    """A variable has a value that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One mesh: its checkout, its state and its one public port."""

    root: Path
    state: Path
    port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Layout:
        """Read STOCKTOOL_PORT and STOCKTOOL_STATE_DIR.

        Raises:
            Misconfigured: The port is not one.
        """
        given = os.environ if environment is None else environment
        text = given.get("STOCKTOOL_PORT") or str(DEFAULT_PORT)
        if not text.isdigit() or not 1 <= int(text) <= 65535:
            raise Misconfigured(f"STOCKTOOL_PORT is {text!r}; it must be a number from 1 to 65535")
        state = Path(given.get("STOCKTOOL_STATE_DIR") or ".state")
        return cls(ROOT, (ROOT / state).resolve(), int(text))

    @property
    def logs(self) -> Path:
        """One log per process, rotated by the supervisor."""
        return self.state / "logs"

    @property
    def emulator(self) -> Path:
        """The emulator's state."""
        return self.state / "emulator"

    @property
    def binaries(self) -> Path:
        """Console scripts of the workspace's environment."""
        return self.root / ".venv" / "bin"

    @property
    def socket(self) -> Path:
        """The supervisor's control socket; elsewhere when the checkout lies too deep for the kernel."""
        wanted = self.state / "supervisor.sock"
        if len(os.fsencode(wanted)) <= _SOCKET_PATH_BYTES:
            return wanted
        short = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"stocktool-{os.getuid()}-{short}.sock"

    @property
    def origin(self) -> str:
        """Address of the mesh in a browser."""
        return f"http://localhost:{self.port}"

    def create(self) -> None:
        """Make the state folder, readable by its owner only, and the folders in it."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.logs, self.emulator, self.state / "traces", self.state / "chroma", self.state / "cache"):
            folder.mkdir(exist_ok=True)
