"""The AWS emulator of the laptop plane and of the tests: how MiniStack is started, awaited and stopped.

Standard library only: under the supervisor a small process of this module stays beside the emulator while it runs.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[3]
EXECUTABLE = ROOT / ".tools" / "emulator" / "bin" / "ministack"
REGION = "us-east-1"
ACCESS_KEY = "test"
_READY_SECONDS = 30.0
_STOP_SECONDS = 20.0


class EmulatorFailed(Exception):
    """The emulator did not start; the message carries the end of its log."""


def credentials(endpoint_url: str) -> dict[str, str]:
    """Environment by which an AWS SDK, anywhere, finds this emulator as its root user and looks nowhere else."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def emulator_environment(port: int, home: Path, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """MiniStack's whole configuration.

    It binds loopback only, opens no listener beside its own port, enforces signatures and IAM policies, and writes its
    state below `home` when it is stopped cleanly.
    """
    inherited = os.environ if base is None else base
    kept = {
        key: value
        for key, value in inherited.items()
        if not key.startswith(("AWS_", "MINISTACK_")) and key not in {"PYTHONDONTWRITEBYTECODE", "SERVICES"}
    }
    return kept | {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",  # stands in queue URLs
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "STATE_DIR": str(home / "state"),
        "S3_DATA_DIR": str(home / "s3"),
        "TMPDIR": str(home / "tmp"),
        "LOG_LEVEL": kept.get("STOCKTOOL_EMULATOR_LOG_LEVEL", "WARNING"),
    }


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def prepare(home: Path) -> None:
    """Make the emulator's folders and clear what killed Lambda workers left behind."""
    for name in ("state", "s3"):
        (home / name).mkdir(parents=True, exist_ok=True)
    shutil.rmtree(home / "tmp", ignore_errors=True)
    (home / "tmp").mkdir()


def ensure_installed() -> None:
    """Build the emulator's environment if it is missing or its requirements changed."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "dev" / "bootstrap.py"), "--quiet", "emulator"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EmulatorFailed(done.stderr.strip())


def is_ready(port: int) -> bool:
    """True once the emulator answers its health check."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


@dataclass
class Emulator:
    """One running MiniStack; a context manager that stops it cleanly."""

    port: int
    home: Path
    process: subprocess.Popen[bytes]

    @property
    def endpoint_url(self) -> str:
        """Address for `AWS_ENDPOINT_URL`."""
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def start(cls, home: Path, port: int | None = None) -> Emulator:
        """Start MiniStack on `port` (or a free one) with its state under `home`, and wait until it answers.

        Raises:
            EmulatorFailed: It is not installed, or ended or hung before it answered.
        """
        if not EXECUTABLE.is_file():
            raise EmulatorFailed(f"{EXECUTABLE} is missing; run `make up` or `python3 dev/bootstrap.py emulator`")
        prepare(home)
        chosen = port or free_port()
        with (home / "emulator.log").open("ab") as log:
            process = subprocess.Popen(
                [str(EXECUTABLE)],
                cwd=home,
                env=emulator_environment(chosen, home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        emulator = cls(chosen, home, process)
        try:
            emulator._await_ready()
        except BaseException:
            emulator.stop()
            raise
        return emulator

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not is_ready(self.port):
            if self.process.poll() is not None:
                raise EmulatorFailed(f"the emulator ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise EmulatorFailed(f"the emulator does not answer on port {self.port}:\n{self.log_tail()}")
            time.sleep(0.05)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of its log."""
        path = self.home / "emulator.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.is_file() else ""

    def stop(self) -> None:
        """Ask it to write its state and end, and wait; kill it only if it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _end_orphan(home: Path, port: int) -> None:
    """End the emulator of a keeper that was killed: it holds the port, and its state until it is asked to write it."""
    record = home / "pid"
    if not is_ready(port) or not record.is_file():
        return
    pid = int(record.read_text())
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    if EXECUTABLE.name not in shown.stdout:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while is_ready(port) and time.monotonic() < deadline:
        time.sleep(0.1)


def _given(parameters: Sequence[str]) -> list[str]:
    # Functions run by the emulator's interpreter, of the same minor, with the packages of this environment.
    every = [f"SitePackages={sysconfig.get_paths()['purelib']}", *parameters]
    return [word for parameter in every for word in ("--parameter", parameter)]


def keep(port: int, home: Path, parameters: Sequence[str] = ()) -> int:
    """Run the emulator in the foreground, and have `infra` deployed to it each time it starts.

    An emulator that was killed has lost its tables. `ready.json` left behind tells so: then the demo is planted anew as
    well, once the services answer again.

    Args:
        port: Where the emulator listens.
        home: Folder of its state.
        parameters: Of the template, as `NAME=VALUE`.

    Returns:
        The exit status for the supervisor.
    """
    ready = home / "ready.json"
    died = ready.is_file()
    ready.unlink(missing_ok=True)
    stopping = False

    def stop(signum: int, frame: object) -> None:  # noqa: ARG001 - the signature of a handler
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    _end_orphan(home, port)
    with Emulator.start(home, port) as emulator:
        (home / "pid").write_text(str(emulator.process.pid))
        deployment = subprocess.run(
            [sys.executable, "-m", "stocktool_infra.main", "deploy", "--json", *_given(parameters)],
            env=dict(os.environ) | credentials(emulator.endpoint_url),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if deployment.returncode:
            return 1
        ready.write_text(json.dumps({"pid": os.getpid(), "outputs": json.loads(deployment.stdout)}))
        planting = subprocess.Popen([sys.executable, "-m", "stocktool_dev.main", "seed"]) if died else None
        while not stopping and emulator.process.poll() is None:
            if planting is not None and planting.poll() is not None:
                planting = None
            time.sleep(0.2)
        if planting is not None:
            planting.terminate()
            planting.wait()
        if not stopping:
            return 1  # `ready.json` stays: it tells the next start that this one ended badly
        ready.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
